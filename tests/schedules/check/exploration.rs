//! Owns which schedules are looked at, and how many. Must not know what runs in them.

use std::time::Instant;

use claviger_schedules::image::Image;
use claviger_schedules::world::{World, config};
use shuttle::Runner;
use shuttle::future::block_on;
use shuttle::scheduler::{
    PctScheduler, RandomScheduler, ReplayScheduler, Scheduler, UncontrolledNondeterminismCheckScheduler,
};

use crate::nice::Nice;

/// How many schedules of a scenario are usual.
const USUAL: usize = 300;

/// For how many of them one is played where one takes long.
const LONG: usize = 8;

/// Where choosing begins. The same number gives the same schedules.
const SEED: u64 = 2026;

/// How many orders of two steps a fault may need, for a schedule of the second kind to be likely to show it.
const DEPTH: usize = 4;

/// Plays a scenario on a service of this store, in many schedules: in half of them chance says at each step who goes on,
/// in the others somebody goes on until it waits or is overtaken at one of a few moments (PCT, Burckhardt and others,
/// ASPLOS 2010), which finds what needs a thread to stand still for long. In every one the scenario comes to its end, and
/// so does every thread of the service: otherwise it is a deadlock, and the schedule is told.
///
/// `CLAVIGER_SCHEDULES` says how many, `CLAVIGER_SCHEDULE` plays one that was told again.
pub(crate) fn explore<S: Future<Output = ()>>(
    image: &Image,
    scenario: impl Fn(World) -> S + Clone + Send + Sync + 'static,
) {
    let chance = effort() / 2;
    play(image, RandomScheduler::new_from_seed(SEED, chance), scenario.clone());
    play(image, PctScheduler::new_from_seed(SEED, DEPTH, effort() - chance), scenario);
}

/// The same for a crowd, which takes longer, in fewer schedules: by chance, with the threads that hash held up at first.
pub(crate) fn explore_crowd<S: Future<Output = ()>>(
    image: &Image,
    scenario: impl Fn(World) -> S + Clone + Send + Sync + 'static,
) {
    play(image, Nice::new(RandomScheduler::new_from_seed(SEED, effort().div_ceil(LONG))), scenario);
}

/// Plays each schedule twice, a few of them, and fails where anything but the schedule decides what happens in it.
pub(crate) fn explore_twice<S: Future<Output = ()>>(
    image: &Image,
    scenario: impl Fn(World) -> S + Clone + Send + Sync + 'static,
) {
    let chance = RandomScheduler::new_from_seed(SEED, effort().div_ceil(LONG));
    play(image, UncontrolledNondeterminismCheckScheduler::new(chance), scenario);
}

fn play<S: Future<Output = ()>>(
    image: &Image,
    scheduler: impl Scheduler + 'static,
    scenario: impl Fn(World) -> S + Send + Sync + 'static,
) {
    let image = image.clone();
    let play = move || block_on(scenario(image.start()));
    if let Ok(schedule) = std::env::var("CLAVIGER_SCHEDULE") {
        Runner::new(ReplayScheduler::new_from_encoded(&schedule), config()).run(play);
        return;
    }
    let began = Instant::now();
    let played = Runner::new(scheduler, config()).run(play);
    tell(&format!("{played} schedules in {:.1?}, seed {SEED}", began.elapsed()));
}

fn effort() -> usize {
    match std::env::var("CLAVIGER_SCHEDULES") {
        Ok(text) => text.parse().expect("CLAVIGER_SCHEDULES is a number"),
        Err(_) => USUAL,
    }
}

/// Tells a figure to whoever runs the long form, with `--nocapture`.
#[allow(clippy::print_stdout, reason = "the recipe shows what was measured")]
fn tell(figure: &str) {
    println!("figure: {figure}");
}

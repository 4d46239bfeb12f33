//! Owns one run of changes over the socket, top to bottom: what each takes that waits for the disk, beside the disk alone and
//! beside one slow hash. Must not hold a figure of its own.

pub mod audience;
pub mod floor;
pub mod measure;
pub mod operator;
pub mod table;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use claviger_daemon::token::HashingCost;

use crate::Outcome;
use crate::samples::{Round, Samples, median, median_of};
use crate::seed::seed;
use crate::server::daemon::Daemon;
use audience::Audience;
use floor::{Disk, Hash};
use measure::Measure;
use operator::Operator;

/// How many callers there are where there are many.
pub const CALLERS: usize = 32;

/// How many subscribers there are where there are any; one of them stops reading.
pub const SUBSCRIBERS: usize = 100;

/// How long somebody waits between two changes who makes one now and then.
const PAUSE: Duration = Duration::from_millis(20);

/// How many changes are made one after another, with and without subscribers.
const CHANGES: usize = 50;

/// How long the rate of callers is taken each time.
const RATE: Duration = Duration::from_millis(500);

/// What a rate is taken of where nobody asks for one.
const LIFE: Duration = Duration::from_secs(1);

/// What a run is told.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many keys the store has besides those that are changed.
    pub keys: usize,
    /// How often a key's life is led from its creation to its deletion, with everything measured in turn.
    pub lives: usize,
    /// How often rates are compared, and how often subscribers come and go.
    pub rounds: usize,
    /// The daemon's executable.
    pub claviger: PathBuf,
}

/// What a run found.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it was told.
    pub plan: Plan,
    /// What each measure came to.
    pub figures: HashMap<Measure, Figure>,
}

/// What a measure came to.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The median of its rounds.
    pub round: Round,
    /// One tenth took no longer, the median of its rounds too. Microseconds.
    pub p10: f64,
}

/// What has been measured so far.
#[derive(Default)]
struct Figures {
    /// One at a time.
    samples: HashMap<Measure, Samples>,
    rounds: HashMap<Measure, Vec<Figure>>,
}

impl Figures {
    fn add(&mut self, measure: Measure, took: Duration) {
        self.samples.entry(measure).or_default().push(took);
    }

    fn add_round(&mut self, measure: Measure, samples: Samples, took: Duration) -> Outcome<()> {
        let figure = Figure::of(samples, took).ok_or("nothing was measured")?;
        self.rounds.entry(measure).or_default().push(figure);
        Ok(())
    }

    fn settle(self) -> HashMap<Measure, Figure> {
        // Their rate is not looked at.
        let single = self.samples.into_iter().map(|(measure, samples)| (measure, Figure::of(samples, LIFE)));
        let rounds = self.rounds.into_iter().map(|(measure, figures)| (measure, Figure::median_of(&figures)));
        single.chain(rounds).filter_map(|(measure, figure)| Some((measure, figure?))).collect()
    }
}

impl Figure {
    fn of(samples: Samples, took: Duration) -> Option<Self> {
        Some(Self { p10: samples.quickest_tenth()?, round: samples.round(took)? })
    }

    fn median_of(figures: &[Self]) -> Option<Self> {
        let rounds: Vec<Round> = figures.iter().map(|figure| figure.round).collect();
        Some(Self {
            round: median_of(&rounds)?,
            p10: median(figures.iter().map(|figure| figure.p10).collect())?,
        })
    }
}

/// Seeds a store in a directory of its own, below `under`, starts the daemon and measures all, telling `progress` of each step.
///
/// # Errors
/// Anything is not as it should be: a change that is refused, too.
pub fn run(plan: Plan, under: &Path, progress: &mut dyn FnMut(&str)) -> Outcome<Report> {
    // A short path leaves room for the sockets' names.
    let directory = tempfile::Builder::new().prefix("clvw").tempdir_in(under)?;
    progress(&format!("making a store of {} keys", plan.keys));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (service, _) = seed(&directory.path().join("data"), plan.keys, crate::seed::cheap()?).await?;
        service.finish().await;
        Outcome::Ok(())
    })?;
    let daemon = Daemon::start(directory.path(), &plan.claviger)?;
    let mut figures = Figures::default();
    progress("one caller");
    lives(&plan, directory.path(), &daemon, &mut figures)?;
    for round in 1..=plan.rounds {
        progress(&format!("{CALLERS} callers, round {round} of {}", plan.rounds));
        rates(&daemon, round, &mut figures)?;
    }
    for round in 1..=plan.rounds {
        progress(&format!("{SUBSCRIBERS} subscribers, round {round} of {}", plan.rounds));
        heard(&daemon, round, &mut figures)?;
    }
    Ok(Report { plan, figures: figures.settle() })
}

/// Leads keys from creation to deletion, with the disk and the hash alone in between: what drifts meets all alike.
fn lives(plan: &Plan, directory: &Path, daemon: &Daemon, figures: &mut Figures) -> Outcome<()> {
    let mut operator = Operator::connect(&daemon.admin())?;
    let mut disk = Disk::beside(directory)?;
    let mut hash = Hash::new(HashingCost::default());
    for n in 0..plan.lives {
        figures.add(Measure::Floor, disk.append()?);
        figures.add(Measure::Overwriting, disk.overwrite()?);
        figures.add(Measure::Hash, hash.make()?);
        let (key, took) = operator.create(&format!("life {n}"))?;
        figures.add(Measure::Create, took);
        for (measure, took) in [
            (Measure::Rename, operator.rename(&key, &format!("life {n} renamed"))?),
            (Measure::Narrow, operator.narrow(&key)?),
            (Measure::Widen, operator.widen(&key)?),
            (Measure::Rotate, operator.rotate(&key)?),
            (Measure::Delete, operator.delete(&key)?),
        ] {
            figures.add(measure, took);
        }
    }
    Ok(())
}

/// As many renames as one caller can make, and as many callers at once.
fn rates(daemon: &Daemon, round: usize, figures: &mut Figures) -> Outcome<()> {
    let mut operators = Vec::new();
    for n in 0..CALLERS {
        let mut operator = Operator::connect(&daemon.admin())?;
        let (key, _) = operator.create(&format!("caller {n} of round {round}"))?;
        operators.push((operator, key));
    }
    let (alone, took) = rename_for(&mut operators[..1], RATE)?;
    figures.add_round(Measure::RateOfOne, alone, took)?;
    let (together, took) = rename_for(&mut operators, RATE)?;
    figures.add_round(Measure::RateOfMany, together, took)
}

fn rename_for(operators: &mut [(Operator, String)], during: Duration) -> Outcome<(Samples, Duration)> {
    let start = Barrier::new(operators.len());
    let is_over = AtomicBool::new(false);
    let begun = Instant::now();
    let taken: Vec<Outcome<Vec<Duration>>> = scope(|scope| {
        let callers: Vec<_> = operators
            .iter_mut()
            .map(|(operator, key)| {
                let (start, is_over) = (&start, &is_over);
                scope.spawn(move || {
                    start.wait();
                    let mut taken = Vec::new();
                    while !is_over.load(Ordering::Relaxed) {
                        taken.push(operator.rename(key, &format!("{key} {}", taken.len()))?);
                    }
                    Outcome::Ok(taken)
                })
            })
            .collect();
        sleep(during);
        is_over.store(true, Ordering::Relaxed);
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap_or_else(|_| Err("a caller broke off".into())))
            .collect()
    });
    let took = begun.elapsed();
    let mut samples = Samples::default();
    for taken in taken {
        taken?.into_iter().for_each(|took| samples.push(took));
    }
    Ok((samples, took))
}

/// Changes now and then, and one after another, with nobody to hear of them and with many.
fn heard(daemon: &Daemon, round: usize, figures: &mut Figures) -> Outcome<()> {
    let mut operator = Operator::connect(&daemon.admin())?;
    let (key, _) = operator.create(&format!("heard of in round {round}"))?;
    let mut make = |measure, pause| {
        let (samples, took) = changes(&mut operator, &key, pause)?;
        figures.add_round(measure, samples, took)
    };
    make(Measure::Unheard, PAUSE)?;
    make(Measure::UnheardAtOnce, Duration::ZERO)?;
    let audience = Audience::gather(&daemon.admin(), SUBSCRIBERS)?;
    make(Measure::Heard, PAUSE)?;
    make(Measure::HeardAtOnce, Duration::ZERO)?;
    audience.leave_having_heard(2 * CHANGES)
}

fn changes(operator: &mut Operator, key: &str, pause: Duration) -> Outcome<(Samples, Duration)> {
    let mut samples = Samples::default();
    let begun = Instant::now();
    for n in 0..CHANGES {
        samples.push(operator.rename(key, &format!("{key} {n} {}", pause.as_millis()))?);
        sleep(pause);
    }
    Ok((samples, begun.elapsed()))
}

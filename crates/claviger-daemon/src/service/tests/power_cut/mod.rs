//! Owns the specification of what a power cut may do to a store: nothing that was answered is lost, and nothing is half
//! done. `just power-cut` plays 20,000 cuts, each test run some hundreds.

mod workload;

use crate::store::disks::open_beside_journal;
use crate::store::disks::recording::{Chance, Disk, Files, Honesty, Platter};
use crate::store::{Following, Store, StoreError, check};
use workload::{Life, dump, live};

/// Cuts of one test run, unless `CLAVIGER_CUTS` says otherwise.
const CUTS: usize = 400;
/// Steps of one life, and cuts in it.
const STEPS: usize = 40;
const CUTS_OF_A_LIFE: usize = 200;

/// What was found after a cut that must not be.
#[derive(Debug)]
struct Violation(#[allow(dead_code, reason = "read by whoever sees the test fail")] String);

/// Cuts the power again and again during a store's life, one time in three once more while the store recovers. Gives the
/// number of cuts.
fn cut_again_and_again(life: &Life, chance: &mut Chance) -> Result<usize, Violation> {
    let mut moments: Vec<usize> = (0..CUTS_OF_A_LIFE).map(|_| chance.below(life.events.len() + 1)).collect();
    moments.sort_unstable();
    let mut platter = Platter::new(life.made.clone(), &life.events);
    for moment in &moments {
        platter.go_to(*moment);
        let violation =
            |what: String| Violation(format!("after {moment} of {} events: {what}", life.events.len()));
        let mut files = platter.cut(chance);
        if chance.below(3) == 0 {
            let recovering = Disk::of(files.clone(), Honesty::Honest);
            let recovered = open_beside_journal(&recovering)
                .and_then(|store| store.follow().map(|()| store).map_err(Into::into))
                .map_err(|error| violation(format!("it does not open: {error}")))?;
            let events = recovering[0].take_events();
            drop(recovered);
            let mut second = Platter::new(files, &events);
            second.go_to(chance.below(events.len() + 1));
            files = second.cut(chance);
        }
        look(life, files, platter.answered).map_err(violation)?;
    }
    Ok(moments.len())
}

/// Whether what is on a disk is a state that may be there: whole, and with all that was answered, in the store and in the
/// journal.
fn look(life: &Life, files: Files, answered: u64) -> Result<(), String> {
    let told = |error: StoreError| error.to_string();
    let store = open_beside_journal(&Disk::of(files, Honesty::Honest))
        .map_err(|error| format!("it does not open: {error}"))?;
    store.read(check).map_err(told)?;
    look_at_journal(&store, answered)?;
    let revision = store.read(|rows| Ok(crate::store::Rows::state(rows)?.revision)).map_err(told)?;
    if revision < answered || revision > life.newest {
        return Err(format!("it has revision {revision}, and {answered} was answered"));
    }
    match life.held.get(&revision) {
        Some(held) if *held != dump(&store).map_err(told)? => {
            Err(format!("revision {revision} is another one"))
        }
        _ => Ok(()),
    }
}

/// Whether the journal knows what died and was answered, and nothing that did not die.
fn look_at_journal(store: &Store, answered: u64) -> Result<(), String> {
    let told = |error: StoreError| error.to_string();
    let heritage = store.heritage().map_err(told)?;
    if heritage.following != Following::Followed {
        return Err("the journal does not follow the store".to_owned());
    }
    if let Some(row) = heritage.unheeded.first() {
        return Err(format!("the journal has what the store has not: {row:?}"));
    }
    let lost = store.journal_lacks().map_err(told)?.into_iter().find(|row| row.revision <= answered);
    lost.map_or(Ok(()), |row| Err(format!("the journal has lost {row:?}, and {answered} was answered")))
}

fn play(honesty: Honesty, cuts: usize, seed: u64) -> Result<usize, Violation> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut played = 0;
    for life in 0.. {
        if played >= cuts {
            break;
        }
        let mut chance = Chance(seed.wrapping_add(life));
        let life = runtime.block_on(live(STEPS, honesty, &mut chance));
        played += cut_again_and_again(&life, &mut chance)?;
    }
    Ok(played)
}

#[test]
fn no_power_cut_loses_what_was_answered_or_leaves_a_half_change() {
    let cuts = std::env::var("CLAVIGER_CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(CUTS);
    let played = play(Honesty::Honest, cuts, 1).unwrap();
    assert!(played >= cuts);
}

#[test]
fn a_disk_that_skips_syncs_is_found_out() {
    let found = play(Honesty::SkipsSyncs, 5 * CUTS_OF_A_LIFE, 1);
    assert!(found.is_err(), "the cuts above prove nothing");
}

//! Owns what one commit comes to: what turns out to be on disk was done, and anything else was not. Must not know what a
//! job is about.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;
use std::time::Duration;

use claviger_api::Event;

use super::super::error::FaultId;
use super::super::{Error, Service, stopwatch};
use super::Job;
use crate::store::{Room, Rows, StoreError};
use crate::sync::mpsc::{Receiver, RecvTimeoutError};

/// How many jobs share a commit at most.
const GROUP: usize = 256;

/// How often a store that does not open is looked at again, while somebody waits for what it holds, and how often a journal
/// that could not be written is tried again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A group that came as far as its commit, which failed, and the store did not open again: nobody knows yet whether the
/// group is on disk.
struct Unsettled {
    /// The revision that the store has if it is.
    intended: u64,
    events: Vec<Event>,
    jobs: Vec<Box<dyn Job>>,
    /// Why the commit failed.
    error: Error,
}

/// How a commit went.
enum Attempt {
    Done(Vec<Event>),
    NotDone(StoreError),
    Unknown { intended: u64, events: Vec<Event>, error: StoreError },
}

/// Writes what is handed in until nobody can hand in any more.
pub(super) fn work(service: &Weak<Service>, queue: &Receiver<Box<dyn Job>>) {
    let (mut unsettled, mut is_behind) = (None, false);
    loop {
        let first = if unsettled.is_none() && !is_behind {
            queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            queue.recv_timeout(LOOK_AGAIN)
        };
        let Some(service) = service.upgrade() else { return };
        // Nothing else is written before it is known what the store holds.
        unsettled = unsettled.and_then(|group| settle(&service, group));
        if is_behind {
            service.store.tell_journal();
        }
        is_behind = service.store.journal_is_behind();
        let first = match first {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let mut group = vec![first];
        group.extend(queue.try_iter().take(GROUP - 1));
        match unsettled {
            None => unsettled = commit(&service, group),
            Some(_) => answer(group, &Err(StoreError::Unavailable.into())),
        }
        is_behind = service.store.journal_is_behind();
    }
}

/// Makes one commit of a group, publishes its events and answers it. Gives the group back where nobody knows what
/// became of it.
fn commit(service: &Service, mut group: Vec<Box<dyn Job>>) -> Option<Unsettled> {
    let room = service.store.room();
    let mut attempted = attempt(service, &mut group, room);
    if let (Attempt::NotDone(StoreError::Full), Room::Plenty) = (&attempted, room)
        && service.store.spend_ballast()
    {
        attempted = attempt(service, &mut group, Room::OnlyToRevoke);
    }
    match attempted {
        Attempt::Done(events) => {
            publish(service, events);
            answer(group, &Ok(()));
        }
        // A row that one of them met must not fail the others.
        Attempt::NotDone(StoreError::Damaged(_)) if group.len() > 1 => {
            let mut unsettled = None;
            for job in group {
                match unsettled {
                    None => unsettled = commit(service, vec![job]),
                    Some(_) => answer(vec![job], &Err(StoreError::Unavailable.into())),
                }
            }
            return unsettled;
        }
        Attempt::NotDone(error) => answer(group, &Err(error.into())),
        Attempt::Unknown { intended, events, error } => {
            for job in &mut group {
                job.doubt();
            }
            return Some(Unsettled { intended, events, jobs: group, error: error.into() });
        }
    }
    None
}

fn attempt(service: &Service, group: &mut [Box<dyn Job>], room: Room) -> Attempt {
    let took = stopwatch!(TRACE);
    let (mut events, mut is_decided) = (Vec::new(), false);
    // redb can panic on a disk that lies: that is a failed commit like any other.
    let written = catch_unwind(AssertUnwindSafe(|| {
        service.store.write(|writer| {
            for job in group.iter_mut() {
                events.extend(job.run(service, writer, service.clock.now(), room)?);
            }
            is_decided = true;
            Ok(())
        })
    }));
    let Err(error) = written.unwrap_or(Err(StoreError::Damaged("a commit panicked"))) else {
        tracing::trace!(changes = events.len(), jobs = group.len(), took_us = took.us(), "commit");
        return Attempt::Done(events);
    };
    tracing::error!(%error, "a commit failed: opening the store again to see what is on disk");
    let reopened =
        service.store.reopen().inspect_err(|error| tracing::error!(%error, "the store does not open"));
    // The newest revision that the group made, if it came as far as the commit.
    let Some(intended) = events.iter().filter_map(revision_of).max().filter(|_| is_decided) else {
        return Attempt::NotDone(if reopened.is_ok() { error } else { StoreError::Unavailable });
    };
    match reopened.ok().and_then(|()| revision(service)) {
        Some(found) if found == intended => Attempt::Done(events),
        Some(_) => Attempt::NotDone(error),
        None => Attempt::Unknown { intended, events, error },
    }
}

/// Looks what became of a group; gives it back where the store still does not open.
fn settle(service: &Service, group: Unsettled) -> Option<Unsettled> {
    let Some(found) = revision(service) else { return Some(group) };
    let Unsettled { intended, events, jobs, error } = group;
    if found == intended {
        tracing::info!("the store opens again: what was not known is on disk");
        publish(service, events);
        answer(jobs, &Ok(()));
    } else {
        tracing::info!("the store opens again: what was not known is not on disk");
        answer(jobs, &Err(error));
    }
    None
}

fn revision(service: &Service) -> Option<u64> {
    service.store.read(|rows| Ok(rows.state()?.revision)).ok()
}

fn publish(service: &Service, events: Vec<Event>) {
    for event in events {
        service.feed.publish(event);
    }
}

fn answer(group: Vec<Box<dyn Job>>, outcome: &Result<(), Error>) {
    for job in group {
        job.answer(outcome.clone().err());
    }
}

fn revision_of(event: &Event) -> Option<u64> {
    match event {
        Event::Changed { revision, .. } | Event::Snapshot { revision, .. } => Some(*revision),
        Event::Used { .. } => None,
    }
}

/// That the writer has stopped.
pub(super) fn stopped() -> Error {
    Error::Fault(FaultId::log(&"the writer has stopped"))
}

//! Owns the one writer: it makes one commit of what is waiting, publishes in commit order, then answers. Must not
//! decide a rule.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use claviger_api::{Event, Timestamp};
use tokio::sync::oneshot;

use super::error::FaultId;
use super::feed::event_of;
use super::{Error, Service};
use crate::domain::Edit;
use crate::store::{Applied, Author, Rows, StoreError, Writer};

/// How many jobs share a commit at most.
const GROUP: usize = 256;

/// What a job decides: an edit, or none where nothing changes, and its answer.
pub(super) type Decision<T> = Result<(Option<Edit>, T), Error>;

/// A job, as the writer sees it.
trait Job: Send {
    /// Decides and applies. A refusal is kept for the answer; only a fault of the store is an error.
    fn run(
        &mut self,
        service: &Service,
        writer: &mut Writer,
        now: Timestamp,
    ) -> Result<Option<Event>, StoreError>;
    /// Answers, after the commit or after its failure.
    fn answer(self: Box<Self>, fault: Option<Error>);
}

/// Where jobs are handed in.
pub(super) struct WriterQueue {
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl WriterQueue {
    /// Makes the queue, and what its thread will take jobs from.
    pub(super) fn new() -> (Self, PendingWriter) {
        let (jobs, queue) = channel();
        (Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::default() }, PendingWriter(queue))
    }

    /// Ends the thread when all that waits is written.
    pub(super) fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    fn hand_in(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let stopped = || Error::Fault(FaultId::log(&"the writer has stopped"));
        jobs.as_ref().ok_or_else(stopped)?.send(job).map_err(|_| stopped())
    }
}

/// A writer that waits for the service that it belongs to.
pub(super) struct PendingWriter(Receiver<Box<dyn Job>>);

impl PendingWriter {
    /// Starts the thread.
    pub(super) fn start(self, service: &Arc<Service>) -> std::io::Result<()> {
        let weak = Arc::downgrade(service);
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || work(&weak, &self.0))?;
        *service.writer.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }
}

impl Service {
    /// Hands in a change and waits until it is on disk and published. It is carried out even when nobody waits.
    ///
    /// # Errors
    /// What `decide` returns, or a fault of the store.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        author: Author,
        decide: impl FnOnce(&Writer, Timestamp) -> Result<Decision<T>, StoreError> + Send + 'static,
    ) -> Result<(T, Applied), Error> {
        let (reply, answer) = oneshot::channel();
        self.writer.hand_in(Box::new(Change { author, decide: Some(decide), result: None, reply }))?;
        written(answer).await
    }

    /// Writes notes of use and waits until they are on disk.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn save_usage(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.writer.hand_in(Box::new(SaveUsage {
            written: Vec::new(),
            reply,
            queue: Arc::clone(&self.usage),
        }))?;
        written(answer).await
    }
}

/// Waits for the writer's answer.
async fn written<T>(answer: oneshot::Receiver<Result<T, Error>>) -> Result<T, Error> {
    answer.await.unwrap_or_else(|_| Err(Error::Fault(FaultId::log(&"the writer broke off"))))
}

struct Change<T, F> {
    author: Author,
    decide: Option<F>,
    result: Option<Result<(T, Applied), Error>>,
    reply: oneshot::Sender<Result<(T, Applied), Error>>,
}

impl<T, F> Job for Change<T, F>
where
    T: Send,
    F: FnOnce(&Writer, Timestamp) -> Result<Decision<T>, StoreError> + Send,
{
    fn run(
        &mut self,
        service: &Service,
        writer: &mut Writer,
        now: Timestamp,
    ) -> Result<Option<Event>, StoreError> {
        let Some(decide) = self.decide.take() else { return Ok(None) };
        let (result, event) = match decide(writer, now)? {
            Err(refusal) => (Err(refusal), None),
            Ok((None, answer)) => {
                let state = writer.state()?;
                (Ok((answer, Applied { revision: state.revision, storage_mode: state.storage_mode })), None)
            }
            Ok((Some(edit), answer)) => {
                let applied = writer.apply(&edit, self.author, now)?;
                (Ok((answer, applied)), Some(event_of(service, writer, &edit, applied)?))
            }
        };
        self.result = Some(result);
        Ok(event)
    }

    fn answer(self: Box<Self>, fault: Option<Error>) {
        let Self { result, reply, .. } = *self;
        let broken = || Err(Error::Fault(FaultId::log(&"a change was not decided")));
        let _ = reply.send(fault.map_or_else(|| result.unwrap_or_else(broken), Err));
    }
}

struct SaveUsage {
    written: Vec<(claviger_api::KeyId, crate::domain::Usage)>,
    reply: oneshot::Sender<Result<(), Error>>,
    queue: Arc<super::usage::UsageNotes>,
}

impl Job for SaveUsage {
    fn run(
        &mut self,
        service: &Service,
        writer: &mut Writer,
        now: Timestamp,
    ) -> Result<Option<Event>, StoreError> {
        for (id, _) in self.queue.to_save() {
            self.written.push((id, self.queue.unsaved(&id)));
        }
        let merged: Result<Vec<_>, StoreError> =
            self.written.iter().map(|(id, _)| Ok((*id, service.usage_of(writer, id)?))).collect();
        let grants = self.queue.begin_save(writer.state()?.usage_saves);
        writer.put_usage(&merged?, &grants, now)?;
        Ok(None)
    }

    fn answer(self: Box<Self>, fault: Option<Error>) {
        if fault.is_none() {
            self.queue.saved(&self.written);
        }
        let _ = self.reply.send(fault.map_or(Ok(()), Err));
    }
}

fn work(service: &Weak<Service>, queue: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = queue.recv() {
        let mut group = vec![first];
        group.extend(queue.try_iter().take(GROUP - 1));
        let Some(service) = service.upgrade() else { return };
        let fault = match commit(&service, &mut group) {
            Ok(events) => {
                for event in events {
                    service.feed.publish(event);
                }
                None
            }
            Err(error) => Some(Error::from(error)),
        };
        for job in group {
            job.answer(fault.clone());
        }
    }
}

/// Makes one commit of a group. After a failure it opens the file again and looks: what turns out to be on disk was
/// done, and anything else was not.
fn commit(service: &Service, group: &mut [Box<dyn Job>]) -> Result<Vec<Event>, StoreError> {
    let mut events = Vec::new();
    // redb can panic on a disk that lies: that is a failed commit like any other.
    let written = catch_unwind(AssertUnwindSafe(|| {
        service.store.write(|writer| {
            for job in group.iter_mut() {
                events.extend(job.run(service, writer, service.clock.now())?);
            }
            Ok(())
        })
    }));
    let written = written.unwrap_or(Err(StoreError::Damaged("a commit panicked")));
    // The newest revision that the group made, if it came as far as the commit.
    let intended = events.iter().filter_map(revision_of).max();
    match written {
        Ok(()) => Ok(events),
        Err(error) => {
            tracing::error!(%error, "a commit failed: opening the store again to see what is on disk");
            if let Err(error) = service.store.reopen() {
                tracing::error!(%error, "the store does not open");
                return Err(StoreError::Unavailable);
            }
            let found = service.store.read(|rows| Ok(rows.state()?.revision))?;
            if Some(found) == intended { Ok(events) } else { Err(error) }
        }
    }
}

fn revision_of(event: &Event) -> Option<u64> {
    match event {
        Event::Changed { revision, .. } | Event::Snapshot { revision, .. } => Some(*revision),
        Event::Used { .. } => None,
    }
}

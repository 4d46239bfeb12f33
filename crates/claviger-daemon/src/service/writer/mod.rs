//! Owns the one writer: it makes one commit of what is waiting, publishes in commit order, then answers. Must not
//! decide a rule.

mod commit;

use std::pin::pin;
use std::sync::{Arc, Weak};

use claviger_api::{AccountId, Action, Event, KeyId, Timestamp};

use super::error::FaultId;
use super::feed::event_of;
use super::replay::Doubt;
use super::{Error, Service};
use crate::domain::{Edit, Note, Proven};
use crate::store::{Applied, Author, Room, Rows, StoreError, Writer};
use crate::sync::mpsc::{Receiver, Sender, channel};
use crate::sync::thread::{Builder, JoinHandle};
use crate::sync::{Mutex, PoisonError, oneshot};

/// What a job decides: an edit, or none where nothing changes, and its answer.
pub(super) type Decision<T> = Result<(Option<Edit>, T), Error>;

/// A job, as the writer sees it.
trait Job: Send {
    /// Decides and applies, as far as there is room. A refusal is kept for the answer; only a fault of the store is an
    /// error. It is run anew where the transaction failed.
    fn run(
        &mut self,
        service: &Service,
        writer: &mut Writer,
        now: Timestamp,
        room: Room,
    ) -> Result<Option<Event>, StoreError>;
    /// Says that nobody knows yet whether it was done. The answer comes when it is known.
    fn doubt(&mut self);
    /// Answers, after the commit or after its failure.
    fn answer(self: Box<Self>, fault: Option<Error>);
}

/// Where jobs are handed in.
pub(super) struct WriterQueue {
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// The thread holds the other end until it ends, however that comes.
    life: Weak<()>,
}

impl WriterQueue {
    /// Makes the queue, and what its thread will take jobs from.
    pub(super) fn new() -> (Self, PendingWriter) {
        let (jobs, queue) = channel();
        let life = Arc::new(());
        let handed_in =
            Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::default(), life: Arc::downgrade(&life) };
        (handed_in, PendingWriter { queue, life })
    }

    /// Ends the thread when all that waits is written.
    pub(super) fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    /// Whether the thread is there.
    pub(super) fn is_alive(&self) -> bool {
        self.life.strong_count() > 0
    }

    fn hand_in(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().ok_or_else(commit::stopped)?.send(job).map_err(|_| commit::stopped())
    }
}

/// A writer that waits for the service that it belongs to.
pub(super) struct PendingWriter {
    queue: Receiver<Box<dyn Job>>,
    life: Arc<()>,
}

impl PendingWriter {
    /// Starts the thread.
    pub(super) fn start(self, service: &Arc<Service>) -> std::io::Result<()> {
        let weak = Arc::downgrade(service);
        let thread = Builder::new().name("writer".into()).spawn(move || {
            commit::work(&weak, &self.queue);
            drop(self.life);
        })?;
        *service.writer.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }
}

impl Service {
    /// Hands in a change and waits until it is on disk and published. It is carried out even when nobody waits.
    /// `decide` is asked anew where a transaction failed.
    ///
    /// # Errors
    /// What `decide` returns, [`Error::OutcomeUnknown`], or a fault of the store.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        author: Author,
        decide: impl FnMut(&Writer, Timestamp) -> Result<Decision<T>, StoreError> + Send + 'static,
    ) -> Result<(T, Applied), Error> {
        self.change_or_doubt(author, None, decide).await
    }

    /// The same for somebody who can ask again: with a `doubt` it waits on, where nobody knows whether the change was
    /// made, until it is known, and raises the doubt meanwhile.
    ///
    /// # Errors
    /// As [`Service::change`].
    pub(super) async fn change_or_doubt<T: Send + 'static>(
        &self,
        author: Author,
        doubt: Option<Doubt>,
        decide: impl FnMut(&Writer, Timestamp) -> Result<Decision<T>, StoreError> + Send + 'static,
    ) -> Result<(T, Applied), Error> {
        let ((reply, answer), (doubts, doubted)) = (oneshot::channel(), oneshot::channel());
        self.writer.hand_in(Box::new(Change {
            author,
            decide,
            result: None,
            made: None,
            reply,
            doubts: Some(doubts),
        }))?;
        let mut answer = pin!(written(answer));
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            Ok(()) = doubted => match doubt {
                None => Err(Error::OutcomeUnknown),
                Some(doubt) => {
                    doubt.raise();
                    answer.await
                }
            },
        }
    }

    /// Writes notes of use, and digests that are to be kept, and waits until they are on disk.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn save_usage(&self) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.writer.hand_in(Box::new(SaveUsage {
            is_written: false,
            written: Vec::new(),
            reply,
            queue: Arc::clone(&self.usage),
            digests: Arc::clone(&self.digests),
            proven: Vec::new(),
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
    decide: F,
    result: Option<Result<(T, Applied), Error>>,
    /// What the log says of it once it is on disk; none where nothing changed.
    made: Option<Made>,
    reply: oneshot::Sender<Result<(T, Applied), Error>>,
    doubts: Option<oneshot::Sender<()>>,
}

impl<T, F> Job for Change<T, F>
where
    T: Send,
    F: FnMut(&Writer, Timestamp) -> Result<Decision<T>, StoreError> + Send,
{
    fn run(
        &mut self,
        service: &Service,
        writer: &mut Writer,
        now: Timestamp,
        room: Room,
    ) -> Result<Option<Event>, StoreError> {
        self.made = None;
        let (result, event) = match (self.decide)(writer, now)? {
            Err(refusal) => (Err(refusal), None),
            Ok((Some(edit), _)) if room == Room::OnlyToRevoke && !edit.only_revokes() => {
                (Err(Error::StorageFull), None)
            }
            Ok((None, answer)) => {
                let state = writer.state()?;
                (Ok((answer, Applied { revision: state.revision, storage_mode: state.storage_mode })), None)
            }
            Ok((Some(edit), answer)) => {
                let applied = writer.apply(&edit, self.author, now)?;
                self.made = Some(Made::of(&edit.note, applied));
                (Ok((answer, applied)), Some(event_of(service, writer, &edit, applied)?))
            }
        };
        self.result = Some(result);
        Ok(event)
    }

    fn doubt(&mut self) {
        if let Some(doubts) = self.doubts.take() {
            let _ = doubts.send(());
        }
    }

    fn answer(self: Box<Self>, fault: Option<Error>) {
        let Self { author, result, made, reply, .. } = *self;
        if let (None, Some(made)) = (&fault, made) {
            made.log(author);
        }
        let broken = || Err(Error::Fault(FaultId::log(&"a change was not decided")));
        let _ = reply.send(fault.map_or_else(|| result.unwrap_or_else(broken), Err));
    }
}

/// What the log says of a change: of its audit entry what nobody chose, and no name.
struct Made {
    action: Action,
    key_id: Option<KeyId>,
    account_id: Option<AccountId>,
    revision: u64,
}

impl Made {
    fn of(note: &Note, applied: Applied) -> Self {
        let Note { action, key_id, ref account_id, .. } = *note;
        Self { action, key_id, account_id: account_id.clone(), revision: applied.revision }
    }

    fn log(self, author: Author) {
        tracing::info!(
            action = %self.action.text(),
            key_id = self.key_id.map(display),
            account_id = self.account_id.map(display),
            revision = self.revision,
            uid = author.uid,
            pid = author.pid,
            "changed"
        );
    }
}

struct SaveUsage {
    /// Whether there was room.
    is_written: bool,
    written: Vec<(claviger_api::KeyId, crate::domain::Usage)>,
    reply: oneshot::Sender<Result<(), Error>>,
    queue: Arc<super::usage::UsageNotes>,
    digests: Arc<super::digests::Digests>,
    /// Of them, what is written.
    proven: Vec<Proven>,
}

impl Job for SaveUsage {
    fn run(
        &mut self,
        service: &Service,
        writer: &mut Writer,
        now: Timestamp,
        room: Room,
    ) -> Result<Option<Event>, StoreError> {
        self.is_written = room == Room::Plenty;
        if !self.is_written {
            return Ok(None);
        }
        self.written.clear();
        for (id, _) in self.queue.to_save() {
            self.written.push((id, self.queue.unsaved(&id)));
        }
        let merged: Result<Vec<_>, StoreError> =
            self.written.iter().map(|(id, _)| Ok((*id, service.usage_of(writer, id)?))).collect();
        let grants = self.queue.begin_save(writer.state()?.usage_saves);
        writer.put_usage(&merged?, &grants, now)?;
        self.proven = self.digests.to_save();
        writer.put_digests(&self.proven)?;
        Ok(None)
    }

    fn doubt(&mut self) {}

    fn answer(self: Box<Self>, fault: Option<Error>) {
        let fault = fault.or((!self.is_written).then_some(Error::StorageFull));
        if fault.is_none() {
            self.queue.saved(&self.written);
            self.digests.saved(&self.proven);
            if !self.written.is_empty() {
                tracing::debug!(keys = self.written.len(), "notes of use saved");
            }
        }
        let _ = self.reply.send(fault.map_or(Ok(()), Err));
    }
}

//! Owns subscriptions: the state first, then each change, none skipped. Must not let a slow reader hold up anyone.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use claviger_api::Event;
use claviger_api::method::{Events, NoParams, Revisions, Subscription};
use claviger_api::object::Revision;
use claviger_api::param::Params;
use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::server::{PendingSubscriptionSink, RegisterMethodError, SubscriptionSink};
use jsonrpsee::types::Params as RawParams;
use jsonrpsee::{RpcModule, SubscriptionMessage};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::error::error_object;
use super::news::News;
use super::{Context, Peer};
use crate::service::Error;

/// How long a moment is held for a reader who has no room for the next part.
const HELD: Duration = Duration::from_secs(2);

/// Registers `events.subscribe`.
pub(super) fn register_events(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    register::<Events, _>(module, |context, sink, reader| async move {
        send_events(&context, &sink, reader).await
    })
}

/// Registers `revision.subscribe`.
pub(super) fn register_revisions(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    register::<Revisions, _>(module, |context, sink, _| async move { send_revisions(&context, &sink).await })
}

/// Who reads a subscription, as the log has it.
#[derive(Clone, Copy)]
struct Reader(Option<Peer>);

impl Reader {
    fn has_snapshot(self, revision: u64, parts: usize) {
        let (uid, pid) = (self.0.map(|peer| peer.uid), self.0.and_then(|peer| peer.pid));
        tracing::debug!(revision, parts, uid, pid, "snapshot sent");
    }
}

/// Why a subscription ends.
enum Ended {
    /// The reader went away, or the daemon ends.
    Closed,
    /// A fault of ours: the reader is to subscribe anew.
    Fault(Error),
}

fn register<S: Subscription, F>(
    module: &mut RpcModule<Context>,
    send: impl Fn(Arc<Context>, SubscriptionSink, Reader) -> F + Clone + Send + Sync + 'static,
) -> Result<(), RegisterMethodError>
where
    F: Future<Output = Ended> + Send + 'static,
{
    module.register_subscription(
        S::NAME,
        S::NOTIFICATION,
        S::UNSUBSCRIBE,
        move |params: RawParams<'static>, pending: PendingSubscriptionSink, context, extensions| {
            let (send, reader) = (send.clone(), Reader(extensions.get::<Peer>().copied()));
            async move { serve(params, pending, context, |context, sink| send(context, sink, reader)).await }
        },
    )?;
    Ok(())
}

async fn serve<F: Future<Output = Ended>>(
    params: RawParams<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    send: impl Fn(Arc<Context>, SubscriptionSink) -> F,
) -> SubscriptionResult {
    if let Err(error) = NoParams::read(params.as_str()) {
        pending.reject(error_object(error)).await;
        return Ok(());
    }
    let sink = pending.accept().await?;
    match send(context, sink).await {
        Ended::Closed => Ok(()),
        Ended::Fault(error) => Err(error_object(error).message().into()),
    }
}

async fn send_events(context: &Arc<Context>, sink: &SubscriptionSink, reader: Reader) -> Ended {
    loop {
        // Listening first and looking second misses nothing; what is seen twice is passed over.
        let changes = context.news.listen();
        let seen = match send_snapshot(context, sink, reader).await {
            Ok(seen) => seen,
            Err(ended) => return ended,
        };
        let mut changes = Changes { changes, seen };
        loop {
            match changes.next(sink).await {
                Next::Heard(news, _) => {
                    if let News::Event { text, .. } = &*news
                        && send(sink, text.clone()).await.is_err()
                    {
                        return Ended::Closed;
                    }
                }
                Next::Closed => return Ended::Closed,
                // What was missed is in a new snapshot.
                Next::Missed => break,
            }
        }
    }
}

/// Sends the whole state, each part once the reader has room for it, and gives its revision.
async fn send_snapshot(
    context: &Arc<Context>,
    sink: &SubscriptionSink,
    reader: Reader,
) -> Result<u64, Ended> {
    let (mut snapshot, mut seen, mut parts) = (context.service.snapshot(), 0, 0);
    loop {
        let part;
        (snapshot, part) = tokio::task::spawn_blocking(move || {
            let part = snapshot.next_part();
            (snapshot, part)
        })
        .await
        .map_err(|_| Ended::Closed)?;
        let Some(part) = part.map_err(Ended::Fault)? else {
            reader.has_snapshot(seen, parts);
            return Ok(seen);
        };
        if let Event::Snapshot { revision, .. } = part {
            seen = revision;
        }
        parts += 1;
        let mut told = pin!(tell(sink, &part));
        let sent = if let Ok(sent) = timeout(HELD, &mut told).await {
            sent
        } else {
            snapshot.let_go();
            told.await
        };
        sent.map_err(|()| Ended::Closed)?;
    }
}

async fn send_revisions(context: &Arc<Context>, sink: &SubscriptionSink) -> Ended {
    loop {
        // From the service itself: whoever keeps a verdict is told before whoever made the change is answered.
        let changes = context.service.listen();
        let seen = match context.service.settings() {
            Ok(settings) => settings.revision,
            Err(error) => return Ended::Fault(error),
        };
        if tell(sink, &Revision { revision: seen }).await.is_err() {
            return Ended::Closed;
        }
        let mut changes = Changes { changes, seen };
        loop {
            match changes.next(sink).await {
                Next::Heard(_, revision) => {
                    let Some(revision) = revision else { continue };
                    if tell(sink, &Revision { revision }).await.is_err() {
                        return Ended::Closed;
                    }
                }
                Next::Closed => return Ended::Closed,
                // Only the newest counts.
                Next::Missed => break,
            }
        }
    }
}

/// What is heard of one thing that happened.
trait Heard {
    /// Its place among the changes.
    fn place(&self) -> Place;
}

/// Where something stands among the changes.
enum Place {
    /// It is the change that made this revision.
    Change(u64),
    /// It is none: notes of use.
    Beside,
    /// Some changes are gone.
    Missed,
}

impl Heard for News {
    fn place(&self) -> Place {
        match self {
            Self::Event { revision, .. } => revision.map_or(Place::Beside, Place::Change),
            Self::Missed => Place::Missed,
        }
    }
}

impl Heard for Event {
    fn place(&self) -> Place {
        match self {
            Self::Changed { revision, .. } => Place::Change(*revision),
            Self::Snapshot { .. } | Self::Used { .. } => Place::Beside,
        }
    }
}

/// The changes after a revision that the reader has.
struct Changes<T> {
    changes: Receiver<Arc<T>>,
    seen: u64,
}

/// What comes next.
enum Next<T> {
    /// A change that the reader has not seen, with its revision, or notes of use.
    Heard(Arc<T>, Option<u64>),
    /// The reader was too slow: some changes are gone.
    Missed,
    /// The reader went away, or the daemon ends.
    Closed,
}

impl<T: Heard> Changes<T> {
    async fn next(&mut self, sink: &SubscriptionSink) -> Next<T> {
        loop {
            let change = tokio::select! {
                () = sink.closed() => return Next::Closed,
                change = self.changes.recv() => change,
            };
            let heard = match change {
                Ok(heard) => heard,
                Err(RecvError::Lagged(_)) => return Next::Missed,
                Err(RecvError::Closed) => return Next::Closed,
            };
            match heard.place() {
                Place::Change(revision) if revision <= self.seen => {}
                // A change whose outcome was not known when it was made was not told.
                Place::Change(revision) if revision > self.seen + 1 => return Next::Missed,
                Place::Change(revision) => {
                    self.seen = revision;
                    return Next::Heard(heard, Some(revision));
                }
                Place::Beside => return Next::Heard(heard, None),
                Place::Missed => return Next::Missed,
            }
        }
    }
}

/// Sends one notification, waiting until the reader has room. Changes meanwhile wait in the feed, which forgets the
/// oldest rather than grow.
pub(super) async fn tell(sink: &SubscriptionSink, item: &impl Serialize) -> Result<(), ()> {
    send(sink, serde_json::value::to_raw_value(item).map_err(|_| ())?).await
}

/// The same of what is in words already.
async fn send(sink: &SubscriptionSink, json: Box<RawValue>) -> Result<(), ()> {
    tokio::select! {
        () = sink.closed() => Err(()),
        sent = sink.send(SubscriptionMessage::from(json)) => sent.map_err(|_| ()),
    }
}

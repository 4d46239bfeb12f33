//! Owns the news for all who follow events: each is taken from the service once, put into words once, and handed to whoever
//! listens. Must not wait for a subscriber.
//!
//! So the one writer wakes one task for a change, however many hear of it; and one for each who follows revisions, which are
//! told at once.

use std::sync::Arc;
use std::time::Duration;

use claviger_api::Event;
use serde_json::value::RawValue;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::sleep;

use crate::service::Service;

/// How much news waits for a slow subscriber before it is sent a new snapshot instead.
const WAITING: usize = 1024;

/// How long news are held back, so that whoever made a change is answered before all who hear of it are told.
const ANSWERED_FIRST: Duration = Duration::from_millis(1);

/// One piece of news.
#[derive(Debug)]
pub(super) enum News {
    /// A change, with its revision; notes of use have none.
    Event {
        /// The revision of a change.
        revision: Option<u64>,
        /// The event as a notification has it.
        text: Box<RawValue>,
    },
    /// Some changes are gone.
    Missed,
}

/// Where subscriptions hear of what happens.
pub struct Newsroom(broadcast::Sender<Arc<News>>);

impl Newsroom {
    /// Begins to pass on what a service tells. Ends with it. Needs a runtime.
    #[must_use]
    pub fn of(service: &Service) -> Self {
        let news = broadcast::Sender::new(WAITING);
        tokio::spawn(pass_on(service.listen(), news.clone()));
        Self(news)
    }

    /// Listens from now on. Take a snapshot after this, and nothing is missed.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<News>> {
        self.0.subscribe()
    }
}

async fn pass_on(mut events: broadcast::Receiver<Arc<Event>>, news: broadcast::Sender<Arc<News>>) {
    loop {
        let mut event = match events.recv().await {
            Ok(event) => Ok(event),
            Err(RecvError::Lagged(missed)) => Err(TryRecvError::Lagged(missed)),
            Err(RecvError::Closed) => return,
        };
        // A hundred subscribers who are woken at once stand before whoever waits for the answer to this change.
        sleep(ANSWERED_FIRST).await;
        loop {
            let one = match event {
                Ok(_) if news.receiver_count() == 0 => None,
                Ok(event) => Some(put_into_words(&event)),
                Err(TryRecvError::Lagged(_)) => {
                    // The rest is in the new snapshots too.
                    events = events.resubscribe();
                    Some(News::Missed)
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            };
            // Without listeners there is nobody to miss it.
            let _ = one.map(|one| news.send(Arc::new(one)));
            event = events.try_recv();
        }
    }
}

fn put_into_words(event: &Event) -> News {
    let revision = match event {
        Event::Changed { revision, .. } => Some(*revision),
        Event::Snapshot { .. } | Event::Used { .. } => None,
    };
    match serde_json::value::to_raw_value(event) {
        Ok(text) => News::Event { revision, text },
        Err(error) => {
            tracing::error!(%error, "an event cannot be told");
            News::Missed
        }
    }
}

#[cfg(test)]
mod tests {
    use claviger_api::method::ConnectAccount;
    use claviger_api::{AccountId, Name};
    use serde_json::Value;

    use super::*;
    use crate::service::Clock;
    use crate::store::{Author, Store};
    use crate::token::{HashingCost, KeyPrefix};

    fn service() -> Arc<Service> {
        let cost = HashingCost::new(8, 1, 1).unwrap();
        Service::start(Store::memory().unwrap(), Clock::system(), KeyPrefix::default(), cost).unwrap()
    }

    async fn connect(service: &Service, id: &str) {
        let (name, id) = (Name::parse(id).unwrap(), AccountId::parse(id));
        let account = ConnectAccount { name, institution: None, mask: None, kind: None, id };
        service.connect_account(Author { uid: 0, pid: None }, account).await.unwrap();
    }

    #[tokio::test]
    async fn all_listeners_get_each_change_in_the_same_words() {
        let service = service();
        let newsroom = Newsroom::of(&service);
        let mut listeners = [newsroom.listen(), newsroom.listen()];
        for id in ["one", "two"] {
            connect(&service, id).await;
        }
        for (revision, id) in [(1, "one"), (2, "two")] {
            let mut heard = Vec::new();
            for listener in &mut listeners {
                heard.push(listener.recv().await.unwrap());
            }
            assert!(Arc::ptr_eq(&heard[0], &heard[1]), "made once for both");
            let News::Event { revision: Some(found), text } = &*heard[0] else { panic!("{:?}", heard[0]) };
            let told: Value = serde_json::from_str(text.get()).unwrap();
            assert_eq!((*found, &told["accounts"][0]["id"]), (revision, &id.into()));
        }
    }

    #[tokio::test]
    async fn whoever_was_not_told_of_some_changes_hears_that_they_are_gone() {
        let (service, news) = (service(), broadcast::Sender::new(WAITING));
        let (events, mut listener) = (service.listen(), news.subscribe());
        for n in 0..=WAITING {
            connect(&service, &format!("a{n}")).await;
        }
        tokio::spawn(pass_on(events, news));
        assert!(matches!(*listener.recv().await.unwrap(), News::Missed));
    }

    #[tokio::test]
    async fn it_ends_with_its_service() {
        let service = service();
        let mut listener = Newsroom::of(&service).listen();
        service.finish().await;
        drop(service);
        assert!(matches!(listener.recv().await, Err(RecvError::Closed)));
    }
}

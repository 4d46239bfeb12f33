//! Owns following the daemon: connecting, hearing the whole state and then each change, connecting again. Must not
//! know what the screen shows.

mod reason;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use claviger_api::client::{CallError, Client, Notifications};
use claviger_api::{Account, Event, Key, method};
use tokio::sync::{Notify, mpsc, watch};

use crate::clock;
use crate::effects::Wired;
use crate::message::{Feed, Link, Msg, Why};

/// The pause after the first failure; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// After how many keys of a snapshot it is told how many there are.
const TOLD: usize = 5_000;

/// Follows the daemon for ever.
#[derive(Debug)]
pub(crate) struct Sync {
    pub(crate) socket: PathBuf,
    pub(crate) inbox: mpsc::Sender<Wired>,
    /// The client of the live connection, for the effects.
    pub(crate) client: watch::Sender<Option<Arc<Client>>>,
    /// Ends the pause before the next attempt.
    pub(crate) retry: Arc<Notify>,
}

/// That nobody listens any more.
struct Unheard;

impl Sync {
    /// Runs until nobody listens any more.
    pub(crate) async fn run(self) {
        let (mut epoch, mut pause) = (0, FIRST_PAUSE);
        loop {
            if self.tell(Msg::Link(Link::Connecting)).await.is_err() {
                return;
            }
            let before = epoch;
            let why = match self.connection(&mut epoch).await {
                Ok(why) => why,
                Err(Unheard) => return,
            };
            self.client.send_replace(None);
            if epoch > before {
                pause = FIRST_PAUSE;
            }
            let until = clock::after(pause);
            if self.tell(Msg::Link(Link::Retrying { until, why })).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                () = self.retry.notified() => {}
            }
        }
    }

    /// Connects and follows until the connection ends; says why it did. Counts `epoch` up once it is live.
    async fn connection(&self, epoch: &mut u64) -> Result<Why, Unheard> {
        let client = match Client::connect(&self.socket, PATIENCE).await {
            Ok(client) => Arc::new(client),
            Err(error) => return Ok(reason::of(&error)),
        };
        match client.call::<method::SystemStatus>(method::NoParams {}).await {
            Ok(status) if status.protocol != claviger_api::PROTOCOL => {
                return Ok(reason::skew(status.protocol));
            }
            Ok(status) => self.tell(Msg::Daemon { version: status.version }).await?,
            Err(CallError::BadAnswer) => return Ok(reason::unreadable()),
            Err(error) => return Ok(error.to_string().into()),
        }
        self.client.send_replace(Some(client.clone()));
        let mut live = false;
        loop {
            let mut events = match client.subscribe::<method::Events>().await {
                Ok(events) => events,
                Err(error) => return Ok(error.to_string().into()),
            };
            if let Some(why) = self.subscription(&mut events, &mut live, epoch).await? {
                return Ok(why);
            }
        }
    }

    /// Follows one subscription until it ends. `None`: something was missed, and a new one is needed.
    async fn subscription(
        &self,
        events: &mut Notifications<Event>,
        live: &mut bool,
        epoch: &mut u64,
    ) -> Result<Option<Why>, Unheard> {
        let mut follower = Follower::default();
        loop {
            match events.next().await {
                Err(CallError::BadAnswer) => return Ok(Some(reason::unreadable())),
                Err(error) => return Ok(Some(error.to_string().into())),
                Ok(event) => match follower.hear(event) {
                    Heard::Nothing => {}
                    Heard::Gap if follower.revision.is_some() => return Ok(None),
                    // Asking again at once would only be answered the same way.
                    Heard::Gap => return Ok(Some(reason::unreadable())),
                    Heard::Part(keys) => self.tell(Msg::Loading(keys)).await?,
                    Heard::News(feed) => {
                        self.tell(Msg::Feed(feed)).await?;
                        if !*live {
                            *live = true;
                            *epoch += 1;
                            self.tell(Msg::Link(Link::Live { epoch: *epoch })).await?;
                        }
                    }
                },
            }
        }
    }

    async fn tell(&self, msg: Msg) -> Result<(), Unheard> {
        self.inbox.send(Wired::Told(msg)).await.map_err(|_| Unheard)
    }
}

/// Puts the parts of a snapshot together and watches that no revision is missed.
#[derive(Debug, Default)]
struct Follower {
    /// The newest revision; none before the first whole snapshot.
    revision: Option<u64>,
    parts: Option<Parts>,
}

#[derive(Debug)]
struct Parts {
    revision: u64,
    keys: Vec<Key>,
    accounts: Vec<Account>,
}

/// What an event amounts to.
#[derive(Debug)]
enum Heard {
    Nothing,
    /// So many keys of a snapshot are here, and worth telling of.
    Part(usize),
    News(Feed),
    Gap,
}

impl Follower {
    fn hear(&mut self, event: Event) -> Heard {
        match event {
            Event::Snapshot { revision, keys, accounts, settings, more } => {
                let mut parts =
                    self.parts.take().unwrap_or(Parts { revision, keys: vec![], accounts: vec![] });
                if parts.revision != revision {
                    return Heard::Gap;
                }
                let came = keys.len();
                parts.keys.extend(keys);
                parts.accounts.extend(accounts);
                if more {
                    let (before, len) = (parts.keys.len() - came, parts.keys.len());
                    self.parts = Some(parts);
                    return if before / TOLD < len / TOLD { Heard::Part(len) } else { Heard::Nothing };
                }
                self.revision = Some(revision);
                let Parts { keys, accounts, .. } = parts;
                Heard::News(Feed::Snapshot { keys, accounts, storage_mode: settings.storage_mode })
            }
            Event::Changed { revision, keys, accounts, removed_keys, removed_accounts, settings } => {
                match self.revision {
                    Some(known) if self.parts.is_none() && revision == known + 1 => {}
                    Some(known) if self.parts.is_none() && revision <= known => return Heard::Nothing,
                    _ => return Heard::Gap,
                }
                self.revision = Some(revision);
                let storage_mode = settings.map(|settings| settings.storage_mode);
                Heard::News(Feed::Changed { keys, accounts, removed_keys, removed_accounts, storage_mode })
            }
            Event::Used { keys } if self.revision.is_some() => Heard::News(Feed::Used(keys)),
            Event::Used { .. } => Heard::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use claviger_api::object::EventSettings;

    use super::*;
    use crate::update::tests::sample;

    fn snapshot(revision: u64, keys: Vec<Key>, more: bool) -> Event {
        let settings = EventSettings { storage_mode: true };
        Event::Snapshot { revision, keys, accounts: vec![], settings, more }
    }

    fn changed(revision: u64) -> Event {
        Event::Changed {
            revision,
            keys: vec![],
            accounts: vec![],
            removed_keys: vec![],
            removed_accounts: vec![],
            settings: None,
        }
    }

    #[test]
    fn a_snapshot_is_news_once_it_is_whole() {
        let mut follower = Follower::default();
        let keys: Vec<_> = sample::store().keys.into_values().collect();
        assert!(matches!(follower.hear(snapshot(7, keys[..2].to_vec(), true)), Heard::Nothing));
        let Heard::News(Feed::Snapshot { keys: heard, .. }) =
            follower.hear(snapshot(7, keys[2..].to_vec(), false))
        else {
            panic!("no snapshot")
        };
        assert_eq!(heard, keys);
    }

    #[test]
    fn a_large_snapshot_says_now_and_then_how_far_it_is() {
        let mut follower = Follower::default();
        let key = sample::store().keys.values().next().cloned().unwrap();
        let part = vec![key; 2_000];
        let told: Vec<_> = (0..6)
            .filter_map(|_| match follower.hear(snapshot(7, part.clone(), true)) {
                Heard::Part(keys) => Some(keys),
                _ => None,
            })
            .collect();
        assert_eq!(told, [6_000, 10_000]);
    }

    #[test]
    fn a_missed_revision_is_noticed() {
        let mut follower = Follower::default();
        assert!(matches!(follower.hear(changed(1)), Heard::Gap), "a change before any snapshot");
        assert!(matches!(follower.hear(snapshot(7, vec![], false)), Heard::News(_)));
        assert!(matches!(follower.hear(changed(8)), Heard::News(_)));
        assert!(matches!(follower.hear(changed(8)), Heard::Nothing), "known already");
        assert!(matches!(follower.hear(changed(10)), Heard::Gap));
        assert!(
            matches!(follower.hear(snapshot(12, vec![], false)), Heard::News(_)),
            "sent anew to a slow reader"
        );
        assert!(matches!(follower.hear(changed(13)), Heard::News(_)));
    }
}

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

/// How many keys of the first snapshot are handed over at once at most: taking them in must not hold up a press for long.
const AT_ONCE: usize = 50_000;

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
        let mut follower = if *epoch == 0 { Follower::of_nothing() } else { Follower::default() };
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
                    Heard::Some(feed) => self.tell(Msg::Feed(feed)).await?,
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
    /// Whether nothing is shown yet, so that parts of the first snapshot are shown as they come.
    shows_nothing: bool,
}

#[derive(Debug)]
struct Parts {
    revision: u64,
    /// What was not handed over yet.
    keys: Vec<Key>,
    accounts: Vec<Account>,
    /// How many keys have come, and how many of them were handed over.
    came: usize,
    handed: usize,
}

impl Parts {
    fn of(revision: u64) -> Self {
        Self { revision, keys: vec![], accounts: vec![], came: 0, handed: 0 }
    }

    /// Whether it is time to hand over what has come: the first keys at once, and then more at a time, so that all of it
    /// costs little more than once the last.
    fn are_due(&self) -> bool {
        self.came - self.handed >= (self.handed / 4).clamp(1, AT_ONCE)
    }

    /// Hands over what has come since the last time.
    fn hand_over(&mut self, storage_mode: bool) -> Feed {
        let is_first = self.handed == 0;
        self.handed = self.came;
        Feed::Part {
            is_first,
            keys: std::mem::take(&mut self.keys),
            accounts: std::mem::take(&mut self.accounts),
            storage_mode,
        }
    }
}

/// What an event amounts to.
#[derive(Debug)]
enum Heard {
    Nothing,
    /// So many keys of a snapshot are here, and worth telling of.
    Part(usize),
    /// Some of the first snapshot, to be shown before the rest of it is here.
    Some(Feed),
    News(Feed),
    Gap,
}

impl Follower {
    /// One that follows for a screen that shows nothing yet.
    fn of_nothing() -> Self {
        Self { shows_nothing: true, ..Self::default() }
    }

    fn hear(&mut self, event: Event) -> Heard {
        match event {
            Event::Snapshot { revision, keys, accounts, settings, more } => {
                // One of another revision begins anew: the daemon does not hold a moment for ever.
                let begun = self.parts.take().filter(|parts| parts.revision == revision);
                let mut parts = begun.unwrap_or_else(|| Parts::of(revision));
                let before = parts.came;
                parts.came += keys.len();
                parts.keys.extend(keys);
                parts.accounts.extend(accounts);
                if more {
                    let heard = if self.shows_nothing && parts.are_due() {
                        Heard::Some(parts.hand_over(settings.storage_mode))
                    } else if before / TOLD < parts.came / TOLD {
                        Heard::Part(parts.came)
                    } else {
                        Heard::Nothing
                    };
                    self.parts = Some(parts);
                    return heard;
                }
                (self.revision, self.shows_nothing) = (Some(revision), false);
                if parts.handed > 0 {
                    return Heard::News(parts.hand_over(settings.storage_mode));
                }
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
    fn a_part_of_another_revision_begins_a_new_snapshot() {
        let mut follower = Follower::default();
        let keys: Vec<_> = sample::store().keys.into_values().collect();
        assert!(matches!(follower.hear(snapshot(7, keys.clone(), true)), Heard::Nothing));
        assert!(matches!(follower.hear(snapshot(9, keys[..1].to_vec(), true)), Heard::Nothing));
        let Heard::News(Feed::Snapshot { keys: heard, .. }) =
            follower.hear(snapshot(9, keys[1..].to_vec(), false))
        else {
            panic!("no snapshot")
        };
        assert_eq!(heard, keys);
        assert!(matches!(follower.hear(changed(10)), Heard::News(_)));
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
    fn before_anything_is_shown_a_large_snapshot_is_news_as_it_comes() {
        let mut follower = Follower::of_nothing();
        let key = sample::store().keys.values().next().cloned().unwrap();
        let handed: Vec<_> = (1..=20)
            .filter_map(|n| match follower.hear(snapshot(7, vec![key.clone(); 1_000], n < 20)) {
                Heard::Some(Feed::Part { is_first, keys, .. }) => Some((n, is_first, keys.len())),
                Heard::News(Feed::Part { is_first, keys, .. }) => Some((100 + n, is_first, keys.len())),
                Heard::News(other) => panic!("{other:?}"),
                _ => None,
            })
            .collect();
        let news =
            [(1, true), (2, false), (3, false), (4, false), (5, false), (7, false), (9, false), (12, false)];
        let steps: Vec<_> = handed.iter().map(|(n, is_first, _)| (*n, *is_first)).collect();
        assert_eq!(steps[..8], news);
        assert_eq!(handed.last().unwrap().0, 120, "the last part is news that it is whole");
        assert_eq!(handed.iter().map(|(_, _, keys)| keys).sum::<usize>(), 20_000);
        assert!(matches!(follower.hear(changed(8)), Heard::News(_)));
        // From then on, nothing is shown before it is whole.
        assert!(matches!(follower.hear(snapshot(12, vec![key.clone(); 1_000], true)), Heard::Nothing));
    }

    #[test]
    fn a_snapshot_that_begins_anew_begins_anew_on_the_screen() {
        let mut follower = Follower::of_nothing();
        let key = sample::store().keys.values().next().cloned().unwrap();
        let mut hear = |revision, more| follower.hear(snapshot(revision, vec![key.clone()], more));
        assert!(matches!(hear(7, true), Heard::Some(Feed::Part { is_first: true, .. })));
        assert!(matches!(hear(8, true), Heard::Some(Feed::Part { is_first: true, .. })));
        assert!(matches!(hear(8, false), Heard::News(Feed::Part { is_first: false, .. })));
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

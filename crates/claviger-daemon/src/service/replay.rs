//! Owns the answers that are kept for a while under a request id, so that a lost reply is harmless. In memory only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use claviger_api::{KeyWithSecret, RequestId};

use super::Error;
use super::error::FaultId;
use crate::sync::{Mutex, MutexGuard, OnceCell, PoisonError, task, time, watch};

/// How long an answer is kept.
pub(super) const KEPT_FOR: Duration = Duration::from_mins(2);

/// Which of the two calls that mint a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Minting {
    /// `keys.create`.
    Create,
    /// `keys.rotate`.
    Rotate,
}

/// Under what an answer is kept: another uid, another call or another id never gets it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ReplayKey {
    /// Who asked.
    pub uid: u32,
    /// What was asked.
    pub minting: Minting,
    /// What the caller chose.
    pub request_id: RequestId,
}

type Slot = Arc<Kept>;

/// The place of one answer.
#[derive(Default)]
struct Kept {
    answer: OnceCell<KeyWithSecret>,
    /// Whether nobody knows yet if there will be one.
    doubted: watch::Sender<bool>,
}

/// Raised where nobody knows yet whether what was asked for was done.
pub(super) struct Doubt(Slot);

impl Doubt {
    /// Answers all who wait that the outcome is unknown. Whoever asks again, under the same request id, waits for it.
    pub(super) fn raise(&self) {
        self.0.doubted.send_replace(true);
    }
}

/// The answers that are kept.
#[derive(Clone, Default)]
pub(super) struct Replays(Arc<Mutex<HashMap<ReplayKey, Slot>>>);

impl Replays {
    fn lock(&self) -> MutexGuard<'_, HashMap<ReplayKey, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `mint` once for all that ask under the same key within two minutes. It runs to its end even when whoever
    /// asked hangs up. Only a success is kept. Without a key nothing is kept at all, and there is no doubt to raise.
    ///
    /// # Errors
    /// What `mint` returns; [`Error::OutcomeUnknown`] where it raises its doubt.
    pub(super) async fn once<M>(
        &self,
        key: Option<ReplayKey>,
        mint: impl FnOnce(Option<Doubt>) -> M + Send + 'static,
    ) -> Result<KeyWithSecret, Error>
    where
        M: Future<Output = Result<KeyWithSecret, Error>> + Send + 'static,
    {
        let ended = |task: Result<_, task::JoinError>| {
            task.unwrap_or_else(|error| Err(Error::Fault(FaultId::log(&error))))
        };
        let Some(key) = key else { return ended(task::spawn(mint(None)).await) };
        let (slot, mut doubted) = {
            let slot = Arc::clone(self.lock().entry(key.clone()).or_default());
            let doubted = slot.doubted.subscribe();
            (slot, doubted)
        };
        let replays = self.clone();
        let task = task::spawn(async move {
            let was_kept = slot.answer.initialized();
            let mint = || mint(Some(Doubt(Arc::clone(&slot))));
            let answer = slot.answer.get_or_try_init(mint).await.cloned();
            slot.doubted.send_replace(false);
            match (&answer, was_kept) {
                (Ok(_), false) => replays.forget_later(key, &slot),
                (Ok(_), true) => {}
                (Err(_), _) => replays.forget_failed(&key, &slot),
            }
            answer
        });
        tokio::select! {
            biased;
            task = task => ended(task),
            Ok(_) = doubted.wait_for(|doubted| *doubted) => Err(Error::OutcomeUnknown),
        }
    }

    /// Forgets what was kept for a uid under a request id.
    pub(super) fn acknowledge(&self, uid: u32, request_id: &RequestId) {
        self.lock().retain(|key, _| key.uid != uid || key.request_id != *request_id);
    }

    fn forget_later(&self, key: ReplayKey, slot: &Slot) {
        let replays = self.clone();
        // The timer must not keep alive what was acknowledged before it.
        let slot = Arc::downgrade(slot);
        task::spawn(async move {
            time::sleep(KEPT_FOR).await;
            let Some(slot) = slot.upgrade() else { return };
            let mut kept = replays.lock();
            // Just this answer, not a later one under the same key.
            if kept.get(&key).is_some_and(|found| Arc::ptr_eq(found, &slot)) {
                kept.remove(&key);
            }
        });
    }

    /// Forgets a slot in which nothing was made, unless somebody else is about to make it there, or has meanwhile.
    fn forget_failed(&self, key: &ReplayKey, slot: &Slot) {
        const OURS_AND_THE_MAPS: usize = 2;
        let mut kept = self.lock();
        let is_last = kept.get(key).is_some_and(|found| Arc::ptr_eq(found, slot));
        if is_last && Arc::strong_count(slot) <= OURS_AND_THE_MAPS && !slot.answer.initialized() {
            kept.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use claviger_api::{Key, KeyId, Scope, Secret, Timestamp};

    use super::*;

    fn answer(n: u32) -> KeyWithSecret {
        let key = Key {
            id: KeyId::from_body("4fX9aQ2LmN7b").unwrap(),
            name: "CI".into(),
            hint: String::new(),
            scope: Scope::All,
            created_at: Timestamp::default(),
            rotated_at: None,
            last_used_at: None,
            retired_secret_seen_at: None,
            suspended_at: None,
            needs_rotation: false,
            version: 1,
        };
        KeyWithSecret { key, secret: Secret::new(format!("secret {n}")) }
    }

    fn key(uid: u32, minting: Minting) -> ReplayKey {
        ReplayKey { uid, minting, request_id: RequestId::parse("r").unwrap() }
    }

    struct Counter(Arc<AtomicU32>, Replays);

    impl Counter {
        fn new() -> Self {
            Self(Arc::default(), Replays::default())
        }

        async fn ask(&self, key: impl Into<Option<ReplayKey>>) -> String {
            let count = Arc::clone(&self.0);
            let mint = |_| async move { Ok(answer(count.fetch_add(1, Ordering::SeqCst))) };
            self.1.once(key.into(), mint).await.unwrap().secret.expose().to_owned()
        }
    }

    #[tokio::test]
    async fn the_same_uid_gets_the_same_answer_and_no_other_does() {
        let counter = Counter::new();
        assert_eq!(counter.ask(key(1, Minting::Create)).await, "secret 0");
        assert_eq!(counter.ask(key(1, Minting::Create)).await, "secret 0");
        assert_eq!(counter.ask(key(2, Minting::Create)).await, "secret 1");
        assert_eq!(counter.ask(key(1, Minting::Rotate)).await, "secret 2");
        assert_eq!(counter.ask(None).await, "secret 3");
        assert_eq!(counter.ask(None).await, "secret 4");
    }

    #[tokio::test]
    async fn an_acknowledged_answer_is_forgotten() {
        let counter = Counter::new();
        counter.ask(key(1, Minting::Create)).await;
        counter.1.acknowledge(2, &RequestId::parse("r").unwrap());
        assert_eq!(counter.ask(key(1, Minting::Create)).await, "secret 0");
        counter.1.acknowledge(1, &RequestId::parse("r").unwrap());
        assert_eq!(counter.ask(key(1, Minting::Create)).await, "secret 1");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_forgotten_after_two_minutes() {
        let counter = Counter::new();
        counter.ask(key(1, Minting::Create)).await;
        tokio::time::advance(KEPT_FOR.checked_sub(Duration::from_secs(1)).unwrap()).await;
        assert_eq!(counter.ask(key(1, Minting::Create)).await, "secret 0");
        tokio::time::advance(Duration::from_secs(2)).await;
        while !counter.1.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(counter.ask(key(1, Minting::Create)).await, "secret 1");
    }

    #[tokio::test]
    async fn nothing_keeps_an_acknowledged_secret_alive() {
        let counter = Counter::new();
        counter.ask(key(1, Minting::Create)).await;
        let slot = Arc::downgrade(counter.1.lock().values().next().unwrap());
        counter.1.acknowledge(1, &RequestId::parse("r").unwrap());
        assert_eq!(slot.strong_count(), 0);
    }

    #[tokio::test]
    async fn a_failure_does_not_take_away_the_place_of_who_tries_again() {
        let replays = Replays::default();
        let (fail, failing) = tokio::sync::oneshot::channel::<()>();
        let first = |_| async move {
            failing.await.unwrap();
            Err(Error::Busy)
        };
        let (first, second, ()) = tokio::join!(
            replays.once(Some(key(1, Minting::Create)), first),
            replays.once(Some(key(1, Minting::Create)), |_| async { Ok(answer(0)) }),
            async {
                tokio::task::yield_now().await;
                fail.send(()).unwrap();
            },
        );
        assert_eq!(first.err(), Some(Error::Busy));
        assert!(second.is_ok());
        let again = replays.once(Some(key(1, Minting::Create)), |_| async { Ok(answer(1)) }).await.unwrap();
        assert_eq!(again.secret.expose(), "secret 0");
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let replays = Replays::default();
        let failed = replays.once(Some(key(1, Minting::Create)), |_| async { Err(Error::Busy) }).await;
        assert_eq!(failed.err(), Some(Error::Busy));
        assert!(replays.lock().is_empty());
    }

    #[tokio::test]
    async fn whoever_asks_again_in_doubt_gets_what_turns_out_to_have_been_made() {
        let replays = Replays::default();
        let (settle, settled) = tokio::sync::oneshot::channel::<()>();
        let mint = |doubt: Option<Doubt>| async move {
            doubt.unwrap().raise();
            settled.await.unwrap();
            Ok(answer(0))
        };
        let asked = replays.once(Some(key(1, Minting::Create)), mint).await;
        assert_eq!(asked.err(), Some(Error::OutcomeUnknown));
        let again = replays.once(Some(key(1, Minting::Create)), |_| async { Ok(answer(1)) }).await;
        assert_eq!(again.err(), Some(Error::OutcomeUnknown), "it is not known yet");
        settle.send(()).unwrap();
        loop {
            match replays.once(Some(key(1, Minting::Create)), |_| async { Ok(answer(2)) }).await {
                Err(Error::OutcomeUnknown) => tokio::task::yield_now().await,
                answer => break assert_eq!(answer.unwrap().secret.expose(), "secret 0"),
            }
        }
    }

    #[tokio::test]
    async fn what_turns_out_not_to_have_been_made_is_made_when_it_is_asked_for_again() {
        let replays = Replays::default();
        let (settle, settled) = tokio::sync::oneshot::channel::<()>();
        let mint = |doubt: Option<Doubt>| async move {
            doubt.unwrap().raise();
            settled.await.unwrap();
            Err(Error::StorageFull)
        };
        let asked = replays.once(Some(key(1, Minting::Create)), mint).await;
        assert_eq!(asked.err(), Some(Error::OutcomeUnknown));
        settle.send(()).unwrap();
        loop {
            match replays.once(Some(key(1, Minting::Create)), |_| async { Ok(answer(1)) }).await {
                Err(Error::OutcomeUnknown) => tokio::task::yield_now().await,
                answer => break assert_eq!(answer.unwrap().secret.expose(), "secret 1"),
            }
        }
    }
}

//! Owns the specification of waiting together for one slow hash.

use std::pin::Pin;

use claviger_api::object::Verification;
use claviger_schedules::image::Image;
use claviger_schedules::service::{Error, Refusal, Verdict, WAITING_JOBS};
use claviger_schedules::world::World;

use crate::concurrency::{Meanwhile, ask, hang_up_after};
use crate::exploration::{explore, explore_crowd};

type Answer = Result<Verdict<Verification>, Error>;

fn is_granted(answer: &Answer) -> bool {
    matches!(answer, Ok(Verdict::Granted(_)))
}

#[test]
fn whoever_waits_for_the_same_hash_has_an_answer_whoever_hangs_up() {
    explore(&Image::of(1), async |World { callers, .. }| {
        let (_, caller) = callers[0].clone();
        let mut meanwhile = Meanwhile::default();
        for uid in 0..3 {
            let caller = caller.of(uid);
            meanwhile.begin(async move { assert!(is_granted(&caller.present(None).await)) });
        }
        for times in 1..3 {
            let caller = caller.clone();
            meanwhile.begin(async move {
                let answer = hang_up_after(times, caller.present(None)).await;
                assert!(answer.is_none_or(|answer| is_granted(&answer)));
            });
        }
        meanwhile.ends().await;
        assert!(is_granted(&caller.present(None).await));
    });
}

#[test]
fn a_secret_that_has_only_the_tag_right_is_refused_whoever_proves_the_right_one_meanwhile() {
    explore(&Image::of(1), async |World { callers, forger, .. }| {
        let (forger, (_, caller)) = (forger.expect("there is a key"), callers[0].clone());
        let mut meanwhile = Meanwhile::default();
        for _ in 0..2 {
            let (forger, caller) = (forger.clone(), caller.clone());
            meanwhile.begin(async move {
                for _ in 0..2 {
                    let refused = Ok(Verdict::Refused(Refusal::Unauthorized));
                    assert_eq!(forger.present(None).await, refused);
                }
            });
            meanwhile.begin(async move { assert!(is_granted(&caller.present(None).await)) });
        }
        meanwhile.ends().await;
    });
}

/// More than wait and are hashed together.
const CROWD: usize = WAITING_JOBS + 4;

#[test]
fn in_a_crowd_each_is_granted_or_told_busy_and_is_granted_when_it_asks_again() {
    explore_crowd(&Image::of(1 + CROWD), async |World { callers, .. }| {
        let is_granted_or_busy = |answer: &Answer| is_granted(answer) || *answer == Err(Error::Busy);
        let mut crowd: Vec<Pin<Box<dyn Future<Output = Answer>>>> = Vec::new();
        for (_, caller) in &callers[1..] {
            crowd.push(Box::pin(caller.present(None)));
        }
        // Each asks before any of them has its answer.
        let mut waiting = Vec::new();
        for mut question in crowd {
            match ask(&mut question).await {
                Some(answer) => assert!(is_granted_or_busy(&answer), "{answer:?}"),
                None => waiting.push(question),
            }
        }
        // Whoever comes now takes a place of theirs, or joins one who did.
        let mut meanwhile = Meanwhile::default();
        for uid in 1..4 {
            let guest = callers[0].1.of(uid);
            meanwhile.begin(async move {
                let answer = guest.present(None).await;
                assert!(is_granted_or_busy(&answer), "{answer:?}");
            });
        }
        for question in waiting {
            let answer = question.await;
            assert!(is_granted_or_busy(&answer), "{answer:?}");
        }
        meanwhile.ends().await;
        for (_, caller) in &callers {
            let answer = caller.present(None).await;
            assert!(is_granted(&answer), "{answer:?} when nobody waits any more");
        }
    });
}

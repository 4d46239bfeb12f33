//! Owns the tests of how it is asked how much a key is used. Must not draw.

use claviger_api::object::KeyUsage;
use claviger_api::{Day, KeyId, KeyUse};

use super::*;
use crate::state::Told;

/// An interface with the details pane, that has just become live.
fn beside() -> Stage {
    let mut stage = Stage::new(120, 30);
    stage.tell(Msg::Feed(sample::snapshot())).tell(Msg::Link(Link::Live { epoch: 1 }));
    stage
}

/// The keys whose use was asked for since the last look.
fn asked(stage: &mut Stage) -> Vec<KeyId> {
    let of_key = |effect| match effect {
        Effect::LoadUsage(key) => Some(key),
        _ => None,
    };
    stage.take().into_iter().filter_map(of_key).collect()
}

fn answer(stage: &mut Stage, letter: char, granted: &[u64]) {
    let outcome = Ok(KeyUsage { days: sample::days(granted) });
    stage.tell(Msg::Usage { key: key_id(letter), outcome });
}

fn fail(stage: &mut Stage, letter: char, failure: Failure) {
    stage.tell(Msg::Usage { key: key_id(letter), outcome: Err(failure) });
}

fn used(stage: &mut Stage, letter: char) {
    let used = KeyUse { id: key_id(letter), last_used_at: Some(NOW), retired_secret_seen_at: None };
    stage.tell(Msg::Feed(Feed::Used(vec![used])));
}

/// What is known of the use on the last day.
fn today(stage: &Stage, letter: char) -> Option<u64> {
    match stage.state.usage.days.of(&key_id(letter)) {
        Told::This(days) => days.last().map(|day| day.granted),
        _ => None,
    }
}

#[test]
fn the_use_is_asked_for_where_the_pane_shows_it() {
    assert_eq!(asked(&mut beside()), [key_id('B')]);
    let mut stage = Stage::new(99, 30);
    stage.tell(Msg::Feed(sample::snapshot())).tell(Msg::Link(Link::Live { epoch: 1 })).press("j");
    assert_eq!(asked(&mut stage), [], "there is no pane");
    stage.tell(Msg::Resized { width: 100, height: 30 });
    assert_eq!(asked(&mut stage), [key_id('C')], "now there is one");
    answer(&mut stage, 'C', &[1]);
    stage.press("2");
    used(&mut stage, 'C');
    assert_eq!(asked(&mut stage), [], "the pane shows an account");
    stage.press("1");
    assert_eq!(asked(&mut stage), [key_id('C')]);
}

#[test]
fn whoever_holds_the_arrow_down_asks_for_the_first_key_and_for_the_last() {
    let mut stage = beside();
    stage.press("jjkjkj");
    assert_eq!(asked(&mut stage), [key_id('B')]);
    answer(&mut stage, 'B', &[1]);
    assert_eq!(asked(&mut stage), [key_id('A')]);
    answer(&mut stage, 'A', &[2]);
    assert_eq!((asked(&mut stage), today(&stage, 'A'), today(&stage, 'B')), (vec![], Some(2), None));
}

#[test]
fn the_use_is_asked_for_again_when_the_key_was_used_one_call_at_a_time() {
    let mut stage = beside();
    answer(&mut stage, 'B', &[1]);
    asked(&mut stage);
    used(&mut stage, 'A');
    assert_eq!(asked(&mut stage), [], "another key");
    stage.changed(vec![], &[]);
    assert_eq!(asked(&mut stage), [], "a change is no use");
    used(&mut stage, 'B');
    assert_eq!(
        (asked(&mut stage), today(&stage, 'B')),
        (vec![key_id('B')], Some(1)),
        "the old one stays meanwhile"
    );
    for _ in 0..5 {
        used(&mut stage, 'B');
    }
    assert_eq!(asked(&mut stage), [], "one call is on its way");
    answer(&mut stage, 'B', &[2]);
    assert_eq!((asked(&mut stage), today(&stage, 'B')), (vec![key_id('B')], Some(2)));
    answer(&mut stage, 'B', &[7]);
    assert_eq!((asked(&mut stage), today(&stage, 'B')), (vec![], Some(7)));
}

#[test]
fn the_use_is_asked_for_again_over_a_new_connection() {
    let mut stage = beside();
    asked(&mut stage);
    stage.tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() }));
    fail(&mut stage, 'B', Failure::Lost);
    used(&mut stage, 'B');
    stage.press("j");
    assert_eq!(asked(&mut stage), [], "nobody is there to ask");
    reconnect(&mut stage, 2);
    assert_eq!(asked(&mut stage), [key_id('C')]);
}

#[test]
fn a_daemon_that_does_not_know_the_method_is_asked_once_a_connection_and_nothing_is_said() {
    let unknown = || Failure::Refused(Error::new(Code::MethodNotFound, "no such method"));
    let mut stage = beside();
    fail(&mut stage, 'B', unknown());
    asked(&mut stage);
    stage.press("jjk");
    used(&mut stage, 'B');
    stage.later(86_400);
    assert_eq!((asked(&mut stage), stage.notice()), (vec![], ""));
    assert!(stage.state.usage.is_unknown);
    reconnect(&mut stage, 2);
    let [key] = asked(&mut stage)[..] else { panic!("one question expected") };
    fail(&mut stage, 'C', unknown());
    assert!(stage.state.usage.is_unknown && key == key_id('C'));
    reconnect(&mut stage, 3);
    answer(&mut stage, 'C', &[3]);
    assert!(!stage.state.usage.is_unknown, "a newer one");
    stage.press("j");
    assert_eq!(asked(&mut stage).last(), Some(&key_id('A')));
}

#[test]
fn what_cannot_be_had_is_not_asked_for_for_ever_and_nothing_is_said() {
    for failure in [
        Failure::TimedOut,
        Failure::Unreadable,
        Failure::Refused(Error::new(Code::InternalError, "a fault of ours")),
    ] {
        let mut stage = beside();
        asked(&mut stage);
        fail(&mut stage, 'B', failure);
        assert_eq!((asked(&mut stage), stage.notice()), (vec![], ""));
        used(&mut stage, 'B');
        assert_eq!(asked(&mut stage), [key_id('B')], "news of it is a reason to ask again");
    }
}

#[test]
fn a_new_day_makes_other_last_days() {
    let mut stage = beside();
    answer(&mut stage, 'B', &[1]);
    asked(&mut stage);
    let midnight = Day::of(NOW).next().start();
    stage.tell(Msg::Time(Timestamp::from_millis(midnight.as_millis() - 1)));
    assert_eq!(asked(&mut stage), []);
    assert_eq!(stage.state.changes_at(), Some(midnight), "nobody needs to press anything");
    stage.tell(Msg::Time(midnight));
    assert_eq!(asked(&mut stage), [key_id('B')]);
    answer(&mut stage, 'B', &[1]);
    stage.later(60);
    assert_eq!(asked(&mut stage), [], "once, whatever the daemon's clock says");
}

//! Owns the tests of keys that open nothing since their store was restored, and of releasing them. Must not draw.

use super::*;
use crate::dialog::{Button, Phase};

fn restored() -> Stage {
    Stage::restored_at(80, 24)
}

/// `backup` as the daemon tells of it once it was released.
fn released() -> Key {
    version(key('B', "backup", only(&[]), 3_000, None), 3)
}

fn release(expected_version: u64) -> Call {
    Call::ReleaseKey { id: key_id('B'), expected_version }
}

#[test]
fn release_asks_and_goes_on_by_y_or_by_its_button() {
    for script in ["Ry", "R<Left><Enter>", "R<S-Tab><Enter>", "R<Tab><Enter>"] {
        let mut stage = restored();
        stage.press(script);
        assert_eq!(stage.call().1, release(2), "{script}");
        assert!(stage.form().waiting().is_some(), "{script}");
    }
    let mut stage = restored();
    stage.press("R");
    assert_eq!((stage.title(), stage.form().button()), (Some("Release key"), Some(Button::Cancel)));
    for script in ["<Enter>", "<Esc>"] {
        let mut stage = restored();
        stage.press("R").press(script);
        assert_eq!((stage.title(), &stage.effects[..]), (None, &[][..]), "{script}");
    }
}

#[test]
fn what_opens_the_question_does_not_answer_it() {
    for script in ["RR", "RRR", "R<C-s>", "R<Enter>R"] {
        let mut stage = restored();
        stage.press(script);
        assert!(stage.effects.is_empty(), "{script}: {:?}", stage.effects);
    }
    for script in ["Ry", "R<Left><Enter>"] {
        let mut stage = restored();
        stage.burst(script);
        assert!(stage.effects.is_empty(), "{script}: {:?}", stage.effects);
    }
}

#[test]
fn a_key_that_is_not_suspended_is_not_released() {
    for (mut stage, why) in [
        (Stage::live(), "the key is not suspended: there is nothing to release"),
        (restored(), "the key is not suspended: there is nothing to release"),
    ] {
        stage.press("GR");
        assert_eq!((stage.title(), stage.notice(), &stage.effects[..]), (None, why, &[][..]));
    }
    let mut stage = restored();
    stage.changed(vec![], &['B']).press("R");
    assert_eq!((stage.title(), stage.notice()), (None, "no key is selected"));
    for script in ["2R", "3R"] {
        let mut stage = restored();
        stage.press(script);
        assert_eq!((stage.title(), stage.notice()), (None, ""), "{script}");
    }
}

#[test]
fn offline_nothing_is_released() {
    let mut stage = restored();
    stage.tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() })).press("R");
    assert_eq!(stage.title(), None);
    assert!(stage.notice().contains("daemon") && stage.effects.is_empty(), "{}", stage.notice());
}

#[test]
fn only_the_event_makes_a_key_released() {
    let mut stage = restored();
    stage.press("Ry").answer(Ok(Answer::Done));
    assert_eq!((stage.title(), stage.notice()), (None, "released backup"));
    assert!(stage.state.store.keys[&key_id('B')].suspended_at.is_some());
    stage.changed(vec![released()], &[]);
    assert_eq!(stage.state.store.keys[&key_id('B')].suspended_at, None);
    assert_eq!(stage.notice(), "released backup", "it did not happen elsewhere");
    assert_eq!(stage.state.keys.selected, Some(key_id('B')));
}

#[test]
fn a_release_heard_of_before_its_answer_is_no_surprise() {
    let mut stage = restored();
    stage.press("Ry").changed(vec![released()], &[]);
    assert_eq!((stage.title(), stage.notice()), (Some("Release key"), ""));
    stage.answer(Ok(Answer::Done));
    assert_eq!((stage.title(), stage.notice()), (None, "released backup"));
}

#[test]
fn a_key_that_is_released_elsewhere_closes_the_question() {
    let mut stage = restored();
    stage.press("R").changed(vec![released()], &[]);
    assert_eq!(
        (stage.title(), stage.notice()),
        (None, "Release key was closed: the key backup is no longer suspended")
    );
    assert!(stage.state.notices.iter().any(|notice| notice.text == "backup was released elsewhere"));
    stage.press("yr");
    assert_eq!((stage.title(), &stage.effects[..]), (None, &[][..]), "what was meant for it reaches nothing");
    // Asked for here at the same moment: refused, since it is another version by now.
    let mut stage = restored();
    stage.press("Ry").changed(vec![released()], &[]).answer(Err(Failure::Refused(outdated())));
    assert_eq!(
        (stage.title(), stage.notice()),
        (None, "Release key was closed: the key backup is no longer suspended")
    );
    // Or while there was no connection.
    let mut stage = restored();
    stage.press("R").tell(Msg::Link(Link::Connecting)).tell(Msg::Feed(sample::snapshot()));
    assert_eq!(stage.title(), None);
}

#[test]
fn a_key_that_is_gone_closes_the_question() {
    let mut stage = restored();
    stage.press("R").changed(vec![], &['B']);
    assert_eq!((stage.title(), stage.notice()), (None, "Release key was closed: the key backup is gone"));
}

#[test]
fn a_changed_key_is_released_only_from_its_new_state() {
    let mut stage = restored();
    let renamed = sample::suspended(version(key('B', "archive", Scope::All, 3_000, None), 2));
    stage.press("R").changed(vec![renamed], &[]).press("y");
    assert_eq!(stage.call().1, release(2));
    let mut stage = restored();
    let renamed = sample::suspended(version(key('B', "archive", Scope::All, 3_000, None), 2));
    stage.press("Ry").answer(Err(Failure::Refused(outdated()))).changed(vec![renamed], &[]);
    assert!(matches!(stage.form().phase, Phase::Outdated));
    stage.press("<C-r>y");
    assert_eq!(stage.call().1, release(3));
}

#[test]
fn an_answer_that_does_not_come_leaves_what_to_look_at() {
    let mut stage = restored();
    stage.press("Ry").answer(Err(Failure::Lost));
    assert!(stage.failure().contains("look whether it was done"), "{}", stage.failure());
    let mut stage = restored();
    stage.press("Ry").refuse(Code::StorageFull, "the disk is full");
    assert_eq!(stage.failure(), "the disk is full");
    let mut stage = restored();
    stage.press("Ry<Esc>");
    assert_eq!(stage.title(), Some("Release key"), "not yet");
    stage.later(2).press("<Esc>");
    assert_eq!(stage.notice(), "outcome unknown: look whether backup is still suspended.");
}

#[test]
fn rotation_and_deletion_are_as_ever() {
    let mut stage = restored();
    stage.press("ry");
    assert!(matches!(stage.call().1, Call::RotateKey { expected_version: 2, .. }));
    let mut stage = restored();
    stage.press("Dbackup<Tab><Enter>");
    assert_eq!(stage.call().1, Call::DeleteKey { id: key_id('B'), expected_version: 2 });
}

#[test]
fn the_filter_finds_what_bars_a_key_in_one_piece() {
    let found = |filter: &str| {
        let mut stage = restored();
        stage.press(&format!("/{filter}<Enter>"));
        let names = stage.state.keys.rows.iter().map(|id| stage.state.store.keys[id].name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(found("suspended"), ["backup", "CI"]);
    assert_eq!(found("SUSP"), ["backup", "CI"]);
    assert_eq!(found("needs rotation"), ["CI", "Production"]);
    assert_eq!(found("suspended savings"), ["CI"]);
    assert_eq!(found("sspnd"), [""; 0], "not by letters that are anywhere in it");
    let mut stage = restored();
    stage.press("/susp<Enter>").changed(vec![released()], &[]);
    assert_eq!((stage.state.keys.rows.len(), stage.state.keys.selected), (1, None));
}

#[test]
fn the_help_tells_of_releasing_where_there_is_something_to_release() {
    let lists =
        |stage: &Stage| stage.state.help_rows().iter().any(|row| row.binding.action == Action::Release);
    let mut stage = restored();
    stage.press("?");
    assert!(lists(&stage));
    stage.press("releas<Enter>");
    assert_eq!(stage.title(), Some("Release key"), "and does it");
    for mut stage in [Stage::live(), restored()] {
        stage.press("G?");
        assert!(!lists(&stage));
    }
}

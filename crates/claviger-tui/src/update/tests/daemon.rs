//! Owns the tests of what the daemon tells and answers, and how it goes away and comes back. Must not draw.

use super::*;

#[test]
fn that_the_daemon_is_away_is_said_only_while_it_is() {
    let mut stage = Stage::live();
    stage.press("nX").tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() })).press("<C-s>");
    assert!(stage.failure().contains("`claviger daemon` starts it"), "{}", stage.failure());
    stage.press("<Tab>m");
    assert!(stage.notice().contains("`claviger daemon` starts it"), "{}", stage.notice());
    reconnect(&mut stage, 2);
    assert_eq!((stage.notice(), matches!(stage.form().phase, crate::dialog::Phase::Asking)), ("", true));
    let mut stage = Stage::live();
    stage.press("n<C-s>");
    reconnect(&mut stage, 2);
    assert_eq!(stage.failure(), "Name must not be empty", "another reason stays");
}

#[test]
fn what_comes_in_parts_fills_the_list_and_is_there_when_it_is_live() {
    let names = |stage: &Stage| -> Vec<String> {
        stage.state.keys.rows.iter().map(|id| stage.state.store.keys[id].name.clone()).collect()
    };
    let mut stage = Stage::new(80, 24);
    let [first, rest] = sample::parts();
    stage.tell(Msg::Link(Link::Connecting)).tell(Msg::Feed(first)).press("j");
    assert_eq!((names(&stage), stage.state.loading), (vec!["backup".into(), "Production".into()], 2));
    // Nothing is asked of a daemon that is not heard out.
    stage.press("e");
    assert_eq!(stage.title(), None);
    stage.tell(Msg::Feed(rest)).tell(Msg::Link(Link::Live { epoch: 1 }));
    assert_eq!(names(&stage), ["backup", "CI", "Production"]);
    assert_eq!(stage.state.keys.selected, Some(key_id('A')), "the selection stays on its key");
    let whole = Stage::live();
    assert_eq!(
        stage.state.store.seen_by(&account_id("acc_save")),
        whole.state.store.seen_by(&account_id("acc_save"))
    );
    stage.press("e");
    assert_eq!(stage.title(), Some("Rename key"));
}

#[test]
fn a_filter_that_is_typed_while_parts_come_holds_for_those_that_follow() {
    let mut stage = Stage::new(80, 24);
    let [first, rest] = sample::parts();
    stage.tell(Msg::Feed(first)).press("/cccc");
    assert!(stage.state.keys.rows.is_empty());
    stage.tell(Msg::Feed(rest));
    assert_eq!(stage.state.keys.rows, [key_id('C')]);
}

#[test]
fn of_a_state_that_did_not_come_whole_nothing_stays() {
    let mut stage = Stage::new(80, 24);
    let [first, _] = sample::parts();
    stage.tell(Msg::Feed(first)).tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() }));
    assert!(stage.state.keys.rows.is_empty() && stage.state.store.keys.len() == 0);
    let [first, rest] = sample::parts();
    stage.tell(Msg::Feed(first)).tell(Msg::Feed(rest)).tell(Msg::Link(Link::Live { epoch: 1 }));
    assert_eq!(stage.state.keys.rows.len(), 3);
}

#[test]
fn only_events_change_the_lists() {
    let mut stage = Stage::live();
    let renamed = version(key('B', "nightly", only(&[]), 3_000, None), 2);
    stage.press("ebackup 2<C-u>nightly<C-s>").answer(Ok(renamed.into()));
    assert_eq!(stage.title(), None);
    assert_eq!(stage.state.store.keys[&key_id('B')].name, "backup");
    assert_eq!(stage.notice(), "renamed to nightly");
}

#[test]
fn a_refusal_is_shown_in_the_dialog() {
    let mut stage = Stage::live();
    stage.press("e2<C-s>").refuse(Code::Conflict, "another key has this name");
    assert_eq!((stage.title(), stage.failure()), (Some("Rename key"), "CONFLICT: another key has this name"));
    stage.press("3<C-s>");
    assert!(matches!(stage.call().1, Call::RenameKey { name, .. } if name.as_str() == "backup23"));
}

#[test]
fn a_changed_key_is_a_conflict_and_its_new_state_can_be_taken() {
    let mut stage = Stage::live();
    stage.press("e2");
    stage.changed(vec![version(key('B', "archive", Scope::All, 3_000, None), 2)], &[]);
    stage.press("<C-s>");
    assert!(matches!(
        &stage.effects[..],
        [Effect::Call { call: Call::RenameKey { expected_version: 1, .. }, .. }]
    ));
    stage.answer(Err(Failure::Refused(outdated())));
    assert!(matches!(stage.form().phase, crate::dialog::Phase::Outdated));
    stage.press("<C-r>2<C-s>");
    let (_, call) = stage.call();
    assert!(
        matches!(&call, Call::RenameKey { name, expected_version: 2, .. } if name.as_str() == "archive2"),
        "{call:?}"
    );
}

#[test]
fn a_dialog_whose_key_is_gone_closes_and_says_so() {
    for script in ["e", "s", "r", "D"] {
        let mut stage = Stage::live();
        stage.press(script).changed(vec![], &['B']);
        assert_eq!(stage.title(), None, "{script}");
        assert!(stage.notice().ends_with("closed: the key backup is gone"), "{}", stage.notice());
    }
}

#[test]
fn a_deletion_seen_before_its_answer_is_no_surprise() {
    let mut stage = Stage::live();
    stage.press("Dbackup<Tab><Enter>").changed(vec![], &['B']);
    assert_eq!(stage.title(), Some("Delete key"));
    stage.answer(Ok(Answer::Done));
    assert_eq!((stage.title(), stage.notice()), (None, "deleted backup"));
}

#[test]
fn offline_nothing_is_asked_and_the_reason_is_said() {
    for script in ["n", "e", "s", "r", "D", "m", "2n"] {
        let mut stage = Stage::live();
        stage.tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() })).press(script);
        assert_eq!(stage.title(), None, "{script}");
        assert!(stage.notice().contains("daemon"), "{script}");
        assert!(stage.effects.is_empty(), "{script}");
    }
    let mut stage = Stage::live();
    stage.press("nX").tell(Msg::Link(Link::Connecting)).press("<C-s>");
    assert!(stage.failure().contains("daemon") && stage.effects.is_empty(), "an open form is kept");
}

#[test]
fn a_lost_reply_is_asked_for_again_under_the_same_request_id() {
    for script in ["nX<C-s>", "ry"] {
        let mut stage = Stage::live();
        stage.press(script);
        let (id, call) = stage.call();
        stage.tell(Msg::Answered { call: id, outcome: Err(Failure::Lost) });
        assert!(stage.effects.is_empty(), "not before there is a connection");
        reconnect(&mut stage, 2);
        assert_eq!(stage.take(), [Effect::Call { id, call: call.clone() }], "{script}");
        // The loss can also be learnt of only after the new connection is there.
        stage.tell(Msg::Answered { call: id, outcome: Err(Failure::Lost) });
        assert!(stage.effects.is_empty());
        reconnect(&mut stage, 3);
        assert_eq!(stage.take().len(), 1);
    }
}

#[test]
fn a_conflict_after_asking_again_is_an_unknown_outcome() {
    for (script, looks_at) in [("nX<C-s>", "the key named X"), ("ry", "the key named backup")] {
        let mut stage = Stage::live();
        stage.press(script).answer(Err(Failure::Lost));
        reconnect(&mut stage, 2).refuse(Code::Conflict, "taken");
        assert_eq!(stage.title(), None);
        assert!(stage.notice().starts_with("outcome unknown: look at"), "{}", stage.notice());
        assert!(stage.notice().contains(looks_at), "{}", stage.notice());
        stage.later(3600);
        assert!(!stage.notice().is_empty(), "it stays until it is cleared");
        stage.press("<Esc>");
        assert_eq!(stage.notice(), "");
    }
}

#[test]
fn a_waiting_dialog_is_given_up_only_while_the_daemon_is_away() {
    let mut stage = Stage::live();
    stage.press("ry<Esc>");
    assert_eq!(stage.title(), Some("Rotate key"));
    stage.answer(Err(Failure::Lost)).tell(Msg::Link(Link::Connecting)).press("<Esc>");
    assert_eq!(stage.title(), None);
    assert!(stage.notice().starts_with("outcome unknown"));
}

#[test]
fn what_the_daemon_does_not_know_yet_is_asked_again_under_the_same_request_id() {
    let mut stage = Stage::live();
    stage.press("ry");
    let (id, call) = stage.call();
    let refused = Failure::Refused(Error::new(Code::OutcomeUnknown, "not known yet"));
    stage.tell(Msg::Answered { call: id, outcome: Err(refused) });
    assert_eq!(stage.take(), [Effect::AskAgain { id, call }]);
    assert_eq!(stage.title(), Some("Rotate key"), "it waits on");
    let made = KeyWithSecret { key: key('B', "backup", only(&[]), 3_000, None), secret: Secret::new(SECRET) };
    stage.tell(Msg::Answered { call: id, outcome: Ok(Answer::Secret(Box::new(made))) });
    assert_eq!(stage.title(), Some("Copy your secret"));

    let mut stage = Stage::live();
    stage.press("e2<C-s>").refuse(Code::OutcomeUnknown, "not known yet");
    assert!(stage.failure().starts_with("outcome unknown"), "{}", stage.failure());
}

#[test]
fn what_is_typed_on_after_a_dialog_closed_by_itself_reaches_nothing() {
    let closed = || {
        let mut stage = Stage::live();
        stage.press("Dback").changed(vec![], &['B']).later_ms(200);
        stage
    };
    let mut stage = closed();
    stage.press("up").later_ms(600).press("ry").later_ms(600).press("Dsem");
    assert_eq!((stage.title(), &stage.effects[..]), (None, &[][..]), "while the typing goes on");
    stage.later_ms(800).press("r");
    assert_eq!(
        (stage.title(), stage.notice()),
        (None, "no key is selected"),
        "nor another key after a pause"
    );
    stage.press("jr");
    assert_eq!(stage.title(), Some("Rotate key"), "but one that was chosen");
    let mut stage = closed();
    stage.press("up<Esc>jr");
    assert_eq!(stage.title(), Some("Rotate key"), "at once after Esc");
    let mut stage = closed();
    stage.press("q");
    assert_eq!(stage.effects, [Effect::Quit], "what acts on nothing goes on");
}

#[test]
fn a_press_that_was_meant_for_what_went_away_reaches_no_other_row() {
    for script in ["y", "e", "s", "r", "D"] {
        let mut stage = Stage::live();
        stage.changed(vec![], &['B']).press(script);
        assert_eq!((stage.title(), stage.notice()), (None, "no key is selected"), "{script}");
        assert!(stage.effects.is_empty(), "{script}");
    }
    // What a person here took away leaves the row in its place.
    let mut stage = Stage::live();
    stage.press("Dbackup<Tab><Enter>").changed(vec![], &['B']).answer(Ok(Answer::Done));
    assert_eq!(stage.state.keys.selected, Some(key_id('C')));
    // A name that a kept filter no longer finds takes the selection with it.
    let mut stage = Stage::live();
    stage.press("/backup<Enter>").changed(vec![version(key('B', "Xylo", only(&[]), 3_000, None), 2)], &[]);
    assert_eq!(stage.state.keys.selected, None);
}

#[test]
fn what_is_created_behind_a_filter_says_so_and_never_moves_the_selection_later() {
    let mut stage = Stage::live();
    stage.press("/ci<Enter>nZeta<C-s>");
    let made = key('Z', "Zeta", Scope::All, 0, None);
    stage.made(made.clone()).changed(vec![made], &[]);
    assert_eq!(stage.notice(), "created Zeta: the filter hides it");
    stage.later(1).press("<Enter><Esc>");
    assert_eq!(stage.state.keys.selected, Some(key_id('C')), "where it was kept");
}

#[test]
fn a_dialog_whose_answer_is_late_can_be_left() {
    for (script, looks_at) in [
        ("ry", "the key named backup"),
        ("nX<C-s>", "the key named X"),
        ("e2<C-s>", "whether backup is named backup2"),
        ("js<C-s>", "the scope of CI"),
        ("js <C-s>y", "the scope of CI"),
        ("Dbackup<Tab><Enter>", "whether the key backup is gone"),
        ("2nX<C-s>", "an account named X"),
        ("2eX<C-s>", "the account Brokerage"),
        ("2Dy", "whether the account Brokerage is gone"),
        ("my", "Storage Mode"),
    ] {
        let mut stage = Stage::live();
        stage.press(script);
        let due = stage.state.changes_at().map(|at| at.as_millis() - NOW.as_millis());
        assert_eq!(due, Some(2000), "{script}: the screen says when it can be left");
        stage.later_ms(1999).press("<Esc>");
        assert!(stage.title().is_some(), "{script}");
        stage.later_ms(1).press("<Esc>");
        assert_eq!(stage.title(), None, "{script}");
        assert!(stage.notice().starts_with("outcome unknown: look"), "{}", stage.notice());
        assert!(stage.notice().contains(looks_at), "{}", stage.notice());
        stage.later(3600);
        assert!(!stage.notice().is_empty(), "it stays until it is cleared");
    }
}

#[test]
fn an_answer_after_its_dialog_was_left_takes_the_doubt_back() {
    let mut stage = Stage::live();
    stage.press("ry").later(3).press("<Esc>?");
    let Some(Effect::Call { call, .. }) = stage.effects.first().cloned() else { panic!("no call") };
    stage.made(key('B', "backup", only(&[]), 3_000, None));
    assert_eq!((stage.title(), stage.state.mode()), (Some("Copy your secret"), Mode::Secret));
    assert_eq!(stage.take(), [Effect::Acknowledge(call.request_id().unwrap().clone())]);
    assert!(!stage.state.notices.iter().any(|notice| notice.text.contains("unknown")));
    for (outcome, notice) in [
        (Ok(Answer::Done), "the answer came after all: it was done"),
        (Err(Failure::Refused(Error::new(Code::Busy, "busy"))), "busy"),
        (Err(Failure::TimedOut), "outcome unknown: look whether backup is named backup2 now."),
    ] {
        let mut stage = Stage::live();
        stage.press("e2<C-s>").later(3).press("<Esc>").answer(outcome);
        assert_eq!((stage.notice(), stage.state.notices.len()), (notice, 1));
    }
}

#[test]
fn what_has_no_request_id_is_not_sent_twice() {
    let mut stage = Stage::live();
    stage.press("ex<C-s>").answer(Err(Failure::Lost));
    assert!(stage.failure().contains("look whether it was done"));
    reconnect(&mut stage, 2);
    assert!(stage.effects.is_empty());
}

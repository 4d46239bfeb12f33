//! Owns that an answer tells what the next change of a key begins from. Must not draw.

mod accounts;
mod orders;

use claviger_api::KeyUse;

use super::*;
use crate::dialog::{Change, Findings};

/// How the daemon tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Changes,
    /// The whole state anew, as a reader is sent who was too slow. The first is of before our change.
    Snapshots,
}

/// What somebody else makes of a key that we have changed.
fn theirs(ours: &Key) -> Key {
    Key { name: "theirs".to_owned(), scope: only(&["acc_save"]), version: 4, ..ours.clone() }
}

/// An interface whose `backup` is at version 2, so that there is an older one too, and suspended.
fn before() -> Stage {
    let mut stage = Stage::live();
    let suspended = sample::suspended(key('B', "backup", only(&[]), 3_000, None));
    assert_eq!(suspended.version, 2);
    stage.changed(vec![suspended], &[]);
    stage.state.notices.clear();
    stage
}

/// What is known of `backup`: what lists show, and what a change would begin from.
fn known(stage: &Stage) -> (Option<&Key>, Option<&Key>) {
    let store = &stage.state.store;
    (store.keys.get(&key_id('B')), store.key(&key_id('B')))
}

/// The versions of the two.
fn versions(stage: &Stage) -> (Option<u64>, Option<u64>) {
    let (listed, newest) = known(stage);
    (listed.map(|key| key.version), newest.map(|key| key.version))
}

/// An interface in which the scope of `CI` was saved a moment ago: answered, and not heard of yet.
fn saved() -> (Stage, Key) {
    let mut stage = Stage::live();
    stage.press("js<Tab> <C-s>");
    let saved = version(key('C', "CI", only(&["acc_save"]), 70, Some(125)), 2);
    stage.answer(Ok(saved.clone().into()));
    assert_eq!((stage.title(), stage.notice()), (None, "saved the scope of CI"));
    (stage, saved)
}

fn expected_version(call: &Call) -> u64 {
    match call {
        Call::RenameKey { expected_version, .. }
        | Call::SetScope { expected_version, .. }
        | Call::RotateKey { expected_version, .. }
        | Call::ReleaseKey { expected_version, .. }
        | Call::DeleteKey { expected_version, .. }
        | Call::UpdateAccount { expected_version, .. } => *expected_version,
        other => panic!("it expects no version: {other:?}"),
    }
}

#[test]
fn the_next_change_begins_from_the_answer_to_the_one_before() {
    for script in ["ry", "e2<C-s>", "s<Tab> <C-s>", "DCI<Tab><Enter>"] {
        // The news come before the dialog opens, while it is open, and after it.
        for (heard_before, heard_within) in [(true, false), (false, true), (false, false)] {
            let (mut stage, saved) = saved();
            let hear = |stage: &mut Stage, now: bool| {
                if now {
                    stage.changed(vec![saved.clone()], &[]);
                }
            };
            hear(&mut stage, heard_before);
            let (opens, goes_on) = script.split_at(1);
            stage.press(opens);
            assert!(!stage.form().is_outdated(&stage.state.store), "{script}: nobody else changed anything");
            hear(&mut stage, heard_within);
            assert!(!stage.form().is_outdated(&stage.state.store), "{script}: nor did the news");
            stage.press(goes_on);
            assert_eq!(expected_version(&stage.call().1), 2, "{script}");
        }
    }
}

#[test]
fn what_a_dialog_shows_is_of_the_version_that_it_sends() {
    let (mut stage, saved) = saved();
    stage.press("s");
    assert!(matches!(stage.form().change(), Some(Change::Nothing)));
    assert_eq!(stage.form().boxes().unwrap().before, Some(saved.scope));
    // Whoever renamed a key deletes it by its new name.
    let mut stage = Stage::live();
    stage.press("e2<C-s>").answer(Ok(version(key('B', "backup2", only(&[]), 3_000, None), 2).into()));
    stage.press("e");
    assert_eq!(stage.form().text("Name"), "backup2");
    stage.press("<Esc>Dbackup<Tab><Enter>");
    assert!(stage.failure().contains("type the name"), "{}", stage.failure());
    stage.press("2<Tab><Enter>");
    assert!(matches!(stage.call().1, Call::DeleteKey { expected_version: 2, .. }));
    // The ages that it tells are those of what was answered.
    let mut stage = Stage::live();
    let rotated = Key { rotated_at: Some(NOW), ..key('B', "backup", only(&[]), 3_000, None) };
    stage.press("ry").made(version(rotated, 2));
    stage.press("<Tab><Enter>D");
    assert!(stage.form().times(&stage.state.store).contains(&NOW));
    // A key that was released is not suspended any more.
    let mut stage = before();
    stage.press("Ry").answer(Ok(version(key('B', "backup", only(&[]), 3_000, None), 3).into()));
    stage.press("R");
    assert_eq!(
        (stage.title(), stage.notice()),
        (None, "the key is not suspended: there is nothing to release")
    );
}

#[test]
fn what_somebody_else_changed_after_an_answer_is_still_a_conflict() {
    let (mut stage, saved) = saved();
    stage.press("r");
    stage.changed(vec![saved.clone()], &[]).changed(vec![theirs(&saved)], &[]);
    assert!(stage.form().is_outdated(&stage.state.store));
    stage.press("y");
    assert_eq!(expected_version(&stage.call().1), 2, "the daemon refuses what was asked of another state");
}

#[test]
fn two_changes_that_were_answered_before_any_news_are_both_known() {
    let (mut stage, saved) = saved();
    stage.press("e2<C-s>");
    let renamed = version(Key { name: "CI2".to_owned(), ..saved.clone() }, 3);
    stage.answer(Ok(renamed.clone().into()));
    stage.changed(vec![saved], &[]);
    stage.press("ry");
    assert_eq!(
        expected_version(&stage.call().1),
        3,
        "the news of the first do not undo the answer to the second"
    );
    stage.changed(vec![renamed], &[]);
    assert_eq!(stage.state.store.key(&key_id('C')).unwrap().version, 3);
}

#[test]
fn an_older_answer_does_not_undo_a_newer_one() {
    let mut stage = Stage::live();
    stage.press("e2<C-s>").later(3).press("<Esc>");
    let (late, _) = stage.call();
    stage.press("e3<C-s>").answer(Ok(version(key('B', "backup3", only(&[]), 3_000, None), 3).into()));
    let older = version(key('B', "backup2", only(&[]), 3_000, None), 2);
    stage.tell(Msg::Answered { call: late, outcome: Ok(older.into()) });
    stage.press("ry");
    assert_eq!(expected_version(&stage.call().1), 3);
}

#[test]
fn the_late_answer_of_a_dialog_that_was_left_is_known_too() {
    let mut stage = Stage::live();
    stage.press("e2<C-s>").later(3).press("<Esc>");
    stage.answer(Ok(version(key('B', "backup2", only(&[]), 3_000, None), 2).into()));
    assert_eq!(stage.notice(), "the answer came after all: it was done");
    stage.press("ry");
    assert_eq!(expected_version(&stage.call().1), 2);
}

#[test]
fn a_dialog_that_was_open_when_an_answer_came_is_outdated_and_takes_the_new_state() {
    let mut stage = Stage::live();
    stage.press("e2<C-s>").later(3).press("<Esc>");
    let (id, _) = stage.call();
    stage.press("D");
    let renamed = version(key('B', "backup2", only(&[]), 3_000, None), 2);
    stage.tell(Msg::Answered { call: id, outcome: Ok(renamed.into()) });
    assert!(stage.form().is_outdated(&stage.state.store));
    stage.press("<C-r>backup2<Tab><Enter>");
    assert!(matches!(stage.call().1, Call::DeleteKey { expected_version: 2, .. }));
}

#[test]
fn what_sharing_all_would_give_is_counted_from_the_scope_that_was_just_saved() {
    let (mut stage, _) = saved();
    stage.press("s <C-s>");
    let Findings::Widening { gains } = &stage.form().findings else { panic!("no findings") };
    assert_eq!(gains.first, ["Brokerage", "Everyday Checking"]);
}

#[test]
fn a_question_whose_key_was_released_by_a_late_answer_closes() {
    let mut stage = before();
    stage.press("Ry").later(3).press("<Esc>");
    let (id, _) = stage.call();
    stage.press("R");
    let released = version(key('B', "backup", only(&[]), 3_000, None), 3);
    stage.tell(Msg::Answered { call: id, outcome: Ok(released.into()) });
    orders::tell(&mut stage, None, By::Changes, &key('B', "backup", only(&[]), 3_000, None));
    assert_eq!(stage.title(), None);
    assert!(stage.notice().ends_with("no longer suspended"), "{}", stage.notice());
}

#[test]
fn a_late_secret_that_a_later_rotation_has_killed_says_so_before_the_news_do() {
    let rotated =
        |n: u64, at| version(Key { rotated_at: Some(at), ..key('B', "backup", only(&[]), 3_000, None) }, n);
    let (first, second) = (rotated(2, sample::minutes_ago(1)), rotated(3, NOW));
    let mut stage = Stage::live();
    stage.press("ry").later(3).press("<Esc>");
    let (early, _) = stage.call();
    stage.press("ry").later(3).press("<Esc>");
    let (late, _) = stage.call();
    for (call, key) in [(late, &second), (early, &first)] {
        let made = KeyWithSecret { key: key.clone(), secret: Secret::new(SECRET) };
        stage.tell(Msg::Answered { call, outcome: Ok(made.into()) });
    }
    let warning = |stage: &Stage| match stage.state.dialogs.last() {
        Some(Dialog::Secret(secret)) if secret.key.version == 2 => secret.warning,
        other => panic!("another dialog: {other:?}"),
    };
    assert!(warning(&stage).is_some());
    stage.changed(vec![first], &[]);
    assert!(warning(&stage).is_some(), "the news of the first rotation bring its secret back to no life");
    stage.changed(vec![second], &[]);
    assert!(warning(&stage).is_some());
}

#[test]
fn answers_change_no_list_and_the_details_at_once() {
    let (stage, saved) = saved();
    assert_eq!(stage.state.store.keys[&key_id('C')].version, 1);
    assert_eq!(stage.state.selected_key(), Some(&saved));
}

#[test]
fn when_a_key_was_used_is_told_of_it_though_the_news_of_its_change_are_still_to_come() {
    let (mut stage, _) = saved();
    let used = KeyUse { id: key_id('C'), last_used_at: Some(NOW), retired_secret_seen_at: Some(NOW) };
    stage.tell(Msg::Feed(Feed::Used(vec![used])));
    let newest = stage.state.selected_key().unwrap();
    assert_eq!(
        (newest.version, newest.last_used_at, newest.retired_secret_seen_at),
        (2, Some(NOW), Some(NOW))
    );
}

/// Loses the connection, and has a new one to a store in which `CI` is what it was at first.
fn to_another_store(stage: &mut Stage) {
    reconnect(stage, 2);
    stage.effects.clear();
}

#[test]
fn an_answer_teaches_nothing_beyond_its_connection() {
    // What was known ends with it: the store may be one that was restored, in which versions begin lower.
    let (mut stage, _) = saved();
    to_another_store(&mut stage);
    stage.press("ry");
    assert_eq!(expected_version(&stage.call().1), 1);
    // And an answer that comes when it has ended is not known at all, before there is a new one or after.
    for script in ["e2<C-s>", "e2<C-s><Esc>"] {
        for is_back in [false, true] {
            let mut stage = Stage::live();
            let (saves, leaves) = script.split_at(7);
            stage.press(saves).later(3).press(leaves);
            let (id, _) = stage.call();
            stage.tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() }));
            if is_back {
                stage.tell(Msg::Feed(sample::snapshot())).tell(Msg::Link(Link::Live { epoch: 2 }));
            }
            let renamed = version(key('B', "backup2", only(&[]), 3_000, None), 2);
            stage.tell(Msg::Answered { call: id, outcome: Ok(renamed.into()) });
            assert_eq!(versions(&stage), (Some(1), Some(1)), "{script} {is_back}");
        }
    }
}

//! Owns the tests of `Copy your secret`. Must not draw.

use super::*;

#[test]
fn a_secret_is_acknowledged_as_soon_as_it_is_held() {
    let mut stage = Stage::live();
    stage.press("nNew<C-s>");
    let made = key('N', "New", Scope::All, 0, None);
    let Some(Effect::Call { call, .. }) = stage.effects.first().cloned() else { panic!("no call") };
    stage.made(made.clone());
    assert_eq!(stage.take(), [Effect::Acknowledge(call.request_id().unwrap().clone())]);
    assert_eq!(stage.title(), Some("Copy your secret"));
    stage.changed(vec![made], &[]);
    assert_eq!(stage.state.keys.selected, Some(key_id('N')), "the new key is selected when it comes");
}

#[test]
fn the_secret_closes_only_by_its_button() {
    for script in ["<Esc>", "q", "<Esc><Esc>", "nerD", "?<Esc>", "123", "m<Esc>"] {
        let mut stage = with_secret();
        stage.later(9).press(script);
        assert!(stage.state.dialogs.iter().any(|dialog| matches!(dialog, Dialog::Secret(_))), "{script}");
        assert!(stage.effects.is_empty(), "{script}");
    }
    let mut stage = with_secret();
    stage.later(1).press("<Enter>");
    assert_eq!(stage.title(), None);
}

#[test]
fn the_enter_that_made_a_key_does_not_close_its_secret() {
    // Pressed again at once, in impatience, and held down.
    for script in ["<Enter>", "<Enter><Enter><Enter>"] {
        let mut stage = with_secret();
        stage.later_ms(300).press(script);
        assert!(stage.title().is_some(), "{script}");
    }
    let mut stage = with_secret();
    for _ in 0..100 {
        stage.later_ms(30).press("<Enter>");
    }
    assert!(stage.title().is_some(), "held down for 3 s");
    stage.later_ms(200).press("<Enter>");
    assert_eq!(stage.title(), None, "and pressed anew");
    // Any other press shows that somebody is here.
    for script in ["c<Enter>", "<Tab><Enter>", "<Enter><Tab><Enter>"] {
        let mut stage = with_secret();
        stage.press(script);
        assert_eq!(stage.title(), None, "{script}");
    }
}

#[test]
fn quitting_asks_once_more_while_a_secret_shows() {
    let mut stage = with_secret();
    stage.press("<C-c>");
    assert!(stage.effects.is_empty());
    stage.press("x<C-c>");
    assert!(stage.effects.is_empty(), "another press takes it back");
    stage.press("<C-c>");
    assert_eq!(stage.take(), [Effect::Quit]);
    assert_eq!(Stage::live().press("n<C-c>").take(), [Effect::Quit]);
}

#[test]
fn that_ctrl_c_quits_is_said_only_while_it_does() {
    let mut stage = with_secret();
    stage.press("<C-c>");
    assert!(stage.notice().contains("Ctrl-C") && shown_secret(&stage).said.is_some());
    stage.press("x");
    assert!(!stage.notice().contains("Ctrl-C") && shown_secret(&stage).said.is_none());
    stage.press("<C-c><Tab><Enter>");
    assert_eq!((stage.title(), stage.notice().contains("Ctrl-C")), (None, false));
}

#[test]
fn the_secret_is_copied_and_written() {
    let mut stage = with_secret();
    stage.press("c");
    assert_eq!(stage.take(), [Effect::Copy { what: CopyOf::Secret, text: Secret::new(SECRET) }]);
    stage.tell(Msg::Copied { what: CopyOf::Secret, by: Ok(Copied::Tmux) });
    let Some(Dialog::Secret(dialog)) = stage.state.dialogs.last() else { panic!("closed") };
    assert!(dialog.said.as_deref().unwrap().contains("tmux"));
    stage.press("w");
    assert!(matches!(&stage.take()[..], [Effect::WriteSecret { key_name, .. }] if key_name == "backup"));
    stage.tell(Msg::Written(Ok("/home/x/claviger-backup.secret".into()))).press("w");
    assert_eq!(stage.take(), [], "another copy would be one more to take care of");
    assert_eq!(shown_secret(&stage).said.as_deref(), Some("it is in that file already"));
}

fn shown_secret(stage: &Stage) -> &crate::dialog::SecretDialog {
    match stage.state.dialogs.last() {
        Some(Dialog::Secret(secret)) => secret,
        other => panic!("no secret: {other:?}"),
    }
}

#[test]
fn a_secret_that_opens_nothing_any_more_says_so_for_as_long_as_it_shows() {
    let warning = |stage: &Stage| shown_secret(stage).warning.unwrap_or_default();
    let rotated = |minutes| {
        let mut key = key('B', "backup", only(&[]), 3_000, None);
        key.rotated_at = Some(sample::minutes_ago(minutes));
        key
    };
    let begun = || {
        let mut stage = Stage::live();
        stage.press("ry").made(rotated(5));
        stage
    };
    let snapshot = |keys| Feed::Snapshot { keys, accounts: vec![], storage_mode: true };

    let mut stage = begun();
    stage.changed(vec![rotated(9)], &[]).changed(vec![rotated(5)], &[]).changed(vec![], &['C']);
    assert_eq!(warning(&stage), "", "its own rotation, and what was before it");
    stage.changed(vec![rotated(1)], &[]).press("<Esc>");
    assert!(warning(&stage).contains("rotated elsewhere"), "{}", warning(&stage));
    assert!(begun().changed(vec![], &['B']).press("<Esc>").state.dialogs.len() == 1);
    assert!(warning(begun().changed(vec![], &['B'])).contains("deleted elsewhere"));
    assert!(warning(begun().tell(Msg::Feed(snapshot(vec![])))).contains("deleted elsewhere"));
    assert!(warning(begun().tell(Msg::Feed(snapshot(vec![rotated(1)])))).contains("rotated elsewhere"));
    assert_eq!(warning(begun().tell(Msg::Feed(snapshot(vec![rotated(5)])))), "");

    let mut stage = Stage::live();
    stage.press("nNew<C-s>").made(key('N', "New", Scope::All, 0, None)).changed(vec![], &['C']);
    assert_eq!(warning(&stage), "", "the news of a new key may come after it");
}

#[test]
fn the_path_of_a_written_secret_stays() {
    let mut stage = with_secret();
    stage.press("w").tell(Msg::Written(Ok("/home/me/claviger-backup.secret".into()))).press("<Esc>c");
    stage.tell(Msg::Copied { what: CopyOf::Secret, by: Ok(Copied::Tmux) });
    let secret = shown_secret(&stage);
    assert!(secret.written.as_deref().unwrap().contains("/home/me/claviger-backup.secret"));
    assert!(secret.said.as_deref().unwrap().contains("tmux"));
}

/// A secret that comes while something else is in front: help over the dialog that waits, or what was done after it was
/// left.
fn unasked(doing: &str) -> Stage {
    let mut stage = Stage::live();
    stage.press("ry");
    let id = stage.call().0;
    stage.later(3).press(doing);
    stage.effects.clear();
    let made = KeyWithSecret { key: key('B', "backup", only(&[]), 3_000, None), secret: Secret::new(SECRET) };
    stage.tell(Msg::Answered { call: id, outcome: Ok(Answer::Secret(Box::new(made))) });
    stage.effects.clear();
    stage
}

#[test]
fn a_secret_that_comes_unasked_is_not_closed_by_what_was_meant_for_something_else() {
    for doing in ["?w", "<Esc>nmy ne", "<Esc>/x", "<Esc>s", "<Esc>"] {
        let mut stage = unasked(doing);
        stage.press("a cwy<Enter>");
        assert_eq!(stage.title(), Some("Copy your secret"), "{doing}");
        assert!(stage.effects.is_empty(), "{doing}: nothing was copied or written: {:?}", stage.effects);
        stage.later(2).press("<Enter><Enter>");
        assert_eq!(stage.title(), Some("Copy your secret"), "{doing}: nor after a pause");
        stage.press("<Tab><Enter>");
        assert_ne!(stage.title(), Some("Copy your secret"), "{doing}: but on purpose");
    }
}

//! Owns the tests of what cannot be undone, and what it takes to do it. Must not draw.

use super::*;

#[test]
fn a_confirmation_is_never_confirmed_by_what_opened_it() {
    for script in
        ["rr", "rrr<Enter>", "DD", "DDD<Enter>", "mm", "mm<Enter>", "2DD", "2DD<Enter>", "r<C-s>", "D<C-s>"]
    {
        let mut stage = Stage::live();
        stage.press(script);
        assert!(stage.effects.is_empty(), "{script}: {:?}", stage.effects);
    }
}

#[test]
fn presses_that_come_at_once_do_not_answer_the_question_that_they_open() {
    for script in ["ry", "r<Left><Enter>", "Dbackup<Tab><Enter>", "2Dy", "my", "s <C-s>y"] {
        let mut stage = Stage::live();
        stage.burst(script);
        assert!(stage.effects.is_empty(), "{script}: {:?}", stage.effects);
    }
    let mut stage = Stage::live();
    stage.burst("ry").press("y");
    assert!(matches!(stage.call().1, Call::RotateKey { .. }), "it has been seen by now");
}

#[test]
fn rotate_goes_on_by_y_or_by_its_button() {
    for script in ["ry", "r<Left><Enter>", "r<S-Tab><Enter>", "r<Tab><Enter>"] {
        let mut stage = Stage::live();
        stage.press(script);
        let (_, call) = stage.call();
        assert!(
            matches!(call, Call::RotateKey { id, expected_version: 1, .. } if id == key_id('B')),
            "{script}"
        );
    }
}

#[test]
fn delete_wants_the_name() {
    for (script, deletes) in [
        ("Dbackup<Enter><Enter>", true),
        ("Dbackup<Tab><Enter>", true),
        ("D<S-Tab><S-Tab>backup<Tab><Enter>", true),
        ("DBackup<Tab><Enter>", false),
        ("Dbacku<Tab><Enter>", false),
        ("D<S-Tab><Enter>", false),
        ("Dbackup<Tab><Tab><Enter>", false),
        ("Dbackup<Esc>", false),
    ] {
        let mut stage = Stage::live();
        stage.press(script);
        let wanted = Call::DeleteKey { id: key_id('B'), expected_version: 1 };
        let calls: Vec<_> = stage.take();
        let deleted =
            calls.iter().any(|effect| matches!(effect, Effect::Call { call, .. } if *call == wanted));
        assert_eq!(deleted, deletes, "{script}");
        assert_eq!(calls.len(), usize::from(deletes), "{script}");
    }
}

#[test]
fn storage_mode_asks_before_off_and_not_before_on() {
    let mut stage = Stage::live();
    stage.press("m<Left><Enter>");
    assert_eq!(stage.call().1, Call::SetStorageMode { enabled: false });
    let mut stage = Stage::live();
    stage.state.store.storage_mode = Some(false);
    stage.press("m");
    assert_eq!(stage.title(), None);
    assert_eq!(stage.call().1, Call::SetStorageMode { enabled: true });
}

#[test]
fn that_storage_mode_changed_is_said_whoever_changed_it() {
    let storage_mode = |on| {
        Msg::Feed(Feed::Changed {
            keys: vec![],
            accounts: vec![],
            removed_keys: vec![],
            removed_accounts: vec![],
            storage_mode: Some(on),
        })
    };
    let mut stage = Stage::live();
    stage.tell(storage_mode(true));
    assert_eq!(stage.notice(), "", "nothing changed");
    stage.tell(storage_mode(false));
    assert_eq!(stage.notice(), "Storage Mode is off: no key opens anything");
    stage.press("m").tell(storage_mode(true)).answer(Ok(Answer::Done));
    assert_eq!(stage.notice(), "Storage Mode is on");
}

/// The same terminal with no room for anything.
fn squeezed(mut stage: Stage) -> Stage {
    stage.tell(Msg::Resized { width: 39, height: 9 });
    stage.effects.clear();
    stage
}

#[test]
fn nothing_acts_unseen_in_a_terminal_too_small() {
    for script in ["ry", "my", "n", "Dbackup<Enter><Enter>", "2", "/x", "?", "y", "nX<C-s>", "j"] {
        let mut stage = squeezed(Stage::live());
        stage.press(script).tell(Msg::Paste("x".into())).tell(Msg::Wheel(1));
        assert!(stage.effects.is_empty(), "{script}: {:?}", stage.effects);
        assert_eq!((stage.title(), stage.state.mode()), (None, Mode::Keys), "{script}");
        assert_eq!(stage.state.keys.selected, Some(key_id('B')), "{script}");
    }
    for script in ["<Tab><Enter>", "c", "w", "<Enter>"] {
        let mut stage = squeezed(with_secret());
        stage.press(script);
        assert!(stage.effects.is_empty() && stage.title().is_some(), "{script}");
    }
    let mut stage = squeezed(Stage::live());
    stage.press("<C-l><C-z>q");
    assert_eq!(stage.take(), [Effect::Redraw, Effect::Suspend, Effect::Quit]);
    let mut stage = squeezed(with_secret());
    stage.press("<C-c>x<C-c>");
    assert!(stage.effects.is_empty(), "a press between takes it back, seen or not");
    stage.press("<C-c>");
    assert_eq!(stage.take(), [Effect::Quit]);
}

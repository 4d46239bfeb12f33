//! Owns what the help overlay does. Must not know how it looks.

use super::*;

#[test]
fn enter_does_what_the_marked_row_says() {
    let mut stage = Stage::live();
    stage.press("G?rotate<Enter>");
    assert_eq!((stage.title(), stage.state.help.is_some()), (Some("Rotate key"), false));
    stage.press("<Esc>?order<Enter>");
    assert_eq!(stage.state.key_order, crate::state::Order::Created);
    stage.press("?the next tab<Enter>");
    assert_eq!(stage.state.tab, Tab::Accounts);
}

#[test]
fn the_mark_walks_and_a_search_begins_at_the_top() {
    let mut stage = Stage::live();
    stage.press("?<Down><Down>");
    let marked = |stage: &Stage| stage.state.marked_help().map(|(action, _)| action);
    assert_eq!(marked(&stage), Some(Action::Scope));
    stage.press("<Up><Up><Up>");
    assert_eq!(marked(&stage), Some(Action::Create));
    stage.press("<Down>zzz");
    assert_eq!(marked(&stage), None);
    stage.press("<Enter>");
    assert!(stage.state.help.is_none() && stage.state.dialogs.is_empty());
}

#[test]
fn nothing_is_confirmed_from_the_help() {
    for (script, search) in [("r", "go on"), ("r<Left>", "press the button"), ("js<Tab>", "save from")] {
        let mut stage = Stage::live();
        stage.press(script).press("?").press(search).press("<Enter>");
        assert!(stage.effects.is_empty(), "{script}: {:?}", stage.effects);
        assert!(stage.notice().contains("does that here"), "{script}: {}", stage.notice());
        assert!(stage.title().is_some());
    }
}

#[test]
fn what_cannot_be_done_now_says_why() {
    let mut stage = Stage::live();
    stage.tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() }));
    stage.press("?rotate<Enter>");
    assert!(stage.notice().contains("does not answer"), "{}", stage.notice());
}

#[test]
fn other_presses_hold_everywhere_and_sentences_follow() {
    let mut stage = Stage::live();
    let changes = [("create", "N"), ("reload", "F5"), ("help", "H")];
    let changes = changes.map(|(name, press)| (name.to_owned(), vec![press.to_owned()]));
    stage.state.look.keymap = Keymap::rebound(&changes.into()).unwrap();
    stage.press("n?");
    assert_eq!((stage.title(), stage.state.help.is_some()), (None, false));
    stage.press("NGateway");
    assert_eq!(stage.form().text("Name"), "Gateway");
}

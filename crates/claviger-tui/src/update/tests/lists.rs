//! Owns the tests of moving, filtering and helping oneself in lists. Must not draw.

use super::*;

#[test]
fn a_click_selects_the_row_under_it_and_nothing_else() {
    for (column, row, selected) in
        [(10, 3, 'B'), (10, 5, 'A'), (10, 4, 'C'), (10, 6, 'B'), (10, 2, 'B'), (79, 22, 'B'), (10, 60, 'B')]
    {
        let mut stage = Stage::live();
        stage.tell(Msg::Click { column, row });
        assert_eq!(stage.state.keys.selected, Some(key_id(selected)), "{column}, {row}");
        assert!(stage.effects.is_empty());
    }
    let mut stage = Stage::live();
    stage.press("r").tell(Msg::Click { column: 10, row: 5 });
    assert_eq!(stage.state.keys.selected, Some(key_id('B')), "not below a dialog");
}

#[test]
fn presses_open_the_dialogs_that_the_table_names() {
    for (script, title) in [
        ("n", "Create key"),
        ("e", "Rename key"),
        ("s", "Edit scope"),
        ("r", "Rotate key"),
        ("D", "Delete key"),
        ("m", "Storage Mode"),
        ("2n", "Connect account"),
        ("2e", "Edit account"),
        ("2D", "Disconnect account"),
    ] {
        assert_eq!(Stage::live().press(script).title(), Some(title), "{script}");
        assert_eq!(Stage::live().press(script).press("<Esc>").title(), None, "{script}, Esc");
    }
}

#[test]
fn moving_and_changing_tabs() {
    for (script, tab, selected) in [
        ("", Tab::Keys, 'B'),
        ("j", Tab::Keys, 'C'),
        ("jjjj", Tab::Keys, 'A'),
        ("Gk", Tab::Keys, 'C'),
        ("G<C-u>g<Down>", Tab::Keys, 'C'),
        ("2", Tab::Accounts, 'B'),
        ("<Tab><Tab>", Tab::Activity, 'B'),
        ("<S-Tab>", Tab::Activity, 'B'),
        ("<Tab><Tab><Tab>", Tab::Keys, 'B'),
        ("oo", Tab::Keys, 'B'),
    ] {
        let mut stage = Stage::live();
        stage.press(script);
        assert_eq!((stage.state.tab, stage.state.keys.selected), (tab, Some(key_id(selected))), "{script}");
    }
}

#[test]
fn typing_a_filter_takes_letters_and_escape_clears_it() {
    let mut stage = Stage::live();
    stage.press("/prdq");
    assert_eq!((stage.state.mode(), stage.state.keys.rows.len()), (Mode::Filter, 0), "q does not quit");
    stage.press("<Backspace>");
    assert_eq!(stage.state.keys.rows, [key_id('A')]);
    stage.press("<Enter>");
    assert_eq!(stage.state.mode(), Mode::Keys);
    stage.press("<Esc>");
    assert_eq!(stage.state.keys.rows.len(), 3);
    assert!(stage.effects.is_empty());
}

#[test]
fn help_is_searched_and_closed() {
    let mut stage = Stage::live();
    stage.press("?rotate");
    assert_eq!(stage.state.help.as_ref().unwrap().search.text(), "rotate");
    stage.press("<Esc>");
    assert!(stage.state.help.is_none() && stage.effects.is_empty());
    assert_eq!(Stage::live().press("n?").form().text("Name"), "?", "in a text it is a letter");
    assert_eq!(Stage::live().press("r<F1>").state.mode(), Mode::Help);
}

#[test]
fn ids_are_copied() {
    let mut stage = Stage::live();
    stage.press("y2y");
    let text = |text: &str| Effect::Copy { what: CopyOf::Id, text: Secret::new(text) };
    assert_eq!(stage.take(), [text("key_BBBBBBBBBBBB"), text("acc_brk")]);
}

//! Owns the tests of what forms take: names, scopes, accounts, and what they ask the daemon for. Must not draw.

use super::*;

#[test]
fn create_key_types_the_name_at_once_and_shares_all() {
    let mut stage = Stage::live();
    stage.press("nNew one<C-s>");
    let (_, call) = stage.call();
    let Call::CreateKey { name, scope, request_id } = &call else { panic!("{call:?}") };
    assert_eq!((name.as_str(), scope), ("New one", &Scope::All));
    assert!(request_id.as_str().starts_with("tui-"));
}

#[test]
fn create_key_restricted_by_checkboxes() {
    let mut stage = Stage::live();
    stage.press("nGateway<Tab> <Tab> <Down> <Tab><Enter>");
    assert_eq!(scope_of(&stage.call().1), &only(&["acc_chk", "acc_save"]));
}

#[test]
fn enter_goes_from_field_to_field_and_presses_the_button() {
    let mut stage = Stage::live();
    stage.press("nGateway<Enter><Enter>");
    assert_eq!(stage.state.mode(), Mode::Button, "the accounts cannot be reached while all are shared");
    assert!(stage.effects.is_empty());
    stage.press("<Enter>");
    assert_eq!(scope_of(&stage.call().1), &Scope::All);
}

#[test]
fn nothing_checked_is_never_sent() {
    for script in ["nX<Tab> <C-s>", "nX<Tab> <Tab><Tab><Enter>", "js<Tab>aa<C-s>", "s<C-s>"] {
        let mut stage = Stage::live();
        stage.press(script);
        assert!(stage.effects.is_empty(), "{script}");
        assert!(stage.failure().contains("check an account"), "{script}");
    }
}

#[test]
fn the_last_choice_comes_back() {
    let mut stage = Stage::live();
    stage.press("js ");
    assert!(stage.form().shares_all());
    stage.press(" <C-s>");
    assert_eq!(scope_of(&stage.call().1), &only(&["acc_chk", "acc_save"]));
}

#[test]
fn the_accounts_are_filtered_and_marked() {
    let mut stage = Stage::live();
    // The filter takes the letter that would mark all, and Enter ends the typing.
    stage.press("s<Tab>/sava<Backspace><Enter>a<C-s>");
    assert_eq!(scope_of(&stage.call().1), &only(&["acc_save"]));
    let mut stage = Stage::live();
    stage.press("s<Tab>a<C-s>");
    assert_eq!(scope_of(&stage.call().1), &only(&["acc_brk", "acc_chk", "acc_save"]));
}

#[test]
fn all_that_a_filter_shows_is_what_a_person_would_say_matches() {
    for (filter, matches) in [
        ("inst 1", 7),
        ("INST", 27),
        ("acct  17 ", 1),
        ("17 · inst 1", 1),
        ("17 inst 1", 1),
        ("inst 1 acct 17", 1),
        ("bank savings ··9876", 1),
        ("inst 17", 0),
        ("9876", 1),
        ("svngs", 0),
        ("checking", 1),
    ] {
        let mut stage = with_many_accounts(Stage::live());
        stage.press("s<Tab>/").press(filter).press("<Enter>a");
        let lines: Vec<&str> = stage.form().boxes().unwrap().checked.iter().map(AccountId::as_str).collect();
        assert_eq!(lines.len(), matches, "{filter}: {lines:?}");
    }
}

#[test]
fn a_filter_stands_on_the_name_that_it_fits_best() {
    let mut stage = Stage::live();
    stage.press("G/c");
    assert_eq!(stage.state.keys.selected, Some(key_id('C')), "CI begins with it, backup has it inside");
    stage.press("k");
    assert_eq!(stage.state.keys.selected, Some(key_id('B')));
    stage.press("<Esc>");
    assert_eq!(stage.state.keys.selected, Some(key_id('A')), "a cleared filter brings the selection back");
    stage.press("/ck<Enter>e<Esc><Esc>");
    assert_eq!(stage.state.keys.selected, Some(key_id('B')), "one that was kept leaves it where it is");
}

#[test]
fn an_account_that_goes_away_is_unchecked() {
    let mut stage = Stage::live();
    stage.press("js<Tab>");
    stage.tell(Msg::Feed(Feed::Changed {
        keys: vec![],
        accounts: vec![],
        removed_keys: vec![],
        removed_accounts: vec![account_id("acc_chk")],
        storage_mode: None,
    }));
    let checked: BTreeSet<AccountId> = stage.form().boxes().unwrap().checked.clone();
    assert_eq!(checked, [account_id("acc_save")].into());
}

#[test]
fn accounts_are_connected_and_edited() {
    let mut stage = Stage::live();
    stage.press("2nSavings 2<Tab>First Bank<Tab><Tab><Tab>own-id<C-s>");
    let (_, call) = stage.call();
    let Call::ConnectAccount { name, facts, id } = call else { panic!("{call:?}") };
    assert_eq!((name.as_str(), id), ("Savings 2", Some(account_id("own-id"))));
    assert_eq!((facts.institution.unwrap().as_str(), facts.mask, facts.kind), ("First Bank", None, None));

    let mut stage = Stage::live();
    stage.press("2je<Tab><Tab><C-u><C-s>");
    let (_, call) = stage.call();
    let Call::UpdateAccount { id, facts, expected_version: 1, .. } = call else { panic!("{call:?}") };
    assert_eq!((id, facts.mask), (account_id("acc_chk"), None), "an emptied field is cleared");
}

#[test]
fn a_bad_name_is_refused_here_and_the_focus_goes_to_it() {
    let mut stage = Stage::live();
    stage.press("n<Tab><C-s>");
    assert_eq!(stage.failure(), "Name must not be empty");
    assert_eq!(stage.state.mode(), Mode::Text);
    assert!(stage.effects.is_empty());
}

#[test]
fn why_a_form_cannot_be_sent_is_taken_back_when_something_is_typed() {
    let mut stage = Stage::live();
    stage.press("n<C-s>");
    assert_eq!(stage.failure(), "Name must not be empty");
    stage.press("C");
    assert!(matches!(stage.form().phase, crate::dialog::Phase::Asking));
}

#[test]
fn a_paste_goes_only_into_text() {
    let mut stage = Stage::live();
    stage.tell(Msg::Paste("q\rD\r".into())).press("r").tell(Msg::Paste("y\r".into()));
    assert!(stage.effects.is_empty());
    stage.press("<Esc>n").tell(Msg::Paste("a\u{1b}b\r\n".into()));
    assert_eq!(stage.form().text("Name"), "ab");
    stage.press("<Esc>D").tell(Msg::Paste("backup".into()));
    assert_eq!(stage.form().text("Name"), "backup", "in Delete key it goes to the name, as letters do");
    stage.press("<Tab>").tell(Msg::Paste("\n".into())).press("<Esc>");
    assert!(stage.effects.is_empty());
}

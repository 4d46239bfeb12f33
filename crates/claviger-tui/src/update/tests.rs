//! Owns the tests of how the state changes. Must not draw.

pub(crate) mod sample {
    use claviger_api::{Account, AccountId, Key, KeyId, Scope, Timestamp};

    use crate::message::Feed;
    use crate::state::Store;

    /// What time it is in the tests: 2026-11-23T01:08:00Z.
    pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_396_080_000);

    pub(crate) fn minutes_ago(minutes: i64) -> Timestamp {
        Timestamp::from_millis(NOW.as_millis() - minutes * 60_000)
    }

    pub(crate) fn account_id(id: &str) -> AccountId {
        AccountId::parse(id).unwrap()
    }

    pub(crate) fn key_id(letter: char) -> KeyId {
        KeyId::from_body(&letter.to_string().repeat(12)).unwrap()
    }

    pub(crate) fn key(letter: char, name: &str, scope: Scope, created: i64, used: Option<i64>) -> Key {
        let id = key_id(letter);
        Key {
            id,
            name: name.to_owned(),
            hint: format!("clv_{}_…k3Qz", id.body()),
            scope,
            created_at: minutes_ago(created),
            rotated_at: None,
            last_used_at: used.map(minutes_ago),
            retired_secret_seen_at: None,
            version: 1,
        }
    }

    pub(crate) fn account(id: &str, name: &str, institution: Option<&str>, mask: Option<&str>) -> Account {
        Account {
            id: account_id(id),
            name: name.to_owned(),
            institution: institution.map(str::to_owned),
            mask: mask.map(str::to_owned),
            kind: Some("checking".to_owned()),
            connected_at: minutes_ago(100_000),
            version: 1,
        }
    }

    pub(crate) fn snapshot() -> Feed {
        let only = |ids: &[&str]| ids.iter().map(|id| account_id(id)).collect();
        Feed::Snapshot {
            keys: vec![
                key('A', "Production", Scope::All, 50_000, Some(3)),
                key('B', "backup", only(&[]), 3_000, None),
                key('C', "CI", only(&["acc_save", "acc_chk"]), 70, Some(125)),
            ],
            accounts: vec![
                account("acc_chk", "Everyday Checking", Some("First Bank"), Some("1234")),
                account("acc_save", "Savings", Some("First Bank"), Some("9876")),
                account("acc_brk", "Brokerage", None, None),
            ],
            storage_mode: true,
        }
    }

    pub(crate) fn store() -> Store {
        let mut store = Store::default();
        store.apply(snapshot());
        store
    }
}

use std::collections::BTreeSet;

use claviger_api::object::{ActivityPage, KeyWithSecret};
use claviger_api::{AccountId, Action as Happened, Code, Entry, Error, Key, Scope, Secret, Timestamp};
use crossterm::event::KeyCode;
use jiff::tz::TimeZone;

use self::sample::{NOW, account_id, key, key_id};
use super::update;
use crate::Borders;
use crate::dialog::{Dialog, Form};
use crate::effects::{Call, CallId, Copied, CopyOf, Effect, Trail};
use crate::keymap::Mode;
use crate::message::{Answer, Failure, Feed, Link, Msg};
use crate::press::Press;
use crate::state::{Look, Palette, Size, State, Tab};

/// A secret of the right form that opens nothing.
pub(crate) const SECRET: &str = "clv_AAAAAAAAAAAA_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLM";

/// The state on a stage: what happens to it is written as a script, and what it asks for is kept.
pub(crate) struct Stage {
    pub(crate) state: State,
    pub(crate) effects: Vec<Effect>,
}

impl Stage {
    /// An interface that has just started.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let look =
            Look { label: None, borders: Borders::Drawn, palette: Palette::Sixteen, zone: TimeZone::UTC };
        let state = State::new(look, 7, Size { width, height }, NOW);
        Self { state, effects: vec![] }
    }

    /// An interface that is live and has the sample's keys and accounts.
    pub(crate) fn live() -> Self {
        Self::live_at(80, 24)
    }

    pub(crate) fn live_at(width: u16, height: u16) -> Self {
        let mut stage = Self::new(width, height);
        stage.tell(Msg::Feed(sample::snapshot()));
        stage.tell(Msg::Link(Link::Live { epoch: 1 }));
        stage.effects.clear();
        stage
    }

    pub(crate) fn tell(&mut self, msg: Msg) -> &mut Self {
        let effects = update(&mut self.state, msg);
        self.effects.extend(effects);
        self
    }

    /// Presses what the script says: letters as they stand, named presses as `<Enter>`, Ctrl as `<C-s>`.
    pub(crate) fn press(&mut self, script: &str) -> &mut Self {
        for press in presses(script) {
            self.tell(Msg::Press(press));
        }
        self
    }

    pub(crate) fn later(&mut self, seconds: i64) -> &mut Self {
        self.later_ms(seconds * 1000)
    }

    pub(crate) fn later_ms(&mut self, ms: i64) -> &mut Self {
        let now = Timestamp::from_millis(self.state.now.as_millis() + ms);
        self.tell(Msg::Time(now))
    }

    fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// The one call that was asked for since the last look.
    pub(crate) fn call(&mut self) -> (CallId, Call) {
        let calls: Vec<_> = self
            .take()
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Call { id, call } => Some((id, call)),
                _ => None,
            })
            .collect();
        let [call] = <[_; 1]>::try_from(calls).unwrap_or_else(|calls| panic!("one call expected: {calls:?}"));
        call
    }

    pub(crate) fn answer(&mut self, outcome: Result<Answer, Failure>) -> &mut Self {
        let id = self.call().0;
        self.tell(Msg::Answered { call: id, outcome })
    }

    fn refuse(&mut self, code: Code, message: &str) -> &mut Self {
        self.answer(Err(Failure::Refused(Error::new(code, message))))
    }

    pub(crate) fn made(&mut self, key: Key) -> &mut Self {
        let made = KeyWithSecret { key, secret: Secret::new(SECRET) };
        self.answer(Ok(Answer::Secret(Box::new(made))))
    }

    pub(crate) fn changed(&mut self, keys: Vec<Key>, removed: &[char]) -> &mut Self {
        self.tell(Msg::Feed(Feed::Changed {
            keys,
            accounts: vec![],
            removed_keys: removed.iter().copied().map(key_id).collect(),
            removed_accounts: vec![],
            storage_mode: None,
        }))
    }

    fn title(&self) -> Option<&'static str> {
        match self.state.dialogs.last()? {
            Dialog::Form(form) => Some(form.purpose.title()),
            Dialog::Secret(_) => Some("Copy your secret"),
        }
    }

    fn form(&self) -> &Form {
        match self.state.dialogs.last() {
            Some(Dialog::Form(form)) => form,
            other => panic!("no form: {other:?}"),
        }
    }

    fn failure(&self) -> &str {
        match &self.form().phase {
            crate::dialog::Phase::Failed(why) => why,
            other => panic!("not failed: {other:?}"),
        }
    }

    fn notice(&self) -> &str {
        self.state.notices.back().map_or("", |notice| &notice.text)
    }
}

pub(crate) fn presses(script: &str) -> Vec<Press> {
    let mut presses = Vec::new();
    let mut rest = script.chars();
    while let Some(c) = rest.next() {
        if c != '<' {
            presses.push(Press::char(c));
            continue;
        }
        let name: String = rest.by_ref().take_while(|c| *c != '>').collect();
        let code = match name.as_str() {
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Tab" => KeyCode::Tab,
            "S-Tab" => KeyCode::BackTab,
            "Up" => KeyCode::Up,
            "Down" => KeyCode::Down,
            "Left" => KeyCode::Left,
            "Right" => KeyCode::Right,
            "Backspace" => KeyCode::Backspace,
            "F1" => KeyCode::F(1),
            ctrl => {
                let letter = ctrl.strip_prefix("C-").unwrap_or_else(|| panic!("no press: {ctrl}"));
                presses.extend(letter.chars().map(Press::ctrl));
                continue;
            }
        };
        presses.push(Press::named(code));
    }
    presses
}

fn only(ids: &[&str]) -> Scope {
    Scope::Only(ids.iter().map(|id| account_id(id)).collect())
}

fn scope_of(call: &Call) -> &Scope {
    match call {
        Call::CreateKey { scope, .. } | Call::SetScope { scope, .. } => scope,
        other => panic!("no scope: {other:?}"),
    }
}

fn version(mut key: Key, version: u64) -> Key {
    key.version = version;
    key
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
    assert_eq!(scope_of(&stage.call().1), &only(&["acc_brk", "acc_chk"]));
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
        assert!(stage.failure().contains("at least one account"), "{script}");
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

/// The sample with as many more accounts as a list of them has to scroll for.
pub(crate) fn with_many_accounts(mut stage: Stage) -> Stage {
    let account = |n: u32| {
        let (id, name, holder) = (format!("acc_{n}"), format!("Acct {n}"), format!("Inst {}", n % 4));
        sample::account(&id, &name, Some(&holder), None)
    };
    stage.tell(Msg::Feed(Feed::Changed {
        keys: vec![],
        accounts: (1..=27).map(account).collect(),
        removed_keys: vec![],
        removed_accounts: vec![],
        storage_mode: None,
    }));
    stage
}

#[test]
fn all_that_a_filter_shows_is_what_a_person_would_say_matches() {
    for (filter, matches) in [
        ("inst 1", 7),
        ("INST", 27),
        ("acct  17 ", 1),
        ("17 · inst 1", 1),
        ("17 inst 1", 1),
        ("inst 17", 0),
        ("9876", 1),
        ("svngs", 0),
        ("checking", 1),
    ] {
        let mut stage = with_many_accounts(Stage::live());
        stage.press("s<Tab>/").press(filter).press("<Enter>a");
        let store = &stage.state.store;
        let lines: Vec<String> = stage
            .form()
            .boxes()
            .unwrap()
            .checked
            .iter()
            .map(|id| crate::dialog::Boxes::line(&store.accounts[id]).to_lowercase())
            .collect();
        assert_eq!(lines.len(), matches, "{filter}: {lines:?}");
    }
}

#[test]
fn a_filter_stands_on_its_first_match() {
    let mut stage = Stage::live();
    stage.press("G/c");
    assert_eq!(stage.state.keys.selected, Some(key_id('B')), "backup");
    stage.press("i");
    assert_eq!(stage.state.keys.selected, Some(key_id('C')));
    stage.press("<Esc>");
    assert_eq!(stage.state.keys.selected, Some(key_id('A')), "a cleared filter brings the selection back");
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

fn with_secret() -> Stage {
    let mut stage = Stage::live();
    stage.press("ry");
    stage.made(key('B', "backup", only(&[]), 3_000, None));
    stage.effects.clear();
    stage
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
fn why_a_form_cannot_be_sent_is_taken_back_when_something_is_typed() {
    let mut stage = Stage::live();
    stage.press("n<C-s>");
    assert_eq!(stage.failure(), "Name must not be empty");
    stage.press("C");
    assert!(matches!(stage.form().phase, crate::dialog::Phase::Asking));
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
fn the_secret_is_copied_and_written() {
    let mut stage = with_secret();
    stage.press("c");
    assert_eq!(stage.take(), [Effect::Copy { what: CopyOf::Secret, text: Secret::new(SECRET) }]);
    stage.tell(Msg::Copied { what: CopyOf::Secret, by: Ok(Copied::Tmux) });
    let Some(Dialog::Secret(dialog)) = stage.state.dialogs.last() else { panic!("closed") };
    assert!(dialog.said.as_deref().unwrap().contains("tmux"));
    stage.press("w");
    assert!(matches!(&stage.take()[..], [Effect::WriteSecret { key_name, .. }] if key_name == "backup"));
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

#[test]
fn only_events_change_the_lists() {
    let mut stage = Stage::live();
    stage.press("ebackup 2<C-u>nightly<C-s>").answer(Ok(Answer::Done));
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

/// The daemon's refusal of an edit that was made from an older version.
pub(crate) fn outdated() -> Error {
    Error::new(Code::Conflict, "the key was changed meanwhile").at("expected_version")
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

fn reconnect(stage: &mut Stage, epoch: u64) -> &mut Stage {
    stage
        .tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() }))
        .tell(Msg::Link(Link::Connecting))
        .tell(Msg::Feed(sample::snapshot()))
        .tell(Msg::Link(Link::Live { epoch }))
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
fn a_dialog_whose_answer_is_late_can_be_left() {
    for (script, looks_at) in [
        ("ry", "the key named backup"),
        ("nX<C-s>", "the key named X"),
        ("e2<C-s>", "whether backup is named backup2"),
        ("js <C-s>", "the scope of CI"),
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

#[test]
fn ids_are_copied() {
    let mut stage = Stage::live();
    stage.press("y2y");
    let text = |text: &str| Effect::Copy { what: CopyOf::Id, text: Secret::new(text) };
    assert_eq!(stage.take(), [text("key_BBBBBBBBBBBB"), text("acc_brk")]);
}

pub(crate) fn entry(seq: u64, action: Happened, key: char, name: &str) -> Entry {
    Entry {
        seq,
        at: sample::minutes_ago(100 - i64::try_from(seq).unwrap()),
        action,
        key_id: Some(key_id(key)),
        key_name: Some(name.to_owned()),
        account_id: None,
        uid: 1000,
        pid: Some(4242),
        detail: None,
    }
}

pub(crate) fn page(seqs: std::ops::RangeInclusive<u64>, next: Option<&str>) -> ActivityPage {
    ActivityPage {
        entries: seqs.rev().map(|seq| entry(seq, Happened::KeyRenamed, 'A', "Production")).collect(),
        next_cursor: next.map(str::to_owned),
    }
}

#[test]
fn activity_is_loaded_when_it_is_looked_at_and_a_page_at_a_time() {
    let mut stage = Stage::live();
    stage.press("3");
    assert_eq!(stage.take(), [Effect::LoadActivity(Trail::Whole(None))]);
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(5..=9, Some("05"))) });
    assert!(stage.effects.is_empty());
    stage.press("G");
    assert!(matches!(&stage.take()[..], [Effect::LoadActivity(Trail::Whole(Some(_)))]));
    let cursor = claviger_api::page::Cursor::decode("05");
    stage.tell(Msg::Activity { trail: Trail::Whole(cursor), outcome: Ok(page(1..=4, None)) });
    assert_eq!(stage.state.activity.list.rows, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    stage.changed(vec![], &[]);
    assert_eq!(stage.take(), [Effect::LoadActivity(Trail::Whole(None))], "a change makes it out of date");
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(6..=11, Some("06"))) });
    assert_eq!(stage.state.activity.entries.len(), 11, "what was loaded before stays");
}

/// The cursor of the page that is being asked for, and of no other.
fn asked_page(stage: &mut Stage) -> Option<Trail> {
    let effects = stage.take();
    assert!(effects.len() <= 1, "{effects:?}");
    effects.into_iter().find_map(|effect| match effect {
        Effect::LoadActivity(trail) => Some(trail),
        _ => None,
    })
}

#[test]
fn a_filter_looks_further_back_until_it_has_rows_enough() {
    let mut stage = Stage::live();
    stage.press("3");
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(51..=90, Some("51"))) });
    stage.take();
    stage.press("/backup");
    let first = asked_page(&mut stage).expect("an older page");
    assert!(asked_page(&mut stage).is_none(), "one at a time");
    let mut older = page(11..=50, Some("11"));
    older.entries[3].key_name = Some("backup".into());
    stage.tell(Msg::Activity { trail: first, outcome: Ok(older) });
    assert_eq!(stage.state.activity.list.rows, [47]);
    let second = asked_page(&mut stage).expect("one row does not fill the screen");
    stage.tell(Msg::Activity { trail: second.clone(), outcome: Err(Failure::TimedOut) });
    assert!(asked_page(&mut stage).is_none(), "a page that cannot be had is not asked for for ever");
    stage.press("<Enter>");
    assert_eq!(asked_page(&mut stage), Some(second.clone()), "a press asks again");
    let mut oldest = page(1..=10, None);
    oldest.entries[9].key_name = Some("backup".into());
    stage.tell(Msg::Activity { trail: second, outcome: Ok(oldest) });
    assert_eq!((&stage.state.activity.list.rows[..], stage.effects.len()), (&[47, 1][..], 0));

    let mut stage = Stage::live();
    stage.press("3");
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(51..=90, Some("51"))) });
    stage.take();
    stage.press("/prod");
    assert!(asked_page(&mut stage).is_none(), "a screen full of matches is enough");
}

#[test]
fn the_details_pane_loads_the_activity_of_its_key_one_at_a_time() {
    let mut stage = Stage::live_at(120, 30);
    stage.press("jj");
    assert!(stage.effects.is_empty(), "the first one is still on its way");
    let of = |letter| Trail::OfKey(key_id(letter));
    stage.tell(Msg::Activity { trail: of('B'), outcome: Ok(page(1..=1, None)) });
    assert_eq!(stage.take(), [Effect::LoadActivity(of('A'))]);
}

mod any_presses {
    use proptest::prelude::*;

    use super::*;
    use crate::dialog::{Button, Purpose};
    use crate::view::view;

    /// Presses that do something somewhere, and a few letters.
    fn press() -> impl Strategy<Value = Press> {
        let bound: Vec<Press> =
            crate::keymap::BINDINGS.iter().flat_map(|binding| binding.presses).copied().collect();
        prop_oneof![
            8 => proptest::sample::select(bound),
            2 => proptest::sample::select(presses("backupyr D<Enter><Tab>")),
        ]
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            30 => press().prop_map(Happening::Press),
            2 => Just(Happening::Secret),
            1 => Just(Happening::Lost),
            1 => Just(Happening::Done),
            1 => Just(Happening::Away),
            2 => Just(Happening::Back),
            1 => Just(Happening::Gone),
            1 => ((1..140_u16), (1..40_u16)).prop_map(|(width, height)| Happening::Resized(width, height)),
        ]
    }

    #[derive(Clone, Copy, Debug)]
    enum Happening {
        Press(Press),
        Secret,
        Lost,
        Done,
        Away,
        Back,
        Gone,
        Resized(u16, u16),
    }

    /// Whether the state stands where one Enter or `y` may delete or rotate.
    fn is_confirming(state: &State, press: Press) -> bool {
        let Some(Dialog::Form(form)) = state.dialogs.last() else { return false };
        let on_button = form.button() == Some(Button::Go) && press.is_enter();
        match &form.purpose {
            Purpose::DeleteKey(key) => on_button && form.text("Name") == key.name,
            Purpose::RotateKey(_) | Purpose::DisconnectAccount(_) => on_button || press == Press::char('y'),
            _ => false,
        }
    }

    fn destroys(effect: &Effect) -> bool {
        matches!(
            effect,
            Effect::Call {
                call: Call::DeleteKey { .. } | Call::RotateKey { .. } | Call::DisconnectAccount { .. },
                ..
            }
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn never_panic_and_never_destroy_unconfirmed(happenings in prop::collection::vec(happening(), 1..120)) {
            let mut stage = Stage::live();
            let mut epoch = 1;
            let mut last_call = None;
            for happening in happenings {
                stage.effects.clear();
                let answer = |outcome| last_call.map(|call| Msg::Answered { call, outcome });
                match happening {
                    Happening::Press(press) => {
                        let confirming = is_confirming(&stage.state, press);
                        stage.tell(Msg::Press(press));
                        prop_assert!(confirming || !stage.effects.iter().any(destroys), "{press:?}");
                        let empty = |effect: &Effect| matches!(effect, Effect::Call {
                            call: Call::CreateKey { scope: Scope::Only(ids), .. } | Call::SetScope { scope: Scope::Only(ids), .. }, ..
                        } if ids.is_empty());
                        prop_assert!(!stage.effects.iter().any(empty), "an empty list was sent");
                    }
                    Happening::Secret => {
                        let made = KeyWithSecret { key: key('N', "New", Scope::All, 0, None), secret: Secret::new(SECRET) };
                        if let Some(msg) = answer(Ok(Answer::Secret(Box::new(made)))) { stage.tell(msg); }
                    }
                    Happening::Lost => if let Some(msg) = answer(Err(Failure::Lost)) { stage.tell(msg); },
                    Happening::Done => if let Some(msg) = answer(Ok(Answer::Done)) { stage.tell(msg); },
                    Happening::Away => { stage.tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() })); }
                    Happening::Back => {
                        epoch += 1;
                        stage.tell(Msg::Feed(sample::snapshot())).tell(Msg::Link(Link::Live { epoch }));
                    }
                    Happening::Gone => { stage.changed(vec![], &['B', 'C']); }
                    Happening::Resized(width, height) => { stage.tell(Msg::Resized { width, height }); }
                }
                for effect in &stage.effects {
                    if let Effect::Call { id, .. } = effect { last_call = Some(*id); }
                }
                let Size { width, height } = stage.state.size;
                let backend = ratatui::backend::TestBackend::new(width, height);
                ratatui::Terminal::new(backend).unwrap().draw(|frame| view(&stage.state, frame)).unwrap();
            }
        }
    }
}

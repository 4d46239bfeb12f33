//! Owns the stage on which the tests of how the state changes play. Must not draw.

mod activity;
mod answers;
mod any_presses;
mod confirmations;
mod daemon;
mod forms;
mod help;
mod lists;
mod restored;
pub(crate) mod sample;
mod secrets;
mod states;
mod usage;

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
use crate::keymap::{Action, Keymap, Mode};
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
        let look = Look {
            label: None,
            borders: Borders::Drawn,
            palette: Palette::Sixteen,
            zone: TimeZone::UTC,
            keymap: Keymap::default(),
        };
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

    /// The same of a store that was restored: see [`sample::restored`].
    pub(crate) fn restored_at(width: u16, height: u16) -> Self {
        let mut stage = Self::new(width, height);
        stage.tell(Msg::Feed(sample::restored()));
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
            self.tell(Msg::Press(press)).tell(Msg::Drawn);
        }
        self
    }

    /// The same so fast that no frame is drawn between.
    pub(crate) fn burst(&mut self, script: &str) -> &mut Self {
        for press in presses(script) {
            self.tell(Msg::Press(press));
        }
        self.tell(Msg::Drawn)
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

/// The daemon's refusal of an edit that was made from an older version.
pub(crate) fn outdated() -> Error {
    Error::new(Code::Conflict, "the key was changed meanwhile").at("expected_version")
}

fn reconnect(stage: &mut Stage, epoch: u64) -> &mut Stage {
    stage
        .tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() }))
        .tell(Msg::Link(Link::Connecting))
        .tell(Msg::Feed(sample::snapshot()))
        .tell(Msg::Link(Link::Live { epoch }))
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

fn with_secret() -> Stage {
    let mut stage = Stage::live();
    stage.press("ry");
    stage.made(key('B', "backup", only(&[]), 3_000, None));
    stage.effects.clear();
    stage
}

//! Owns the stage on which `benches/interface.rs` measures: a state with as many keys as wanted, and a screen in memory.
//! Must not measure, and is no part of the product: it is there with the feature `bench` only.

use claviger_api::{Account, AccountId, Key, KeyId, KeyUse, Scope, Timestamp};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::Borders;
use crate::keymap::Keymap;
use crate::message::{Feed, Link, Msg};
use crate::press::Press;
use crate::state::{Look, Palette, Size, State};
use crate::update::update;
use crate::view::view;

pub use crossterm::event::KeyCode;

/// What time it is.
const NOW: i64 = 1_795_396_080_000;
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An interface without a terminal or a daemon.
#[derive(Debug)]
pub struct Rehearsal {
    state: State,
    terminal: Terminal<TestBackend>,
    /// How many changes were heard.
    changes: u64,
}

/// The daemon's whole state, as it would send it.
#[derive(Clone, Debug)]
pub struct Snapshot(Feed);

impl Snapshot {
    /// So many keys, every other one restricted to two accounts, in the order in which the daemon sends them.
    #[must_use]
    pub fn of(keys: usize, accounts: usize) -> Self {
        // In memory they lie in the order in which they came, as after reading them from a socket.
        let mut numbers: Vec<usize> = (0..keys).collect();
        numbers.sort_by_cached_key(|n| claviger_api::name::fold(&key(*n, accounts).name));
        let keys = numbers.into_iter().map(|n| key(n, accounts)).collect();
        let accounts = (0..accounts).map(account).collect();
        Self(Feed::Snapshot { keys, accounts, storage_mode: true })
    }
}

impl Rehearsal {
    /// An interface on a screen of this size that has just heard everything.
    #[must_use]
    pub fn live(snapshot: Snapshot, (width, height): (u16, u16)) -> Self {
        let look = Look {
            label: None,
            borders: Borders::Drawn,
            palette: Palette::Sixteen,
            zone: TimeZone::UTC,
            keymap: Keymap::default(),
        };
        let state = State::new(look, 7, Size { width, height }, Timestamp::from_millis(NOW));
        let Ok(terminal) = Terminal::new(TestBackend::new(width, height));
        let mut rehearsal = Self { state, terminal, changes: 0 };
        rehearsal.hear(snapshot);
        let _ = update(&mut rehearsal.state, Msg::Link(Link::Live { epoch: 1 }));
        rehearsal
    }

    /// Hears everything anew.
    pub fn hear(&mut self, Snapshot(feed): Snapshot) {
        let _ = update(&mut self.state, Msg::Feed(feed));
    }

    /// Strikes one key of the keyboard.
    pub fn press(&mut self, code: KeyCode) {
        let press = if let KeyCode::Char(c) = code { Press::char(c) } else { Press::named(code) };
        let _ = update(&mut self.state, Msg::Press(press));
    }

    /// Strikes a letter for each character, and Tab for a tab.
    pub fn type_in(&mut self, text: &str) {
        for c in text.chars() {
            self.press(if c == '\t' { KeyCode::Tab } else { KeyCode::Char(c) });
        }
    }

    /// How many dialogs are open.
    #[must_use]
    pub fn dialogs(&self) -> usize {
        self.state.dialogs.len()
    }

    /// Draws the screen.
    pub fn frame(&mut self) {
        let Ok(_) = self.terminal.draw(|frame| view(&self.state, frame));
    }

    /// When the screen changes by itself, which the loop asks after each frame.
    #[must_use]
    pub fn changes_at(&self) -> Option<i64> {
        self.state.changes_at().map(Timestamp::as_millis)
    }

    /// Hears that one key was renamed, so that it moves far in the list.
    pub fn hear_change(&mut self, n: usize) {
        self.changes += 1;
        let mut renamed = key(n, self.state.store.accounts.len());
        renamed.name =
            format!("{} {}", if self.changes.is_multiple_of(2) { "aaa" } else { "zzz" }, renamed.name);
        let _ = update(
            &mut self.state,
            Msg::Feed(Feed::Changed {
                keys: vec![renamed],
                accounts: vec![],
                removed_keys: vec![],
                removed_accounts: vec![],
                storage_mode: None,
            }),
        );
    }

    /// Hears that the first so many keys were used just now.
    pub fn hear_uses(&mut self, keys: usize) {
        self.changes += 1;
        let at = Timestamp::from_millis(NOW + i64::try_from(self.changes).unwrap_or(0));
        let used = |n| KeyUse { id: key_id(n), last_used_at: Some(at), retired_secret_seen_at: None };
        let _ = update(&mut self.state, Msg::Feed(Feed::Used((0..keys).map(used).collect())));
    }

    /// How many rows the list of keys has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.state.keys.rows.len()
    }
}

/// A number that looks random but is the same in every run.
fn scattered(n: usize) -> u64 {
    // The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    let mut z = (n as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[expect(clippy::expect_used, reason = "twelve characters of base62 are a key id")]
fn key_id(n: usize) -> KeyId {
    let digit =
        |at: u32| char::from(BASE62[usize::try_from(scattered(n) / 62_u64.pow(at) % 62).unwrap_or(0)]);
    let body: String = (0..10).map(digit).chain(['z', 'z']).collect();
    KeyId::from_body(&body).expect("a key id")
}

#[expect(clippy::expect_used, reason = "letters and digits are an account id")]
fn account_id(n: usize) -> AccountId {
    AccountId::parse(&format!("acc_{n:012}")).expect("an account id")
}

fn key(n: usize, accounts: usize) -> Key {
    const USERS: [&str; 8] =
        ["billing", "gateway", "Reporting", "nightly-backup", "CI", "webhooks", "Préproduction", "mobile"];
    let chance = usize::try_from(scattered(n) >> 8).unwrap_or(0);
    let minutes_ago =
        |minutes: usize| Timestamp::from_millis(NOW - 60_000 * i64::try_from(minutes).unwrap_or(0));
    let id = key_id(n);
    let scope = if n.is_multiple_of(2) || accounts < 2 {
        Scope::All
    } else {
        Scope::Only([account_id(chance % accounts), account_id((chance / 7) % accounts)].into())
    };
    Key {
        id,
        name: format!("{} worker {n:06}", USERS[chance % USERS.len()]),
        hint: format!("clv_{}_…k3Qz", id.body()),
        scope,
        created_at: minutes_ago(chance % 500_000),
        rotated_at: None,
        last_used_at: (chance % 3 > 0).then(|| minutes_ago(chance / 3 % 50_000)),
        retired_secret_seen_at: None,
        suspended_at: None,
        needs_rotation: false,
        version: 1,
    }
}

fn account(n: usize) -> Account {
    let names = ["Savings", "Everyday Checking", "Brokerage", "Credit"];
    Account {
        id: account_id(n),
        name: format!("{} {n}", names[n % names.len()]),
        institution: Some(format!("Bank {}", n % 7)),
        mask: Some(format!("{:04}", n % 10_000)),
        kind: None,
        connected_at: Timestamp::from_millis(NOW),
        version: 1,
    }
}

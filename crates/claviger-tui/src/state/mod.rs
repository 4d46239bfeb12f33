//! Owns everything that the screen shows, as plain data. Must not change itself: that is `update`'s.

mod ahead;
mod barred;
mod catalog;
mod detail;
mod help;
mod list;
mod matching;
mod notice;
mod rows;
mod store;
mod usage;

use std::collections::VecDeque;

use claviger_api::{AccountId, Entry, KeyId, RequestId, Timestamp};
use jiff::tz::TimeZone;

use crate::Borders;
use crate::dialog::{Dialog, Stop};
use crate::effects::{Call, CallId};
use crate::input::Input;
use crate::keymap::{Keymap, Mode};
use crate::message::Link;

pub(crate) use barred::{Bar, Barred};
pub(crate) use detail::{Detail, Told};
pub(crate) use help::Help;
pub(crate) use list::{Gone, List, scrolled, stepped};
pub(crate) use matching::Matching;
pub(crate) use notice::{Left, Notice, Tone};
pub(crate) use rows::{ALL_ACCOUNTS, Sieve};
pub(crate) use store::{News, Store, Touched};
pub(crate) use usage::Usage;

/// The whole state.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) look: Look,
    pub(crate) now: Timestamp,
    pub(crate) size: Size,
    pub(crate) tab: Tab,
    pub(crate) link: Link,
    /// Whether a connection was ever live.
    pub(crate) was_live: bool,
    /// When the connection was lost: what is shown is of that moment.
    pub(crate) lost_at: Option<Timestamp>,
    /// How many keys of the whole state have come, while it comes.
    pub(crate) loading: usize,
    /// What was asked for here and answered, and is still to be heard of: it did not happen elsewhere.
    pub(crate) expected: Vec<Call>,
    /// The calls that are not answered yet though what they ask for was heard of.
    pub(crate) heard: Vec<CallId>,
    pub(crate) store: Store,
    pub(crate) keys: List<KeyId>,
    /// Which keys the filter of their list leaves.
    pub(crate) key_sieve: Sieve,
    pub(crate) key_order: Order,
    pub(crate) accounts: List<AccountId>,
    pub(crate) account_order: Order,
    pub(crate) activity: Activity,
    /// The newest entries of the key in the details pane.
    pub(crate) recent: Detail<Vec<Entry>>,
    pub(crate) usage: Usage,
    /// The dialogs that are open, each over the one before.
    pub(crate) dialogs: Vec<Dialog>,
    /// Whether the dialog in front was opened since the last frame, so that nobody has seen it.
    pub(crate) is_unseen: bool,
    /// Until when presses do nothing, since what they were meant for closed by itself.
    pub(crate) deaf_until: Option<Timestamp>,
    pub(crate) help: Option<Help>,
    pub(crate) notices: VecDeque<Notice>,
    /// The calls whose dialogs were left before their answers came.
    pub(crate) left: Vec<Left>,
    pub(crate) tickets: Tickets,
}

/// How the screen is to look, fixed for the whole run.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) label: Option<String>,
    pub(crate) borders: Borders,
    pub(crate) palette: Palette,
    pub(crate) zone: TimeZone,
    pub(crate) keymap: Keymap,
}

/// Which colours may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Palette {
    /// The terminal's own sixteen.
    Sixteen,
    /// None (`NO_COLOR`).
    Monochrome,
}

/// The terminal's size in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u16,
    pub(crate) height: u16,
}

/// A tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Keys,
    Accounts,
    Activity,
}

impl Tab {
    pub(crate) const ALL: [Self; 3] = [Self::Keys, Self::Accounts, Self::Activity];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Keys => "Keys",
            Self::Accounts => "Accounts",
            Self::Activity => "Activity",
        }
    }

    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Keys => Self::Accounts,
            Self::Accounts => Self::Activity,
            Self::Activity => Self::Keys,
        }
    }

    pub(crate) const fn previous(self) -> Self {
        self.next().next()
    }
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By name, ignoring case.
    Name,
    /// Newest first.
    Created,
    /// Last used first, never used last.
    LastUsed,
}

/// The audit trail, as far as it was loaded.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    /// Newest first.
    pub(crate) entries: Vec<Entry>,
    /// Where the next page begins.
    pub(crate) next: Option<String>,
    pub(crate) paging: Paging,
    /// Whether something happened since it was loaded.
    pub(crate) stale: bool,
    pub(crate) loaded: bool,
    pub(crate) list: List<u64>,
}

/// How it stands with the next page of the audit trail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Paging {
    /// One can be asked for.
    #[default]
    Idle,
    Loading,
    /// The last one could not be had: none is asked for until a press or a new connection.
    Failed,
}

/// Hands out names of calls and requests.
#[derive(Debug)]
pub(crate) struct Tickets {
    /// From the operating system at the start, so that no two interfaces ask under the same request id.
    seed: u128,
    next: u64,
}

impl Tickets {
    pub(crate) fn call(&mut self) -> CallId {
        self.next += 1;
        CallId(self.next)
    }

    pub(crate) fn request(&mut self) -> Option<RequestId> {
        self.next += 1;
        RequestId::parse(&format!("tui-{:032x}-{}", self.seed, self.next))
    }
}

impl State {
    pub(crate) fn new(look: Look, seed: u128, size: Size, now: Timestamp) -> Self {
        Self {
            look,
            now,
            size,
            tab: Tab::Keys,
            link: Link::Connecting,
            was_live: false,
            lost_at: None,
            loading: 0,
            expected: Vec::new(),
            heard: Vec::new(),
            store: Store::default(),
            keys: List::default(),
            key_sieve: Sieve::default(),
            key_order: Order::Name,
            accounts: List::default(),
            account_order: Order::Name,
            activity: Activity { stale: true, ..Activity::default() },
            recent: Detail::default(),
            usage: Usage::default(),
            dialogs: Vec::new(),
            is_unseen: false,
            deaf_until: None,
            help: None,
            notices: VecDeque::new(),
            left: Vec::new(),
            tickets: Tickets { seed, next: 0 },
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.link, Link::Live { .. })
    }

    /// The number of the live connection; 0 before the first.
    pub(crate) fn epoch(&self) -> u64 {
        match self.link {
            Link::Live { epoch } => epoch,
            _ => 0,
        }
    }

    /// Where a press lands.
    pub(crate) fn mode(&self) -> Mode {
        if self.help.is_some() {
            return Mode::Help;
        }
        self.mode_below_help()
    }

    /// The mode that the help overlay explains.
    pub(crate) fn mode_below_help(&self) -> Mode {
        match self.dialogs.last() {
            Some(Dialog::Secret(_)) => Mode::Secret,
            Some(Dialog::Form(form)) if form.waiting().is_some() => Mode::Waiting,
            Some(Dialog::Form(form)) => match form.stop() {
                Stop::Text => Mode::Text,
                Stop::ShareAll => Mode::Check,
                Stop::Boxes if form.boxes().is_some_and(|boxes| boxes.typing) => Mode::BoxFilter,
                Stop::Boxes => Mode::Boxes,
                Stop::Button if form.wants_name_typed() => Mode::DeleteButton,
                Stop::Button if form.fields.is_empty() => Mode::Confirm,
                Stop::Button => Mode::Button,
            },
            None => match self.tab {
                Tab::Keys if self.keys.typing => Mode::Filter,
                Tab::Accounts if self.accounts.typing => Mode::Filter,
                Tab::Activity if self.activity.list.typing => Mode::Filter,
                Tab::Keys => Mode::Keys,
                Tab::Accounts => Mode::Accounts,
                Tab::Activity => Mode::Activity,
            },
        }
    }

    /// Whether Ctrl-C was pressed where a secret would be lost, so that the next one quits.
    pub(crate) fn is_asked_to_quit(&self) -> bool {
        self.dialogs.iter().any(|dialog| match dialog {
            Dialog::Secret(secret) => secret.quitting,
            Dialog::Form(form) => form.waiting().is_some_and(|pending| pending.quitting),
        })
    }

    /// The filter of the list that is shown.
    pub(crate) fn filter(&self) -> &Input {
        match self.tab {
            Tab::Keys => &self.keys.filter,
            Tab::Accounts => &self.accounts.filter,
            Tab::Activity => &self.activity.list.filter,
        }
    }

    /// An entry of the audit trail that was loaded.
    pub(crate) fn entry(&self, seq: u64) -> Option<&Entry> {
        // Newest first, so the order of places is that of falling numbers.
        let at = self.activity.entries.binary_search_by(|entry| seq.cmp(&entry.seq)).ok()?;
        self.activity.entries.get(at)
    }

    /// The key that the keys table stands on, as it is by the newer of news and answers.
    pub(crate) fn selected_key(&self) -> Option<&claviger_api::Key> {
        self.keys.selected.and_then(|id| self.store.key(&id))
    }

    /// The account that the accounts table stands on, as it is by the newer of news and answers.
    pub(crate) fn selected_account(&self) -> Option<&claviger_api::Account> {
        self.accounts.selected.as_ref().and_then(|id| self.store.account(id))
    }
}

//! Owns the three tabs' lists. Must not decide which rows there are.

use std::collections::BTreeSet;

use claviger_api::{Account, AccountId, Action, Entry, Key, Scope, Timestamp};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::marked::Marked;
use super::number::grouped;
use super::pane::pane;
use super::reasons::{As, Finder, Reasons};
use super::states::empty;
use super::style::Theme;
use super::table::{Column, Row, table};
use super::text::width;
use super::title::Title;
use crate::keymap::Mode;
use crate::layout::Layout;
use crate::state::{ALL_ACCOUNTS, Bar, List, Matching, Order, State};
use crate::{Borders, age};

/// How many characters at the end of a hint always stay: the last of the secret.
const HINT_END: usize = 4;
/// Which column of the keys is the scope: what bars a key stands there, since it opens nothing of it.
const SCOPE: usize = 2;

pub(super) fn keys(state: &State, theme: Theme, frame: &mut Frame<'_>, layout: &Layout) {
    let all = known(state, state.store.keys.len());
    let inner = framed(state, theme, frame, layout, &state.keys, &all, Some(state.key_order));
    let seen: Vec<&Key> =
        state.keys.visible(layout.list_rows()).filter_map(|id| state.store.keys.get(id)).collect();
    if seen.is_empty() {
        return empty(state, theme, frame, inner);
    }
    let hint = seen.iter().map(|key| width(&key.hint)).max().unwrap_or(0).clamp(3, 31);
    let columns = [
        Column::new("Name", 20).least(12),
        Column::new("Key", hint).least(hint.min(10)).yields(1).dim(),
        // As wide for every row, so that nothing moves while one scrolls.
        Column::new("Scope", if state.store.barred.needing_rotation > 0 { 14 } else { 12 }),
        Column::new("Created", 10).yields(3).dim(),
        Column::new("Last used", 10).yields(2),
    ];
    let mut finder = Finder::new(state.key_sieve.matching());
    let rows: Vec<Row> = seen
        .into_iter()
        .map(|key| {
            let mut reasons = finder.row();
            let name = reasons.mark(&key.name, As::Scattered);
            let mut hint = reasons.mark(&key.hint, As::Whole);
            reasons.mark_id(&mut hint, &key.id.to_string(), key.id.body());
            hint.keep(HINT_END);
            Row {
                cells: vec![
                    name,
                    hint,
                    found_scope(state, key, &mut reasons),
                    ago(state, Some(key.created_at)).into(),
                    ago(state, key.last_used_at).into(),
                ],
                is_selected: state.keys.selected == Some(key.id),
                warns: Bar::of(key).next().map(|_| SCOPE),
            }
        })
        .collect();
    table(theme, frame, inner, &columns, &rows, !state.is_live());
}

/// What bars a key, and behind it the account by which the filter found the key; the scope where nothing does.
fn found_scope(state: &State, key: &Key, reasons: &mut Reasons<'_, '_>) -> Marked {
    let mut bars = Bar::of(key);
    let Some(bar) = bars.next() else { return found_account(state, &key.scope, reasons) };
    let mut text = reasons.mark(bar.text(), As::Whole);
    for bar in bars {
        reasons.also(&mut text, bar.text(), As::Whole);
    }
    match &key.scope {
        Scope::All => reasons.also(&mut text, ALL_ACCOUNTS, As::Scattered),
        Scope::Only(accounts) => {
            if let Some(account) = account_of(state, accounts, reasons) {
                reasons.also(&mut text, &account.name, As::Scattered);
            }
        }
    }
    text
}

/// A scope in a few words; by name the account by which the filter found the key, and how many more there are.
fn found_account(state: &State, scope: &Scope, reasons: &mut Reasons<'_, '_>) -> Marked {
    let accounts = match scope {
        Scope::All => return reasons.mark(ALL_ACCOUNTS, As::Scattered),
        Scope::Only(accounts) => accounts,
    };
    let Some(account) = account_of(state, accounts, reasons) else {
        return self::scope(scope).into();
    };
    let mut text = reasons.mark(&account.name, As::Scattered);
    if accounts.len() > 1 {
        let more = format!(" +{}", accounts.len() - 1);
        text.push(&more.as_str().into());
        text.keep(more.len());
    }
    text
}

/// The account by which the filter found a key, where nothing else has the word.
fn account_of<'a>(
    state: &'a State,
    accounts: &BTreeSet<AccountId>,
    reasons: &Reasons<'_, '_>,
) -> Option<&'a Account> {
    let found = reasons.open().iter().find_map(|word| state.key_sieve.account_of(*word, accounts));
    found.and_then(|id| state.store.accounts.get(id))
}

pub(super) fn accounts(state: &State, theme: Theme, frame: &mut Frame<'_>, layout: &Layout) {
    let all = known(state, state.store.accounts.len());
    let inner = framed(state, theme, frame, layout, &state.accounts, &all, Some(state.account_order));
    let columns = [
        Column::new("Name", 12),
        Column::new("Institution", 18).yields(1),
        Column::new("Mask", 8).yields(2).dim(),
        Column::new("Kind", 10).yields(3).dim(),
        Column::new("Connected", 10).yields(4).dim(),
    ];
    let matching = Matching::new(state.accounts.filter.text());
    let mut finder = Finder::new(&matching);
    let rows: Vec<Row> = state
        .accounts
        .visible(layout.list_rows())
        .filter_map(|id| state.store.accounts.get(id))
        .map(|account| {
            let mut reasons = finder.row();
            let mut name = reasons.mark(&account.name, As::Scattered);
            let [institution, kind] = [&account.institution, &account.kind]
                .map(|text| reasons.mark(text.as_deref().unwrap_or_default(), As::Scattered));
            let mask = reasons.mark(account.mask.as_deref().unwrap_or_default(), As::Whole);
            reasons.also(&mut name, account.id.as_str(), As::Whole);
            Row {
                cells: vec![name, institution, mask, kind, ago(state, Some(account.connected_at)).into()],
                is_selected: state.accounts.selected.as_ref() == Some(&account.id),
                warns: None,
            }
        })
        .collect();
    if rows.is_empty() {
        return empty(state, theme, frame, inner);
    }
    table(theme, frame, inner, &columns, &rows, !state.is_live());
}

pub(super) fn activity(state: &State, theme: Theme, frame: &mut Frame<'_>, layout: &Layout) {
    let list = &state.activity.list;
    let more = if state.activity.next.is_some() { "+" } else { "" };
    let all =
        if state.activity.loaded { format!("{}{more}", state.activity.entries.len()) } else { String::new() };
    let inner = framed(state, theme, frame, layout, list, &all, None);
    let columns = [
        Column::new("What", 20),
        Column::new("Key or account", 20).grows(),
        Column::new("When", 10).yields(1),
        Column::new("By", 18).yields(3).dim(),
        Column::new("Detail", 24).least(12).yields(4).dim(),
    ];
    let matching = Matching::new(list.filter.text());
    let mut finder = Finder::new(&matching);
    let rows: Vec<Row> = list
        .visible(layout.list_rows())
        .filter_map(|seq| state.entry(*seq))
        .map(|entry| {
            let mut reasons = finder.row();
            let what = reasons.mark(entry.action.text(), As::Scattered);
            let subject = found_subject(state, entry, &mut reasons);
            let detail = reasons.mark(detail(entry), As::Scattered);
            Row {
                cells: vec![what, subject, ago(state, Some(entry.at)).into(), by(entry).into(), detail],
                is_selected: list.selected == Some(entry.seq),
                warns: None,
            }
        })
        .collect();
    if rows.is_empty() {
        return empty(state, theme, frame, inner);
    }
    table(theme, frame, inner, &columns, &rows, !state.is_live());
}

/// What an entry is about, and behind it the account or the id by which the filter found it, where that is not shown.
fn found_subject(state: &State, entry: &Entry, reasons: &mut Reasons<'_, '_>) -> Marked {
    let mut text = reasons.mark(&subject(state, entry), As::Scattered);
    let account = entry.account_id.as_ref();
    if let Some(account) = account.and_then(|id| state.store.accounts.get(id)) {
        reasons.also(&mut text, &account.name, As::Scattered);
    }
    for id in [entry.key_id.map(|id| id.to_string()), account.map(ToString::to_string)].into_iter().flatten()
    {
        reasons.also(&mut text, &id, As::Whole);
    }
    text
}

/// What changed, where that is not what the entry is about.
fn detail(entry: &Entry) -> &str {
    let detail = entry.detail.as_deref().filter(|_| entry.action != Action::StoreRestored);
    detail.unwrap_or_default()
}

/// What an entry is about, by name where it is known. A restore is about as many keys as its detail says.
pub(super) fn subject(state: &State, entry: &Entry) -> String {
    if entry.action == Action::StoreRestored {
        return entry.detail.clone().unwrap_or_default();
    }
    let key = entry.key_name.clone().or_else(|| entry.key_id.map(|id| id.to_string()));
    let account = entry.account_id.as_ref().map(|id| {
        state.store.accounts.get(id).map_or_else(|| id.to_string(), |account| account.name.clone())
    });
    key.or(account).unwrap_or_default()
}

fn by(entry: &Entry) -> String {
    match entry.pid {
        Some(pid) => format!("uid {}, pid {pid}", entry.uid),
        None => format!("uid {}", entry.uid),
    }
}

/// A scope in a few words.
pub(super) fn scope(scope: &Scope) -> String {
    match scope {
        Scope::All => ALL_ACCOUNTS.to_owned(),
        Scope::Only(accounts) => match accounts.len() {
            0 => "No accounts".to_owned(),
            1 => "1 account".to_owned(),
            n => format!("{n} accounts"),
        },
    }
}

/// How long ago, or `never`.
pub(super) fn ago(state: &State, then: Option<Timestamp>) -> String {
    then.map_or_else(|| "never".to_owned(), |then| age::ago(then, state.now, &state.look.zone))
}

/// A number of objects; one that still grows while they come for the first time, and nothing before that.
fn known(state: &State, number: usize) -> String {
    match (state.was_live, number) {
        (true, _) => number.to_string(),
        (false, 0) => String::new(),
        (false, _) => format!("{}…", grouped(number as u64)),
    }
}

/// Draws the pane of a list, with the cursor at the filter while it is typed, and gives the room inside.
fn framed<Id>(
    state: &State,
    theme: Theme,
    frame: &mut Frame<'_>,
    layout: &Layout,
    list: &List<Id>,
    all: &str,
    order: Option<Order>,
) -> Rect {
    let title =
        Title::of(state.tab, list, all, order).fitted(usize::from(layout.list.width).saturating_sub(4));
    if state.mode() == Mode::Filter {
        let line = u16::from(layout.lines == Borders::Drawn);
        let x = layout.list.x + line + 1 + u16::try_from(width(&title.before)).unwrap_or(0);
        let end = layout.list.right().saturating_sub(1);
        frame.set_cursor_position(Position { x: x.min(end), y: layout.list.y });
    }
    pane(theme, frame, layout.list, &[title.before, title.after].concat(), layout.lines)
}

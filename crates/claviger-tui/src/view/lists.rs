//! Owns the three tabs' lists. Must not decide which rows there are.

use claviger_api::{Entry, Key, Scope, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::pane::pane;
use super::style::Theme;
use super::table::{Column, Row, table};
use super::text::{width, wrap};
use crate::age;
use crate::keymap::Action;
use crate::layout::Layout;
use crate::message::Link;
use crate::state::{List, Order, State, Tab};

pub(super) fn keys(state: &State, theme: Theme, frame: &mut Frame<'_>, layout: &Layout) {
    let all = state.store.keys.len().to_string();
    let title = title(state, &state.keys, &all, Some(state.key_order));
    let inner = pane(theme, frame, layout.list, &title, layout.lines);
    let seen: Vec<&Key> =
        state.keys.visible(layout.list_rows()).filter_map(|id| state.store.keys.get(id)).collect();
    if seen.is_empty() {
        let press = state.look.keymap.press_for(Action::Create);
        return empty(state, theme, frame, inner, &format!("No keys yet. {press} creates the first one."));
    }
    let hint = seen.iter().map(|key| width(&key.hint)).max().unwrap_or(0).clamp(3, 31);
    let columns = [
        Column::new("Name", 12),
        Column::new("Key", hint).least(hint.min(10)).yields(1).dim().keeps_end(),
        Column::new("Scope", 12),
        Column::new("Created", 10).yields(3).dim(),
        Column::new("Last used", 10).yields(2),
    ];
    let rows: Vec<Row> = seen
        .into_iter()
        .map(|key| Row {
            cells: vec![
                key.name.clone(),
                key.hint.clone(),
                scope(&key.scope),
                ago(state, Some(key.created_at)),
                ago(state, key.last_used_at),
            ],
            is_selected: state.keys.selected == Some(key.id),
        })
        .collect();
    table(theme, frame, inner, &columns, &rows, !state.is_live());
}

pub(super) fn accounts(state: &State, theme: Theme, frame: &mut Frame<'_>, layout: &Layout) {
    let all = state.store.accounts.len().to_string();
    let title = title(state, &state.accounts, &all, Some(state.account_order));
    let inner = pane(theme, frame, layout.list, &title, layout.lines);
    let columns = [
        Column::new("Name", 12),
        Column::new("Institution", 18).yields(1),
        Column::new("Mask", 8).yields(2).dim(),
        Column::new("Kind", 10).yields(3).dim(),
        Column::new("Connected", 10).yields(4).dim(),
    ];
    let rows: Vec<Row> = state
        .accounts
        .visible(layout.list_rows())
        .filter_map(|id| state.store.accounts.get(id))
        .map(|account| Row {
            cells: vec![
                account.name.clone(),
                account.institution.clone().unwrap_or_default(),
                account.mask.clone().unwrap_or_default(),
                account.kind.clone().unwrap_or_default(),
                ago(state, Some(account.connected_at)),
            ],
            is_selected: state.accounts.selected.as_ref() == Some(&account.id),
        })
        .collect();
    if rows.is_empty() {
        let press = state.look.keymap.press_for(Action::Create);
        return empty(
            state,
            theme,
            frame,
            inner,
            &format!("No accounts yet. {press} connects the first one."),
        );
    }
    table(theme, frame, inner, &columns, &rows, !state.is_live());
}

pub(super) fn activity(state: &State, theme: Theme, frame: &mut Frame<'_>, layout: &Layout) {
    let list = &state.activity.list;
    let more = if state.activity.next.is_some() { "+" } else { "" };
    let title = title(state, list, &format!("{}{more}", state.activity.entries.len()), None);
    let inner = pane(theme, frame, layout.list, &title, layout.lines);
    let columns = [
        Column::new("What", 20),
        Column::new("Key or account", 20).grows(),
        Column::new("When", 10).yields(1),
        Column::new("By", 18).yields(3).dim(),
        Column::new("Detail", 24).least(12).yields(4).dim(),
    ];
    let rows: Vec<Row> = list
        .visible(layout.list_rows())
        .filter_map(|seq| state.entry(*seq))
        .map(|entry| Row {
            cells: vec![
                entry.action.text().to_owned(),
                subject(state, entry),
                ago(state, Some(entry.at)),
                by(entry),
                entry.detail.clone().unwrap_or_default(),
            ],
            is_selected: list.selected == Some(entry.seq),
        })
        .collect();
    if rows.is_empty() {
        let text = if state.activity.loaded { "Nothing has happened yet." } else { "Loading…" };
        return empty(state, theme, frame, inner, text);
    }
    table(theme, frame, inner, &columns, &rows, !state.is_live());
}

/// What an entry is about, by name where it is known.
pub(super) fn subject(state: &State, entry: &Entry) -> String {
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
        Scope::All => "All accounts".to_owned(),
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

/// The title of a list: how many rows, by what filter and in which order.
fn title<Id>(state: &State, list: &List<Id>, all: &str, order: Option<Order>) -> String {
    let name = state.tab.title();
    let filter = list.filter.text();
    let mut title = match (filter.is_empty(), list.typing) {
        (true, false) => format!("{name} {all}"),
        (_, true) => format!("{name} {}/{all} · /{filter}▏", list.rows.len()),
        (false, false) => format!("{name} {}/{all} · /{filter}", list.rows.len()),
    };
    title.push_str(match (order, state.tab) {
        (Some(Order::Created), Tab::Accounts) => " · newest first",
        (Some(Order::Created), _) => " · by created",
        (Some(Order::LastUsed), _) => " · by last used",
        _ => "",
    });
    title
}

/// Says why a list has no rows.
fn empty(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect, otherwise: &str) {
    let looks_on = state.tab == Tab::Activity && state.activity.next.is_some();
    let text = match &state.link {
        Link::Live { .. } if looks_on && !state.filter().is_empty() => {
            format!("Nothing matches /{} yet: looking further back…", state.filter().text())
        }
        _ if !state.filter().is_empty() => {
            format!("Nothing matches /{}. Esc clears the filter.", state.filter().text())
        }
        Link::Live { .. } => otherwise.to_owned(),
        Link::Connecting if state.was_live => otherwise.to_owned(),
        Link::Connecting => "Connecting to the daemon…".to_owned(),
        Link::Retrying { why, .. } => format!("{why}."),
    };
    let lines = wrap(&text, usize::from(area.width).max(1));
    let mut text = vec![Line::raw("")];
    text.extend(lines.into_iter().map(|line| Line::styled(line, theme.dim())));
    frame.render_widget(Paragraph::new(text), area);
}

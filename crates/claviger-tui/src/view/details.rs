//! Owns the pane that shows the selected key or account whole. Must not load what it shows.

use claviger_api::name::fold;
use claviger_api::{Account, AccountId, Key, Scope, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::lists::scope;
use super::pane::pane;
use super::style::Theme;
use super::text::{cell, cut, wrap};
use crate::state::{State, Tab};
use crate::{Borders, age};

/// How many accounts of a scope are named before the rest is counted.
const NAMED: usize = 12;
/// Columns of the labels.
const LABEL: usize = 11;

/// Lines that are gathered for a pane of a known width.
struct Sheet {
    theme: Theme,
    room: usize,
    lines: Vec<Line<'static>>,
}

impl Sheet {
    fn text(&mut self, text: &str, style: ratatui::style::Style) {
        self.lines.extend(wrap(text, self.room).into_iter().map(|line| Line::styled(line, style)));
    }

    /// An empty row, between groups.
    fn gap(&mut self) {
        self.lines.push(Line::raw(""));
    }

    /// A label and what is known.
    fn fact(&mut self, label: &str, text: &str) {
        let room = self.room.saturating_sub(LABEL).max(1);
        for (at, line) in wrap(text, room).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            self.lines
                .push(Line::from(vec![Span::styled(cell(label, LABEL), self.theme.dim()), Span::raw(line)]));
        }
    }
}

pub(super) fn details(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect, lines: Borders) {
    let inner = pane(theme, frame, area, "Details", lines);
    let mut sheet = Sheet { theme, room: usize::from(inner.width).max(1), lines: vec![] };
    match state.tab {
        Tab::Keys => match state.selected_key() {
            Some(selected) => key(state, selected, &mut sheet),
            None => sheet.text("No key is selected.", theme.dim()),
        },
        Tab::Accounts => match state.selected_account() {
            Some(selected) => account(state, selected, &mut sheet),
            None => sheet.text("No account is selected.", theme.dim()),
        },
        Tab::Activity => {}
    }
    let lines = sheet.lines;
    let paragraph = Paragraph::new(lines);
    frame.render_widget(if state.is_live() { paragraph } else { paragraph.style(theme.dim()) }, inner);
}

fn key(state: &State, key: &Key, sheet: &mut Sheet) {
    let (theme, zone) = (sheet.theme, &state.look.zone);
    sheet.text(&key.name, theme.strong());
    sheet.text(&key.hint, theme.plain());
    sheet.text(&key.id.to_string(), theme.plain());
    sheet.gap();
    if let Some(seen) = key.retired_secret_seen_at
        && key.rotated_at.is_none_or(|rotated| seen >= rotated)
    {
        let ago = age::ago(seen, state.now, zone);
        sheet.text(&format!("! An application still uses an old secret ({ago})."), theme.warning());
        sheet.gap();
    }
    sheet.text(&scope(&key.scope), theme.strong());
    match &key.scope {
        Scope::All => sheet.text("now and in future", theme.dim()),
        Scope::Only(ids) => {
            let name = |id: &AccountId| {
                state.store.accounts.get(id).map_or_else(|| id.to_string(), |account| account.name.clone())
            };
            let mut names: Vec<String> = ids.iter().map(name).collect();
            names.sort_by_cached_key(|name| fold(name));
            for name in names.iter().take(NAMED) {
                let line = cut(&format!("· {name}"), sheet.room);
                sheet.text(&line, theme.plain());
            }
            if ids.len() > NAMED {
                sheet.text(&format!("and {} more", ids.len() - NAMED), theme.dim());
            }
        }
    }
    sheet.gap();
    sheet.fact("Last used", &moment(state, key.last_used_at));
    sheet.fact("Created", &moment(state, Some(key.created_at)));
    sheet.fact("Rotated", &moment(state, key.rotated_at));
    if state.recent.key == Some(key.id) && !state.recent.entries.is_empty() {
        sheet.gap();
        sheet.text("Recent activity", theme.strong());
        for entry in &state.recent.entries {
            let line =
                format!("{} {}", cell(&age::ago(entry.at, state.now, zone), LABEL - 1), entry.action.text());
            sheet.text(&cut(&line, sheet.room), theme.plain());
        }
    }
}

fn account(state: &State, account: &Account, sheet: &mut Sheet) {
    sheet.text(&account.name, sheet.theme.strong());
    sheet.text(account.id.as_str(), sheet.theme.plain());
    sheet.gap();
    for (label, fact) in [("Held by", &account.institution), ("Mask", &account.mask), ("Kind", &account.kind)]
    {
        if let Some(fact) = fact {
            sheet.fact(label, fact);
        }
    }
    sheet.fact("Connected", &moment(state, Some(account.connected_at)));
    let may_see = state.store.seen_by(&account.id);
    sheet.fact("Seen by", &if may_see == 1 { "1 key".to_owned() } else { format!("{may_see} keys") });
}

/// A point in time, exactly.
fn moment(state: &State, then: Option<Timestamp>) -> String {
    then.map_or_else(|| "never".to_owned(), |then| age::minute(then, &state.look.zone))
}

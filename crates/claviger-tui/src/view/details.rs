//! Owns the pane that shows the selected key or account whole. Must not load what it shows.

use claviger_api::{Account, Key, Scope};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::lists::{ago, scope};
use super::pane::pane;
use super::style::Theme;
use super::text::{cut, wrap};
use crate::state::{State, Tab};
use crate::{Borders, age};

/// How many accounts of a scope are named before the rest is counted.
const NAMED: usize = 12;

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

    /// A small heading and what is under it.
    fn fact(&mut self, heading: &str, text: &str) {
        self.lines.push(Line::raw(""));
        self.text(heading, self.theme.dim());
        self.text(text, self.theme.plain());
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
    if let Some(seen) = key.retired_secret_seen_at
        && key.rotated_at.is_none_or(|rotated| seen > rotated)
    {
        let ago = age::ago(seen, state.now, zone);
        sheet.lines.push(Line::raw(""));
        sheet.text(&format!("! An application still uses an old secret ({ago})."), theme.warning());
    }
    sheet.fact("Key", &key.hint);
    sheet.fact("Id", &key.id.to_string());
    sheet.fact("Scope", &scope(&key.scope));
    match &key.scope {
        Scope::All => sheet.text("now and in future", theme.dim()),
        Scope::Only(ids) => {
            let name = |id| {
                state.store.accounts.get(id).map_or_else(|| id.to_string(), |account| account.name.clone())
            };
            for id in ids.iter().take(NAMED) {
                let line = cut(&format!("· {}", name(id)), sheet.room);
                sheet.text(&line, theme.plain());
            }
            if ids.len() > NAMED {
                sheet.text(&format!("and {} more", ids.len() - NAMED), theme.dim());
            }
        }
    }
    sheet.fact("Last used", &moment(state, key.last_used_at));
    sheet.fact("Created", &moment(state, Some(key.created_at)));
    sheet.fact("Rotated", &moment(state, key.rotated_at));
    if state.recent.key == Some(key.id) && !state.recent.entries.is_empty() {
        sheet.lines.push(Line::raw(""));
        sheet.text("Recent activity", theme.dim());
        for entry in &state.recent.entries {
            let line = format!("{} · {}", age::ago(entry.at, state.now, zone), entry.action.text());
            sheet.text(&cut(&line, sheet.room), theme.plain());
        }
    }
}

fn account(state: &State, account: &Account, sheet: &mut Sheet) {
    sheet.text(&account.name, sheet.theme.strong());
    sheet.fact("Id", account.id.as_str());
    for (heading, fact) in
        [("Institution", &account.institution), ("Mask", &account.mask), ("Kind", &account.kind)]
    {
        if let Some(fact) = fact {
            sheet.fact(heading, fact);
        }
    }
    sheet.fact("Connected", &moment(state, Some(account.connected_at)));
    let may_see = state.store.keys.values().filter(|key| key.scope.allows(&account.id)).count();
    sheet.fact("Keys that may see it", &may_see.to_string());
}

/// A point in time, exactly and as people say it.
fn moment(state: &State, then: Option<claviger_api::Timestamp>) -> String {
    match then {
        Some(then) => format!("{} ({})", age::exact(then, &state.look.zone), ago(state, Some(then))),
        None => "never".to_owned(),
    }
}

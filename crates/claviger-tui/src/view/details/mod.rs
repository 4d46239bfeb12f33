//! Owns the pane that shows the selected key or account whole, and what in it gives way to what. Must not load what it
//! shows.

mod accounts;
mod barred;
mod sheet;
mod usage;

use claviger_api::{Account, Entry, Key, Scope, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use self::sheet::{LABEL, Sheet};
use self::usage::Plan;
use super::facts::retired_seen;
use super::lists::scope;
use super::pane::pane;
use super::style::Theme;
use super::text::{cell, cut, width};
use crate::state::{State, Tab, Told};
use crate::{Borders, age};

/// Lines of accounts that come before anything that is loaded: two institutions with three accounts.
const ACCOUNTS_LEAST: usize = 5;
/// Lines of accounts that come before all that is said of why a key opens nothing.
const BARRED_LEAVES: usize = 3;
/// Lines of activity that more accounts than those leave: a gap, the heading, two entries.
const RECENT_LEAST: usize = 4;

pub(super) fn details(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect, lines: Borders) {
    let inner = pane(theme, frame, area, "Details", lines);
    let mut sheet = Sheet::new(theme, usize::from(inner.width));
    match state.tab {
        Tab::Keys => match state.selected_key() {
            Some(selected) => key(state, selected, &mut sheet, usize::from(inner.height)),
            None => sheet.text("No key is selected.", theme.dim()),
        },
        Tab::Accounts => match state.selected_account() {
            Some(selected) => account(state, selected, &mut sheet),
            None => sheet.text("No account is selected.", theme.dim()),
        },
        Tab::Activity => {}
    }
    let paragraph = Paragraph::new(sheet.lines);
    frame.render_widget(if state.is_live() { paragraph } else { paragraph.style(theme.dim()) }, inner);
}

/// What is known of a key comes first, then what is loaded about it. How much each gets goes by what is known alone, so
/// that nothing moves when something was loaded.
fn key(state: &State, key: &Key, sheet: &mut Sheet, height: usize) {
    let accounts = accounts::listed(&state.store, &key.scope);
    let mut groups = [
        identity(key, sheet),
        sheet.group(),
        warning(state, key, sheet),
        can_see(key, sheet),
        facts(state, key, sheet),
    ];
    let known = |groups: &[Sheet]| groups.iter().map(|group| group.lines.len()).sum::<usize>();
    let rows = height.saturating_sub(known(&groups) + accounts.len().min(BARRED_LEAVES));
    groups[1] = barred::lines(state, key, sheet, rows);
    let fixed = known(&groups);
    let gaps = groups.iter().filter(|group| !group.lines.is_empty()).count() - 1;
    let has_gaps = fixed + gaps <= height;
    let free = height.saturating_sub(fixed + if has_gaps { gaps } else { 0 });
    let plan = plan(free, accounts.len(), usage::plans(state));
    let share = share(free, accounts.len(), plan.map_or(0, |plan| 1 + plan.rows()));
    groups[3].lines.extend(accounts::lines(&accounts, share, sheet));
    for group in groups {
        if has_gaps && !group.lines.is_empty() && !sheet.lines.is_empty() {
            sheet.gap();
        }
        sheet.lines.extend(group.lines);
    }
    if let Some(plan) = plan {
        sheet.gap();
        sheet.lines.extend(usage::usage(state, &key.id, plan, sheet).lines);
    }
    recent(state, key, sheet, height);
}

/// The fullest way to show the use that leaves room for a few accounts.
fn plan(free: usize, accounts: usize, plans: &[Plan]) -> Option<Plan> {
    plans.iter().copied().find(|plan| accounts.min(ACCOUNTS_LEAST) + 1 + plan.rows() <= free)
}

/// How many lines the accounts get of those that are free, where the use takes so many.
fn share(free: usize, accounts: usize, usage: usize) -> usize {
    let free = free.saturating_sub(usage);
    let least = accounts.min(ACCOUNTS_LEAST).min(free);
    accounts.min(free.saturating_sub(RECENT_LEAST)).max(least)
}

fn identity(key: &Key, sheet: &Sheet) -> Sheet {
    let mut group = sheet.group();
    group.text(&key.name, sheet.theme.strong());
    group.text(&key.hint, sheet.theme.plain());
    group.text(&key.id.to_string(), sheet.theme.plain());
    group
}

fn warning(state: &State, key: &Key, sheet: &Sheet) -> Sheet {
    let mut group = sheet.group();
    if let Some(seen) = retired_seen(key) {
        let ago = age::ago(seen, state.now, &state.look.zone);
        group.text(&format!("! an application still uses the old secret ({ago})"), sheet.theme.warning());
    }
    group
}

fn can_see(key: &Key, sheet: &Sheet) -> Sheet {
    let mut group = sheet.group();
    group.text(&scope(&key.scope), sheet.theme.strong());
    if key.scope == Scope::All {
        group.text("now and in future", sheet.theme.dim());
    }
    group
}

fn facts(state: &State, key: &Key, sheet: &Sheet) -> Sheet {
    let mut group = sheet.group();
    group.fact("Last used", &moment(state, key.last_used_at, sheet));
    group.fact("Created", &moment(state, Some(key.created_at), sheet));
    group.fact("Rotated", &moment(state, key.rotated_at, sheet));
    if let Some(seen) = retired_seen(key) {
        group.fact("Old secret", &moment(state, Some(seen), sheet));
    }
    if key.suspended_at.is_some() {
        group.fact("Suspended", &moment(state, key.suspended_at, sheet));
    }
    group.fact("Version", &key.version.to_string());
    group
}

/// The newest entries of the key, as far as there is room for more than a heading.
fn recent(state: &State, key: &Key, sheet: &mut Sheet, height: usize) {
    let room = height.saturating_sub(sheet.lines.len() + 2);
    if room == 0 {
        return;
    }
    sheet.gap();
    sheet.text("Recent activity", sheet.theme.strong());
    if let Told::This(entries) = state.recent.of(&key.id) {
        for entry in entries.iter().take(room) {
            sheet.lines.push(happened(state, entry, sheet));
        }
    }
}

/// What happened and how long ago, with what changed where all of it fits.
fn happened(state: &State, entry: &Entry, sheet: &Sheet) -> Line<'static> {
    let ago = age::ago(entry.at, state.now, &state.look.zone);
    let line = cut(&format!("{} {}", cell(&ago, LABEL - 1), entry.action.text()), sheet.room);
    let detail = entry.detail.as_deref().map(|detail| format!("  {}", cut(detail, sheet.room)));
    let free = sheet.room.saturating_sub(width(&line));
    let detail = detail.filter(|detail| width(detail) <= free).unwrap_or_default();
    Line::from(vec![Span::raw(line), Span::styled(detail, sheet.theme.dim())])
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
    sheet.fact("Connected", &moment(state, Some(account.connected_at), sheet));
    let may_see = state.store.seen_by(&account.id);
    sheet.fact("Seen by", &if may_see == 1 { "1 key".to_owned() } else { format!("{may_see} keys") });
}

/// A point in time as exactly as there is room for, and how long ago that is.
fn moment(state: &State, then: Option<Timestamp>, sheet: &Sheet) -> String {
    let Some(then) = then else { return "never".to_owned() };
    let zone = &state.look.zone;
    let (second, ago) = (age::second(then, zone), age::ago(then, state.now, zone));
    // After a month the age is a date already.
    let whole = if second.starts_with(&ago) { second.clone() } else { format!("{second} ({ago})") };
    let told = [whole, second].into_iter().find(|text| width(text) <= sheet.beside_label());
    told.unwrap_or_else(|| age::minute(then, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_the_key_comes_first_then_its_use_then_what_happened() {
        let state = crate::update::tests::Stage::new(100, 30).state;
        let plans = usage::plans(&state);
        for (free, accounts, of_usage, of_accounts) in [
            (25, 3, 7, 3),
            (25, 12, 7, 12),
            (25, 40, 7, 14),
            (16, 12, 7, 5),
            (12, 12, 7, 5),
            (11, 12, 5, 5),
            (9, 12, 3, 5),
            (8, 12, 3, 5),
            (7, 12, 0, 5),
            (3, 12, 0, 3),
            (3, 0, 3, 0),
            (0, 12, 0, 0),
        ] {
            let usage = plan(free, accounts, plans).map_or(0, |plan| 1 + plan.rows());
            assert_eq!(
                (usage, share(free, accounts, usage)),
                (of_usage, of_accounts),
                "{accounts} accounts in {free}"
            );
        }
    }
}

//! Owns the header, the notice and the footer. Must not know what the lists hold.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::number::grouped;
use super::style::Theme;
use super::text::{cut, width, wrap};
use crate::age;
use crate::keymap::{Action, Row};
use crate::message::Link;
use crate::state::{Barred, State, Tab, Tone};
use crate::update::{Able, able};

/// Columns of the longest that Storage Mode and the connection come to, drawn tight.
const LONGEST_STATES: usize = "Storage Mode off, reconnecting in 10 s".len();
/// Between two things on a line.
const GAP: &str = "  ";

/// The tabs on the left; Storage Mode and the connection on the right, or below where there is no room.
pub(super) fn header(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let mut tabs = vec![Span::raw(" ")];
    for (number, tab) in Tab::ALL.into_iter().enumerate() {
        let text = format!("{} {}", number + 1, tab.title());
        let style = if tab == state.tab { theme.accent().patch(theme.selected()) } else { theme.plain() };
        tabs.push(Span::styled(format!(" {text} "), style));
    }
    let room = usize::from(area.width);
    let brands = match &state.look.label {
        Some(label) => vec![format!(" Claviger · {}", cut(label, 16)), format!(" {}", cut(label, 8))],
        None => vec![" Claviger".to_owned()],
    };
    let used = Line::from(tabs.clone()).width();
    // Decided by the width alone: the tabs must not jump when the connection comes and goes.
    let brand = brands.into_iter().find(|brand| used + width(brand) + LONGEST_STATES <= room);
    if let Some(brand) = brand {
        tabs.insert(0, Span::styled(brand, theme.strong()));
    }
    let left = Line::from(tabs);
    let (x, y) = if area.height == 1 { (left.width(), area.y) } else { (2, area.y + area.height - 1) };
    let free = room.saturating_sub(x);
    let states = states(state, theme, free);
    // Right of the tabs, with a column to the edge where there is one; on the left of a line of its own.
    let x = if area.height == 1 { room.saturating_sub((states.width() + 1).min(free)) } else { x };
    let x = u16::try_from(x).unwrap_or(0).min(area.width);
    frame.render_widget(Paragraph::new(left), Rect { height: 1, ..area });
    let place = Rect { x: area.x + x, y, width: area.width - x, height: 1 };
    frame.render_widget(Paragraph::new(states), place);
}

/// Storage Mode and the connection, as much of them as there is room for.
fn states(state: &State, theme: Theme, room: usize) -> Line<'static> {
    let (storage, style) = match state.store.storage_mode {
        Some(true) => ("on", theme.plain()),
        Some(false) => ("off", theme.warning()),
        None => ("unknown", theme.dim()),
    };
    let (mark, phrase, hint, link_style) = match &state.link {
        Link::Live { .. } => ("● ", "live".to_owned(), "", theme.good()),
        Link::Connecting if state.was_live => ("○ ", "reconnecting…".to_owned(), "", theme.warning()),
        Link::Connecting => ("○ ", "connecting…".to_owned(), "", theme.dim()),
        Link::Retrying { until, .. } => {
            let seconds = age::seconds_until(*until, state.now);
            let hint = " (`claviger daemon` starts it)";
            ("○ ", format!("reconnecting in {seconds} s"), hint, theme.warning())
        }
    };
    let arranged = |storage: &str, between: &'static str, mark: &str, hint: &str| {
        Line::from(vec![
            Span::styled(format!("Storage Mode {storage}"), style),
            Span::styled(between, theme.dim()),
            Span::styled(format!("{mark}{phrase}{hint}"), link_style),
        ])
    };
    let whole = arranged(storage, " · ", mark, hint);
    let usual = arranged(storage, " · ", mark, "");
    let tight = arranged(if storage == "unknown" { "?" } else { storage }, ", ", "", "");
    [whole, usual].into_iter().find(|line| line.width() < room).unwrap_or(tight)
}

/// The newest notice. A long one grows upwards over the list, never over what lies below.
pub(super) fn notice(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(notice) = state.notices.back() else { return at_rest(state, theme, frame, area) };
    let (mark, style) = match notice.tone {
        Tone::Info => ("·", theme.plain()),
        Tone::Problem => ("!", theme.warning()),
    };
    let lines = wrap(&notice.text, usize::from(area.width).saturating_sub(4).max(1));
    let height = u16::try_from(lines.len()).unwrap_or(1).min(area.y);
    let place = Rect { y: area.y + 1 - height, height, ..area };
    let lines: Vec<Line<'_>> = lines
        .into_iter()
        .enumerate()
        .map(|(at, line)| Line::styled(format!(" {} {line}", if at == 0 { mark } else { " " }), style))
        .collect();
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines), place);
}

/// What the line says while there is no notice: as much of it as there is room for.
fn at_rest(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    // What lies over the lists has other things to say, and may have no room for this.
    let is_covered = !state.dialogs.is_empty() || state.help.is_some();
    let texts = away(state).or_else(|| (!is_covered).then(|| barred(state.store.barred))).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(2);
    let Some(text) = texts.iter().find(|text| width(text) <= room).or(texts.last()) else { return };
    frame.render_widget(Paragraph::new(Line::styled(format!(" {}", cut(text, room)), theme.warning())), area);
}

/// From when what is shown is, while the daemon is away, and how to try at once.
fn away(state: &State) -> Option<Vec<String>> {
    let (Some(lost_at), Link::Retrying { why, .. }) = (state.lost_at, &state.link) else { return None };
    let clock = age::clock(lost_at, &state.look.zone);
    // A dialog has other uses for that press.
    let retry = state.look.keymap.rows(state.mode()).find(|row| row.binding.action == Action::Retry);
    let now = retry.map_or_else(String::new, |row| format!(" {} tries now", row.press()));
    let remedy = why.remedy.as_ref().map_or_else(String::new, |remedy| format!(" {remedy}."));
    Some(vec![
        format!("! as of {clock}: {}.{remedy}{now}", why.what),
        format!("! as of {clock}: {}.{now}", why.what),
        format!("! as of {clock}.{now}"),
    ])
}

/// How many keys open nothing since the store was restored, and what helps.
fn barred(Barred { suspended, needing_rotation }: Barred) -> Vec<String> {
    let keys = |count: usize| format!("{} key{}", grouped(count as u64), if count == 1 { "" } else { "s" });
    let need = if needing_rotation == 1 { "needs rotation" } else { "need rotation" };
    let (are, they_open, them) =
        if suspended == 1 { ("is", "it opens", "it") } else { ("are", "they open", "them") };
    let (waiting, others) = (keys(suspended), grouped(needing_rotation as u64));
    let whole = format!("! {waiting} {are} suspended: {they_open} nothing until you release {them}");
    let short = format!("! {waiting} suspended");
    let until = format!("{short}: {they_open} nothing until released");
    match (suspended, needing_rotation) {
        (0, 0) => vec![],
        (0, _) => {
            let text = format!("! {} {need}", keys(needing_rotation));
            let why = if needing_rotation == 1 { "it has" } else { "they have" };
            vec![format!("{text}: {why} no living secret"), text]
        }
        (_, 0) => vec![whole, until, format!("{short}: {they_open} nothing"), short],
        _ => vec![
            format!("{whole}; {others} {need}"),
            format!("{until}; {others} {need}"),
            format!("{short}, {others} {need}"),
            short,
        ],
    }
}

/// What can be pressed here and now, as far as it fits, and always the way out and how to get help.
pub(super) fn footer(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let rows = state.look.keymap.rows(state.mode());
    let items: Vec<(&Row, String)> = rows
        .filter(|row| !row.binding.short.is_empty() && able(state, row.binding.action) == Able::Now)
        .map(|row| (row, row.press()))
        .collect();
    let cost = |(row, press): &(&Row, String)| width(press) + 1 + width(row.binding.short) + GAP.len();
    let stays = |(row, _): &(&Row, String)| stays(state, row.binding.action);
    let reserved: usize = items.iter().filter(|item| stays(item)).map(cost).sum();
    // Nothing follows the last one.
    let mut room = (usize::from(area.width) + GAP.len()).saturating_sub(1 + reserved);
    let mut spans = vec![Span::raw(" ")];
    for item in items {
        if !stays(&item) {
            match room.checked_sub(cost(&item)) {
                Some(left) => room = left,
                None => continue,
            }
        }
        let (row, press) = item;
        spans.push(Span::styled(press, theme.accent()));
        spans.push(Span::styled(format!(" {}{GAP}", row.binding.short), theme.dim()));
    }
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// Whether the footer always shows an action.
fn stays(state: &State, action: Action) -> bool {
    match action {
        Action::Help | Action::Quit | Action::Cancel | Action::ClearBoxFilter | Action::CloseHelp => true,
        // A notice that does not go by itself.
        Action::ClearFilter => state.notices.iter().any(|notice| notice.until.is_none()),
        _ => false,
    }
}

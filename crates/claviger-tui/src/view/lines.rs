//! Owns the header, the notice and the footer. Must not know what the lists hold.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::style::Theme;
use super::text::{cut, width, wrap};
use crate::age;
use crate::keymap::{self, Action, Binding};
use crate::message::Link;
use crate::state::{State, Tab, Tone};
use crate::update::{Able, able};

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
    let states = states(state, theme);
    let room = usize::from(area.width);
    let brand = match &state.look.label {
        Some(label) => format!(" Claviger · {}", cut(label, 16)),
        None => " Claviger".to_owned(),
    };
    let used = Line::from(tabs.clone()).width() + states.width() + 3;
    if used + width(&brand) <= room {
        tabs.insert(0, Span::styled(brand, theme.strong()));
    }
    let below = Rect { y: area.y + area.height - 1, height: 1, ..area };
    frame.render_widget(Paragraph::new(Line::from(tabs)), Rect { height: 1, ..area });
    let (line, alignment, place) = match area.height {
        1 => {
            let width = u16::try_from(states.width() + 1).unwrap_or(area.width).min(area.width);
            (states, Alignment::Left, Rect { x: area.x + area.width - width, width, ..below })
        }
        _ => (states, Alignment::Left, Rect { x: area.x + 2, width: area.width - 2, ..below }),
    };
    frame.render_widget(Paragraph::new(line).alignment(alignment), place);
}

fn states(state: &State, theme: Theme) -> Line<'static> {
    let storage = match state.store.storage_mode {
        Some(true) => Span::styled("Storage Mode on", theme.plain()),
        Some(false) => Span::styled("Storage Mode off", theme.warning()),
        None => Span::styled("Storage Mode unknown", theme.dim()),
    };
    let link = match &state.link {
        Link::Live { .. } => Span::styled("● live", theme.good()),
        Link::Connecting if state.was_live => Span::styled("○ reconnecting…", theme.warning()),
        Link::Connecting => Span::styled("○ connecting…", theme.dim()),
        Link::Retrying { until, .. } => {
            let seconds = age::seconds_until(*until, state.now);
            Span::styled(format!("○ reconnecting in {seconds} s"), theme.warning())
        }
    };
    Line::from(vec![storage, Span::styled(" · ", theme.dim()), link])
}

/// The newest notice. A long one grows upwards over the list, never over what lies below.
pub(super) fn notice(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(notice) = state.notices.back() else { return };
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

/// What can be pressed here and now, as far as it fits, and always the way out and how to get help.
pub(super) fn footer(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let items: Vec<&Binding> = keymap::rows(state.mode())
        .filter(|row| !row.short.is_empty() && able(state, row.action) == Able::Now)
        .collect();
    let cost = |row: &Binding| width(row.label) + 1 + width(row.short) + GAP.len();
    let reserved: usize = items.iter().filter(|row| stays(row.action)).map(|row| cost(row)).sum();
    // Nothing follows the last one.
    let mut room = (usize::from(area.width) + GAP.len()).saturating_sub(1 + reserved);
    let mut spans = vec![Span::raw(" ")];
    for row in items {
        if !stays(row.action) {
            match room.checked_sub(cost(row)) {
                Some(left) => room = left,
                None => continue,
            }
        }
        spans.push(Span::styled(row.label, theme.accent()));
        spans.push(Span::styled(format!(" {}{GAP}", row.short), theme.dim()));
    }
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// Whether the footer always shows an action.
fn stays(action: Action) -> bool {
    matches!(action, Action::Help | Action::Quit | Action::Cancel | Action::ClearBoxFilter)
}

//! Owns the help overlay, printed from the table of bindings. Must not list anything by itself.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::pane;
use super::style::Theme;
use super::text::{cell, cut, width};
use crate::Borders;
use crate::state::{Help, State, scrolled};
use crate::update::{Able, able};

/// Columns inside, where there are as many.
const WIDTH: usize = 64;
/// Columns of the presses.
const LABEL: usize = 16;
/// What stands before the search.
const PROMPT: &str = "Search: ";

pub(super) fn help(
    state: &State,
    help: &Help,
    theme: Theme,
    frame: &mut Frame<'_>,
    room: Rect,
    lines: Borders,
) {
    let (columns, rows) = pane::inside(room, lines);
    let columns = columns.min(WIDTH);
    let found = state.help_rows();
    // As high as without a search, so that nothing jumps while one is typed.
    let rows = rows.min(state.look.keymap.rows(state.mode_below_help()).count() + 2);
    let label = found.iter().map(|row| width(&row.label())).max().unwrap_or(0).clamp(8, LABEL);
    let seen = rows.saturating_sub(2).max(1);
    let top = scrolled(0, help.marked, found.len(), seen);
    let mut all = vec![
        Line::from(vec![Span::styled(PROMPT, theme.dim()), Span::raw(help.search.text().to_owned())]),
        Line::raw(""),
    ];
    if found.is_empty() {
        all.push(Line::styled("nothing matches", theme.dim()));
    }
    for (at, row) in found.iter().enumerate().skip(top).take(seen) {
        let is_marked = at == help.marked;
        let does = cut(row.binding.help, columns.saturating_sub(2 + label + 2));
        let style = if able(state, row.binding.action) == Able::Now { theme.plain() } else { theme.dim() };
        let does = cell(&does, columns.saturating_sub(2 + label + 2));
        all.push(if is_marked {
            Line::styled(format!("› {}  {does}", cell(&row.label(), label)), theme.selected())
        } else {
            Line::from(vec![
                Span::raw("  "),
                Span::styled(cell(&row.label(), label), theme.accent()),
                Span::styled(format!("  {does}"), style),
            ])
        });
    }
    let inner = pane::dialog(theme, frame, room, "Help", lines, (columns, rows));
    frame.render_widget(Paragraph::new(all), inner);
    let x = inner.x + u16::try_from(PROMPT.len() + help.search.halves().0.width()).unwrap_or(0);
    frame.set_cursor_position(Position { x: x.min(inner.right().saturating_sub(1)), y: inner.y });
}

//! Owns the help overlay, printed from the table of bindings. Must not list anything by itself.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::pane;
use super::style::Theme;
use super::text::{cell, cut};
use crate::Borders;
use crate::keymap;
use crate::state::{Help, Matching, State};

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
    let matching = Matching::new(help.search.text());
    let found: Vec<Line<'_>> = keymap::rows(state.mode_below_help())
        .filter(|row| matching.finds(&[], &[row.help, row.label]))
        .map(|row| {
            Line::from(vec![
                Span::styled(cell(row.label, LABEL), theme.accent()),
                Span::raw(cut(row.help, columns.saturating_sub(LABEL))),
            ])
        })
        .collect();
    let seen = rows.saturating_sub(2).max(1);
    let top = help.top.min(found.len().saturating_sub(seen));
    let mut all = vec![
        Line::from(vec![Span::styled(PROMPT, theme.dim()), Span::raw(help.search.text().to_owned())]),
        Line::raw(""),
    ];
    if found.is_empty() {
        all.push(Line::styled("nothing matches", theme.dim()));
    }
    all.extend(found.into_iter().skip(top).take(seen));
    let inner = pane::dialog(theme, frame, room, "Help", lines, (columns, rows));
    frame.render_widget(Paragraph::new(all), inner);
    let x = inner.x + u16::try_from(PROMPT.len() + help.search.halves().0.width()).unwrap_or(0);
    frame.set_cursor_position(Position { x: x.min(inner.right().saturating_sub(1)), y: inner.y });
}

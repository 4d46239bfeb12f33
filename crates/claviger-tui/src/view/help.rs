//! Owns the help overlay, printed from the table of bindings. Must not list anything by itself.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::marked::Marked;
use super::pane;
use super::style::Theme;
use super::text::width;
use crate::Borders;
use crate::state::{Help, Matching, State, scrolled};
use crate::update::{Able, able};

/// Columns inside, where there are as many.
const WIDTH: usize = 64;
/// Columns of the presses.
const LABEL: usize = 16;
/// What stands before the search.
const PROMPT: &str = "Search: ";

/// How many rows are above and below those that are seen.
fn unseen(rows: usize, top: usize, seen: usize) -> String {
    let below = rows.saturating_sub(top + seen);
    let part =
        |sign: &str, number: usize| if number > 0 { format!("{sign}{number} ") } else { String::new() };
    let arrows = format!("{}{}", part("↑", top), part("↓", below));
    if arrows.is_empty() { arrows } else { format!("  {}", arrows.trim_end()) }
}

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
    let rows = rows.min(state.all_help_rows() + 2);
    let label = found.iter().map(|row| width(&row.label())).max().unwrap_or(0).clamp(8, LABEL);
    let seen = rows.saturating_sub(2).max(1);
    let top = scrolled(0, help.marked, found.len(), seen);
    let search = vec![Span::styled(PROMPT, theme.dim()), Span::raw(help.search.text().to_owned())];
    let mut all = vec![Line::from(search), Line::styled(unseen(found.len(), top, seen), theme.dim())];
    if found.is_empty() {
        all.push(Line::styled("nothing matches", theme.dim()));
    }
    let matching = Matching::new(help.search.text());
    let mark = |text: &str| {
        let mut marked = Marked::from(text);
        for word in matching.words() {
            if let Some(start) = word.position_in(marked.safe()) {
                marked.mark_bytes(&(start..start + word.text().len()));
            }
        }
        marked
    };
    for (at, row) in found.iter().enumerate().skip(top).take(seen) {
        let is_able = able(state, row.binding.action) == Able::Now;
        let (sign, look) = if at == help.marked { ("› ", theme.selected()) } else { ("  ", theme.plain()) };
        let (press, does) = if at == help.marked {
            (look, look)
        } else {
            (theme.accent(), if is_able { theme.plain() } else { theme.dim() })
        };
        let mut spans = vec![Span::styled(sign, look)];
        spans.extend(mark(&row.label()).spans(label, press, press.patch(theme.mark())));
        spans.push(Span::styled("  ", look));
        let room = columns.saturating_sub(2 + label + 2);
        spans.extend(mark(row.binding.help).spans(room, does, does.patch(theme.mark())));
        all.push(Line::from(spans));
    }
    let inner = pane::dialog(theme, frame, room, "Help", lines, (columns, rows));
    frame.render_widget(Paragraph::new(all), inner);
    let x = inner.x + u16::try_from(PROMPT.len() + help.search.halves().0.width()).unwrap_or(0);
    frame.set_cursor_position(Position { x: x.min(inner.right().saturating_sub(1)), y: inner.y });
}

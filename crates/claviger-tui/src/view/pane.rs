//! Owns the frames around lists and dialogs. Must not know what is inside.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Padding};

use super::style::Theme;
use super::text::cut;
use crate::Borders;

/// Draws a pane of the screen and gives the room inside.
pub(super) fn pane(theme: Theme, frame: &mut Frame<'_>, area: Rect, title: &str, lines: Borders) -> Rect {
    framed(theme, frame, area, title, lines, theme.dim())
}

/// Draws a dialog of so many columns and rows inside, or as many as there are, in the middle of `room`; gives the
/// room inside.
pub(super) fn dialog(
    theme: Theme,
    frame: &mut Frame<'_>,
    room: Rect,
    title: &str,
    lines: Borders,
    (columns, rows): (usize, usize),
) -> Rect {
    let (around, above) = around(lines);
    let width = u16::try_from(columns).unwrap_or(u16::MAX).saturating_add(around).min(room.width);
    let height = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(above).min(room.height);
    let area =
        Rect { x: room.x + (room.width - width) / 2, y: room.y + (room.height - height) / 2, width, height };
    // Without lines around it, what stands beside it would read as a part of it.
    let cleared = if lines == Borders::Plain { Rect { x: room.x, width: room.width, ..area } } else { area };
    frame.render_widget(Clear, cleared);
    framed(theme, frame, area, title, lines, theme.accent())
}

/// The most columns and rows that fit inside a dialog.
pub(super) fn inside(room: Rect, lines: Borders) -> (usize, usize) {
    let (around, above) = around(lines);
    (usize::from(room.width.saturating_sub(around)), usize::from(room.height.saturating_sub(above)))
}

/// Columns and rows that a frame takes.
fn around(lines: Borders) -> (u16, u16) {
    match lines {
        Borders::Drawn => (4, 2),
        Borders::Plain => (2, 1),
    }
}

fn framed(
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    lines: Borders,
    line_style: Style,
) -> Rect {
    let title =
        Line::styled(format!(" {} ", cut(title, usize::from(area.width).saturating_sub(4))), theme.strong());
    let block = Block::new().title(title).padding(Padding::horizontal(1));
    let block = match lines {
        Borders::Drawn => block
            .borders(ratatui::widgets::Borders::ALL)
            .border_type(BorderType::Rounded)
            .border_style(line_style),
        Borders::Plain => block,
    };
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

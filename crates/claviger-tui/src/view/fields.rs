//! Owns what the fields and buttons of a form look like. Must not decide where they are.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::style::Theme;
use super::text::{cell, width};
use crate::dialog::{Button, Form, Sharing, TextField};
use crate::input::Input;

/// Columns of the labels before text fields.
pub(super) const LABEL: usize = 14;
/// Marks what has the focus.
pub(super) const FOCUS: &str = "›";

pub(super) fn text_field(
    theme: Theme,
    frame: &mut Frame<'_>,
    place: Rect,
    field: &TextField,
    is_focused: bool,
) {
    let mark = if is_focused { FOCUS } else { " " };
    let label = format!("{mark} {}", cell(field.label, LABEL - 2));
    let room = usize::from(place.width).saturating_sub(LABEL);
    let style = if is_focused { theme.strong() } else { theme.plain() };
    let content = if field.input.is_empty() && !is_focused {
        Span::styled(cell(field.hint, room), theme.field().patch(theme.dim()))
    } else {
        Span::styled(line_of(&field.input, room), theme.field())
    };
    frame.render_widget(Paragraph::new(Line::from(vec![Span::styled(label, style), content])), place);
    if is_focused {
        let x = place.x + u16::try_from(LABEL + cursor_of(&field.input, room)).unwrap_or(0);
        frame.set_cursor_position(Position { x: x.min(place.right().saturating_sub(1)), y: place.y });
    }
}

/// The part of a line that is seen in `room` columns: its end where the cursor is far to the right.
fn line_of(input: &Input, room: usize) -> String {
    let (before, after) = input.halves();
    let text = format!("{}{after}", tail(before, room.saturating_sub(1)));
    cell_uncut(&text, room)
}

/// The column of the cursor in what [`line_of`] gives.
fn cursor_of(input: &Input, room: usize) -> usize {
    tail(input.halves().0, room.saturating_sub(1)).width()
}

/// The longest end of a text that fits.
fn tail(text: &str, room: usize) -> &str {
    text.char_indices().map(|(at, _)| &text[at..]).find(|tail| tail.width() <= room).unwrap_or_default()
}

/// As [`cell`], but what does not fit is left out without a mark: it is a line being edited.
fn cell_uncut(text: &str, room: usize) -> String {
    let mut fits = String::new();
    for c in text.chars() {
        fits.push(c);
        if fits.width() > room {
            fits.pop();
            break;
        }
    }
    cell(&fits, room)
}

/// `Share all accounts`: all, some or none of them.
pub(super) fn share_all(form: &Form, theme: Theme, frame: &mut Frame<'_>, place: Rect, is_focused: bool) {
    let mark = match form.sharing() {
        Sharing::All => "[x]",
        Sharing::Some => "[-]",
        Sharing::Nothing => "[ ]",
    };
    let long = format!("{mark} Share all accounts (now and in future)");
    let fits = width(&long) + 2 <= usize::from(place.width);
    let text = if fits { long } else { format!("{mark} Share all accounts") };
    let focus = if is_focused { FOCUS } else { " " };
    let style = if is_focused { theme.selected() } else { theme.plain() };
    let spans = vec![Span::styled(format!("{focus} "), theme.strong()), Span::styled(text, style)];
    frame.render_widget(Paragraph::new(Line::from(spans)), place);
}

pub(super) fn buttons(form: &Form, theme: Theme, frame: &mut Frame<'_>, place: Rect) {
    let focused = if form.waiting().is_some() { None } else { form.button() };
    let is_off = form.waiting().is_some() || form.obstacle().is_some();
    let mut spans = Vec::new();
    for (button, label) in [(Button::Go, form.purpose.button()), (Button::Cancel, "Cancel")] {
        let is_focused = focused == Some(button);
        let mut style = if is_focused { theme.selected() } else { theme.plain() };
        if button == Button::Go && is_off {
            style = style.patch(theme.dim());
        }
        spans.push(Span::styled(format!("{} ", if is_focused { FOCUS } else { " " }), theme.strong()));
        spans.push(Span::styled(format!("[ {label} ]"), style));
        spans.push(Span::raw("  "));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), place);
}

//! Owns what a form's list of accounts looks like. Must not decide which accounts are in it.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::form::FOCUS;
use super::style::Theme;
use super::text::{cut, width};
use crate::dialog::{Boxes, Form};
use crate::state::{State, scrolled};

/// Rows of accounts, where there is room.
const ROWS: usize = 8;
/// Rows that are worth more than empty ones elsewhere, the filter's not counted.
const COMFORTABLE: usize = 5;
/// Rows that there must be room for, the filter's not counted.
const LEAST: usize = 2;

/// How many rows of a form the accounts take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Need {
    pub(super) wanted: usize,
    /// What empty rows give way for.
    pub(super) comfortable: usize,
    /// What everything gives way for.
    pub(super) least: usize,
}

pub(super) fn need(boxes: &Boxes) -> Need {
    let len = boxes.list.rows.len();
    let filter = usize::from(has_filter_line(boxes));
    let count = usize::from(len > ROWS || boxes.hidden() > 0);
    let wanted = len.clamp(1, ROWS) + filter + count;
    Need { wanted, comfortable: wanted.min(COMFORTABLE + filter), least: wanted.min(LEAST + filter) }
}

fn has_filter_line(boxes: &Boxes) -> bool {
    boxes.typing || !boxes.list.filter.is_empty()
}

/// The filter, the accounts as far as there is room, and what of them is not seen.
pub(super) fn boxes(
    state: &State,
    form: &Form,
    boxes: &Boxes,
    theme: Theme,
    frame: &mut Frame<'_>,
    place: Rect,
    is_focused: bool,
) {
    let room = usize::from(place.width);
    let mut lines = Vec::new();
    if has_filter_line(boxes) {
        let text = format!("    /{}", boxes.list.filter.text());
        lines.push(Line::styled(cut(&text, room), theme.accent()));
        if boxes.typing && is_focused {
            let x = place.x + u16::try_from(5 + boxes.list.filter.halves().0.width()).unwrap_or(0);
            frame.set_cursor_position(Position { x: x.min(place.right().saturating_sub(1)), y: place.y });
        }
    }
    let len = boxes.list.rows.len();
    if len == 0 {
        let text = if has_filter_line(boxes) { "nothing matches" } else { "no accounts are connected yet" };
        lines.push(Line::styled(format!("    {text}"), theme.dim()));
    }
    let mut height = usize::from(place.height).saturating_sub(lines.len());
    let counts = height > 0 && (len > height || boxes.hidden() > 0);
    if counts {
        height -= 1;
    }
    let top = scrolled(boxes.list.top, boxes.list.position().unwrap_or(0), len, height);
    let seen = boxes.list.rows.iter().skip(top).take(height);
    for id in seen.clone() {
        let Some(account) = state.store.accounts.get(id) else { continue };
        let is_here = is_focused && boxes.list.selected.as_ref() == Some(id);
        let mark = if boxes.checked.contains(id) { "[x]" } else { "[ ]" };
        let text = Boxes::line(account);
        let style = match (form.shares_all(), is_here) {
            (true, _) => theme.dim(),
            (false, true) => theme.selected(),
            (false, false) => theme.plain(),
        };
        let focus = if is_here { FOCUS } else { " " };
        lines.push(Line::from(vec![
            Span::raw(format!("  {focus} ")),
            Span::styled(cut(&format!("{mark} {text}"), room.saturating_sub(4)), style),
        ]));
    }
    if counts {
        let seen_checked = seen.filter(|id| boxes.checked.contains(id)).count();
        let unseen = [boxes.checked.len() - seen_checked, top, len.saturating_sub(top + height)];
        let text = count(boxes.checked.len(), state.store.accounts.len(), unseen);
        let indent = " ".repeat(room.saturating_sub(width(&text)).min(4));
        let style = if form.shares_all() { theme.dim() } else { theme.accent() };
        lines.push(Line::styled(cut(&format!("{indent}{text}"), room), style));
    }
    frame.render_widget(Paragraph::new(lines), place);
}

/// How many are checked, and how much is not seen: checked ones, rows above, rows below.
fn count(checked: usize, all: usize, [unseen, above, below]: [usize; 3]) -> String {
    let part = |number: usize, text: String| if number > 0 { text } else { String::new() };
    [
        format!("{checked} of {all} checked"),
        part(unseen, format!(", {unseen} not shown")),
        part(above, format!("  ↑{above}")),
        part(below, format!("  ↓{below}")),
    ]
    .concat()
}

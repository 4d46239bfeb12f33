//! Owns what a form looks like: facts, fields, a line that says what is in the way, buttons. Must not decide what
//! can be pressed.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::boxes::Need;
use super::facts::{Fact, facts};
use super::style::Theme;
use super::text::{cell, cut, wrap};
use super::{boxes, pane};
use crate::Borders;
use crate::dialog::{Button, Field, Form, Phase, TextField};
use crate::input::Input;
use crate::keymap::Action;
use crate::state::State;

/// Columns inside a form, where there are as many.
const WIDTH: usize = 64;
/// Columns of the labels before text fields.
const LABEL: usize = 14;
/// Marks what has the focus.
pub(super) const FOCUS: &str = "›";

/// One part of a form, from top to bottom.
enum Part {
    /// A sentence of the facts.
    Sentence(Vec<Line<'static>>),
    /// A fact that stays, and how it looks in one row.
    Fact(Vec<Line<'static>>, Line<'static>),
    /// What was said to the last attempt.
    Said(Vec<Line<'static>>),
    /// Why the button can't be pressed yet.
    Hint(Vec<Line<'static>>),
    Gap,
    Text(usize),
    ShareAll(usize),
    Boxes(usize),
    Buttons,
}

pub(super) fn form(
    state: &State,
    form: &Form,
    theme: Theme,
    frame: &mut Frame<'_>,
    room: Rect,
    lines: Borders,
) {
    let (columns, rows) = pane::inside(room, lines);
    let columns = columns.min(WIDTH);
    let mut parts = parts(state, form, theme, columns);
    let boxes = shrink(&mut parts, form, rows);
    let height: usize = parts.iter().map(|part| height_of(part, boxes)).sum();
    let inner = pane::dialog(theme, frame, room, form.purpose.title(), lines, (columns, height));
    let mut place = Rect { height: 0, ..inner };
    for part in parts {
        place.y += place.height;
        let left = inner.bottom().saturating_sub(place.y);
        place.height = u16::try_from(height_of(&part, boxes)).unwrap_or(left).min(left);
        if place.height > 0 {
            draw(state, form, theme, frame, place, part);
        }
    }
}

fn parts(state: &State, form: &Form, theme: Theme, columns: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let facts = facts(state, form);
    let mut before = None;
    for fact in &facts {
        let is_known = matches!(fact, Fact::Known(..));
        if before == Some(!is_known) {
            parts.push(Part::Gap);
        }
        before = Some(is_known);
        parts.push(fact_part(fact, theme, columns));
    }
    if before.is_some() {
        parts.push(Part::Gap);
    }
    for (at, field) in form.fields.iter().enumerate() {
        match field {
            Field::Text(_) => parts.push(Part::Text(at)),
            Field::ShareAll(_) => {
                if at > 0 {
                    parts.push(Part::Gap);
                }
                parts.push(Part::ShareAll(at));
            }
            Field::Accounts(_) => parts.push(Part::Boxes(at)),
        }
    }
    if !form.fields.is_empty() {
        parts.push(Part::Gap);
    }
    let said = said(state, form, theme, columns);
    if !said.is_empty() {
        parts.extend([Part::Said(said), Part::Gap]);
    }
    if let Some(obstacle) = form.obstacle()
        && matches!(form.phase, Phase::Asking)
    {
        let lines = wrap(&obstacle, columns).into_iter().map(|line| Line::styled(line, theme.dim()));
        parts.extend([Part::Hint(lines.collect()), Part::Gap]);
    }
    parts.push(Part::Buttons);
    parts
}

fn fact_part(fact: &Fact, theme: Theme, columns: usize) -> Part {
    let plain = |line: String| Line::styled(line, theme.plain());
    match fact {
        Fact::Sentence(text) => Part::Sentence(wrap(text, columns).into_iter().map(plain).collect()),
        Fact::Line(text) => {
            Part::Fact(wrap(text, columns).into_iter().map(plain).collect(), plain(cut(text, columns)))
        }
        Fact::Known(label, text) => {
            let room = columns.saturating_sub(LABEL).max(1);
            let line = |label: &str, text: &str| plain(format!("  {}{text}", cell(label, LABEL - 2)));
            let whole = wrap(text, room).into_iter().enumerate();
            let whole = whole.map(|(at, text)| line(if at == 0 { label } else { "" }, &text)).collect();
            Part::Fact(whole, line(label, &cut(text, room)))
        }
    }
}

/// Makes the parts fit: empty rows give way first, then sentences, then hints; what is left is cut to one row each.
/// Gives the rows left for accounts.
fn shrink(parts: &mut Vec<Part>, form: &Form, rows: usize) -> usize {
    let Need { wanted, comfortable, least } = form.boxes().map(boxes::need).unwrap_or_default();
    let total = |parts: &[Part], boxes: usize| parts.iter().map(|part| height_of(part, boxes)).sum::<usize>();
    while total(parts, comfortable) > rows
        && let Some(at) = parts.iter().position(|part| matches!(part, Part::Gap))
    {
        parts.remove(at);
    }
    while total(parts, least) > rows
        && let Some(at) = parts.iter().rposition(|part| matches!(part, Part::Sentence(_)))
    {
        parts.remove(at);
    }
    if total(parts, least) > rows {
        parts.retain(|part| !matches!(part, Part::Hint(_)));
    }
    for at in 0..parts.len() {
        if total(parts, least) > rows
            && let Some(Part::Fact(whole, short)) = parts.get_mut(at)
        {
            *whole = vec![short.clone()];
        }
    }
    while total(parts, least) > rows
        && let Some(Part::Said(lines)) = parts.iter_mut().find(|part| matches!(part, Part::Said(_)))
        && lines.len() > 1
    {
        lines.pop();
    }
    wanted.min(least + rows.saturating_sub(total(parts, least)))
}

fn height_of(part: &Part, boxes: usize) -> usize {
    match part {
        Part::Sentence(lines) | Part::Fact(lines, _) | Part::Said(lines) | Part::Hint(lines) => lines.len(),
        Part::Boxes(_) => boxes,
        Part::Gap | Part::Text(_) | Part::ShareAll(_) | Part::Buttons => 1,
    }
}

fn draw(state: &State, form: &Form, theme: Theme, frame: &mut Frame<'_>, place: Rect, part: Part) {
    let is_focused = |at: usize| form.focus == at && form.waiting().is_none();
    match part {
        Part::Gap => {}
        Part::Sentence(lines) | Part::Fact(lines, _) | Part::Said(lines) | Part::Hint(lines) => {
            frame.render_widget(Paragraph::new(lines), place);
        }
        Part::Text(at) => {
            if let Some(Field::Text(field)) = form.fields.get(at) {
                text_field(theme, frame, place, field, is_focused(at));
            }
        }
        Part::ShareAll(at) => {
            let mark = if form.shares_all() { "[x]" } else { "[ ]" };
            frame.render_widget(choice(theme, mark, "Share all accounts", is_focused(at)), place);
        }
        Part::Boxes(at) => {
            if let Some(Field::Accounts(boxes)) = form.fields.get(at) {
                boxes::boxes(state, form, boxes, theme, frame, place, is_focused(at));
            }
        }
        Part::Buttons => buttons(form, theme, frame, place),
    }
}

fn text_field(theme: Theme, frame: &mut Frame<'_>, place: Rect, field: &TextField, is_focused: bool) {
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

fn choice(theme: Theme, mark: &str, text: &str, is_focused: bool) -> Paragraph<'static> {
    let focus = if is_focused { FOCUS } else { " " };
    let style = if is_focused { theme.selected() } else { theme.plain() };
    Paragraph::new(Line::from(vec![
        Span::styled(format!("{focus} "), theme.strong()),
        Span::styled(format!("{mark} {text}"), style),
    ]))
}

fn buttons(form: &Form, theme: Theme, frame: &mut Frame<'_>, place: Rect) {
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

/// What was said to the last attempt, or what is in the way of the next.
fn said(state: &State, form: &Form, theme: Theme, columns: usize) -> Vec<Line<'static>> {
    let mut said = Vec::new();
    let mut say = |text: &str, style| {
        said.extend(wrap(text, columns).into_iter().map(|line| Line::styled(line, style)));
    };
    match &form.phase {
        Phase::Waiting(pending) if pending.lost => {
            say("The daemon went away. It is asked again when it is back; Esc gives up.", theme.warning());
        }
        Phase::Waiting(pending) if state.now >= pending.late_at() => {
            say("The daemon has not answered yet; Esc leaves without its answer.", theme.warning());
        }
        Phase::Waiting(_) => say("Waiting for the daemon…", theme.dim()),
        Phase::Failed(why) => say(&format!("! {why}"), theme.problem()),
        Phase::Outdated => {
            let press = state.look.keymap.press_for(Action::Reload);
            say(
                &format!("! CONFLICT: it was changed elsewhere. {press} takes the new state"),
                theme.problem(),
            );
        }
        Phase::Asking => {}
    }
    if matches!(form.phase, Phase::Asking | Phase::Failed(_)) && form.is_outdated(&state.store) {
        let press = state.look.keymap.press_for(Action::Reload);
        say(&format!("! It was changed elsewhere. {press} takes the new state"), theme.warning());
    }
    said
}

//! Owns what a form looks like: facts, fields, a line that says what will change or what is in the way, buttons. Must
//! not decide what can be pressed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::boxes::Need;
use super::change::change;
use super::facts::{Fact, Told, facts};
use super::fields::{LABEL, buttons, share_all, text_field};
use super::style::Theme;
use super::text::{cell, cut, wrap};
use super::{boxes, pane};
use crate::Borders;
use crate::dialog::{Change, Field, Form, Phase, Purpose};
use crate::keymap::Action;
use crate::state::State;

/// Columns inside a form, where there are as many.
const WIDTH: usize = 64;

/// One part of a form, from top to bottom.
enum Part {
    /// A sentence of the facts.
    Sentence(Vec<Line<'static>>),
    /// A fact that stays, and how it looks in one row.
    Fact(Vec<Line<'static>>, Line<'static>),
    /// A fact that loses nothing but exactness in one row.
    Exact(Vec<Line<'static>>, Line<'static>),
    /// A fact that gives way before the sentences.
    Aside(Vec<Line<'static>>),
    /// What saving would change.
    Change(Line<'static>),
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
            draw(form, theme, frame, place, part);
        }
    }
}

fn parts(state: &State, form: &Form, theme: Theme, columns: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let facts = facts(state, form);
    let mut before = None;
    for fact in &facts {
        let is_known = matches!(fact, Fact::Known(..) | Fact::Aside(..));
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
    if let Some(part) = outlook(form, theme, columns) {
        parts.extend([part, Part::Gap]);
    }
    parts.push(Part::Buttons);
    parts
}

/// What the button would do, or why it can't be pressed yet: on the same row in the forms that choose accounts, so
/// that nothing moves while they are checked.
fn outlook(form: &Form, theme: Theme, columns: usize) -> Option<Part> {
    match (form.obstacle(), form.change()) {
        // It was said already.
        (Some(_), _) if !matches!(form.phase, Phase::Asking) => None,
        (Some(obstacle), _) => {
            let lines = wrap(&obstacle, columns).into_iter().map(|line| Line::styled(line, theme.dim()));
            Some(Part::Hint(lines.collect()))
        }
        (None, Some(told)) => {
            let style = match told {
                Change::Nothing | Change::BeginsWithAll | Change::BeginsWith(_) => theme.dim(),
                _ => theme.strong(),
            };
            let line = Line::styled(change(told, columns), style);
            // A new key loses nothing: there the line is only a help.
            Some(match form.purpose {
                Purpose::CreateKey => Part::Hint(vec![line]),
                _ => Part::Change(line),
            })
        }
        (None, None) => None,
    }
}

fn fact_part(fact: &Fact, theme: Theme, columns: usize) -> Part {
    let lines = |text: &str, style| -> Vec<Line<'static>> {
        wrap(text, columns).into_iter().map(|line| Line::styled(line, style)).collect()
    };
    match fact {
        Fact::Sentence(text) => Part::Sentence(lines(text, theme.plain())),
        Fact::Line(text) => {
            Part::Fact(lines(text, theme.plain()), Line::styled(cut(text, columns), theme.plain()))
        }
        Fact::Warning(text) => {
            Part::Fact(lines(text, theme.warning()), Line::styled(cut(text, columns), theme.warning()))
        }
        Fact::Known(label, Told { whole, short }) => {
            let (rows, row) = (known(label, whole, columns), known(label, short, columns));
            match <[_; 1]>::try_from(row) {
                Ok([row]) if whole != short => Part::Exact(rows, row),
                _ => {
                    let room = columns.saturating_sub(LABEL).max(1);
                    let cut = known(label, &cut(short, room), columns).swap_remove(0);
                    Part::Fact(rows, cut)
                }
            }
        }
        Fact::Aside(label, Told { whole, .. }) => Part::Aside(known(label, whole, columns)),
    }
}

/// A label and what is known, in as many rows as it takes.
fn known(label: &str, text: &str, columns: usize) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(LABEL).max(1);
    let row = |(at, text): (usize, String)| {
        let label = if at == 0 { label } else { "" };
        Line::raw(format!("  {}{text}", cell(label, LABEL - 2)))
    };
    wrap(text, room).into_iter().enumerate().map(row).collect()
}

/// Makes the parts fit: empty rows give way first, then exactness, asides, sentences and hints; what is left is cut
/// to one row each. Gives the rows left for accounts.
fn shrink(parts: &mut Vec<Part>, form: &Form, rows: usize) -> usize {
    let Need { wanted, comfortable, least } = form.boxes().map(boxes::need).unwrap_or_default();
    let total = |parts: &[Part], boxes: usize| parts.iter().map(|part| height_of(part, boxes)).sum::<usize>();
    let is_tight = |parts: &[Part]| total(parts, least) > rows;
    while total(parts, comfortable) > rows
        && let Some(at) = parts.iter().position(|part| matches!(part, Part::Gap))
    {
        parts.remove(at);
    }
    for at in 0..parts.len() {
        if is_tight(parts)
            && let Some(Part::Exact(whole, short)) = parts.get_mut(at)
        {
            *whole = vec![short.clone()];
        }
    }
    let gives_way: [fn(&Part) -> bool; 3] = [
        |part| matches!(part, Part::Aside(_)),
        |part| matches!(part, Part::Sentence(_)),
        |part| matches!(part, Part::Hint(_)),
    ];
    for gives_way in gives_way {
        while is_tight(parts)
            && let Some(at) = parts.iter().rposition(gives_way)
        {
            parts.remove(at);
        }
    }
    // The first says what it is all about.
    for at in (0..parts.len()).rev() {
        if is_tight(parts)
            && let Some(Part::Fact(whole, short)) = parts.get_mut(at)
        {
            *whole = vec![short.clone()];
        }
    }
    while is_tight(parts)
        && let Some(Part::Said(lines)) = parts.iter_mut().find(|part| matches!(part, Part::Said(_)))
        && lines.len() > 1
    {
        lines.pop();
    }
    wanted.min(least + rows.saturating_sub(total(parts, least)))
}

fn height_of(part: &Part, boxes: usize) -> usize {
    match part {
        Part::Sentence(lines)
        | Part::Fact(lines, _)
        | Part::Exact(lines, _)
        | Part::Aside(lines)
        | Part::Said(lines)
        | Part::Hint(lines) => lines.len(),
        Part::Boxes(_) => boxes,
        Part::Gap | Part::Change(_) | Part::Text(_) | Part::ShareAll(_) | Part::Buttons => 1,
    }
}

fn draw(form: &Form, theme: Theme, frame: &mut Frame<'_>, place: Rect, part: Part) {
    let is_focused = |at: usize| form.focus == at && form.waiting().is_none();
    match part {
        Part::Gap => {}
        Part::Sentence(lines)
        | Part::Fact(lines, _)
        | Part::Exact(lines, _)
        | Part::Aside(lines)
        | Part::Said(lines)
        | Part::Hint(lines) => frame.render_widget(Paragraph::new(lines), place),
        Part::Change(line) => frame.render_widget(Paragraph::new(line), place),
        Part::Text(at) => {
            if let Some(Field::Text(field)) = form.fields.get(at) {
                text_field(theme, frame, place, field, is_focused(at));
            }
        }
        Part::ShareAll(at) => share_all(form, theme, frame, place, is_focused(at)),
        Part::Boxes(at) => {
            if let Some(Field::Accounts(boxes)) = form.fields.get(at) {
                boxes::boxes(form, boxes, theme, frame, place, is_focused(at));
            }
        }
        Part::Buttons => buttons(form, theme, frame, place),
    }
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

//! Owns what a form's list of accounts looks like. Must not decide which accounts are in it.

use std::ops::Range;

use claviger_api::name::fold;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::fields::FOCUS;
use super::style::Theme;
use super::text::{cut, width};
use crate::dialog::{self, Boxes, Form, Listed, Window, searched};

/// Lines of accounts and headings, where there is room.
const ROWS: usize = 10;
/// Lines that are worth more than empty ones elsewhere, the filter's not counted.
const COMFORTABLE: usize = 5;
/// Lines that there must be room for, the filter's not counted.
const LEAST: usize = 2;
/// Columns of the last digits of an account.
const MASK: usize = 8;
/// Stands before the last digits.
const MASKED: &str = "··";
/// The heading of accounts that belong to no institution.
const NO_INSTITUTION: &str = "No institution";

/// How many rows of a form the accounts take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Need {
    pub(super) wanted: usize,
    /// What empty rows give way for.
    pub(super) comfortable: usize,
    /// What everything gives way for.
    pub(super) least: usize,
}

/// The same whatever the filter leaves, so that the form does not move while it is typed.
pub(super) fn need(boxes: &Boxes) -> Need {
    let whole = boxes.whole_lines();
    let filter = usize::from(has_filter_line(boxes));
    let count = usize::from(whole > ROWS || has_filter_line(boxes));
    let wanted = whole.clamp(1, ROWS) + filter + count;
    Need { wanted, comfortable: wanted.min(COMFORTABLE + filter), least: wanted.min(LEAST + filter) }
}

fn has_filter_line(boxes: &Boxes) -> bool {
    boxes.typing || !boxes.list.filter.is_empty()
}

/// The filter, the accounts as far as there is room, and what of them is not seen.
pub(super) fn boxes(
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
    let height = usize::from(place.height).saturating_sub(lines.len());
    let has_count = height > 1 && (boxes.lines() > height || has_filter_line(boxes));
    let window = boxes.window(height - usize::from(has_count));
    if window.lines.is_empty() {
        let text = if boxes.total() == 0 { "no accounts are connected yet" } else { "nothing matches" };
        lines.push(Line::styled(format!("    {text}"), theme.dim()));
    }
    let look = Look { theme, room, is_off: form.shares_all(), filter: searched(boxes.list.filter.text()) };
    for line in &window.lines {
        lines.push(match line {
            dialog::Line::Heading(institution) => heading(&look, *institution),
            dialog::Line::Account(account) => {
                let is_here = is_focused && boxes.list.selected.as_ref() == Some(&account.id);
                let is_checked = look.is_off || boxes.checked.contains(&account.id);
                row(&look, account, is_checked, is_here, boxes.is_grouped())
            }
        });
    }
    if has_count {
        let last = usize::from(place.height).saturating_sub(1);
        lines.resize(last.max(lines.len()), Line::raw(""));
        let text =
            if look.is_off { format!("all {} shared", boxes.total()) } else { count(boxes, &window, room) };
        let indent = " ".repeat(room.saturating_sub(width(&text)).min(4));
        let style = if look.is_off { theme.dim() } else { theme.accent() };
        lines.push(Line::styled(cut(&format!("{indent}{text}"), room), style));
    }
    frame.render_widget(Paragraph::new(lines), place);
}

/// How the lines of one list look.
struct Look {
    theme: Theme,
    room: usize,
    /// Whether nothing can be checked, since all accounts are shared.
    is_off: bool,
    filter: String,
}

fn heading(look: &Look, institution: Option<&str>) -> Line<'static> {
    let text = cut(institution.unwrap_or(NO_INSTITUTION), look.room.saturating_sub(4));
    let style = if look.is_off { look.theme.dim() } else { look.theme.strong() };
    let found = institution.and_then(|_| found(&text, &look.filter)).unwrap_or_default();
    let mut spans = vec![Span::raw("    ")];
    spans.extend(marked(look.theme, &text, &found, style));
    Line::from(spans)
}

fn row(look: &Look, account: &Listed, is_checked: bool, is_here: bool, is_grouped: bool) -> Line<'static> {
    let theme = look.theme;
    let indent = if is_grouped { 6 } else { 4 };
    let mask = account.mask.as_deref().map(|mask| cut(mask, MASK)).unwrap_or_default();
    let masked = if mask.is_empty() { 0 } else { 2 + width(MASKED) + width(&mask) };
    let name = cut(&account.name, look.room.saturating_sub(indent + 4 + masked));
    let (plain, secondary) = match (look.is_off, is_here) {
        (true, _) => (theme.dim(), theme.dim()),
        (false, true) => (theme.selected(), theme.selected()),
        (false, false) => (theme.plain(), theme.dim()),
    };
    let institution = account.institution.as_deref().unwrap_or_default();
    let [in_name, in_mask] = found_in(&name, institution, &mask, &look.filter);
    let focus = if is_here { FOCUS } else { " " };
    let mut spans = vec![
        Span::raw(format!("{}{focus} ", " ".repeat(indent - 2))),
        Span::styled(if is_checked { "[x] " } else { "[ ] " }, plain),
    ];
    spans.extend(marked(theme, &name, &in_name, plain));
    if masked > 0 {
        spans.push(Span::styled(format!("  {MASKED}"), secondary));
        spans.extend(marked(theme, &mask, &in_mask, secondary));
    }
    Line::from(spans)
}

/// A text with the part that was found told apart.
fn marked(theme: Theme, text: &str, found: &Range<usize>, style: Style) -> Vec<Span<'static>> {
    let parts =
        [(0..found.start, style), (found.clone(), style.patch(theme.mark())), (found.end..text.len(), style)];
    let spans = parts.into_iter().filter_map(|(part, style)| Some((text.get(part)?.to_owned(), style)));
    spans.filter(|(text, _)| !text.is_empty()).map(|(text, style)| Span::styled(text, style)).collect()
}

/// Where the filter is found in a name and in a mask: in one of them, or in what reads as one line with the
/// institution between them or before them.
fn found_in(name: &str, institution: &str, mask: &str, filter: &str) -> [Range<usize>; 2] {
    for [first, second] in [[institution, name], [name, institution]] {
        let starts = [0, first.len() + 1, first.len() + second.len() + 2];
        let line = format!("{first} {second} {mask}");
        let Some(found) = found(&line, filter) else { continue };
        let start = if first == name { starts[0] } else { starts[1] };
        let part = |start: usize, len: usize| {
            let clip = |at: usize| at.saturating_sub(start).min(len);
            clip(found.start)..clip(found.end)
        };
        return [part(start, name.len()), part(starts[2], mask.len())];
    }
    [0..0, 0..0]
}

/// The first place of a folded filter in a text. Folding may change lengths, so places are tried one by one.
fn found(text: &str, filter: &str) -> Option<Range<usize>> {
    if filter.is_empty() || !fold(text).contains(filter) {
        return None;
    }
    let places = || text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let start = places().find(|at| fold(&text[*at..]).starts_with(filter))?;
    let end = places().find(|end| *end > start && fold(&text[start..*end]).starts_with(filter))?;
    Some(start..end)
}

/// How many are checked, and how much is not seen: checked ones, rows above, rows below.
fn count(boxes: &Boxes, window: &Window<'_>, room: usize) -> String {
    let (checked, total) = (boxes.checked.len(), boxes.total());
    let part = |number: usize, text: String| if number > 0 { text } else { String::new() };
    let unseen = checked - window.checked;
    let arrows = |gap: &str| {
        let up = part(window.above, format!("{gap}↑{}", window.above));
        let down = part(window.below, format!("{gap}↓{}", window.below));
        [up, down].concat()
    };
    let long = format!("{checked} of {total} checked{}", part(unseen, format!(", {unseen} out of view")));
    let short = format!("{checked}/{total} checked{}", part(unseen, format!(", {unseen} unseen")));
    let lines = [long + &arrows("  "), short.clone() + &arrows("  "), short + &arrows(" ")];
    let fits = lines.iter().position(|line| width(line) <= room);
    lines.into_iter().nth(fits.unwrap_or(2)).unwrap_or_default()
}

//! Owns what the screen looks like, as a function of the state. Must not change the state or know where it comes
//! from.

mod boxes;
mod change;
mod clusters;
mod details;
mod facts;
mod fields;
mod form;
mod help;
mod lines;
mod lists;
mod marked;
mod number;
mod pane;
mod reasons;
mod secret;
mod states;
mod style;
mod table;
mod text;
mod title;

#[cfg(test)]
pub(crate) mod tests;

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::Borders;
use crate::dialog::Dialog;
use crate::layout::{Layout, MIN_HEIGHT, MIN_WIDTH};
use crate::state::{State, Tab};
use style::Theme;

/// From this height on dialogs leave the header free.
const ROOMY: u16 = 20;

/// Draws the state.
pub(crate) fn view(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    let theme = Theme::of(&state.look);
    let Some(layout) = Layout::of(state, area) else {
        too_small(state, frame, area);
        return;
    };
    lines::header(state, theme, frame, layout.header);
    // Without lines around it, a dialog over a list would read as one text with it.
    let is_bare = layout.lines == Borders::Plain;
    let is_covered = !state.dialogs.is_empty() || state.help.is_some();
    if !(is_bare && is_covered) {
        lists(state, theme, frame, &layout);
    }
    if is_covered {
        recede(theme, frame, &layout);
    }
    lines::notice(state, theme, frame, layout.notice);
    // The footer stays free: it says what can be pressed in the dialog. The header too, where there is room.
    let above = if area.height < ROOMY { 0 } else { layout.header.height };
    let room = Rect { y: area.y + above, height: area.height - above - 1, ..area };
    let hidden = match (is_bare, &state.help) {
        (false, _) => 0,
        (true, None) => state.dialogs.len().saturating_sub(1),
        (true, Some(_)) => state.dialogs.len(),
    };
    for dialog in state.dialogs.iter().skip(hidden) {
        match dialog {
            Dialog::Form(form) => form::form(state, form, theme, frame, room, layout.lines),
            Dialog::Secret(secret) => secret::secret(state, secret, theme, frame, room, layout.lines),
        }
    }
    if let Some(help) = &state.help {
        let below = layout.header.bottom();
        let room = Rect { y: below, height: area.height - 1 - (below - area.y), ..area };
        help::help(state, help, theme, frame, room, layout.lines);
    }
    lines::footer(state, theme, frame, layout.footer);
    clusters::spread(frame.buffer_mut());
}

fn lists(state: &State, theme: Theme, frame: &mut Frame<'_>, layout: &Layout) {
    match state.tab {
        Tab::Keys => lists::keys(state, theme, frame, layout),
        Tab::Accounts => lists::accounts(state, theme, frame, layout),
        Tab::Activity => lists::activity(state, theme, frame, layout),
    }
    if let Some(details) = layout.details {
        details::details(state, theme, frame, details, layout.lines);
    }
}

/// Dims what lies under a dialog, so that the eye finds the dialog.
fn recede(theme: Theme, frame: &mut Frame<'_>, layout: &Layout) {
    for area in [Some(layout.list), layout.details].into_iter().flatten() {
        frame.buffer_mut().set_style(area, theme.dim().not_bold().not_reversed());
    }
}

fn too_small(state: &State, frame: &mut Frame<'_>, area: Rect) {
    // The one question that is asked without room for its dialog.
    let question =
        if state.is_asked_to_quit() { "A secret would be lost: Ctrl-C once more quits" } else { "" };
    let mut lines = vec![Line::raw("Terminal too small")];
    let needed = format!("{MIN_WIDTH}×{MIN_HEIGHT} at least");
    if question.is_empty() && area.height > 1 && usize::from(area.width) >= text::width(&needed) {
        lines.push(Line::raw(needed));
    }
    if !question.is_empty() {
        lines.extend(text::wrap(question, usize::from(area.width).max(1)).into_iter().map(Line::raw));
    }
    let height = u16::try_from(lines.len()).unwrap_or(1).min(area.height);
    let middle = Rect { y: area.y + (area.height - height).div_ceil(2), height, ..area };
    frame.render_widget(Paragraph::new(lines).alignment(Alignment::Center), middle);
}

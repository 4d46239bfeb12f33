//! Owns what `Copy your secret` looks like. Must not draw the secret anywhere but in this dialog.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::pane;
use super::style::Theme;
use super::text::wrap;
use crate::Borders;
use crate::dialog::SecretDialog;
use crate::effects::file;
use crate::keymap::Action;
use crate::state::State;

/// Columns inside, where there are as many; more where the secret is longer.
const WIDTH: usize = 66;
/// Stands for a secret that no daemon of ours would send.
const UNDRAWABLE: &str = "(characters that cannot be shown: copy it, or write it to a file)";

pub(super) fn secret(
    state: &State,
    dialog: &SecretDialog,
    theme: Theme,
    frame: &mut Frame<'_>,
    room: Rect,
    lines: Borders,
) {
    let secret = dialog.secret.expose();
    let (columns, rows) = pane::inside(room, lines);
    let columns = columns.min(WIDTH.max(secret.len()));
    let styled =
        |text: &str, style| wrap(text, columns).into_iter().map(move |line| Line::styled(line, style));
    let press = |action| state.look.keymap.press_for(action);
    let copies = format!("{} copies it.", press(Action::CopySecret));
    let offer = format!(
        "{} copies it, {} writes it to {} where claviger was started, for you alone to read.",
        press(Action::CopySecret),
        press(Action::WriteSecret),
        file::name(&dialog.key.name, &dialog.key.id, &dialog.secret)
    );
    let offer = if dialog.written.is_some() { copies } else { offer };
    let said = dialog.said.as_deref().unwrap_or(&offer);
    let about = format!("The secret of {}. It is shown this once and cannot be had again.", dialog.key.name);

    let mut above: Vec<Line<'_>> = styled(&about, theme.plain()).collect();
    let secret_rows = secret.len().div_ceil(columns.max(1));
    // What gives way first comes last.
    let mut below: Vec<Line<'_>> = Vec::new();
    if let Some(warning) = dialog.warning {
        below.extend(styled(&format!("! {warning}"), theme.problem()));
    }
    if let Some(written) = &dialog.written {
        below.extend(styled(written, theme.plain()));
    }
    below.extend(styled(said, theme.accent()));
    let button = button(theme, dialog.is_unasked);

    let mut gaps = 3;
    while gaps > 0 && above.len() + secret_rows + below.len() + 1 + gaps > rows {
        gaps -= 1;
    }
    // The secret and the button are always there; words give way.
    while above.len() + secret_rows + below.len() + 1 > rows && !above.is_empty() {
        above.pop();
    }
    while secret_rows + below.len() + 1 > rows && !below.is_empty() {
        below.pop();
    }
    let mut all = above;
    let mut gap = |all: &mut Vec<Line<'_>>| {
        if gaps > 0 {
            all.push(Line::raw(""));
            gaps -= 1;
        }
    };
    gap(&mut all);
    let at = all.len();
    all.extend(std::iter::repeat_n(Line::raw(""), secret_rows));
    gap(&mut all);
    all.extend(below);
    gap(&mut all);
    all.push(button);
    let inner = pane::dialog(theme, frame, room, "Copy your secret", lines, (columns, all.len()));
    frame.render_widget(Paragraph::new(all), inner);
    let row = |rows: usize| u16::try_from(rows).unwrap_or(0);
    let place = Rect { y: inner.y + row(at), height: row(secret_rows), ..inner };
    draw_secret(secret, theme.strong(), frame, place.intersection(inner));
}

/// The only button. It has the focus, unless nobody has looked at the dialog yet.
fn button(theme: Theme, is_unasked: bool) -> Line<'static> {
    let (mark, style) = if is_unasked { ("  ", theme.plain()) } else { ("› ", theme.selected()) };
    Line::from(vec![
        Span::styled(mark, theme.strong()),
        Span::styled(format!("[ {} ]", SecretDialog::BUTTON), style),
    ])
}

/// Writes the secret straight into the frame's cells, which the next frame wipes: text that is put together for
/// drawing would stay in freed memory.
fn draw_secret(secret: &str, style: Style, frame: &mut Frame<'_>, place: Rect) {
    let mut rest = if secret.bytes().all(|byte| byte.is_ascii_graphic()) { secret } else { UNDRAWABLE };
    for y in place.top()..place.bottom() {
        let (line, after) = rest.split_at(rest.len().min(usize::from(place.width)));
        frame.buffer_mut().set_string(place.x, y, line, style);
        rest = after;
    }
}

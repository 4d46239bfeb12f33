//! Owns how a screen becomes a picture that a test can keep. Must not test what presses do.

mod details;
mod dialogs;
mod restored;
mod rules;
mod scenes;

use std::fmt::Write;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::view;
use crate::update::tests::Stage;

/// The sizes at which every screen, dialog and state is kept.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 10)];

pub(crate) fn draw(stage: &Stage) -> Terminal<TestBackend> {
    let size = stage.state.size;
    let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
    terminal.draw(|frame| view(&stage.state, frame)).unwrap();
    terminal
}

/// The screen as text, without the blanks at the ends of lines.
fn picture(stage: &Stage) -> String {
    picture_of(stage, whole(stage))
}

/// A part of the screen as text.
fn picture_of(stage: &Stage, area: Rect) -> String {
    grid(stage, area, |cell, line| line.push_str(cell.symbol()))
}

/// How each cell of the screen looks, as one letter; those that look plain are blank.
fn styles(stage: &Stage) -> String {
    styles_of(stage, whole(stage))
}

fn whole(stage: &Stage) -> Rect {
    Rect::new(0, 0, stage.state.size.width, stage.state.size.height)
}

/// How each cell of a part of the screen looks.
fn styles_of(stage: &Stage, area: Rect) -> String {
    grid(stage, area, |cell, line| {
        let letter = style_letter(cell);
        line.extend(std::iter::repeat_n(letter, cell.symbol().width().max(1)));
    })
}

/// One line of text for each row of a part of the screen; the second half of a wide character is left out.
fn grid(stage: &Stage, area: Rect, mut put: impl FnMut(&Cell, &mut String)) -> String {
    let terminal = draw(stage);
    let buffer = terminal.backend().buffer();
    let columns = usize::from(area.left())..usize::from(area.right());
    let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
    let rows = rows.skip(usize::from(area.y)).take(usize::from(area.height));
    let lines = rows.map(|row| {
        let mut line = String::new();
        let mut skip = 0;
        for cell in &row[columns.clone()] {
            if skip == 0 {
                put(cell, &mut line);
                skip = cell.symbol().width();
            }
            skip = skip.saturating_sub(1);
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The letter of a look: its colour's, upper case where it is bold; `d` dim, `b` bold, `_` underlined, `#` reversed;
/// `m` a match, bold and underlined, and `M` one on a reversed row.
fn style_letter(cell: &Cell) -> char {
    let has = |modifier| cell.modifier.contains(modifier);
    let color = match cell.fg {
        Color::Reset => None,
        Color::Cyan => Some('c'),
        Color::Green => Some('g'),
        Color::Yellow => Some('y'),
        Color::Red => Some('r'),
        other => panic!("a colour without a role: {other:?}"),
    };
    match color {
        _ if has(Modifier::REVERSED | Modifier::UNDERLINED) => 'M',
        _ if has(Modifier::REVERSED) => '#',
        Some(letter) if has(Modifier::BOLD) => letter.to_ascii_uppercase(),
        Some(letter) => letter,
        None if has(Modifier::UNDERLINED | Modifier::BOLD) => 'm',
        None if has(Modifier::UNDERLINED) => '_',
        None if has(Modifier::DIM) => 'd',
        None if has(Modifier::BOLD) => 'b',
        None => ' ',
    }
}

/// A screen at every size: as text, and how its cells look.
fn sheet(stage: impl Fn(u16, u16) -> Stage) -> String {
    let mut sheet = String::new();
    for (width, height) in SIZES {
        let stage = stage(width, height);
        let parts = [("", picture(&stage)), (" · styles", styles(&stage))];
        for (what, text) in parts {
            writeln!(sheet, "── {width}×{height}{what} ──\n{text}").unwrap();
        }
    }
    sheet
}

/// Keeps the pictures of a screen at every size.
macro_rules! scene {
    ($name:ident, $stage:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(super::sheet($stage));
        }
    };
}
use scene;

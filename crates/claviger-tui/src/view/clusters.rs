//! Owns characters that are made of several narrow ones, such as a Thai consonant with its vowel. Must not know what is
//! drawn.

use ratatui::buffer::{Buffer, CellWidth};
use unicode_width::UnicodeWidthChar;

/// Gives each narrow character of a cluster a cell of its own, as terminals do. Where all of it were in one cell, the
/// next frame would overwrite the first column and leave the rest on the screen.
pub(super) fn spread(buffer: &mut Buffer) {
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let cell = &buffer[(x, y)];
            // The shortest has two characters outside of ASCII.
            if cell.symbol().len() < 4 || cell.symbol().cell_width() < 2 {
                continue;
            }
            let (style, pieces) = (cell.style(), pieces(cell.symbol()));
            for (at, piece) in (x..area.right()).zip(pieces) {
                buffer[(at, y)].set_symbol(&piece).set_style(style);
            }
        }
    }
}

/// The narrow characters of a cluster, each with the marks that sit on it; none where one is wide, or where they are
/// drawn as one.
fn pieces(cluster: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for c in cluster.chars() {
        match c.width() {
            Some(1) if is_of_script(c) => pieces.push(c.to_string()),
            Some(0) if is_of_script(c) => match pieces.last_mut() {
                Some(piece) => piece.push(c),
                None => return Vec::new(),
            },
            _ => return Vec::new(),
        }
    }
    pieces
}

/// Whether a character is none of those that emoji and flags are put together from.
fn is_of_script(c: char) -> bool {
    !matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f000}'..='\u{1ffff}')
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn drawn(text: &str) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, text, Style::new());
        spread(&mut buffer);
        buffer
    }

    #[test]
    fn nothing_of_a_character_stays_when_it_is_drawn_over() {
        for text in ["ไทยกำ", "ກຳ", "漢字", "e\u{301}", "👍🏽", "🇩🇪", "❤\u{fe0f}", "plain"]
        {
            let (before, after) = (drawn(text), drawn("-"));
            let touched: Vec<u16> = before.diff(&after).into_iter().map(|(x, ..)| x).collect();
            for x in 0..12 {
                let is_narrow = before[(x, 0)].symbol().cell_width() == 1 && before[(x, 0)].symbol() != " ";
                assert!(!is_narrow || touched.contains(&x), "{text}: column {x} of {touched:?}");
            }
        }
    }

    #[test]
    fn only_narrow_characters_are_spread() {
        for (text, cells) in [
            ("กำ", vec!["ก", "ำ"]),
            ("กั้", vec!["กั้", " "]),
            ("漢", vec!["漢", " "]),
            ("🇩🇪", vec!["🇩🇪", " "]),
            ("👩\u{200d}💻", vec!["👩\u{200d}💻", " "]),
            ("❤\u{fe0f}", vec!["❤\u{fe0f}", " "]),
        ] {
            let buffer = drawn(text);
            let found: Vec<&str> = (0..2).map(|x| buffer[(x, 0)].symbol()).collect();
            assert_eq!(found, cells, "{text}");
        }
    }
}

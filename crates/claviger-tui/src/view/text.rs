//! Owns fitting text into columns. Must not let anything through that could drive a terminal.

use claviger_api::drawable;
use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

/// Stands for what was cut off.
pub(super) const ELLIPSIS: &str = "…";

/// What a person sees as the characters of a safe text, with the columns that each takes when it is drawn.
pub(super) fn characters(safe: &str) -> impl DoubleEndedIterator<Item = (&str, usize)> {
    safe.graphemes(true).map(|character| (character, usize::from(character.cell_width())))
}

/// Columns that a safe text takes when it is drawn.
fn drawn_width(safe: &str) -> usize {
    if safe.is_ascii() { safe.len() } else { characters(safe).map(|(_, columns)| columns).sum() }
}

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    drawn_width(&drawable(text))
}

/// What of a safe text is seen in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen<'a> {
    pub(super) head: &'a str,
    /// Whether an ellipsis stands between head and tail.
    pub(super) is_cut: bool,
    pub(super) tail: &'a str,
    /// Columns that it takes.
    pub(super) columns: usize,
}

/// Cuts a safe text so that it fits. Its last `kept` characters stay where there is room for them and one before.
pub(super) fn fit(safe: &str, room: usize, kept: usize) -> Seen<'_> {
    let columns = drawn_width(safe);
    if columns <= room {
        return Seen { head: safe, is_cut: false, tail: "", columns };
    }
    if room == 0 {
        return Seen { head: "", is_cut: false, tail: "", columns: 0 };
    }
    let end: usize = characters(safe).rev().take(kept).map(|(character, _)| character.len()).sum();
    let (front, tail) = safe.split_at(safe.len() - end);
    let (front, tail) = if drawn_width(tail) < room { (front, tail) } else { (safe, "") };
    let tail_columns = drawn_width(tail);
    let (mut taken, mut columns) = (0, 1 + tail_columns);
    for (character, more) in characters(front) {
        if columns + more > room {
            break;
        }
        columns += more;
        taken += character.len();
    }
    Seen { head: &front[..taken], is_cut: true, tail, columns }
}

fn joined(safe: &str, room: usize, kept: usize) -> String {
    let Seen { head, is_cut, tail, .. } = fit(safe, room, kept);
    [head, if is_cut { ELLIPSIS } else { "" }, tail].concat()
}

/// A text made safe and cut to `room` columns, the cut marked.
pub(super) fn cut(text: &str, room: usize) -> String {
    joined(&drawable(text), room, 0)
}

/// As [`cut`], but what is cut is the start.
pub(super) fn cut_start(text: &str, room: usize) -> String {
    let safe = drawable(text);
    if drawn_width(&safe) <= room {
        return safe.into_owned();
    }
    let Some(mut room) = room.checked_sub(1) else { return String::new() };
    let mut start = safe.len();
    for (character, columns) in characters(&safe).rev() {
        match room.checked_sub(columns) {
            Some(left) => (room, start) = (left, start - character.len()),
            None => break,
        }
    }
    [ELLIPSIS, &safe[start..]].concat()
}

/// A text made safe and brought to exactly `room` columns.
pub(super) fn cell(text: &str, room: usize) -> String {
    let mut cell = cut(text, room);
    let missing = room.saturating_sub(drawn_width(&cell));
    cell.extend(std::iter::repeat_n(' ', missing));
    cell
}

/// A text made safe and broken into lines of at most `room` columns, between words where that can be.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut taken) = (String::new(), 0);
    let mut is_fresh = true;
    for word in drawable(text).split(' ') {
        if !is_fresh && taken + 1 + drawn_width(word) > room {
            lines.push(std::mem::take(&mut line));
            taken = 0;
        } else if !is_fresh {
            line.push(' ');
            taken += 1;
        }
        is_fresh = false;
        for (character, columns) in characters(word) {
            if taken + columns > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                taken = 0;
            }
            line.push_str(character);
            taken += columns;
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_columns() {
        for (text, room, expected) in [
            ("Production", 10, "Production"),
            ("Production", 6, "Produ…"),
            ("漢字漢字", 5, "漢字…"),
            ("漢字漢字", 4, "漢…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("a\u{1b}[2Jb", 20, "a\u{fffd}[2Jb"),
            ("❤\u{fe0f}❤\u{fe0f}❤\u{fe0f}", 5, "❤\u{fe0f}❤\u{fe0f}…"),
            ("👍🏽👍🏽👍🏽", 5, "👍🏽👍🏽…"),
            ("🇩🇪🇫🇷🇮🇹", 5, "🇩🇪🇫🇷…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            assert_eq!(cut(text, room), expected);
            assert!(width(&cell(text, room)) == room);
        }
    }

    #[test]
    fn a_cut_in_the_middle_keeps_the_end() {
        for (text, room, expected) in [
            ("clv_4fX9aaaabbbb_…k3Qz", 22, "clv_4fX9aaaabbbb_…k3Qz"),
            ("clv_4fX9aaaabbbb_…k3Qz", 13, "clv_4fX9…k3Qz"),
            ("clv_4fX9aaaabbbb_…k3Qz", 21, "clv_4fX9aaaabbbb…k3Qz"),
            ("clv_4fX9aaaabbbb_…k3Qz", 5, "…k3Qz"),
            ("clv_4fX9aaaabbbb_…k3Qz", 4, "clv…"),
            ("漢字漢字漢字", 11, "漢…漢字漢字"),
            ("abc", 0, ""),
        ] {
            assert_eq!(joined(text, room, 4), expected);
        }
    }

    #[test]
    fn a_text_is_broken_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("  a b", 8), ["  a b"], "an indent stays");
    }
}

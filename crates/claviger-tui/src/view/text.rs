//! Owns fitting text into columns. Must not let anything through that could drive a terminal.

use claviger_api::drawable;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands for what was cut off.
const ELLIPSIS: char = '…';

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    drawable(text).width()
}

/// A text made safe and cut to `room` columns, the cut marked.
pub(super) fn cut(text: &str, room: usize) -> String {
    let text = drawable(text);
    if text.width() <= room {
        return text.into_owned();
    }
    let mut kept = String::new();
    let mut taken = 0;
    for c in text.chars() {
        let columns = c.width().unwrap_or(0);
        if taken + columns + 1 > room {
            break;
        }
        taken += columns;
        kept.push(c);
    }
    if room > 0 {
        kept.push(ELLIPSIS);
    }
    kept
}

/// As [`cut`], but what is cut is the middle: the last four characters stay where there is room for them.
pub(super) fn cut_middle(text: &str, room: usize) -> String {
    let safe = drawable(text);
    if safe.width() <= room {
        return safe.into_owned();
    }
    let start = safe.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    let (head, end) = safe.split_at(start);
    match room.checked_sub(end.width()) {
        Some(room) if room > 0 => format!("{}{end}", cut(head, room)),
        _ => cut(&safe, room),
    }
}

/// A text made safe and brought to exactly `room` columns.
pub(super) fn cell(text: &str, room: usize) -> String {
    let mut cell = cut(text, room);
    let missing = room.saturating_sub(cell.width());
    cell.extend(std::iter::repeat_n(' ', missing));
    cell
}

/// A text made safe and broken into lines of at most `room` columns, between words where that can be.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut is_fresh = true;
    for word in drawable(text).split(' ') {
        if !is_fresh && line.width() + 1 + word.width() > room {
            lines.push(std::mem::take(&mut line));
        } else if !is_fresh {
            line.push(' ');
        }
        is_fresh = false;
        for c in word.chars() {
            if line.width() + c.width().unwrap_or(0) > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
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
        ] {
            assert_eq!(cut(text, room), expected);
            assert!(cell(text, room).width() == room);
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
            assert!(cut_middle(text, room).width() <= room, "{text} {room}");
            assert_eq!(cut_middle(text, room), expected);
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

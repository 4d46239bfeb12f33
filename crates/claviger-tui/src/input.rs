//! Owns the editing of one line of text. Must not know what the text is for.

use claviger_api::drawable;
use claviger_api::name::MAX_CHARS;
use unicode_width::UnicodeWidthChar;

/// One line of text with a cursor, of at most 64 characters, none of which can drive a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Input {
    text: String,
    /// A byte offset into `text`, always between characters.
    cursor: usize,
}

/// A change that a press makes to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    Left,
    Right,
    Home,
    End,
    DeleteBefore,
    DeleteAfter,
    DeleteToStart,
    DeleteToEnd,
    /// Back to the last blank.
    DeleteWord,
    WordLeft,
    WordRight,
    DeleteWordBefore,
    DeleteWordAfter,
}

impl Input {
    /// A line that holds `text`, cleaned, with the cursor at its end.
    pub(crate) fn of(text: &str) -> Self {
        let mut input = Self::default();
        input.insert_all(text);
        input
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The text before and after the cursor.
    pub(crate) fn halves(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Inserts a character, unless the line is full or the character could not be seen.
    pub(crate) fn insert(&mut self, c: char) {
        let mut bytes = [0; 4];
        let seen = drawable(c.encode_utf8(&mut bytes)).chars().eq([c]);
        if seen && self.text.chars().count() < MAX_CHARS {
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Inserts what was pasted: escape sequences and characters that cannot be seen are dropped, line ends and tabs
    /// become spaces, and the rest is cut to the limit.
    pub(crate) fn paste(&mut self, text: &str) {
        // Far more than fits, so that a huge paste is not cleaned whole.
        let text: String = text.chars().take(64 * MAX_CHARS).collect();
        self.insert_all(&one_line(&without_escapes(&text)));
    }

    fn insert_all(&mut self, text: &str) {
        for c in text.chars() {
            if self.text.chars().count() >= MAX_CHARS {
                break;
            }
            self.insert(c);
        }
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Left => self.cursor = self.before(),
            Edit::Right => self.cursor = self.after(),
            Edit::Home => self.cursor = 0,
            Edit::End => self.cursor = self.text.len(),
            Edit::DeleteBefore => self.delete_back_to(self.before()),
            Edit::DeleteAfter => {
                let end = self.after();
                self.text.replace_range(self.cursor..end, "");
            }
            Edit::DeleteToStart => self.delete_back_to(0),
            Edit::DeleteToEnd => self.text.truncate(self.cursor),
            Edit::WordLeft => self.cursor = self.word_before(),
            Edit::WordRight => self.cursor = self.word_after(),
            Edit::DeleteWordBefore => self.delete_back_to(self.word_before()),
            Edit::DeleteWordAfter => {
                let end = self.word_after();
                self.text.replace_range(self.cursor..end, "");
            }
            Edit::DeleteWord => {
                let head = self.text[..self.cursor].trim_end();
                let start = head.rfind(char::is_whitespace);
                self.delete_back_to(
                    start.map_or(0, |at| at + head[at..].chars().next().map_or(0, char::len_utf8)),
                );
            }
        }
    }

    fn delete_back_to(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    /// Where the character before the cursor begins; marks belong to the character that they sit on.
    fn before(&self) -> usize {
        let head = &self.text[..self.cursor];
        head.char_indices().rfind(|(_, c)| c.width() != Some(0)).map_or(0, |(at, _)| at)
    }

    /// Where the word before the cursor begins; a word is letters, digits and the marks on them.
    fn word_before(&self) -> usize {
        let head = &self.text[..self.cursor];
        let word = head.trim_end_matches(|c| !is_of_word(c));
        word.trim_end_matches(is_of_word).len()
    }

    /// Where the word after the cursor ends.
    fn word_after(&self) -> usize {
        let tail = &self.text[self.cursor..];
        let rest = tail.trim_start_matches(|c| !is_of_word(c)).trim_start_matches(is_of_word);
        self.text.len() - rest.len()
    }

    fn after(&self) -> usize {
        let mut rest = self.text[self.cursor..].char_indices();
        rest.next();
        rest.find(|(_, c)| c.width() != Some(0)).map_or(self.text.len(), |(at, _)| self.cursor + at)
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c.width() == Some(0)
}

/// A text without the sequences that drive a terminal (ECMA-48): ESC [ … final byte, and ESC ] … BEL or ESC \\.
fn without_escapes(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let opener = match c {
            '\u{1b}' => rest.next_if(|c| matches!(c, '[' | ']')),
            '\u{9b}' => Some('['),
            '\u{9d}' => Some(']'),
            _ => None,
        };
        match opener {
            Some('[') => {
                while rest.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
                rest.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
            }
            Some(_) => {
                while rest.next_if(|c| !matches!(c, '\u{7}' | '\u{1b}' | '\u{9c}')).is_some() {}
                if rest.next() == Some('\u{1b}') {
                    rest.next_if_eq(&'\\');
                }
            }
            None => clean.push(c),
        }
    }
    clean
}

/// A text whose white space with a line end or a tab in it is one space; at its ends it is none. Spaces alone stay as
/// they are, for a name may have two in a row.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut line = String::new();
    let mut rest = text.trim_matches(|c: char| c.is_whitespace() && breaks(c));
    while !rest.is_empty() {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        line.push_str(&rest[..word]);
        rest = &rest[word..];
        let gap = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
        line.push_str(if rest[..gap].contains(breaks) { " " } else { &rest[..gap] });
        rest = &rest[gap..];
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` is the cursor, before and after.
    fn check(before: &str, edit: Edit, after: &str) {
        let (head, tail) = before.split_once('|').unwrap();
        let mut input = Input { text: format!("{head}{tail}"), cursor: head.len() };
        input.edit(edit);
        let (head, tail) = input.halves();
        assert_eq!(format!("{head}|{tail}"), after, "{before} {edit:?}");
    }

    #[test]
    fn a_line_is_edited_as_in_a_shell() {
        for (before, edit, after) in [
            ("ab|c", Edit::Left, "a|bc"),
            ("|abc", Edit::Left, "|abc"),
            ("a|bc", Edit::Right, "ab|c"),
            ("abc|", Edit::Right, "abc|"),
            ("ab|c", Edit::Home, "|abc"),
            ("ab|c", Edit::End, "abc|"),
            ("ab|c", Edit::DeleteBefore, "a|c"),
            ("|c", Edit::DeleteBefore, "|c"),
            ("a|bc", Edit::DeleteAfter, "a|c"),
            ("ab|c", Edit::DeleteToStart, "|c"),
            ("one two|", Edit::DeleteWord, "one |"),
            ("one  |x", Edit::DeleteWord, "|x"),
            ("one|two", Edit::DeleteToEnd, "one|"),
            ("one two-three|", Edit::WordLeft, "one two-|three"),
            ("one -|", Edit::WordLeft, "|one -"),
            ("one| two x", Edit::WordRight, "one two| x"),
            ("on|e", Edit::WordRight, "one|"),
            ("one two-three|", Edit::DeleteWordBefore, "one two-|"),
            ("|one two", Edit::DeleteWordAfter, "| two"),
            ("e\u{323}\u{302}t 漢字|", Edit::WordLeft, "e\u{323}\u{302}t |漢字"),
            ("漢|字", Edit::DeleteBefore, "|字"),
            ("e\u{323}\u{302}|x", Edit::Left, "|e\u{323}\u{302}x"),
            ("|e\u{323}\u{302}x", Edit::DeleteAfter, "|x"),
        ] {
            check(before, edit, after);
        }
    }

    fn pasted(text: &str) -> String {
        let mut input = Input::default();
        input.paste(text);
        input.text().to_owned()
    }

    #[test]
    fn a_paste_is_cleaned_and_cut() {
        for (text, expected) in [
            ("a\u{1b}[2J\nb\u{202e}", "a b"),
            ("one\r\ntwo\t three\n", "one two three"),
            ("\nPro  duction\u{a0}x \n", "Pro  duction\u{a0}x "),
            ("a \n\n b", "a b"),
            ("\u{1b}[1;31mred\u{1b}[0m", "red"),
            ("\u{9b}31mred", "red"),
            ("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\b", "ab"),
            ("a\u{1b}b\u{1b}[", "ab"),
            ("a\u{1b}]never closed", "a"),
        ] {
            assert_eq!(pasted(text), expected, "{text:?}");
        }
        assert_eq!(pasted(&"漢".repeat(100_000)).chars().count(), MAX_CHARS);
        assert_eq!(Input::of("two  spaces").text(), "two  spaces", "what is there already stays as it is");
    }
}

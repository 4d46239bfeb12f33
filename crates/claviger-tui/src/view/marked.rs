//! Owns texts of which some characters are marked, fitted into columns with their marks. Must not know why they are
//! marked.

use claviger_api::drawable;
use ratatui::style::Style;
use ratatui::text::Span;

use super::text::{ELLIPSIS, characters, fit};

/// A text for one column, made safe, with the places of its marked characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marked {
    safe: String,
    /// Places among the characters that a person sees, in order.
    marks: Vec<usize>,
    /// How many characters at the end stay when it is cut.
    kept: usize,
}

impl From<&str> for Marked {
    fn from(text: &str) -> Self {
        Self { safe: drawable(text).into_owned(), ..Self::default() }
    }
}

impl From<String> for Marked {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl Marked {
    /// The text, made safe. Marks are places in this one.
    pub(super) fn safe(&self) -> &str {
        &self.safe
    }

    /// Marks the characters at these places.
    pub(super) fn mark(&mut self, places: impl IntoIterator<Item = usize>) {
        self.marks.extend(places);
        self.marks.sort_unstable();
        self.marks.dedup();
    }

    /// Marks the characters that lie in a range of bytes.
    pub(super) fn mark_bytes(&mut self, range: &std::ops::Range<usize>) {
        let mut start = 0;
        let mut places = Vec::new();
        for (place, (character, _)) in characters(&self.safe).enumerate() {
            let end = start + character.len();
            if start < range.end && range.start < end {
                places.push(place);
            }
            start = end;
        }
        self.mark(places);
    }

    /// Puts another text behind.
    pub(super) fn push(&mut self, other: &Self) {
        let len = characters(&self.safe).count();
        self.safe.push_str(&other.safe);
        self.mark(other.marks.iter().map(|place| len + place));
    }

    /// Keeps so many characters at its end when it is cut.
    pub(super) fn keep(&mut self, kept: usize) {
        self.kept = kept;
    }

    /// Brings it to exactly `room` columns. Where a marked character is cut off, the ellipsis is marked in its place.
    pub(super) fn spans(&self, room: usize, plain: Style, marked: Style) -> Vec<Span<'static>> {
        let seen = fit(&self.safe, room, self.kept);
        let mut runs = Runs { spans: Vec::new(), text: String::new(), is_marked: false, plain, marked };
        if self.marks.is_empty() {
            let ellipsis = if seen.is_cut { ELLIPSIS } else { "" };
            runs.text = [seen.head, ellipsis, seen.tail].concat();
        } else {
            let is_marked = |place: usize| self.marks.binary_search(&place).is_ok();
            let mut place = 0;
            for (character, _) in characters(seen.head) {
                runs.push(character, is_marked(place));
                place += 1;
            }
            let tail_at = characters(&self.safe).count() - characters(seen.tail).count();
            if seen.is_cut {
                runs.push(ELLIPSIS, (place..tail_at).any(is_marked));
            }
            for (at, (character, _)) in characters(seen.tail).enumerate() {
                runs.push(character, is_marked(tail_at + at));
            }
        }
        runs.push(&" ".repeat(room - seen.columns), false);
        runs.end();
        runs.spans
    }
}

/// Gathers characters that look alike.
struct Runs {
    spans: Vec<Span<'static>>,
    text: String,
    is_marked: bool,
    plain: Style,
    marked: Style,
}

impl Runs {
    fn push(&mut self, text: &str, is_marked: bool) {
        if is_marked != self.is_marked {
            self.end();
            self.is_marked = is_marked;
        }
        self.text.push_str(text);
    }

    fn end(&mut self) {
        let style = if self.is_marked { self.marked } else { self.plain };
        if !self.text.is_empty() {
            self.spans.push(Span::styled(std::mem::take(&mut self.text), style));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::view::text::width;

    /// The text in so many columns, its marked characters in brackets.
    fn shown(text: &Marked, room: usize) -> String {
        let (plain, marked) = (Style::new(), Style::new().bold());
        let spans = text.spans(room, plain, marked).into_iter();
        spans
            .map(
                |span| {
                    if span.style == marked {
                        format!("[{}]", span.content)
                    } else {
                        span.content.into_owned()
                    }
                },
            )
            .collect()
    }

    fn marked(text: &str, places: &[usize], kept: usize) -> Marked {
        let mut marked = Marked::from(text);
        marked.mark(places.iter().copied());
        marked.keep(kept);
        marked
    }

    #[test]
    fn marks_stay_on_their_characters() {
        for (text, places, kept, room, expected) in [
            ("Production", &[0, 1, 4][..], 0, 12, "[Pr]od[u]ction  "),
            ("Production", &[0, 9], 0, 6, "[P]rodu[…]"),
            ("Production", &[0, 1], 0, 6, "[Pr]odu…"),
            ("漢字漢字", &[1], 0, 5, "漢[字]…"),
            ("漢字漢字", &[2], 0, 6, "漢字[…] "),
            ("clv_4fX9aaaabbbb_…k3Qz", &[4, 18, 19], 4, 13, "clv_[4]fX9…[k3]Qz"),
            ("clv_4fX9aaaabbbb_…k3Qz", &[9], 4, 13, "clv_4fX9[…]k3Qz"),
            ("e\u{301}e\u{301}", &[1], 0, 3, "e\u{301}[e\u{301}] "),
        ] {
            assert_eq!(shown(&marked(text, places, kept), room), expected);
        }
        let mut both = marked("é", &[0], 0);
        both.push(&marked(" +1", &[1], 0));
        assert_eq!(shown(&both, 4), "[é] [+]1");
        let mut bytes = Marked::from("aé漢x");
        bytes.mark_bytes(&(1..4));
        assert_eq!(shown(&bytes, 5), "a[é漢]x");
    }

    proptest! {
        #[test]
        fn it_takes_exactly_its_columns(
            text in "\\PC{0,24}|([👍❤漢لا🇩🇪ｶﾞe]|\u{1f3fd}|\u{fe0f}|\u{301}|\u{200d}|\u{ff9e}){0,24}",
            marks in prop::collection::vec(0..24_usize, 0..8),
            kept in 0..6_usize,
            room in 0..30_usize,
        ) {
            let text = marked(&text, &marks, kept);
            let spans = text.spans(room, Style::new(), Style::new().bold());
            prop_assert_eq!(spans.iter().map(|span| width(&span.content)).sum::<usize>(), room);
        }
    }
}

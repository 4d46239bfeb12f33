//! Owns whether a filter finds a text. Must not know whose text it is, nor how a match is shown.
//!
//! It is asked of every key at every press, so it decides without scoring or allocating. What it finds is what
//! nucleo's fuzzy matching finds; that is asked only where the matches are drawn.

use nucleo_matcher::chars::{normalize, to_lower_case};

/// A filter as it was typed: every word must be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matching {
    words: Vec<Word>,
}

/// A word of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    text: Box<str>,
    /// Its characters in lower case.
    chars: Box<[char]>,
    /// Whether a letter finds itself with an accent too: only a word without accents does.
    strips_accents: bool,
}

impl Matching {
    pub(crate) fn new(filter: &str) -> Self {
        Self { words: filter.split_whitespace().map(Word::new).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(crate) fn words(&self) -> &[Word] {
        &self.words
    }

    /// Whether each word is in one of the texts: scattered in a name, in one piece in an id.
    pub(crate) fn finds(&self, names: &[&str], ids: &[&str]) -> bool {
        self.words.iter().all(|word| {
            names.iter().any(|name| word.is_scattered_in(name)) || ids.iter().any(|id| word.is_in(id))
        })
    }

    /// Whether it finds nothing that `wider` does not find: each word of that one begins a word of this one.
    pub(crate) fn narrows(&self, wider: &Self) -> bool {
        wider.words.iter().all(|old| self.words.iter().any(|new| new.extends(old)))
    }
}

impl Word {
    fn new(text: &str) -> Self {
        let strips_accents = text.chars().all(|c| normalize(c) == c);
        Self { text: text.into(), chars: text.chars().map(to_lower_case).collect(), strips_accents }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether its characters come in a text in their order, others between them or not.
    pub(crate) fn is_scattered_in(&self, text: &str) -> bool {
        if let (true, [first, ..]) = (text.is_ascii(), &*self.chars) {
            let is_there = u8::try_from(*first).is_ok_and(|first| has(text.as_bytes(), first));
            is_there
                && is_within(&self.chars, text.bytes(), |byte, wanted| {
                    char::from(byte.to_ascii_lowercase()) == wanted
                })
        } else {
            is_within(&self.chars, text.chars(), |c, wanted| self.is_same(c, wanted))
        }
    }

    /// Whether it comes in a text in one piece.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.position_in(text).is_some()
    }

    /// Where it comes in a text in one piece, in bytes. Ids are ASCII, and of others only the case of ASCII is ignored.
    pub(crate) fn position_in(&self, text: &str) -> Option<usize> {
        let (first, rest) = self.text.as_bytes().split_first()?;
        let text = text.as_bytes();
        if !has(text, *first) {
            return None;
        }
        let last = text.len().checked_sub(self.text.len())?;
        let begins = |at: &usize| text[*at].eq_ignore_ascii_case(first);
        let goes_on = |at: &usize| text[at + 1..][..rest.len()].eq_ignore_ascii_case(rest);
        (0..=last).filter(begins).find(goes_on)
    }

    /// Whether a character of a text is one of ours, which is in lower case.
    fn is_same(&self, c: char, wanted: char) -> bool {
        if c.is_ascii() || c == wanted {
            return c.to_ascii_lowercase() == wanted;
        }
        // The scripts of East Asia have neither case nor accents, and their texts are long.
        if matches!(c, '\u{2e80}'..='\u{a63f}' | '\u{ac00}'..='\u{d7ff}') {
            return false;
        }
        to_lower_case(if self.strips_accents { normalize(c) } else { c }) == wanted
    }

    fn extends(&self, shorter: &Self) -> bool {
        self.text.starts_with(&*shorter.text) && self.strips_accents == shorter.strips_accents
    }
}

/// Whether a byte is anywhere in a text, in either case. It looks at the whole of it, sixteen bytes at a time, which is
/// faster than stopping at the first.
fn has(text: &[u8], byte: u8) -> bool {
    let (lower, upper) = (byte.to_ascii_lowercase(), byte.to_ascii_uppercase());
    text.iter().fold(0, |has, c| has | u8::from(*c == lower) | u8::from(*c == upper)) != 0
}

/// Whether each wanted character comes in a text after the one before.
fn is_within<C>(
    wanted: &[char],
    mut text: impl Iterator<Item = C>,
    is_same: impl Fn(C, char) -> bool,
) -> bool {
    wanted.iter().all(|wanted| text.any(|c| is_same(c, *wanted)))
}

#[cfg(test)]
mod tests {
    use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
    use nucleo_matcher::{Config, Matcher, Utf32Str};
    use proptest::prelude::*;

    use super::*;

    fn scattered(word: &str, text: &str) -> bool {
        Word::new(word).is_scattered_in(text)
    }

    #[test]
    fn case_and_accents_are_ignored_but_where_they_were_typed() {
        for (word, text, found) in [
            ("prdctn", "Production", true),
            ("PRD", "production", true),
            ("ci", "ic", false),
            ("cafe", "Café", true),
            ("café", "Cafe", false),
            ("CAFÉ", "café", true),
            ("漢字", "漢の字", true),
            ("ключ", "Новый КЛЮЧ", true),
        ] {
            assert_eq!(scattered(word, text), found, "{word} in {text}");
        }
        assert!(Word::new("…K3q").is_in("clv_4fX9aQ2LmN7b_…k3Qz"));
        assert!(!Word::new("ck3").is_in("clv_4fX9aQ2LmN7b_…k3Qz"));
    }

    #[test]
    fn a_filter_that_grows_narrows() {
        for (old, new, narrows) in [
            ("", "c", true),
            ("c", "ci", true),
            ("ci", "ci ", true),
            ("ci", "ci sav", true),
            ("ci sav", "sav cite", true),
            ("ci", "c", false),
            ("ci", "aci", false),
            ("cafe", "café", false),
            ("ci sav", "ci", false),
        ] {
            assert_eq!(Matching::new(new).narrows(&Matching::new(old)), narrows, "{old:?} to {new:?}");
        }
    }

    /// Letters with and without accents and case, some of which take two characters in another case.
    const TEXT: &str = "[a-eA-Eé漢字ßÅσΣшШ ]{0,12}";

    proptest! {
        #[test]
        fn what_is_found_is_what_nucleo_finds(word in "[a-eA-Eé漢ßÅσΣш]{1,3}", text in TEXT) {
            let atom = Atom::new(&word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
            let score = atom.score(Utf32Str::new(&text, &mut vec![]), &mut Matcher::new(Config::DEFAULT));
            prop_assert_eq!(scattered(&word, &text), score.is_some());
        }

        #[test]
        fn narrowing_loses_nothing(old in TEXT, more in TEXT, text in TEXT) {
            let (wider, narrower) = (Matching::new(&old), Matching::new(&format!("{old}{more}")));
            if narrower.narrows(&wider) && narrower.finds(&[&text], &[]) {
                prop_assert!(wider.finds(&[&text], &[]));
            }
            if narrower.narrows(&wider) && narrower.finds(&[], &[&text]) {
                prop_assert!(wider.finds(&[], &[&text]));
            }
        }
    }
}

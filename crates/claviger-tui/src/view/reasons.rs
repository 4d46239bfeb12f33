//! Owns why a row is there: where in its texts each word of the filter was found. Must not decide whether it is there.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::marked::Marked;
use crate::state::Matching;

/// Finds where the words of one filter are, row by row.
pub(super) struct Finder<'a> {
    matching: &'a Matching,
    /// One for each word.
    atoms: Vec<Atom>,
    /// There only where there is a filter: it holds memory for the search.
    matcher: Option<Matcher>,
    chars: Vec<char>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(matching: &'a Matching) -> Self {
        let atom =
            |word: &str| Atom::new(word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
        let atoms: Vec<Atom> = matching.words().iter().map(|word| atom(word.text())).collect();
        let matcher = (!atoms.is_empty()).then(|| Matcher::new(Config::DEFAULT));
        Self { matching, atoms, matcher, chars: Vec::new() }
    }

    /// Begins a row.
    pub(super) fn row(&mut self) -> Reasons<'_, 'a> {
        Reasons { open: (0..self.atoms.len()).collect(), finder: self }
    }
}

/// Marks the texts of one row, the most telling first: a word is marked in the first text that has it, and no other.
pub(super) struct Reasons<'f, 'a> {
    finder: &'f mut Finder<'a>,
    /// The words that no text had yet.
    open: Vec<usize>,
}

/// How a word has to be in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    /// Its characters in their order, others between them or not.
    Scattered,
    /// In one piece.
    Whole,
}

impl Reasons<'_, '_> {
    /// A text with the words marked that it has.
    pub(super) fn mark(&mut self, text: &str, how: As) -> Marked {
        let mut marked = Marked::from(text);
        let open = std::mem::take(&mut self.open);
        self.open = open.into_iter().filter(|word| !self.finds(*word, &mut marked, how)).collect();
        marked
    }

    /// Puts another text behind one, if it has a word that was not found yet.
    pub(super) fn also(&mut self, marked: &mut Marked, text: &str, how: As) {
        let before = self.open.len();
        let found = self.mark(text, how);
        if self.open.len() < before {
            marked.push(&" · ".into());
            marked.push(&found);
        }
    }

    /// Marks in a text that holds the end of an id what the words have of that end.
    pub(super) fn mark_id(&mut self, marked: &mut Marked, id: &str, end: &str) {
        let words = self.finder.matching.words();
        let Some(at) = marked.safe().find(end) else { return };
        let skipped = id.len() - end.len();
        self.open.retain(|word| {
            let Some(start) = words[*word].position_in(id) else { return true };
            let range = start.max(skipped)..(start + words[*word].text().len()).max(skipped);
            marked.mark_bytes(&(at + range.start - skipped..at + range.end - skipped));
            false
        });
    }

    /// The words that no text had yet.
    pub(super) fn open(&self) -> &[usize] {
        &self.open
    }

    fn finds(&mut self, word: usize, marked: &mut Marked, how: As) -> bool {
        let Finder { matching, atoms, matcher, chars } = &mut *self.finder;
        match how {
            As::Whole => {
                let word = &matching.words()[word];
                let Some(start) = word.position_in(marked.safe()) else { return false };
                marked.mark_bytes(&(start..start + word.text().len()));
            }
            As::Scattered => {
                let Some(matcher) = matcher else { return false };
                let mut places = Vec::new();
                let text = Utf32Str::new(marked.safe(), chars);
                if atoms[word].indices(text, matcher, &mut places).is_none() {
                    return false;
                }
                marked.mark(places.into_iter().filter_map(|place| usize::try_from(place).ok()));
            }
        }
        true
    }
}

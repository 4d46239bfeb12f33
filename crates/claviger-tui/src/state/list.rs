//! Owns a list on the screen: which rows it has, which is selected, how far it is scrolled. Must not know what a row
//! is.

use crate::input::Input;
use crate::keymap::Step;

/// A list whose selection is an id, so that changes from elsewhere never move it to another row's object.
#[derive(Debug)]
pub(crate) struct List<Id> {
    /// The ids that are shown, in their order.
    pub(crate) rows: Vec<Id>,
    pub(crate) selected: Option<Id>,
    /// Is selected as soon as it is among the rows.
    pub(crate) awaited: Option<Id>,
    /// The first row on the screen.
    pub(crate) top: usize,
    pub(crate) filter: Input,
    /// Whether presses go to the filter.
    pub(crate) typing: bool,
    /// What was selected before a filter was typed, until a person selects something else.
    unfiltered: Option<Id>,
    /// Where the selected id was last seen: a guess that spares looking for it among all rows.
    at: usize,
    /// Whether what was selected went away by itself, so that nothing is selected until a person chooses.
    is_lost: bool,
}

/// Where the selection goes when what was selected is no longer among the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// To the row in its place: it went because a person here asked for it.
    Falls,
    /// To nothing: a press that was meant for what went away must not reach another row.
    IsLost,
}

impl<Id> Default for List<Id> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            selected: None,
            awaited: None,
            top: 0,
            filter: Input::default(),
            typing: false,
            unfiltered: None,
            at: 0,
            is_lost: false,
        }
    }
}

impl<Id: Clone + PartialEq> List<Id> {
    /// Where the selected id is among the rows.
    pub(crate) fn position(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        if self.rows.get(self.at) == Some(selected) {
            return Some(self.at);
        }
        self.rows.iter().position(|id| id == selected)
    }

    /// Takes new rows. The selection stays on its id.
    pub(crate) fn set_rows(&mut self, rows: Vec<Id>, gone: Gone, height: usize) {
        let before = self.position().unwrap_or(self.at);
        let had_one = self.selected.is_some();
        self.rows = rows;
        if let Some(awaited) = self.awaited.take_if(|awaited| self.rows.contains(awaited)) {
            self.selected = Some(awaited);
            self.is_lost = false;
        }
        let place = before.min(self.rows.len().saturating_sub(1));
        match self.position() {
            Some(at) => self.at = at,
            // In an empty list there is no other row that a press could reach.
            None if self.rows.is_empty() => self.stand_on(0),
            None if (had_one && gone == Gone::IsLost) || self.is_lost => {
                (self.selected, self.is_lost, self.at) = (None, true, place);
            }
            None => self.stand_on(place),
        }
        self.scroll(height);
    }

    /// Takes the rows that an edited filter leaves, and stands on the best of them, or on the first; on what was selected
    /// before, once the filter is empty again.
    pub(crate) fn set_filtered(&mut self, rows: Vec<Id>, best: Option<Id>, height: usize) {
        self.is_lost = false;
        if self.filter.is_empty() {
            self.selected = self.unfiltered.take().or(self.selected.take());
        } else {
            self.unfiltered = self.unfiltered.take().or(self.selected.take());
            self.selected = best.or_else(|| rows.first().cloned());
        }
        self.set_rows(rows, Gone::Falls, height);
    }

    /// Keeps the filter and what it found: its end no longer brings back what was selected before.
    pub(crate) fn keep_filter(&mut self) {
        self.typing = false;
        self.unfiltered = None;
    }

    /// Moves the selection.
    pub(crate) fn go(&mut self, step: Step, height: usize) {
        let last = self.rows.len().saturating_sub(1);
        self.unfiltered = None;
        self.awaited = None;
        let to = match self.position() {
            Some(at) => stepped(at, step, last, height),
            // From nothing a step leads to the row in the place of what went away.
            None if matches!(step, Step::Up | Step::Down) => self.at.min(last),
            None => stepped(self.at, step, last, height),
        };
        self.stand_on(to);
        self.scroll(height);
    }

    /// Selects the row at a place on the screen, where there is one.
    pub(crate) fn pick(&mut self, at: usize) {
        let at = self.top + at;
        if at < self.rows.len() {
            self.unfiltered = None;
            self.awaited = None;
            self.stand_on(at);
        }
    }

    /// Selects the row at a place.
    pub(crate) fn stand_on(&mut self, at: usize) {
        self.selected = self.rows.get(at).cloned();
        self.at = at;
        self.is_lost = false;
    }

    /// Scrolls as little as brings the selection into view.
    pub(crate) fn scroll(&mut self, height: usize) {
        let at = self.position().unwrap_or(self.at);
        self.top = scrolled(self.top, at, self.rows.len(), height);
    }

    /// The ids on the screen, with their places.
    pub(crate) fn visible(&self, height: usize) -> impl Iterator<Item = &Id> {
        self.rows.iter().skip(self.top).take(height)
    }
}

/// Where a step leads from `at`, in a list whose last row is `last` and of which `height` rows are seen.
pub(crate) fn stepped(at: usize, step: Step, last: usize, height: usize) -> usize {
    let page = height.max(1);
    let half = (height / 2).max(1);
    match step {
        Step::Up => at.saturating_sub(1),
        Step::Down => (at + 1).min(last),
        Step::First => 0,
        Step::Last => last,
        Step::PageUp => at.saturating_sub(page),
        Step::PageDown => (at + page).min(last),
        Step::HalfUp => at.saturating_sub(half),
        Step::HalfDown => (at + half).min(last),
    }
}

/// The first row to show so that row `at` of `len` is among `height` rows, moving as little as can be.
pub(crate) fn scrolled(top: usize, at: usize, len: usize, height: usize) -> usize {
    let height = height.max(1);
    top.min(at).max((at + 1).saturating_sub(height)).min(len.saturating_sub(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_is_an_id() {
        let mut list = List::default();
        list.set_rows(vec!["a", "b", "c"], Gone::IsLost, 10);
        assert_eq!(list.selected, Some("a"));
        list.go(Step::Down, 10);
        list.set_rows(vec!["0", "a", "b", "c"], Gone::IsLost, 10);
        assert_eq!(list.selected, Some("b"), "a row that came before it moves nothing");
        list.set_rows(vec!["0", "a", "c"], Gone::Falls, 10);
        assert_eq!(list.selected, Some("c"), "where it was taken away here, its place is taken");
        list.set_rows(vec![], Gone::Falls, 10);
        assert_eq!(list.selected, None);
    }

    #[test]
    fn what_goes_away_by_itself_leaves_nothing_selected_until_a_person_chooses() {
        let after_a_loss = || {
            let mut list = List::default();
            list.set_rows(vec!["a", "b", "c", "d"], Gone::IsLost, 10);
            list.go(Step::Down, 10);
            list.set_rows(vec!["a", "c", "d"], Gone::IsLost, 10);
            assert_eq!(list.selected, None);
            list.set_rows(vec!["0", "a", "c", "d"], Gone::Falls, 10);
            assert_eq!(list.selected, None, "news do not choose");
            list
        };
        for (step, selected) in [(Step::Down, "a"), (Step::Up, "a"), (Step::Last, "d"), (Step::First, "0")] {
            let mut list = after_a_loss();
            list.go(step, 10);
            assert_eq!(list.selected, Some(selected), "{step:?}");
        }
        let mut list = after_a_loss();
        list.pick(2);
        assert_eq!(list.selected, Some("c"));
        let mut list = after_a_loss();
        list.set_rows(vec![], Gone::IsLost, 10);
        list.set_rows(vec!["new"], Gone::IsLost, 10);
        assert_eq!(list.selected, Some("new"), "the first of an empty list is selected as ever");
    }

    #[test]
    fn a_filter_stands_on_its_first_match_and_its_end_brings_the_selection_back() {
        let filtered = |list: &mut List<char>, filter: &str| {
            list.filter = Input::of(filter);
            let rows = "abcd".chars().filter(|c| filter.is_empty() || filter.contains(*c));
            list.set_filtered(rows.collect(), None, 10);
            list.selected
        };
        let mut list = List::default();
        list.set_rows("abcd".chars().collect(), Gone::IsLost, 10);
        list.go(Step::Last, 10);
        for (filter, selected) in
            [("dcb", Some('b')), ("dc", Some('c')), ("x", None), ("dc", Some('c')), ("", Some('d'))]
        {
            assert_eq!(filtered(&mut list, filter), selected, "{filter}");
        }
        filtered(&mut list, "dcb");
        list.go(Step::Down, 10);
        assert_eq!(filtered(&mut list, ""), Some('c'), "what was gone to stays");
        filtered(&mut list, "b");
        list.keep_filter();
        assert_eq!(filtered(&mut list, ""), Some('b'), "what was found and kept stays");
    }

    #[test]
    fn a_filter_stands_on_its_best_match_where_one_is_better() {
        let mut list = List { filter: Input::of("c"), ..List::default() };
        list.set_filtered(vec!["a", "b", "c"], Some("c"), 2);
        assert_eq!((list.selected, list.top), (Some("c"), 1));
    }

    #[test]
    fn what_is_awaited_is_selected_when_it_comes() {
        let mut list = List::default();
        list.set_rows(vec![1, 2], Gone::IsLost, 10);
        list.awaited = Some(3);
        list.set_rows(vec![1, 2], Gone::IsLost, 10);
        assert_eq!(list.selected, Some(1));
        list.set_rows(vec![1, 2, 3], Gone::IsLost, 10);
        assert_eq!((list.selected, list.awaited), (Some(3), None));
    }

    #[test]
    fn the_selection_is_always_in_view() {
        let mut list = List::default();
        list.set_rows((0..100).collect(), Gone::IsLost, 10);
        for (step, selected, top) in [
            (Step::PageDown, 10, 1),
            (Step::Last, 99, 90),
            (Step::Up, 98, 90),
            (Step::HalfUp, 93, 90),
            (Step::PageUp, 83, 83),
            (Step::HalfDown, 88, 83),
            (Step::First, 0, 0),
        ] {
            list.go(step, 10);
            assert_eq!((list.selected, list.top), (Some(selected), top), "{step:?}");
        }
    }
}

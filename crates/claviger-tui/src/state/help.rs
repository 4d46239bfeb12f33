//! Owns the help overlay: what it lists, what is searched for, which row is marked. Must not draw it or do what it says.

use super::{Matching, State, stepped};
use crate::input::Input;
use crate::keymap::{Action, Row, Step};

/// The help overlay.
#[derive(Debug, Default)]
pub(crate) struct Help {
    pub(crate) search: Input,
    /// The row that is marked, among those that the search leaves.
    pub(crate) marked: usize,
}

impl State {
    /// What the help overlay lists: what can be pressed in the place that it lies over, as far as the search finds it.
    pub(crate) fn help_rows(&self) -> Vec<&Row> {
        let search = self.help.as_ref().map_or("", |help| help.search.text());
        let matching = Matching::new(search);
        let rows = self.look.keymap.rows(self.mode_below_help());
        rows.filter(|row| {
            self.has_meaning(row.binding.action) && matching.finds(&[], &[row.binding.help, &row.label()])
        })
        .collect()
    }

    /// Whether the help tells of an action: not of one that most people never meet, while there is nothing that it could
    /// be done to.
    fn has_meaning(&self, action: Action) -> bool {
        action != Action::Release || self.selected_key().is_some_and(|key| key.suspended_at.is_some())
    }

    /// How many rows the help overlay lists without a search.
    pub(crate) fn all_help_rows(&self) -> usize {
        let rows = self.look.keymap.rows(self.mode_below_help());
        rows.filter(|row| self.has_meaning(row.binding.action)).count()
    }

    /// What the marked row asks for, and how it is pressed.
    pub(crate) fn marked_help(&self) -> Option<(Action, String)> {
        let marked = self.help.as_ref()?.marked;
        self.help_rows().get(marked).map(|row| (row.binding.action, row.press()))
    }

    /// Moves the mark of the help overlay.
    pub(crate) fn go_in_help(&mut self, step: Step) {
        let last = self.help_rows().len().saturating_sub(1);
        let height = self.list_rows();
        if let Some(help) = &mut self.help {
            help.marked = stepped(help.marked, step, last, height);
        }
    }
}

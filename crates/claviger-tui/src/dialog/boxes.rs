//! Owns the list of accounts as checkboxes. Must not know what the choice is for.

use std::collections::BTreeSet;

use claviger_api::AccountId;

use crate::input::Input;
use crate::keymap::Step;
use crate::state::{List, Order, Store};

/// Accounts as checkboxes, with a filter.
#[derive(Debug, Default)]
pub(crate) struct Boxes {
    /// What is checked, shown or not.
    pub(crate) checked: BTreeSet<AccountId>,
    pub(crate) list: List<AccountId>,
    /// Whether presses go to the filter.
    pub(crate) typing: bool,
}

impl Boxes {
    /// The rows that `List` keeps in view. The screen may show fewer, and then scrolls by itself.
    pub(crate) const HEIGHT: usize = 6;

    pub(crate) fn new(checked: BTreeSet<AccountId>, store: &Store) -> Self {
        let mut boxes = Self { checked, ..Self::default() };
        boxes.refresh(store);
        boxes
    }

    /// Takes the accounts as they are now. One that is gone loses its check.
    pub(crate) fn refresh(&mut self, store: &Store) {
        self.checked.retain(|id| store.accounts.contains_key(id));
        let rows = store.account_rows(self.list.filter.text(), Order::Name);
        self.list.set_rows(rows, Self::HEIGHT);
    }

    pub(crate) fn filter(&mut self) -> &mut Input {
        &mut self.list.filter
    }

    /// Checks or unchecks the row that is stood on.
    pub(crate) fn toggle(&mut self) {
        if let Some(id) = self.list.selected.clone()
            && !self.checked.remove(&id)
        {
            self.checked.insert(id);
        }
    }

    /// Checks every row that is shown; where all of them are, unchecks them.
    pub(crate) fn mark_all(&mut self) {
        if self.list.rows.iter().all(|id| self.checked.contains(id)) {
            for id in &self.list.rows {
                self.checked.remove(id);
            }
        } else {
            self.checked.extend(self.list.rows.iter().cloned());
        }
    }

    /// Moves to another row; `false` where there is none that way.
    pub(crate) fn go(&mut self, step: Step) -> bool {
        let before = self.list.position();
        self.list.go(step, Self::HEIGHT);
        self.list.position() != before
    }
}

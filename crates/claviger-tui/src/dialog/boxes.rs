//! Owns the list of accounts as checkboxes. Must not know what the choice is for.

use std::collections::BTreeSet;

use claviger_api::name::fold;
use claviger_api::{Account, AccountId};

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
        self.list.set_rows(self.rows(store), Self::HEIGHT);
    }

    /// Takes an edited filter.
    pub(crate) fn refilter(&mut self, store: &Store) {
        self.list.set_filtered(self.rows(store), Self::HEIGHT);
    }

    /// The accounts whose line holds the filter in one piece, its words side by side: what is marked here is
    /// granted, so `inst 1` must not find a 1 elsewhere in the line, as it would were each word looked for alone.
    fn rows(&self, store: &Store) -> Vec<AccountId> {
        let filter = fold(self.list.filter.text());
        let filter = filter.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut rows = store.account_rows("", Order::Name);
        rows.retain(|id| {
            let line = store.accounts.get(id).map_or_else(String::new, |account| fold(&Self::line(account)));
            line.contains(&filter) || line.replace(" · ", " ").contains(&filter)
        });
        rows
    }

    /// How an account reads in one line: its name, who holds it, its last digits.
    pub(crate) fn line(account: &Account) -> String {
        let facts = [Some(account.name.as_str()), account.institution.as_deref(), account.mask.as_deref()];
        facts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// How many accounts are checked that the filter hides.
    pub(crate) fn hidden(&self) -> usize {
        self.checked.len() - self.list.rows.iter().filter(|id| self.checked.contains(id)).count()
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

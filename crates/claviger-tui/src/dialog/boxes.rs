//! Owns the list of accounts as checkboxes, grouped by institution. Must not know what the choice is for.

use std::collections::{BTreeSet, HashMap};

use claviger_api::name::fold;
use claviger_api::{Account, AccountId, Scope};

use super::change::Choice;
use crate::input::Input;
use crate::keymap::Step;
use crate::state::{Gone, List, Store};

/// Accounts as checkboxes, with a filter.
#[derive(Debug, Default)]
pub(crate) struct Boxes {
    /// What is checked, shown or not.
    pub(crate) checked: BTreeSet<AccountId>,
    /// What the key could see when the form was opened; `None` where there was no key.
    pub(crate) before: Option<Scope>,
    /// What the choice comes to.
    pub(super) choice: Choice,
    pub(crate) list: List<AccountId>,
    /// Whether presses go to the filter.
    pub(crate) typing: bool,
    /// Every account, by institution and then by name, those without an institution last.
    pub(super) accounts: Vec<Listed>,
    /// Where the rows of `list` are among the accounts.
    pub(super) shown: Vec<usize>,
    /// Where groups begin; none where no account has an institution.
    pub(super) groups: Vec<Group>,
    /// The first line that is seen, headings counted.
    pub(super) top: usize,
    /// How many lines there are without a filter.
    pub(super) whole: usize,
}

/// An account as it is listed.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) institution: Option<String>,
    pub(crate) mask: Option<String>,
    /// Its name, with more where another account has the same.
    pub(crate) label: String,
    /// The number of its group.
    group: usize,
    /// What a filter looks into.
    haystack: String,
}

/// Where a group begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// Its first row.
    pub(super) row: usize,
    /// The line of its heading.
    pub(super) line: usize,
}

impl Listed {
    fn new(account: &Account, group: usize, is_namesake: bool) -> Self {
        let Account { name, institution, mask, .. } = account;
        let label = match (is_namesake, mask, institution) {
            (true, Some(mask), _) => format!("{name} ··{mask}"),
            (true, None, Some(institution)) => format!("{name} ({institution})"),
            _ => name.clone(),
        };
        let parts = |first: Option<&str>, second: Option<&str>| {
            let parts = [first, second, mask.as_deref()];
            searched(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        };
        let (name, institution) = (Some(name.as_str()), institution.as_deref());
        // As it is read under its heading, and as people say it. No filter holds the line end between them.
        let haystack = format!("{}\n{}", parts(institution, name), parts(name, institution));
        Self {
            id: account.id.clone(),
            name: account.name.clone(),
            institution: account.institution.clone(),
            mask: account.mask.clone(),
            label,
            group,
            haystack,
        }
    }
}

/// A text as filters see it: case folded, one space between words, without the points that are only drawn.
pub(crate) fn searched(text: &str) -> String {
    let text = fold(text);
    let words = text.split_whitespace().map(|word| word.trim_matches('·')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

impl Boxes {
    /// The lines that are kept in view. The screen may show fewer, and then scrolls by itself.
    const HEIGHT: usize = 6;

    pub(crate) fn new(before: Option<Scope>, store: &Store) -> Self {
        let checked = match &before {
            Some(Scope::Only(accounts)) => accounts.clone(),
            Some(Scope::All) | None => BTreeSet::new(),
        };
        let mut boxes = Self { checked, before, ..Self::default() };
        boxes.refresh(store);
        boxes
    }

    /// Takes the accounts as they are now. One that is gone loses its check.
    pub(crate) fn refresh(&mut self, store: &Store) {
        self.checked.retain(|id| store.accounts.contains_key(id));
        let mut names = HashMap::<&str, usize>::new();
        for account in store.accounts.values() {
            *names.entry(&account.name).or_default() += 1;
        }
        let institution = |account: &Account| account.institution.as_deref().map(fold);
        let mut accounts: Vec<_> = store
            .accounts
            .values()
            .map(|account| (institution(account), fold(&account.name), account))
            .collect();
        accounts.sort_by(|(one, one_name, _), (other, other_name, _)| {
            (one.is_none(), one, one_name).cmp(&(other.is_none(), other, other_name))
        });
        let (mut group, mut last) = (0, None);
        self.accounts.clear();
        for (institution, _, account) in &accounts {
            group += usize::from(last.replace(institution).is_some_and(|last| last != institution));
            let is_namesake = names.get(account.name.as_str()).is_some_and(|count| *count > 1);
            self.accounts.push(Listed::new(account, group, is_namesake));
        }
        let is_grouped = self.accounts.first().is_some_and(|account| account.institution.is_some());
        self.whole = self.accounts.len() + if is_grouped { group + 1 } else { 0 };
        let rows = self.rows();
        self.list.set_rows(rows, Gone::Falls, Self::HEIGHT);
        self.scroll();
        self.weigh();
    }

    /// Takes an edited filter.
    pub(crate) fn refilter(&mut self) {
        let rows = self.rows();
        self.list.set_filtered(rows, None, Self::HEIGHT);
        self.scroll();
    }

    /// The accounts whose line holds the filter in one piece, its words side by side: what is marked here is
    /// granted, so `inst 1` must not find a 1 elsewhere in the line, as it would were each word looked for alone.
    fn rows(&mut self) -> Vec<AccountId> {
        let filter = searched(self.list.filter.text());
        let accounts = self.accounts.iter().enumerate();
        self.shown =
            accounts.filter(|(_, account)| account.haystack.contains(&filter)).map(|(at, _)| at).collect();
        self.groups = self.group();
        self.shown.iter().filter_map(|at| self.accounts.get(*at)).map(|account| account.id.clone()).collect()
    }

    /// Where groups begin among the accounts that are shown.
    fn group(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        // Those with an institution come first: where this one has none, nobody has.
        if self.accounts.first().is_none_or(|account| account.institution.is_none()) {
            return groups;
        }
        let mut last = None;
        for (row, account) in self.shown.iter().filter_map(|at| self.accounts.get(*at)).enumerate() {
            if last.replace(account.group) != Some(account.group) {
                groups.push(Group { row, line: row + groups.len() });
            }
        }
        groups
    }

    fn weigh(&mut self) {
        self.choice = Choice::of(&self.accounts, &self.checked, self.before.as_ref());
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
        self.weigh();
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
        self.weigh();
    }

    /// Moves to another row; `false` where there is none that way.
    pub(crate) fn go(&mut self, step: Step) -> bool {
        let before = self.list.position();
        self.list.go(step, Self::HEIGHT);
        self.scroll();
        self.list.position() != before
    }

    fn scroll(&mut self) {
        self.top = self.first_line(Self::HEIGHT);
    }
}

//! Owns which rows a list shows. Must not know how they are drawn, nor keep their order: the catalogs do.
//!
//! The order is the one that was chosen, with a filter too: rows that jump about by how well they match cannot be aimed
//! at.

use std::collections::{BTreeSet, HashSet};
use std::num::NonZero;
use std::thread::{self, available_parallelism};

use claviger_api::{Account, AccountId, Entry, Key, KeyId, Scope};

use super::matching::{Matching, Word};
use super::store::{News, Touched};
use super::{Bar, Order, Store};

/// What stands for the accounts of a key that sees them all.
pub(crate) const ALL_ACCOUNTS: &str = "All accounts";

/// Which keys a filter leaves, remembered: a longer filter asks only those that the shorter one left, and news only
/// those that it touched.
#[derive(Debug, Default)]
pub(crate) struct Sieve {
    matching: Matching,
    /// For each word the accounts that it finds, so that they are not asked again for each key.
    accounts: Vec<HashSet<AccountId>>,
    /// By place whether a key passes. Means nothing while there is no filter.
    passes: Vec<bool>,
}

impl Sieve {
    pub(crate) fn matching(&self) -> &Matching {
        &self.matching
    }

    /// Takes an edited filter.
    pub(crate) fn refilter(&mut self, store: &Store, filter: &str) {
        let matching = Matching::new(filter);
        if matching == self.matching {
            return;
        }
        let narrows = !self.matching.is_empty() && matching.narrows(&self.matching);
        self.matching = matching;
        self.find_accounts(store);
        if narrows {
            let mut passes = std::mem::take(&mut self.passes);
            decide(&mut passes, |place, passed| passed && self.passes_at(store, place));
            self.passes = passes;
        } else {
            self.ask_all(store);
        }
    }

    /// Takes what news changed.
    pub(crate) fn hear(&mut self, store: &Store, news: &News) {
        if self.matching.is_empty() {
            return;
        }
        if news.accounts {
            self.find_accounts(store);
            return self.ask_all(store);
        }
        match &news.keys {
            Touched::All => self.ask_all(store),
            Touched::Places(places) => {
                self.passes.resize(store.keys.places(), false);
                for place in places {
                    self.passes[*place] = self.passes_at(store, *place);
                }
            }
            // A filter does not look at times.
            Touched::Used => {}
        }
    }

    /// The keys that pass, in order.
    pub(crate) fn rows(&self, store: &Store, order: Order) -> Vec<KeyId> {
        let is_open = self.matching.is_empty();
        store.keys.ordered(order, |place| is_open || self.passes.get(place) == Some(&true))
    }

    /// Whether a key would pass, in the list or not.
    pub(crate) fn finds(&self, key: &Key) -> bool {
        self.matching.is_empty() || self.lets_pass(key)
    }

    /// The key that passes and whose name the filter fits best, where it is in one.
    pub(crate) fn best(&self, store: &Store, order: Order, filter: &str) -> Option<KeyId> {
        store.keys.best_named(order, |place| self.passes.get(place) == Some(&true), filter.trim())
    }

    /// An account by which a word finds a key.
    pub(crate) fn account_of<'a>(
        &'a self,
        word: usize,
        accounts: &'a BTreeSet<AccountId>,
    ) -> Option<&'a AccountId> {
        let found = self.accounts.get(word)?;
        // The shorter of the two is walked.
        if found.len() < accounts.len() {
            found.iter().filter(|id| accounts.contains(*id)).min()
        } else {
            accounts.iter().find(|id| found.contains(*id))
        }
    }

    fn find_accounts(&mut self, store: &Store) {
        let finds = |word: &Word| {
            let accounts = store.accounts.values().filter(|account| word.is_scattered_in(&account.name));
            accounts.map(|account| account.id.clone()).collect()
        };
        self.accounts = self.matching.words().iter().map(finds).collect();
    }

    fn ask_all(&mut self, store: &Store) {
        let mut passes = vec![false; store.keys.places()];
        if !self.matching.is_empty() {
            decide(&mut passes, |place, _| self.passes_at(store, place));
        }
        self.passes = passes;
    }

    fn passes_at(&self, store: &Store, place: usize) -> bool {
        store.keys.at(place).is_some_and(|key| self.lets_pass(key))
    }

    fn lets_pass(&self, key: &Key) -> bool {
        self.matching.words().iter().enumerate().all(|(at, word)| {
            word.is_scattered_in(&key.name)
                || word.is_in(&key.hint)
                || word.is_in(id_text(&key.id, &mut [0; ID_LEN]))
                || Bar::of(key).any(|bar| word.is_in(bar.text()))
                || match &key.scope {
                    Scope::All => word.is_scattered_in(ALL_ACCOUNTS),
                    Scope::Only(accounts) => self.account_of(at, accounts).is_some(),
                }
        })
    }
}

/// So many keys are asked sooner than another thread begins.
const ALONE: usize = 20_000;

/// Decides of each place whether it passes, from whether it did before. Where there are many, every processor takes a part.
fn decide(passes: &mut [bool], passes_now: impl Fn(usize, bool) -> bool + Sync) {
    let threads = if passes.len() < ALONE { 1 } else { available_parallelism().map_or(1, NonZero::get) };
    let size = passes.len().div_ceil(threads).max(1);
    let decide = |part: usize, passes: &mut [bool]| {
        for (place, passes) in (part * size..).zip(passes) {
            *passes = passes_now(place, *passes);
        }
    };
    thread::scope(|scope| {
        let mut parts = passes.chunks_mut(size).enumerate();
        let own = parts.next();
        for (part, passes) in parts {
            let decide = &decide;
            scope.spawn(move || decide(part, passes));
        }
        if let Some((part, passes)) = own {
            decide(part, passes);
        }
    });
}

/// How long `key_…` is.
const ID_LEN: usize = 16;

/// An id as text, written where it is asked for: a filter looks at every one of them.
fn id_text<'a>(id: &KeyId, text: &'a mut [u8; ID_LEN]) -> &'a str {
    text[..4].copy_from_slice(b"key_");
    text[4..].copy_from_slice(id.body().as_bytes());
    std::str::from_utf8(text).unwrap_or_default()
}

impl Store {
    /// The accounts that a filter leaves, in order.
    pub(crate) fn account_rows(&self, filter: &str, order: Order) -> Vec<AccountId> {
        let matching = Matching::new(filter);
        self.accounts.ordered(order, |place| {
            matching.is_empty()
                || self.accounts.at(place).is_some_and(|account| finds_account(&matching, account))
        })
    }

    /// The account that a filter leaves and whose name it fits best, where it is in one.
    pub(crate) fn best_account(&self, filter: &str, order: Order) -> Option<AccountId> {
        self.accounts.best_named(order, |_| true, filter.trim())
    }

    /// The entries of the audit trail that a filter leaves, as they come.
    pub(crate) fn activity_rows(&self, entries: &[Entry], filter: &str) -> Vec<u64> {
        let matching = Matching::new(filter);
        let finds = |entry: &&Entry| {
            let account = entry.account_id.as_ref();
            let names = [
                entry.action.text(),
                entry.key_name.as_deref().unwrap_or_default(),
                account.and_then(|id| self.accounts.get(id)).map_or("", |account| account.name.as_str()),
                entry.detail.as_deref().unwrap_or_default(),
            ];
            let mut text = [0; ID_LEN];
            let key = entry.key_id.as_ref().map_or("", |id| id_text(id, &mut text));
            matching.finds(&names, &[key, account.map_or("", AccountId::as_str)])
        };
        entries.iter().filter(finds).map(|entry| entry.seq).collect()
    }
}

fn finds_account(matching: &Matching, account: &Account) -> bool {
    fn text(text: Option<&String>) -> &str {
        text.map_or("", String::as_str)
    }
    let names = [&account.name, text(account.institution.as_ref()), text(account.kind.as_ref())];
    matching.finds(&names, &[account.id.as_str(), text(account.mask.as_ref())])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Feed;
    use crate::update::tests::sample;

    fn names(filter: &str, order: Order) -> Vec<String> {
        let store = sample::store();
        let mut sieve = Sieve::default();
        sieve.refilter(&store, filter);
        sieve.rows(&store, order).iter().map(|id| store.keys[id].name.clone()).collect()
    }

    #[test]
    fn keys_are_ordered_by_name_ignoring_case_by_birth_and_by_use() {
        assert_eq!(names("", Order::Name), ["backup", "CI", "Production"]);
        assert_eq!(names("", Order::Created), ["CI", "backup", "Production"]);
        assert_eq!(names("", Order::LastUsed), ["Production", "CI", "backup"]);
    }

    #[test]
    fn a_filter_looks_at_name_id_hint_and_accounts() {
        for (filter, found) in [
            ("prdctn", vec!["Production"]),
            ("key_CCCC", vec!["CI"]),
            ("cccc", vec!["CI"]),
            ("savings", vec!["CI"]),
            ("sav ci", vec!["CI"]),
            ("sav prod", vec![]),
            ("ALL ACC", vec!["Production"]),
        ] {
            assert_eq!(names(filter, Order::Name), found, "{filter}");
        }
    }

    #[test]
    fn of_the_keys_that_are_found_one_fits_best() {
        let store = sample::store();
        for (filter, order, best) in [
            ("ci", Order::Name, Some("CI")),
            ("prod", Order::Name, Some("Production")),
            ("UP ", Order::Name, Some("backup")),
            ("c", Order::Name, Some("CI")),
            ("prdctn", Order::Name, None),
            ("savings", Order::Name, None),
        ] {
            let mut sieve = Sieve::default();
            sieve.refilter(&store, filter);
            let found = sieve.best(&store, order, filter).map(|id| store.keys[&id].name.clone());
            assert_eq!(found.as_deref(), best, "{filter}");
        }
    }

    #[test]
    fn of_many_each_is_decided_once_and_in_its_place() {
        for count in [0, 1, ALONE - 1, ALONE, ALONE + 1, 3 * ALONE + 2] {
            let mut passes: Vec<bool> = (0..count).map(|place: usize| place.is_multiple_of(3)).collect();
            decide(&mut passes, |place, passed| passed == place.is_multiple_of(2));
            let expected = |place: &usize| place.is_multiple_of(3) == place.is_multiple_of(2);
            assert!(passes.iter().enumerate().all(|(place, passes)| *passes == expected(&place)), "{count}");
        }
    }

    fn changed(keys: Vec<Key>, accounts: Vec<Account>) -> Feed {
        Feed::Changed { keys, accounts, removed_keys: vec![], removed_accounts: vec![], storage_mode: None }
    }

    proptest! {
        /// Whatever was typed and heard before, the rows are those of a sieve that begins now.
        #[test]
        fn what_is_remembered_is_what_would_be_found_anew(
            steps in prop::collection::vec((prop::bool::ANY, "[a-c ]", 0..6_usize), 1..24)
        ) {
            let (mut store, mut sieve, mut filter) = (sample::store(), Sieve::default(), String::new());
            for (types, text, what) in steps {
                let heard = match what {
                    _ if types => { filter.push_str(&text); None }
                    0 => { filter.pop(); None }
                    1 => Some(changed(vec![sample::key('C', &format!("{text}x"), Scope::All, 1, None)], vec![])),
                    2 => Some(changed(vec![sample::key('D', &text, Scope::Only([sample::account_id("acc_brk")].into()), 1, None)], vec![])),
                    3 => Some(changed(vec![], vec![sample::account("acc_brk", &format!("{text}z"), None, None)])),
                    4 => Some(sample::snapshot()),
                    _ => Some(Feed::Changed {
                        keys: vec![], accounts: vec![], removed_keys: vec![sample::key_id('D')],
                        removed_accounts: vec![sample::account_id("acc_brk")], storage_mode: None,
                    }),
                };
                if let Some(feed) = heard {
                    let news = store.apply(feed);
                    sieve.hear(&store, &news);
                }
                sieve.refilter(&store, &filter);
                let mut fresh = Sieve::default();
                fresh.refilter(&store, &filter);
                prop_assert_eq!(sieve.rows(&store, Order::Name), fresh.rows(&store, Order::Name), "{:?}", filter);
            }
        }
    }
}

//! Owns which rows a list shows and in which order. Must not know how they are drawn.

use std::cmp::Reverse;

use claviger_api::name::fold;
use claviger_api::{Account, AccountId, Entry, Key, KeyId, Scope};
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Order, Store};

/// A filter as it was typed: every word must be found.
pub(crate) struct Matching {
    matcher: Matcher,
    words: Vec<Word>,
    chars: Vec<char>,
}

struct Word {
    fuzzy: Atom,
    exact: Atom,
}

impl Matching {
    pub(crate) fn new(filter: &str) -> Self {
        let atom =
            |word: &str, kind| Atom::new(word, CaseMatching::Ignore, Normalization::Smart, kind, false);
        let words = filter
            .split_whitespace()
            .map(|word| Word { fuzzy: atom(word, AtomKind::Fuzzy), exact: atom(word, AtomKind::Substring) })
            .collect();
        Self { matcher: Matcher::new(Config::DEFAULT), words, chars: Vec::new() }
    }

    /// Whether each word is in one of the texts: scattered in a name, in one piece in an id.
    pub(crate) fn finds(&mut self, names: &[&str], ids: &[&str]) -> bool {
        let Self { matcher, words, chars } = self;
        let mut has = |atom: &Atom, text: &str| atom.score(Utf32Str::new(text, chars), matcher).is_some();
        words.iter().all(|word| {
            names.iter().any(|name| has(&word.fuzzy, name)) || ids.iter().any(|id| has(&word.exact, id))
        })
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

impl Store {
    /// The keys that a filter leaves, in order.
    pub(crate) fn key_rows(&self, filter: &str, order: Order) -> Vec<KeyId> {
        let mut matching = Matching::new(filter);
        let mut keys: Vec<&Key> = self
            .keys
            .values()
            .filter(|key| matching.is_empty() || self.finds_key(&mut matching, key))
            .collect();
        keys.sort_by_cached_key(|key| fold(&key.name));
        match order {
            Order::Name => {}
            Order::Created => keys.sort_by_key(|key| Reverse(key.created_at)),
            Order::LastUsed => keys.sort_by_key(|key| Reverse(key.last_used_at)),
        }
        keys.into_iter().map(|key| key.id).collect()
    }

    fn finds_key(&self, matching: &mut Matching, key: &Key) -> bool {
        let mut names = vec![key.name.as_str()];
        match &key.scope {
            Scope::All => names.push("All accounts"),
            Scope::Only(ids) => {
                names.extend(
                    ids.iter().filter_map(|id| self.accounts.get(id)).map(|account| account.name.as_str()),
                );
            }
        }
        matching.finds(&names, &[&key.id.to_string(), &key.hint])
    }

    /// The accounts that a filter leaves, in order.
    pub(crate) fn account_rows(&self, filter: &str, order: Order) -> Vec<AccountId> {
        let mut matching = Matching::new(filter);
        let mut accounts: Vec<&Account> = self
            .accounts
            .values()
            .filter(|account| matching.is_empty() || finds_account(&mut matching, account))
            .collect();
        accounts.sort_by_cached_key(|account| fold(&account.name));
        if order != Order::Name {
            accounts.sort_by_key(|account| Reverse(account.connected_at));
        }
        accounts.into_iter().map(|account| account.id.clone()).collect()
    }

    /// The entries of the audit trail that a filter leaves, as they come.
    pub(crate) fn activity_rows(&self, entries: &[Entry], filter: &str) -> Vec<u64> {
        let mut matching = Matching::new(filter);
        let finds = |entry: &&Entry| {
            let account = entry.account_id.as_ref();
            let names = [
                entry.action.text(),
                entry.key_name.as_deref().unwrap_or_default(),
                account.and_then(|id| self.accounts.get(id)).map_or("", |account| account.name.as_str()),
                entry.detail.as_deref().unwrap_or_default(),
            ];
            let key = entry.key_id.map(|id| id.to_string()).unwrap_or_default();
            matching.finds(&names, &[&key, account.map_or("", AccountId::as_str)])
        };
        entries.iter().filter(finds).map(|entry| entry.seq).collect()
    }
}

fn finds_account(matching: &mut Matching, account: &Account) -> bool {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (institution, mask, kind) = (text(&account.institution), text(&account.mask), text(&account.kind));
    matching.finds(&[&account.name, &institution, &kind], &[account.id.as_str(), &mask])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::tests::sample;

    fn names(filter: &str, order: Order) -> Vec<String> {
        let store = sample::store();
        store.key_rows(filter, order).iter().map(|id| store.keys[id].name.clone()).collect()
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
}

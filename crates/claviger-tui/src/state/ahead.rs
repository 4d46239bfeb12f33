//! Owns what answers said of objects before the news did. Must not say that there is an object which the news do not
//! know.

use std::collections::HashMap;

use super::catalog::{Catalog, Listed};

/// Objects of one kind as answers told of them, for as long as the news are behind.
///
/// An answer and the news of the same change come in any order, with other news between them. So nothing here goes by
/// what came when: a version grows with each change of its object, and of an answer and the news the one with the higher
/// version is the newer. That has three bounds:
///
/// * What the news do not know is not there. So no answer brings back what was deleted.
/// * An account's id can be used anew, and versions then begin anew. So an answer is of the object that the news know
///   only where both were made at the same time, which the wire tells to the second.
/// * Versions go back where a store is put in the place of another. That ends the connection, and nothing is kept here
///   beyond it.
#[derive(Debug)]
pub(super) struct Ahead<T: Listed>(HashMap<T::Id, T>);

impl<T: Listed> Default for Ahead<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Listed> Ahead<T> {
    /// Takes what an answer said of an object, where the news and other answers have not said as much.
    pub(super) fn learn(&mut self, known: &Catalog<T>, object: T) {
        if self.newest(known, object.id()).is_some_and(|newest| succeeds(&object, newest)) {
            self.0.insert(object.id().clone(), object);
        }
    }

    /// An object as it is by the newer of news and answers; none where the news know of none.
    pub(super) fn newest<'a>(&'a self, known: &'a Catalog<T>, id: &T::Id) -> Option<&'a T> {
        let heard = known.get(id)?;
        Some(self.0.get(id).filter(|answered| succeeds(*answered, heard)).unwrap_or(heard))
    }

    /// Changes what an answer said of an object, but not its version.
    pub(super) fn amend(&mut self, id: &T::Id, change: impl FnOnce(&mut T)) {
        if let Some(object) = self.0.get_mut(id) {
            change(object);
        }
    }

    /// Lets go what the news have said by now, or have said the end of.
    pub(super) fn settle(&mut self, known: &Catalog<T>) {
        self.0.retain(|id, answered| known.get(id).is_some_and(|heard| succeeds(answered, heard)));
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether an object is a later state of another one.
fn succeeds<T: Listed>(one: &T, other: &T) -> bool {
    one.created_at() == other.created_at() && one.version() > other.version()
}

#[cfg(test)]
mod tests {
    use claviger_api::{Key, Scope};

    use super::*;
    use crate::update::tests::sample::{key, key_id};

    fn at(version: u64) -> Key {
        Key { version, ..key('A', "Production", Scope::All, 1, None) }
    }

    fn known(key: Key) -> Catalog<Key> {
        let mut known = Catalog::default();
        known.replace(vec![key]);
        known
    }

    #[test]
    fn the_higher_version_is_the_newest_whatever_was_let_go() {
        let mut ahead = Ahead::default();
        ahead.learn(&known(at(1)), at(3));
        for (heard, newest) in [(at(1), at(3)), (at(2), at(3)), (at(4), at(4))] {
            assert_eq!(ahead.newest(&known(heard), &key_id('A')), Some(&newest));
        }
        assert_eq!(ahead.newest(&Catalog::default(), &key_id('A')), None, "it was deleted");
    }

    #[test]
    fn what_the_news_have_said_is_let_go() {
        for (heard, kept) in [(at(1), 1), (at(2), 0), (at(3), 0)] {
            let mut ahead = Ahead::default();
            ahead.learn(&known(at(1)), at(2));
            assert_eq!(ahead.0.len(), 1);
            ahead.settle(&known(heard));
            assert_eq!(ahead.0.len(), kept);
        }
        let mut ahead = Ahead::default();
        ahead.learn(&known(at(1)), at(2));
        ahead.settle(&Catalog::default());
        assert!(ahead.is_empty(), "nothing is kept of what is gone");
    }

    #[test]
    fn nothing_is_learnt_that_is_no_news() {
        for (heard, answered) in [(at(2), at(1)), (at(2), at(2))] {
            let mut ahead = Ahead::default();
            ahead.learn(&known(heard), answered);
            assert!(ahead.is_empty());
        }
        let mut ahead = Ahead::default();
        ahead.learn(&Catalog::default(), at(2));
        assert!(ahead.is_empty(), "an answer makes nothing known that the news do not know");
        assert_eq!(ahead.newest(&Catalog::default(), &key_id('A')), None);
    }
}

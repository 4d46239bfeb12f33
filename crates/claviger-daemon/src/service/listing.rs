//! Owns pages: each begins after a place in the order, so that what comes and goes meanwhile makes none repeat or skip.

use std::ops::ControlFlow;

use claviger_api::object::{AccountPage, ActivityPage, KeyPage};
use claviger_api::page::{Cursor, Limit};
use claviger_api::{Entry, KeyId};

use super::{Error, Service};
use crate::store::Rows;

/// What a cursor begins with, so that one listing's cursor is refused by another.
#[derive(Clone, Copy)]
enum Listing {
    Keys = b'k' as isize,
    Accounts = b'a' as isize,
    Activity = b'e' as isize,
}

impl Listing {
    fn cursor(self, place: &[u8]) -> Cursor {
        Cursor::new([&[self as u8], place].concat())
    }

    fn place(self, cursor: &Cursor) -> Result<&[u8], Error> {
        match cursor.place().split_first() {
            Some((first, place)) if *first == self as u8 => Ok(place),
            _ => Err(Error::WrongCursor),
        }
    }

    fn text_place(self, cursor: &Cursor) -> Result<&str, Error> {
        std::str::from_utf8(self.place(cursor)?).map_err(|_| Error::WrongCursor)
    }
}

/// Between a name and an id in a cursor; a name cannot have it.
const SEPARATOR: char = '\0';

impl Service {
    /// Lists keys by name, ignoring case.
    ///
    /// # Errors
    /// A cursor of another listing.
    pub fn list_keys(&self, cursor: Option<&Cursor>, limit: Limit) -> Result<KeyPage, Error> {
        let after = cursor.map(|cursor| Listing::Keys.text_place(cursor)).transpose()?;
        let (state, keys, last) = self.store.read(|rows| {
            let (mut keys, mut last, mut has_more) = (Vec::new(), String::new(), false);
            rows.walk_keys(after, |name, key, used| {
                has_more = keys.len() == limit.get();
                if has_more {
                    return ControlFlow::Break(());
                }
                let used = used.merged(self.usage.unsaved(&key.id));
                keys.push(key.shown(used));
                name.clone_into(&mut last);
                ControlFlow::Continue(())
            })?;
            Ok((rows.state()?, keys, has_more.then_some(last)))
        })?;
        let next_cursor = last.map(|name| Listing::Keys.cursor(name.as_bytes()).encode());
        Ok(KeyPage { keys, next_cursor, revision: state.revision })
    }

    /// Lists accounts by name, ignoring case.
    ///
    /// # Errors
    /// A cursor of another listing.
    pub fn list_accounts(&self, cursor: Option<&Cursor>, limit: Limit) -> Result<AccountPage, Error> {
        let split =
            |cursor| Listing::Accounts.text_place(cursor)?.split_once(SEPARATOR).ok_or(Error::WrongCursor);
        let after = cursor.map(split).transpose()?;
        let (state, accounts) =
            self.store.read(|rows| Ok((rows.state()?, rows.accounts_after(after, limit.get() + 1)?)))?;
        let last = last_of(&accounts, limit).map(|(name, account)| {
            Listing::Accounts.cursor(format!("{name}{SEPARATOR}{}", account.id).as_bytes()).encode()
        });
        let accounts = accounts.into_iter().take(limit.get()).map(|(_, account)| account).collect();
        Ok(AccountPage { accounts, next_cursor: last, revision: state.revision })
    }

    /// Lists the audit trail, newest first; only what is about `key` where one is given.
    ///
    /// # Errors
    /// A cursor of another listing.
    pub fn list_activity(
        &self,
        key: Option<&KeyId>,
        cursor: Option<&Cursor>,
        limit: Limit,
    ) -> Result<ActivityPage, Error> {
        let number = |cursor| {
            let place = Listing::Activity.place(cursor)?;
            place.try_into().map(u64::from_be_bytes).map_err(|_| Error::WrongCursor)
        };
        let before = cursor.map(number).transpose()?;
        let mut entries: Vec<Entry> = self.store.read(|rows| match key {
            Some(key) => rows.entries_of_key_before(key, before, limit.get() + 1),
            None => rows.entries_before(before, limit.get() + 1),
        })?;
        let last =
            last_of(&entries, limit).map(|entry| Listing::Activity.cursor(&entry.seq.to_be_bytes()).encode());
        entries.truncate(limit.get());
        Ok(ActivityPage { entries, next_cursor: last })
    }
}

/// The last item of a page, if more follow it. `found` holds one more than the page, if there is one.
fn last_of<T>(found: &[T], limit: Limit) -> Option<&T> {
    if found.len() > limit.get() { found.get(limit.get() - 1) } else { None }
}

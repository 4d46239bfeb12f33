//! Owns what an operator does with accounts.

use claviger_api::id::RANDOM_ID_LEN;
use claviger_api::method::{ConnectAccount, UpdateAccount};
use claviger_api::object::DisconnectedAccount;
use claviger_api::{Account, AccountId, Name};

use super::{Error, Service};
use crate::domain::{Edit, KeyRecord, check_version};
use crate::store::{Author, Rows, StoreError};
use crate::token::random_text;

impl Service {
    /// Connects an account. Keys with all accounts see it at once; a restricted key never by itself, whatever it could
    /// see under this id before.
    ///
    /// # Errors
    /// The id is taken, a full disk.
    pub async fn connect_account(&self, author: Author, account: ConnectAccount) -> Result<Account, Error> {
        let id = match account.id {
            Some(id) => id,
            None => random_id()?,
        };
        let connected = self
            .change(author, move |rows, now| {
                if rows.account(&id)?.is_some() {
                    return Ok(Err(Error::AccountIdTaken));
                }
                let account = Account {
                    id: id.clone(),
                    name: account.name.as_str().to_owned(),
                    institution: text(account.institution.as_ref().and_then(Option::as_ref)),
                    mask: text(account.mask.as_ref().and_then(Option::as_ref)),
                    kind: text(account.kind.as_ref().and_then(Option::as_ref)),
                    connected_at: now,
                    version: 1,
                };
                Ok(Ok((Some(Edit::connect(account.clone())), account)))
            })
            .await?;
        Ok(connected.0)
    }

    /// Changes an account's facts; what is left out stays.
    ///
    /// # Errors
    /// No such account, another version, a full disk.
    pub async fn update_account(&self, author: Author, update: UpdateAccount) -> Result<Account, Error> {
        let updated = self
            .change(author, move |rows, _| {
                let Some(before) = rows.account(&update.id)? else { return Ok(Err(Error::NoSuchAccount)) };
                if check_version(update.expected_version, before.version).is_err() {
                    return Ok(Err(Error::VersionConflict));
                }
                let changed = |new: &Option<Option<Name>>, old: &Option<String>| match new {
                    Some(new) => text(new.as_ref()),
                    None => old.clone(),
                };
                let name = update.name.as_ref().map_or(&*before.name, Name::as_str);
                let mut after = Account {
                    name: name.to_owned(),
                    institution: changed(&update.institution, &before.institution),
                    mask: changed(&update.mask, &before.mask),
                    kind: changed(&update.kind, &before.kind),
                    ..before.clone()
                };
                if after == before {
                    return Ok(Ok((None, before)));
                }
                after.version += 1;
                Ok(Ok((Some(Edit::update(before, after.clone())), after)))
            })
            .await?;
        Ok(updated.0)
    }

    /// Disconnects an account and takes it out of every scope. A key whose last account it was stays restricted, to
    /// nothing.
    ///
    /// # Errors
    /// No such account, a failing disk.
    pub async fn disconnect_account(
        &self,
        author: Author,
        id: AccountId,
    ) -> Result<DisconnectedAccount, Error> {
        let disconnected = self
            .change(author, move |rows, _| {
                let Some(account) = rows.account(&id)? else { return Ok(Err(Error::NoSuchAccount)) };
                let ids = rows.holders(&id)?;
                let holders: Result<Vec<KeyRecord>, StoreError> = ids
                    .iter()
                    .map(|key| rows.key(key)?.ok_or(StoreError::Damaged("a grant names no key")))
                    .collect();
                Ok(Ok((
                    Some(Edit::disconnect(account, holders?)),
                    DisconnectedAccount { id: id.clone(), keys: ids },
                )))
            })
            .await?;
        Ok(disconnected.0)
    }
}

fn text(name: Option<&Name>) -> Option<String> {
    name.map(|name| name.as_str().to_owned())
}

/// Makes an id for an account that brings none.
fn random_id() -> Result<AccountId, Error> {
    let text = format!("{}{}", AccountId::PREFIX, &*random_text(RANDOM_ID_LEN)?);
    AccountId::parse(&text).ok_or(Error::AccountIdTaken)
}

//! Owns what an operator does with keys.

use std::sync::Arc;

use claviger_api::{Key, KeyId, KeyWithSecret, Name, RequestId, Scope, Timestamp};

use super::error::FaultId;
use super::replay::{Doubt, Minting, ReplayKey};
use super::{Error, Service};
use crate::domain::{Edit, KeyRecord, Usage, VersionConflict, check_version};
use crate::store::{Author, Rows, StoreError};
use crate::sync::oneshot;
use crate::token::{Minted, SlowHash};

/// A decision that can be refused by a rule, inside one that can fail with the store.
type Ruled<T> = Result<Result<T, Error>, StoreError>;

impl From<VersionConflict> for Error {
    fn from(_: VersionConflict) -> Self {
        Self::VersionConflict
    }
}

impl Service {
    /// Gives one key.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`].
    pub fn key(&self, id: &KeyId) -> Result<Key, Error> {
        let found = self.store.read(|rows| {
            let Some(key) = rows.key(id)? else { return Ok(None) };
            Ok(Some(key.shown(self.usage_of(rows, id)?)))
        })?;
        found.ok_or(Error::NoSuchKey)
    }

    /// Creates a key and turns Storage Mode on. The key is warm from birth: its first verification needs no slow hash.
    ///
    /// # Errors
    /// A scope that names no account, a name that is taken, too much hashing waiting, a full disk.
    pub async fn create_key(
        self: &Arc<Self>,
        author: Author,
        name: Name,
        scope: Scope,
        request_id: Option<RequestId>,
    ) -> Result<KeyWithSecret, Error> {
        let replay = replay_key(author, Minting::Create, request_id);
        let service = Arc::clone(self);
        let mint = move |doubt| async move { service.mint_key(author, name, scope, doubt).await };
        self.replays.once(replay, mint).await
    }

    async fn mint_key(
        &self,
        author: Author,
        name: Name,
        scope: Scope,
        doubt: Option<Doubt>,
    ) -> Result<KeyWithSecret, Error> {
        // Refused here, it costs no hash; the writer checks again, for then it counts.
        self.store.read(|rows| may_create(rows, &name, &scope))??;
        let minted = Minted::random(&self.prefix, None)?;
        let secret = minted.secret(&self.tags, 1);
        let hash = self.hash(author, &minted).await?;
        let minted = KeyRecord {
            id: minted.id(),
            name: name.as_str().to_owned(),
            hint: minted.hint(&secret),
            scope: scope.clone(),
            created_at: Timestamp::default(),
            rotated_at: None,
            generation: 1,
            version: 1,
            hash,
            suspended_at: None,
            needs_rotation: false,
        };
        let proven = self.digests.to_keep(&secret, &minted);
        let (record, _) = self
            .change_or_doubt(author, doubt, move |rows, now| {
                if let Err(refusal) = may_create(rows, &name, &scope)? {
                    return Ok(Err(refusal));
                }
                if rows.key(&minted.id)?.is_some() {
                    return Err(StoreError::Damaged("a new id is taken"));
                }
                let record = KeyRecord { created_at: now, ..minted.clone() };
                let edit = Edit::create(record.clone(), rows.state()?.storage_mode).proving(proven);
                Ok(Ok((Some(edit), record)))
            })
            .await?;
        self.digests.remember_minted(&record, &secret);
        Ok(KeyWithSecret { key: record.shown(Usage::default()), secret })
    }

    /// Gives a key another name.
    ///
    /// # Errors
    /// No such key, another version, a name that is taken, a full disk.
    pub async fn rename_key(
        self: &Arc<Self>,
        author: Author,
        id: KeyId,
        name: Name,
        expected_version: Option<u64>,
    ) -> Result<Key, Error> {
        self.edit_key(author, id, expected_version, move |rows, key| {
            if rows.key_named(&name.folded())?.is_some_and(|holder| holder != key.id) {
                return Ok(Err(Error::NameTaken));
            }
            Ok(Ok(key.renamed(&name).map(|after| (Edit::rename(key.clone(), after.clone()), after))))
        })
        .await
    }

    /// Gives a key another scope. Every verification that starts after this sees it.
    ///
    /// # Errors
    /// No such key, another version, a scope that names no account, a full disk.
    pub async fn set_key_scope(
        self: &Arc<Self>,
        author: Author,
        id: KeyId,
        scope: Scope,
        expected_version: Option<u64>,
    ) -> Result<Key, Error> {
        self.edit_key(author, id, expected_version, move |rows, key| {
            if let Err(refusal) = names_connected_accounts(rows, &scope)? {
                return Ok(Err(refusal));
            }
            Ok(Ok(key.rescoped(&scope).map(|after| (Edit::rescope(key.clone(), after.clone()), after))))
        })
        .await
    }

    /// Lets a suspended key open again what its scope allows.
    ///
    /// # Errors
    /// No such key, another version, a full disk.
    pub async fn release_key(
        self: &Arc<Self>,
        author: Author,
        id: KeyId,
        expected_version: Option<u64>,
    ) -> Result<Key, Error> {
        self.edit_key(author, id, expected_version, |_, key| {
            Ok(Ok(key.released().map(|after| (Edit::release(key.clone(), after.clone()), after))))
        })
        .await
    }

    /// Gives a key another secret. Every verification that starts after this refuses the old one.
    ///
    /// # Errors
    /// No such key, another version, too much hashing waiting, a full disk.
    pub async fn rotate_key(
        self: &Arc<Self>,
        author: Author,
        id: KeyId,
        expected_version: Option<u64>,
        request_id: Option<RequestId>,
    ) -> Result<KeyWithSecret, Error> {
        let replay = replay_key(author, Minting::Rotate, request_id);
        let service = Arc::clone(self);
        let mint = move |doubt| async move { service.mint_secret(author, id, expected_version, doubt).await };
        self.replays.once(replay, mint).await
    }

    async fn mint_secret(
        self: &Arc<Self>,
        author: Author,
        id: KeyId,
        expected_version: Option<u64>,
        doubt: Option<Doubt>,
    ) -> Result<KeyWithSecret, Error> {
        self.store.read(|rows| editable(rows, &id, expected_version))??;
        let minted = Minted::random(&self.prefix, Some(id))?;
        let hash = self.hash(author, &minted).await?;
        // The generation is known only inside the transaction, and the tag with it.
        let (tags, digests) = (self.tags.clone(), Arc::clone(&self.digests));
        let ((record, secret), _) = self
            .change_or_doubt(author, doubt, move |rows, now| {
                let before = match editable(rows, &id, expected_version)? {
                    Ok(before) => before,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let secret = minted.secret(&tags, before.generation + 1);
                let after = before.rotated(hash.clone(), minted.hint(&secret), now);
                let edit = Edit::rotate(before, after.clone()).proving(digests.to_keep(&secret, &after));
                Ok(Ok((Some(edit), (after, secret))))
            })
            .await?;
        self.digests.remember_minted(&record, &secret);
        let usage = self.store.read(|rows| self.usage_of(rows, &id)).unwrap_or_default();
        Ok(KeyWithSecret { key: record.shown(usage), secret })
    }

    /// Says that the secret of a request has arrived.
    pub fn acknowledge(&self, author: Author, request_id: &RequestId) {
        self.replays.acknowledge(author.uid, request_id);
    }

    /// Deletes a key for good.
    ///
    /// # Errors
    /// No such key, another version, a failing disk.
    pub async fn delete_key(
        &self,
        author: Author,
        id: KeyId,
        expected_version: Option<u64>,
    ) -> Result<KeyId, Error> {
        let deleted = self
            .change(author, move |rows, _| {
                Ok(editable(rows, &id, expected_version)?.map(|key| (Some(Edit::delete(key)), id)))
            })
            .await;
        if deleted.is_ok() {
            self.digests.forget(&id);
            self.usage.forget(&id);
        }
        deleted.map(|(id, _)| id)
    }

    async fn edit_key<F>(
        self: &Arc<Self>,
        author: Author,
        id: KeyId,
        expected_version: Option<u64>,
        mut edit: F,
    ) -> Result<Key, Error>
    where
        F: FnMut(&crate::store::Writer, &KeyRecord) -> Ruled<Option<(Edit, KeyRecord)>> + Send + 'static,
    {
        let service = Arc::clone(self);
        let (key, _) = self
            .change(author, move |rows, _| {
                let before = match editable(rows, &id, expected_version)? {
                    Ok(before) => before,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let usage = service.usage_of(rows, &id)?;
                Ok(edit(rows, &before)?.map(|changed| match changed {
                    Some((edit, after)) => (Some(edit), after.shown(usage)),
                    None => (None, before.shown(usage)),
                }))
            })
            .await?;
        Ok(key)
    }

    async fn hash(&self, author: Author, minted: &Minted) -> Result<SlowHash, Error> {
        let (input, cost) = (minted.hash_input(), self.cost);
        let (done, hashed) = oneshot::channel();
        self.pool.submit(author.uid, move |turn| {
            let hash = turn.and_then(|memory| Ok(SlowHash::make(&input, cost, memory)?));
            let _ = done.send(hash);
        });
        hashed.await.unwrap_or_else(|_| Err(Error::Fault(FaultId::log(&"a hashing job broke off"))))
    }
}

fn replay_key(author: Author, minting: Minting, request_id: Option<RequestId>) -> Option<ReplayKey> {
    request_id.map(|request_id| ReplayKey { uid: author.uid, minting, request_id })
}

fn may_create(rows: &impl Rows, name: &Name, scope: &Scope) -> Ruled<()> {
    if rows.key_named(&name.folded())?.is_some() {
        return Ok(Err(Error::NameTaken));
    }
    names_connected_accounts(rows, scope)
}

fn names_connected_accounts(rows: &impl Rows, scope: &Scope) -> Ruled<()> {
    if let Scope::Only(accounts) = scope {
        for account in accounts {
            if rows.account(account)?.is_none() {
                return Ok(Err(Error::ScopeNamesNoAccount));
            }
        }
    }
    Ok(Ok(()))
}

fn editable(rows: &impl Rows, id: &KeyId, expected_version: Option<u64>) -> Ruled<KeyRecord> {
    let Some(key) = rows.key(id)? else { return Ok(Err(Error::NoSuchKey)) };
    Ok(check_version(expected_version, key.version).map(|()| key).map_err(Error::from))
}

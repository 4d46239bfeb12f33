//! Owns the question of every request: whose secret is this, and may it see this account?

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use claviger_api::id::PresentedAccountId;
use claviger_api::object::{KeyIdentity, Verification, VisibleAccounts};
use claviger_api::{Account, Scope, Secret};

use super::error::FaultId;
use super::kept::Grant;
use super::verdict::{Judged, Verdict, Wrong};
use super::{Error, Service, stopwatch};
use crate::domain::{Denial, KeyRecord, visible};
use crate::store::{Author, KeyRow, Rows, Snapshot, State, StoreError};
use crate::sync::{Mutex, PoisonError, watch};
use crate::token::{Presented, TagMatch};

/// Slow hashes under way, by the digest of what is hashed: everybody who presents the same secret waits for one.
#[derive(Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<[u8; 32], Flight>>>);

#[cfg(test)]
impl Flights {
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// Becomes `Some` when the hash is done, or has no place to wait: whether the secret is right.
type Flight = watch::Receiver<Option<Result<bool, Error>>>;

/// How often a cold key is looked at again after its slow hash, when rotation comes between each time.
const LOOKS: usize = 4;

/// What one look at a presented secret shows.
enum Look<T> {
    /// It is proven, and this was found in the same moment.
    Proven(T),
    /// It is not right.
    Wrong(Wrong),
    /// Its tag is right, but only the slow hash can prove it.
    Cold(Box<KeyRecord>),
}

impl Service {
    /// Says whose key a secret is, and whether it may see an account. Who asks decides nothing of the verdict, only whose
    /// turn it is where the slow hash is needed.
    ///
    /// # Errors
    /// Too much hashing waiting, or a fault of ours. A refusal is no error.
    pub async fn verify(
        &self,
        peer: Author,
        secret: &Secret,
        account: Option<&PresentedAccountId>,
    ) -> Result<Verdict<Arc<Grant>>, Error> {
        if let Some(verdict) = self.verify_at_once(peer, secret, account) {
            return Ok(verdict);
        }
        self.verify_later(peer, secret, account).await
    }

    /// The same for who has asked [`Service::verify_at_once`] before and was told nothing.
    ///
    /// # Errors
    /// Those of [`Service::verify`].
    pub async fn verify_later(
        &self,
        peer: Author,
        secret: &Secret,
        account: Option<&PresentedAccountId>,
    ) -> Result<Verdict<Arc<Grant>>, Error> {
        let verdict = self.judge(peer, secret, opening(account)).await?;
        Ok(verdict.map(|granted| self.kept.keep(&self.digests.asked(secret, account), granted)))
    }

    /// The same without ever waiting: the answer where it is known at once. `None` where the slow hash has to decide, or
    /// something failed; then nothing has been noted, and [`Service::verify`] is to be asked. A question that was granted since
    /// the last change is not looked into again.
    #[must_use]
    pub fn verify_at_once(
        &self,
        peer: Author,
        secret: &Secret,
        account: Option<&PresentedAccountId>,
    ) -> Option<Verdict<Arc<Grant>>> {
        let Some(presented) = Presented::parse(secret.expose()) else {
            return Some(self.told(peer, Judged::wrong(Wrong::Unknown, None)));
        };
        let asked = self.digests.asked(secret, account);
        let kept = self.store.read(|rows| Ok(self.kept.find(rows.state()?.revision, &asked))).ok()?;
        let judged = if let Some(grant) = kept {
            self.usage.note_granted(presented.id(), self.clock.now());
            Judged::proven(Ok(grant), &presented)
        } else {
            match self.look(secret, &presented, &opening(account)).ok()? {
                Look::Proven(opened) => {
                    Judged::proven(opened.map(|granted| self.kept.keep(&asked, granted)), &presented)
                }
                Look::Wrong(why) => Judged::wrong(why, Some(&presented)),
                Look::Cold(_) => return None,
            }
        };
        Some(self.told(peer, judged))
    }

    /// Lists the accounts that the key of a secret may see.
    ///
    /// # Errors
    /// Too much hashing waiting, or a fault of ours. A refusal is no error.
    pub async fn visible_accounts(
        &self,
        peer: Author,
        secret: &Secret,
    ) -> Result<Verdict<VisibleAccounts>, Error> {
        self.judge(peer, secret, |rows, key, _| {
            let mut accounts = match &key.scope {
                Scope::All => {
                    rows.accounts_after(None, usize::MAX)?.into_iter().map(|(_, account)| account).collect()
                }
                Scope::Only(ids) => {
                    let found: Result<Vec<Option<Account>>, _> =
                        ids.iter().map(|id| rows.account(id)).collect();
                    found?.into_iter().flatten().collect::<Vec<_>>()
                }
            };
            accounts
                .sort_by_cached_key(|account| (claviger_api::name::fold(&account.name), account.id.clone()));
            Ok(Ok(VisibleAccounts { accounts }))
        })
        .await
    }

    /// Proves a secret, then looks at Storage Mode, then lets `open` say what it opens. What `open` reads is of the
    /// moment at which the secret was proven.
    async fn judge<T>(
        &self,
        peer: Author,
        secret: &Secret,
        open: impl Fn(&Snapshot, KeyRecord, State) -> Result<Result<T, Denial>, StoreError>,
    ) -> Result<Verdict<T>, Error> {
        let judged = self.prove(peer, secret, open).await;
        let judged = judged.inspect_err(|error| {
            tracing::debug!(%error, uid = peer.uid, pid = peer.pid, "no verdict");
        })?;
        Ok(self.told(peer, judged))
    }

    /// Logs and counts what was judged.
    fn told<T>(&self, peer: Author, judged: Judged<T>) -> Verdict<T> {
        judged.log(peer);
        let verdict = judged.verdict;
        let count = if matches!(verdict, Verdict::Granted(_)) { &self.granted } else { &self.refused };
        count.fetch_add(1, Ordering::Relaxed);
        verdict
    }

    async fn prove<T>(
        &self,
        peer: Author,
        secret: &Secret,
        open: impl Fn(&Snapshot, KeyRecord, State) -> Result<Result<T, Denial>, StoreError>,
    ) -> Result<Judged<T>, Error> {
        let Some(presented) = Presented::parse(secret.expose()) else {
            return Ok(Judged::wrong(Wrong::Unknown, None));
        };
        for _ in 0..LOOKS {
            match self.look(secret, &presented, &open)? {
                Look::Proven(opened) => return Ok(Judged::proven(opened, &presented)),
                Look::Wrong(why) => return Ok(Judged::wrong(why, Some(&presented))),
                // A right hash is remembered, and the next look reads the generation again: a rotation that came
                // meanwhile is seen there.
                Look::Cold(key) => {
                    if !self.hash_proves(peer, secret, &presented, &key).await? {
                        return Ok(Judged::wrong(Wrong::Forged, Some(&presented)));
                    }
                }
            }
        }
        Err(Error::Busy)
    }

    fn look<T>(
        &self,
        secret: &Secret,
        presented: &Presented<'_>,
        open: &impl Fn(&Snapshot, KeyRecord, State) -> Result<Result<T, Denial>, StoreError>,
    ) -> Result<Look<Result<T, Denial>>, StoreError> {
        let id = presented.id();
        self.store.read(|rows| {
            // Nothing more of the key is read before its tag is right.
            let row = rows.key_row(&id)?;
            let generation = row.as_ref().map_or(Ok(0), KeyRow::generation)?;
            match self.tags.check(presented, generation) {
                TagMatch::Forged => return Ok(Look::Wrong(Wrong::Unknown)),
                TagMatch::Retired => {
                    self.usage.note_retired_seen(id, self.clock.now());
                    return Ok(Look::Wrong(Wrong::Retired));
                }
                TagMatch::Current => {}
            }
            let Some(key) = row.map(|row| row.key()).transpose()? else {
                return Ok(Look::Wrong(Wrong::Unknown));
            };
            if !key.opens() {
                return Ok(Look::Wrong(Wrong::Barred));
            }
            let digest = self.digests.digest(secret, &key);
            if !self.digests.is_proven(rows, &key, &digest)? {
                return Ok(Look::Cold(Box::new(key)));
            }
            let state = rows.state()?;
            let opened =
                if state.storage_mode { open(rows, key, state)? } else { Err(Denial::StorageModeOff) };
            let now = self.clock.now();
            match opened {
                Ok(_) => self.usage.note_granted(id, now),
                Err(_) => self.usage.note_denied(id, now),
            }
            Ok(Look::Proven(opened))
        })
    }

    /// Lets the slow hash decide, once for all who wait for the same secret, and remembers a right one.
    async fn hash_proves(
        &self,
        peer: Author,
        secret: &Secret,
        presented: &Presented<'_>,
        key: &KeyRecord,
    ) -> Result<bool, Error> {
        let digest = self.digests.digest(secret, key);
        let mut flight = self.board(peer, digest.as_bytes(), presented, key);
        let done = flight.wait_for(Option::is_some).await.ok().and_then(|result| (*result).clone());
        let proven = done.unwrap_or_else(|| {
            self.flights.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest.as_bytes());
            Err(Error::Fault(FaultId::log(&"a hashing job broke off")))
        })?;
        if proven {
            self.digests.remember_proven(key, digest);
        }
        Ok(proven)
    }

    /// Joins the flight of this digest, or starts it. The flight is the hashing job's: nobody who hangs up ends it.
    fn board(&self, peer: Author, digest: [u8; 32], presented: &Presented<'_>, key: &KeyRecord) -> Flight {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&digest) {
            return flight.clone();
        }
        let (land, flight) = watch::channel(None);
        flights.insert(digest, flight.clone());
        // A job that has no place ends its flight at once, and some other flight with it that gives its place up.
        drop(flights);
        let (input, hash, key_id) = (presented.hash_input(), key.hash.clone(), key.id);
        let board = Arc::clone(&self.flights.0);
        self.pool.submit(peer.uid, move |turn| {
            let took = stopwatch!(DEBUG);
            let proven = turn.map(|memory| hash.matches(&input, memory));
            if let Ok(proven) = proven {
                tracing::debug!(%key_id, proven, took_ms = took.ms(), "hashed");
            }
            board.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest);
            let _ = land.send(Some(proven));
        });
        flight
    }
}

/// What a proven secret opens to somebody who asks for an account, or for none.
fn opening(
    account: Option<&PresentedAccountId>,
) -> impl Fn(&Snapshot, KeyRecord, State) -> Result<Result<Verification, Denial>, StoreError> {
    move |rows, key, state| {
        let account = match account {
            None => None,
            Some(id) => match visible(&key.scope, find(rows, &key.scope, id)?) {
                Ok(account) => Some(account),
                Err(denial) => return Ok(Err(denial)),
            },
        };
        let KeyRecord { id, name, scope, .. } = key;
        Ok(Ok(Verification { key: KeyIdentity { id, name }, scope, account, revision: state.revision }))
    }
}

/// The account, where the scope has it. It is looked for whether or not it does, but read only if so: both refusals cost
/// the same.
fn find(rows: &impl Rows, scope: &Scope, id: &PresentedAccountId) -> Result<Option<Account>, StoreError> {
    match id.as_id() {
        Some(id) if scope.allows(id) => rows.account(id),
        Some(id) => rows.has_account(id).map(|_| None),
        None => Ok(None),
    }
}

//! Owns a store with many keys, made without a slow hash for each: only the keys that are measured are ordinary ones. Must
//! not open it for anything else.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use claviger_api::method::ConnectAccount;
use claviger_api::{AccountId, Name, Scope, Secret};
use claviger_daemon::seed;
use claviger_daemon::service::{Clock, Service};
use claviger_daemon::store::{Author, FILE_NAME, Store};
use claviger_daemon::token::{HashMemory, HashingCost, KeyPrefix, SlowHash};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::kind::Kind;

/// How many right secrets there are to present. They stand all over the store.
pub const MEASURED: usize = 64;

/// How many secrets there are that were rotated.
const ROTATED: usize = 8;

/// The accounts: one that the measured keys may see, and one that they may not.
pub const ACCOUNTS: [&str; 2] = [MINE, OTHER];
const MINE: &str = "acc_checking";
const OTHER: &str = "acc_savings";

/// What can be presented to a store.
pub struct Presentable {
    valid: Vec<Secret>,
    rotated: Vec<Secret>,
    unknown: Vec<Secret>,
}

impl Presentable {
    /// The secrets of a kind, [`MEASURED`] of them, and the account that is asked for with them.
    #[must_use]
    pub fn of(&self, kind: Kind) -> (Vec<Secret>, &'static str) {
        let changed = |change: fn(&str) -> String| {
            self.valid.iter().map(|secret| Secret::new(change(secret.expose()))).collect()
        };
        let secrets = match kind {
            Kind::Valid | Kind::OutOfScope => self.valid.clone(),
            Kind::Rotated => self.rotated.iter().cycle().take(MEASURED).cloned().collect(),
            Kind::Forged => changed(forged),
            Kind::Unknown => self.unknown.clone(),
            Kind::Malformed => changed(|secret| secret[..secret.len() - 1].to_owned()),
        };
        (secrets, if kind == Kind::OutOfScope { OTHER } else { MINE })
    }
}

/// The secret with another last character: that is one of its tag's.
fn forged(secret: &str) -> String {
    let (rest, last) = secret.split_at(secret.len() - 1);
    format!("{rest}{}", if last == "a" { 'b' } else { 'a' })
}

/// The cheapest slow hash that there is: for what is measured without one.
///
/// # Errors
/// Never: the numbers are the least that are allowed.
pub fn cheap() -> Outcome<HashingCost> {
    Ok(HashingCost::new(8, 1, 1)?)
}

/// Makes a directory with a store of `keys` keys, besides those that can be presented. The latter are made as an operator
/// makes them, at this cost, and are warm in the service that is given back.
///
/// # Errors
/// Something is there already, or the disk failed.
pub async fn seed(directory: &Path, keys: usize, cost: HashingCost) -> Outcome<(Arc<Service>, Presentable)> {
    DirBuilder::new().mode(0o700).create(directory)?;
    let store = Store::open(&directory.join(FILE_NAME))?;
    fill(&store, keys)?;
    let service = Service::start(store, Clock::system(), KeyPrefix::default(), cost)?;
    let presentable = present(&service).await?;
    // The daemon refuses what others could read.
    for file in fs::read_dir(directory)? {
        fs::set_permissions(file?.path(), Permissions::from_mode(0o600))?;
    }
    Ok((service, presentable))
}

/// Writes keys whose secrets nobody has, every other one restricted. They share one hash: none of them is ever verified.
fn fill(store: &Store, keys: usize) -> Outcome<()> {
    let hash = SlowHash::make("nobody's", cheap()?, &mut HashMemory::default())?;
    let at = Clock::system().now();
    let account = account_id(MINE)?;
    let key = |n: usize| {
        let scope = if n.is_multiple_of(2) { Scope::All } else { [account.clone()].into_iter().collect() };
        Some(seed::key(seed::id(n as u64)?, format!("service {n:07}"), scope, hash.clone(), at))
    };
    Ok(seed::fill(store, (0..keys).filter_map(key), at, |_| true)?)
}

fn account_id(text: &str) -> Outcome<AccountId> {
    AccountId::parse(text).ok_or_else(|| "no account's id".into())
}

/// Makes the accounts and the keys that are presented, as an operator would.
async fn present(service: &Arc<Service>) -> Outcome<Presentable> {
    let author = Author::this_process();
    for (id, name) in [(MINE, "Checking"), (OTHER, "Savings")] {
        let (name, id) = (Name::parse(name)?, Some(account_id(id)?));
        let account = ConnectAccount { name, institution: None, mask: None, kind: None, id };
        service.connect_account(author, account).await?;
    }
    let scope: Scope = [account_id(MINE)?].into_iter().collect();
    let mut made = Presentable { valid: Vec::new(), rotated: Vec::new(), unknown: Vec::new() };
    for n in 0..MEASURED {
        let name = Name::parse(&format!("measured {n}"))?;
        made.valid.push(service.create_key(author, name, scope.clone(), None).await?.secret);
    }
    for n in 0..ROTATED {
        let name = Name::parse(&format!("rotated {n}"))?;
        let key = service.create_key(author, name, scope.clone(), None).await?;
        service.rotate_key(author, key.key.id, None, None).await?;
        made.rotated.push(key.secret);
    }
    // Far beyond the numbers of those that are there.
    for (n, secret) in (u64::MAX / 2..).zip(&made.valid) {
        let parts: Vec<&str> = secret.expose().split('_').collect();
        let id = seed::id(n).ok_or("no id")?;
        made.unknown.push(Secret::new(format!("{}_{}_{}", parts[0], id.body(), parts[2])));
    }
    Ok(made)
}

/// Connects accounts until there are `accounts` besides the one that the measured keys may not see, and makes so many keys that
/// may see these and no others. Gives their secrets, which are warm in the service.
///
/// # Errors
/// The disk failed.
pub async fn present_wide(service: &Arc<Service>, accounts: usize, keys: usize) -> Outcome<Vec<Secret>> {
    let author = Author::this_process();
    let ids = (0..accounts).map(nth_account).collect::<Outcome<Vec<AccountId>>>()?;
    let there = usize::try_from(service.counts()?.accounts)? - (ACCOUNTS.len() - 1);
    // All at once, so that one commit has many of them.
    let mut connecting = JoinSet::new();
    for id in ids.iter().skip(there).cloned() {
        let service = Arc::clone(service);
        let name = Name::parse(id.as_str())?;
        connecting.spawn(async move {
            let account = ConnectAccount { name, institution: None, mask: None, kind: None, id: Some(id) };
            service.connect_account(author, account).await.map(drop)
        });
    }
    for connected in connecting.join_all().await {
        connected?;
    }
    let scope: Scope = ids.into_iter().collect();
    let mut secrets = Vec::new();
    for n in 0..keys {
        let name = Name::parse(&format!("wide {accounts} {n}"))?;
        secrets.push(service.create_key(author, name, scope.clone(), None).await?.secret);
    }
    Ok(secrets)
}

/// The first is the one that every measured key may see.
fn nth_account(n: usize) -> Outcome<AccountId> {
    if n == 0 { account_id(MINE) } else { account_id(&format!("acc_{n:012}")) }
}

#[cfg(test)]
mod tests {
    use claviger_daemon::service::{Refusal, Verdict};

    use super::*;
    use crate::in_process::verify;

    #[tokio::test]
    async fn each_kind_of_secret_gets_its_verdict_from_a_seeded_store() {
        let directory = tempfile::tempdir().unwrap();
        let (service, presentable) =
            seed(&directory.path().join("data"), 30, cheap().unwrap()).await.unwrap();
        for kind in Kind::ALL {
            let (secrets, account) = presentable.of(kind);
            assert_eq!(secrets.len(), MEASURED);
            for secret in secrets {
                let verdict = verify(&service, &secret, account).unwrap();
                let expected = match kind {
                    Kind::Valid => matches!(verdict, Verdict::Granted(_)),
                    Kind::OutOfScope => verdict == Verdict::Refused(Refusal::NoSuchAccount),
                    _ => verdict == Verdict::Refused(Refusal::Unauthorized),
                };
                assert!(expected, "{kind:?}: {verdict:?}");
            }
        }
        // Retired ones are told from forged ones only by what is noted.
        service.finish().await;
        let keys = service.list_keys(None, claviger_api::page::Limit::default()).unwrap().keys;
        let seen = keys.iter().filter(|key| key.retired_secret_seen_at.is_some()).count();
        assert_eq!(seen, ROTATED);
        assert_eq!(service.settings().unwrap().revision, 30 + 2 + 64 + 2 * 8);
    }
    #[tokio::test]
    async fn wide_keys_see_as_many_accounts_as_was_said_and_no_others() {
        let directory = tempfile::tempdir().unwrap();
        let (service, _) = seed(&directory.path().join("data"), 3, cheap().unwrap()).await.unwrap();
        for accounts in [1, 5, 20] {
            for secret in present_wide(&service, accounts, 2).await.unwrap() {
                let Verdict::Granted(grant) = verify(&service, &secret, MINE).unwrap() else { panic!() };
                let Scope::Only(seen) = &grant.verification().scope else { panic!() };
                assert_eq!(seen.len(), accounts);
                assert!(!seen.contains(&account_id(OTHER).unwrap()));
            }
        }
        assert_eq!(service.counts().unwrap().accounts, 20 + 1);
    }
}

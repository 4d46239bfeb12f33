//! Owns the sample accounts and keys of the demo. Must not be used on a store that anybody needs.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use claviger_api::client::Client;
use claviger_api::id::PresentedAccountId;
use claviger_api::method::{
    AccountsConnect, AccountsDisconnect, ConnectAccount, CreateKey, DisconnectAccount, KeysCreate,
    KeysRotate, KeysVerify, RotateKey, VerifySecret,
};
use claviger_api::{AccountId, KeyId, KeyWithSecret, Name, Scope, Secret, Timestamp};
use claviger_daemon::seed;
use claviger_daemon::service::Clock;
use claviger_daemon::store::{FILE_NAME, Store};
use claviger_daemon::token::{HashMemory, HashingCost, SlowHash};

use crate::connection;
use crate::failure::Failure;

/// Id, name, institution, mask and kind: those of the pictures in the documentation, so that one can press along.
const ACCOUNTS: [[&str; 5]; 6] = [
    ["everyday", "Everyday Checking", "Harbour Bank", "4471", "checking"],
    ["rainy-day", "Rainy Day Savings", "Harbour Bank", "9920", "savings"],
    ["travel", "Travel Card", "Meridian Bank", "0038", "credit"],
    ["joint", "Joint Account", "Meridian Bank", "6604", "checking"],
    ["index", "Index Fund", "Northgate Invest", "1187", "investment"],
    ["pension", "Pension", "Northgate Invest", "7310", "pension"],
];

/// An account that is disconnected again, so that one key has nothing left to see.
const CLOSED: [&str; 5] = ["closed", "Old Savings", "Harbour Bank", "2210", "savings"];

/// What the many keys of [`seed()`] are called, in the order of names.
const USERS: [&str; 8] = [
    "Billing worker",
    "Card reader",
    "Gateway",
    "Importer",
    "Mobile app",
    "Nightly report",
    "Partner",
    "Webhook",
];

/// Makes a store with so many keys whose secrets nobody has, without a slow hash for each. Says how many there are, and goes on
/// as long as it is answered that it should.
pub(crate) fn seed(data: &Path, keys: usize, goes_on: impl FnMut(usize) -> bool) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("cannot make keys: {error}"));
    DirBuilder::new().mode(0o700).create(data).map_err(|error| failed(&error))?;
    let store = Store::open(&data.join(FILE_NAME)).map_err(|error| failed(&error))?;
    let cost = HashingCost::new(8, 1, 1).unwrap_or_default();
    let hash =
        SlowHash::make("nobody's", cost, &mut HashMemory::default()).map_err(|error| failed(&error))?;
    // In the order of ids and of names at once, so that the store is written from its beginning to its end.
    let mut ids: Vec<KeyId> = (0..keys as u64).filter_map(seed::id).collect();
    ids.sort_unstable();
    let at = Clock::system().now();
    let keys = ids.into_iter().enumerate().map(|(n, id)| {
        let name = format!("{} {:07}", USERS[n * USERS.len() / keys], n + 1);
        let minutes = i64::try_from(keys - n).unwrap_or(0);
        let created_at = Timestamp::from_millis(at.as_millis() - minutes * 60_000);
        seed::key(id, name, Scope::All, hash.clone(), created_at)
    });
    seed::fill(&store, keys, at, goes_on).map_err(|error| failed(&error))
}

/// Fills a store without accounts by way of its daemon.
pub(crate) async fn fill(socket: &Path) -> Result<(), Failure> {
    let client = Client::connect(socket, Duration::from_secs(5)).await.map_err(connection::explain)?;
    for account in ACCOUNTS.into_iter().chain([CLOSED]) {
        connect(&client, account).await?;
    }
    let budget = create(&client, "Budget app", only(&["everyday", "rainy-day", "travel"])?).await?;
    let production = create(&client, "Production", Scope::All).await?;
    let ci = create(&client, "CI", only(&["everyday"])?).await?;
    create(&client, "Tax export", Scope::All).await?;
    let backup = create(&client, "Nightly backup", only(&["everyday", "travel"])?).await?;
    create(&client, "Retirement planner", only(&["index", "pension"])?).await?;
    create(&client, "Savings bot", only(&["closed"])?).await?;
    let closed = id("closed")?;
    client.call::<AccountsDisconnect>(DisconnectAccount { id: closed }).await?;

    present_often(&client, &production.secret, None, 42).await;
    present_often(&client, &budget.secret, Some("travel"), 7).await;
    present_often(&client, &ci.secret, Some("everyday"), 2).await;
    let rotated = rotate(&client, backup.key.id).await?;
    present_often(&client, &rotated.secret, None, 3).await;
    // Some application was not updated: the interface warns of it.
    present(&client, &backup.secret, None).await;
    Ok(())
}

async fn connect(client: &Client, account: [&str; 5]) -> Result<(), Failure> {
    let [own_id, text, institution, mask, kind] = account;
    let params = ConnectAccount {
        name: name(text)?,
        institution: Some(Some(name(institution)?)),
        mask: Some(Some(name(mask)?)),
        kind: Some(Some(name(kind)?)),
        id: Some(id(own_id)?),
    };
    client.call::<AccountsConnect>(params).await.map(drop).map_err(Failure::from)
}

async fn create(client: &Client, text: &str, scope: Scope) -> Result<KeyWithSecret, Failure> {
    let params = CreateKey { name: name(text)?, scope: Some(scope), request_id: None };
    Ok(client.call::<KeysCreate>(params).await?)
}

async fn rotate(client: &Client, id: KeyId) -> Result<KeyWithSecret, Failure> {
    let params = RotateKey { id, expected_version: None, request_id: None };
    Ok(client.call::<KeysRotate>(params).await?)
}

/// Presents a secret for the trace that it leaves, whatever the verdict.
async fn present(client: &Client, secret: &Secret, account: Option<&str>) {
    let account = account.map(PresentedAccountId::new);
    let _ = client.call::<KeysVerify>(VerifySecret { secret: secret.clone(), account }).await;
}

/// Presents a secret so many times, so that there is some use to show: of today, for nobody can say otherwise.
async fn present_often(client: &Client, secret: &Secret, account: Option<&str>, times: usize) {
    for _ in 0..times {
        present(client, secret, account).await;
    }
}

fn only(ids: &[&str]) -> Result<Scope, Failure> {
    ids.iter().map(|text| id(text)).collect()
}

fn name(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|rule| Failure::invalid("name", rule))
}

fn id(text: &str) -> Result<AccountId, Failure> {
    AccountId::parse(text).ok_or_else(|| Failure::invalid("id", "is none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_keeps_the_rules() {
        for [own_id, rest @ ..] in ACCOUNTS.into_iter().chain([CLOSED]) {
            id(own_id).unwrap();
            for text in rest {
                name(text).unwrap();
            }
        }
        assert!(only(&["everyday", "travel"]).is_ok());
    }
}

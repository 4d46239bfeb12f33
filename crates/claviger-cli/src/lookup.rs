//! Owns how keys and accounts are found: whole listings, and one by its id or exact name. Must not repeat what was
//! asked for: it may be a secret in the wrong place.

use claviger_api::client::{CallError, Client};
use claviger_api::method::{AccountsList, GetKey, KeysGet, KeysList, ListAccounts, ListKeys};
use claviger_api::page::{Cursor, Limit};
use claviger_api::{Account, AccountId, Code, Key, KeyId, Name, Scope};

use crate::failure::Failure;
use crate::progress;

/// Every key, by name.
pub(crate) async fn keys(client: &Client) -> Result<Vec<Key>, Failure> {
    let progress = progress::begin("reading keys");
    let mut keys = Vec::new();
    let mut cursor = None;
    loop {
        let page = client.call::<KeysList>(ListKeys { cursor, limit: Limit::new(Limit::MAX) }).await?;
        keys.extend(page.keys);
        progress.says(format!("reading keys: {}", keys.len()));
        cursor = next(page.next_cursor)?;
        if cursor.is_none() {
            return Ok(keys);
        }
    }
}

/// Every account, by name.
pub(crate) async fn accounts(client: &Client) -> Result<Vec<Account>, Failure> {
    let progress = progress::begin("reading accounts");
    let mut accounts = Vec::new();
    let mut cursor = None;
    loop {
        let page =
            client.call::<AccountsList>(ListAccounts { cursor, limit: Limit::new(Limit::MAX) }).await?;
        accounts.extend(page.accounts);
        progress.says(format!("reading accounts: {}", accounts.len()));
        cursor = next(page.next_cursor)?;
        if cursor.is_none() {
            return Ok(accounts);
        }
    }
}

/// Where the next page begins.
pub(crate) fn next(cursor: Option<String>) -> Result<Option<Cursor>, Failure> {
    cursor.map(|text| Cursor::decode(&text).ok_or_else(|| CallError::BadAnswer.into())).transpose()
}

/// The key with this id, else with exactly this name.
pub(crate) async fn key(client: &Client, wanted: &str) -> Result<Key, Failure> {
    if let Some(id) = KeyId::parse(wanted) {
        match client.call::<KeysGet>(GetKey { id }).await {
            Err(CallError::Refused(error)) if error.code == Code::NotFound => {}
            outcome => return Ok(outcome?),
        }
    }
    let name = normal(wanted);
    keys(client).await?.into_iter().find(|key| key.name == name).ok_or_else(|| {
        Failure::of(Code::NotFound, "no key has this id or name")
            .hint("`claviger keys list` shows what there is; names are compared exactly")
    })
}

/// The account with this id, else with exactly this name.
pub(crate) async fn account(client: &Client, wanted: &str) -> Result<Account, Failure> {
    pick(&accounts(client).await?, wanted).cloned()
}

/// The scope of these accounts and no others.
pub(crate) async fn scope(client: &Client, wanted: &[String]) -> Result<Scope, Failure> {
    restrict(&accounts(client).await?, wanted)
}

fn restrict(accounts: &[Account], wanted: &[String]) -> Result<Scope, Failure> {
    let mut ids: Vec<AccountId> = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let id = &pick(accounts, wanted)?.id;
        if ids.contains(id) {
            return Err(Failure::usage("--account names an account twice"));
        }
        ids.push(id.clone());
    }
    Ok(ids.into_iter().collect())
}

fn pick<'a>(accounts: &'a [Account], wanted: &str) -> Result<&'a Account, Failure> {
    if let Some(account) = accounts.iter().find(|account| account.id.as_str() == wanted) {
        return Ok(account);
    }
    named(accounts, wanted)?.ok_or_else(|| {
        Failure::of(Code::NotFound, "no account has this id or name")
            .hint("`claviger accounts list` shows what there is; names are compared exactly")
    })
}

/// The one account with exactly this name, if there is one.
pub(crate) fn named<'a>(accounts: &'a [Account], wanted: &str) -> Result<Option<&'a Account>, Failure> {
    let name = normal(wanted);
    let mut named = accounts.iter().filter(|account| account.name == name);
    match (named.next(), named.next()) {
        (account, None) => Ok(account),
        (_, Some(_)) => Err(Failure::of(Code::Conflict, "several accounts have this name")
            .hint("use the id: `claviger accounts list` shows it")),
    }
}

/// The form in which the daemon keeps a name. What can be no name stays as it is, and equals none.
fn normal(wanted: &str) -> String {
    Name::parse(wanted).map_or_else(|_| wanted.to_owned(), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    use claviger_api::Timestamp;

    use super::*;

    fn account(id: &str, name: &str) -> Account {
        Account {
            id: AccountId::parse(id).unwrap(),
            name: name.to_owned(),
            institution: None,
            mask: None,
            kind: None,
            connected_at: Timestamp::from_millis(0),
            version: 1,
        }
    }

    fn found(wanted: &str) -> Result<String, &'static str> {
        // `b`'s name is `a`'s id: the id wins.
        let accounts =
            [account("a", "Caf\u{e9}"), account("b", "a"), account("c", "Twin"), account("d", "Twin")];
        pick(&accounts, wanted).map(|account| account.id.to_string()).map_err(|error| error.code().unwrap())
    }

    #[test]
    fn an_id_wins_over_a_name_and_names_are_exact() {
        assert_eq!(found("a"), Ok("a".to_owned()));
        assert_eq!(found("b"), Ok("b".to_owned()));
        assert_eq!(found("Cafe\u{301}"), Ok("a".to_owned()));
        assert_eq!(found(" Caf\u{e9} "), Ok("a".to_owned()));
        assert_eq!(found("caf\u{e9}"), Err("NOT_FOUND"));
        assert_eq!(found("Twin"), Err("CONFLICT"));
        assert_eq!(found("c"), Ok("c".to_owned()));
        assert_eq!(found(""), Err("NOT_FOUND"));
    }

    #[test]
    fn an_account_named_twice_is_refused_whichever_way() {
        let accounts = [account("a", "Checking"), account("b", "Savings")];
        let scope = |wanted: &[&str]| {
            restrict(&accounts, &wanted.iter().map(ToString::to_string).collect::<Vec<_>>())
                .map_err(|error| error.code().unwrap())
        };
        let both: Scope = accounts.iter().map(|account| account.id.clone()).collect();
        assert_eq!(scope(&["b", "Checking"]), Ok(both));
        assert_eq!(scope(&["a", "Checking"]), Err("USAGE"));
        assert_eq!(scope(&["a", ""]), Err("NOT_FOUND"));
    }
}

//! Owns `claviger accounts`. Must not decide which keys may see an account.

use claviger_api::method::{
    AccountsConnect, AccountsDisconnect, AccountsUpdate, ConnectAccount, DisconnectAccount, UpdateAccount,
};
use claviger_api::param::Nullable;
use claviger_api::{Account, AccountId, Name};

use crate::args::{Accounts, Fact, Facts};
use crate::command::Context;
use crate::command::keys::name;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::table::Table;
use crate::{connection, lookup};

/// Does one thing with accounts.
pub(crate) async fn run(context: &Context, command: Accounts) -> Result<(), Failure> {
    match command {
        Accounts::List => list(context).await,
        Accounts::Connect { name, facts, id } => connect(context, &name, &facts, id.as_deref()).await,
        Accounts::Update { account, name, facts, clear } => {
            update(context, &account, name.as_deref(), &facts, &clear).await
        }
        Accounts::Disconnect { account } => disconnect(context, &account).await,
    }
}

async fn list(context: &Context) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let accounts = lookup::accounts(&client).await?;
    if context.format == Format::Json {
        return output::json(&accounts);
    }
    let mut table = Table::new(["ID", "NAME", "INSTITUTION", "MASK", "KIND", "CONNECTED"])
        .sparing(&["CONNECTED", "KIND"])
        .shortening(&["NAME", "INSTITUTION"])
        .giving_up(&["MASK", "INSTITUTION"]);
    for account in accounts {
        table.push([
            account.id.to_string(),
            account.name,
            account.institution.unwrap_or_default(),
            account.mask.unwrap_or_default(),
            account.kind.unwrap_or_default(),
            account.connected_at.to_string(),
        ]);
    }
    table.print("no accounts yet: `claviger accounts connect NAME` connects one")
}

async fn connect(context: &Context, text: &str, facts: &Facts, id: Option<&str>) -> Result<(), Failure> {
    let facts = Read::new(facts)?;
    let id = id.map(|id| {
        AccountId::parse(id).ok_or_else(|| Failure::invalid("id", "must be 1 to 64 of A-Z a-z 0-9 _ -"))
    });
    let params = ConnectAccount {
        name: name("name", text)?,
        institution: facts.institution.map(Some),
        mask: facts.mask.map(Some),
        kind: facts.kind.map(Some),
        id: id.transpose()?,
    };
    let client = connection::admin(&context.settings).await?;
    let account = client.call::<AccountsConnect>(params).await?;
    if context.format == Format::Json {
        return output::json(&account);
    }
    output::note(&format!("connected {}; keys with all accounts see it now", quoted(&account)));
    output::line(account.id.as_str())
}

async fn update(
    context: &Context,
    wanted: &str,
    new_name: Option<&str>,
    facts: &Facts,
    clear: &[Fact],
) -> Result<(), Failure> {
    let facts = Read::new(facts)?;
    let new_name = new_name.map(|text| name("name", text)).transpose()?;
    let institution = changed(facts.institution, Fact::Institution, clear)?;
    let mask = changed(facts.mask, Fact::Mask, clear)?;
    let kind = changed(facts.kind, Fact::Kind, clear)?;
    if new_name.is_none() && institution.is_none() && mask.is_none() && kind.is_none() {
        return Err(Failure::usage("there is nothing to change")
            .hint("give at least one of --name, --institution, --mask, --kind, --clear"));
    }
    let client = connection::admin(&context.settings).await?;
    let id = lookup::account(&client, wanted).await?.id;
    let params = UpdateAccount { id, name: new_name, institution, mask, kind, expected_version: None };
    let account = client.call::<AccountsUpdate>(params).await?;
    if context.format == Format::Json {
        return output::json(&account);
    }
    output::note(&format!("updated {}", quoted(&account)));
    Ok(())
}

async fn disconnect(context: &Context, wanted: &str) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let account = lookup::account(&client, wanted).await?;
    let disconnected =
        client.call::<AccountsDisconnect>(DisconnectAccount { id: account.id.clone() }).await?;
    if context.format == Format::Json {
        return output::json(&disconnected);
    }
    output::note(&format!("disconnected {}", quoted(&account)));
    if disconnected.keys.is_empty() {
        output::note("no restricted key had it in its scope");
        return Ok(());
    }
    let keys = lookup::keys(&client).await?;
    for id in disconnected.keys {
        let name = keys.iter().find(|key| key.id == id).map_or("a deleted key", |key| &key.name);
        output::note(&format!("it is out of the scope of \"{name}\" ({id})"));
    }
    Ok(())
}

fn quoted(account: &Account) -> String {
    format!("\"{}\" ({})", account.name, account.id)
}

/// Facts that keep the rules of names.
struct Read {
    institution: Option<Name>,
    mask: Option<Name>,
    kind: Option<Name>,
}

impl Read {
    fn new(facts: &Facts) -> Result<Self, Failure> {
        let read = |field, text: &Option<String>| text.as_deref().map(|text| name(field, text)).transpose();
        Ok(Self {
            institution: read("institution", &facts.institution)?,
            mask: read("mask", &facts.mask)?,
            kind: read("kind", &facts.kind)?,
        })
    }
}

/// A fact that is set, cleared (`Some(None)`) or left as it is.
fn changed(value: Option<Name>, fact: Fact, clear: &[Fact]) -> Result<Nullable<Name>, Failure> {
    match (value, clear.contains(&fact)) {
        (Some(_), true) => Err(Failure::usage("a fact is given and to be cleared: choose one")),
        (Some(value), false) => Ok(Some(Some(value))),
        (None, true) => Ok(Some(None)),
        (None, false) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_set_cleared_or_left() {
        let value = || Some(Name::parse("1234").unwrap());
        let change = |value, clear: &[Fact]| changed(value, Fact::Mask, clear);
        assert_eq!(change(value(), &[Fact::Kind]).unwrap(), Some(value()));
        assert_eq!(change(None, &[Fact::Kind, Fact::Mask]).unwrap(), Some(None));
        assert_eq!(change(None, &[]).unwrap(), None);
        assert_eq!(change(value(), &[Fact::Mask]).unwrap_err().code(), Some("USAGE"));
    }

    #[test]
    fn an_empty_fact_is_refused_and_named() {
        let facts = Facts { mask: Some(" ".to_owned()), ..Facts::default() };
        let failure = Read::new(&facts).err().unwrap();
        assert_eq!(failure.code(), Some("INVALID_PARAMS"));
        assert!(format!("{failure:?}").contains("`mask` must not be empty"));
    }
}

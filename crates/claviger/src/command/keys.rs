//! Owns `claviger keys`. Must not show a secret: that is for the handover.

use std::fmt::Display;

use claviger_api::client::Client;
use claviger_api::method::{
    CreateKey, DeleteKey, KeysCreate, KeysDelete, KeysRename, KeysRotate, KeysSetScope, RenameKey, RotateKey,
    SetKeyScope,
};
use claviger_api::{Key, Name, Scope};

use crate::args::Keys;
use crate::command::{Context, handover};
use crate::failure::Failure;
use crate::output::{self, Format, Reader};
use crate::table::Table;
use crate::{connection, input, lookup, phrase};

/// Does one thing with keys.
pub(crate) async fn run(context: &Context, command: Keys) -> Result<(), Failure> {
    match command {
        Keys::List => list(context).await,
        Keys::Create { name, accounts } => create(context, &name, &accounts).await,
        Keys::Rename { key, new_name } => rename(context, &key, &new_name).await,
        Keys::Scope { key, scope } => {
            // The grammar has made sure that it is one of the two.
            let accounts = (!scope.all).then_some(scope.accounts);
            set_scope(context, &key, accounts.as_deref()).await
        }
        Keys::Rotate { key, yes } => rotate(context, &key, Consent::new(yes, "rotate")?).await,
        Keys::Delete { key, yes } => delete(context, &key, Consent::new(yes, "delete")?).await,
    }
}

/// Reads a name, or says which rule it breaks.
pub(crate) fn name(field: &'static str, text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|rule| Failure::invalid(field, rule))
}

async fn list(context: &Context) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let keys = lookup::keys(&client).await?;
    if context.format == Format::Json {
        return output::json(&keys);
    }
    let reader = output::reader();
    let mut table = Table::new(["ID", "NAME", "SCOPE", "CREATED", "ROTATED", "LAST USED"]);
    for key in &keys {
        table.push([
            key.id.to_string(),
            key.name.clone(),
            phrase::scope(&key.scope, reader),
            key.created_at.to_string(),
            phrase::time(key.rotated_at, reader),
            phrase::time(key.last_used_at, reader),
        ]);
    }
    table.print("no keys yet: `claviger keys create NAME` creates one")?;
    for key in &keys {
        if let (Some(seen), Reader::Person) = (key.retired_secret_seen_at, reader) {
            output::note(&format!(
                "{} was rotated, and its old secret was still presented at {seen}: some application has not been updated",
                quoted(key),
            ));
        }
    }
    Ok(())
}

async fn create(context: &Context, text: &str, accounts: &[String]) -> Result<(), Failure> {
    let name = name("name", text)?;
    let client = connection::admin(&context.settings).await?;
    let scope = match accounts {
        [] => None,
        accounts => Some(lookup::scope(&client, accounts).await?),
    };
    let params = |request_id| CreateKey { name, scope, request_id: Some(request_id) };
    let key = handover::run::<KeysCreate>(context, client, params).await?;
    if context.format == Format::Text {
        output::note(&format!("created {}: {}", quoted(&key), sees(&key.scope)));
        output::note("the secret cannot be shown again");
    }
    Ok(())
}

async fn rename(context: &Context, wanted: &str, new_name: &str) -> Result<(), Failure> {
    let name = name("name", new_name)?;
    let client = connection::admin(&context.settings).await?;
    let id = lookup::key(&client, wanted).await?.id;
    let key = client.call::<KeysRename>(RenameKey { id, name, expected_version: None }).await?;
    changed(context, &key, format!("renamed {}", quoted(&key)))
}

async fn set_scope(context: &Context, wanted: &str, accounts: Option<&[String]>) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let id = lookup::key(&client, wanted).await?.id;
    let scope = match accounts {
        None => Scope::All,
        Some(accounts) => lookup::scope(&client, accounts).await?,
    };
    let key = client.call::<KeysSetScope>(SetKeyScope { id, scope, expected_version: None }).await?;
    changed(context, &key, format!("{}: {}", quoted(&key), sees(&key.scope)))
}

async fn rotate(context: &Context, wanted: &str, consent: Consent) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let key = lookup::key(&client, wanted).await?;
    consent.get(|| {
        format!(
            "Rotate {}? It was {}, and its present secret is dead at once.",
            quoted(&key),
            last_used(&key)
        )
    })?;
    let client = consent.refresh(context, client).await?;
    // What was confirmed, or found by its name, is this version of it and no later one.
    let params = |request_id| RotateKey {
        id: key.id,
        expected_version: Some(key.version),
        request_id: Some(request_id),
    };
    let key = handover::run::<KeysRotate>(context, client, params).await?;
    if context.format == Format::Text {
        output::note(&format!("rotated {}; the old secret is dead", quoted(&key)));
        output::note("the secret cannot be shown again");
    }
    Ok(())
}

async fn delete(context: &Context, wanted: &str, consent: Consent) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let key = lookup::key(&client, wanted).await?;
    consent.get(|| {
        format!("Delete {} for good? It {}; it was {}.", quoted(&key), sees(&key.scope), last_used(&key))
    })?;
    let client = consent.refresh(context, client).await?;
    let params = DeleteKey { id: key.id, expected_version: Some(key.version) };
    let deleted = client.call::<KeysDelete>(params).await?;
    if context.format == Format::Json {
        return output::json(&deleted);
    }
    output::note(&format!("deleted {}", quoted(&key)));
    Ok(())
}

fn changed(context: &Context, key: &Key, told: impl Display) -> Result<(), Failure> {
    if context.format == Format::Json {
        return output::json(key);
    }
    output::note(&told.to_string());
    Ok(())
}

fn quoted(key: &Key) -> String {
    format!("\"{}\" ({})", key.name, key.id)
}

fn sees(scope: &Scope) -> String {
    match scope {
        Scope::All => "sees all accounts, those connected later included".to_owned(),
        Scope::Only(_) => {
            format!("sees {} and no others", phrase::scope(scope, Reader::Person).to_lowercase())
        }
    }
}

fn last_used(key: &Key) -> String {
    match key.last_used_at {
        Some(time) => format!("last used {time}"),
        None => "never used".to_owned(),
    }
}

/// How somebody agrees to what cannot be undone.
#[derive(Clone, Copy)]
enum Consent {
    /// By `--yes`.
    Given,
    /// By an answer on the terminal.
    Asked,
}

impl Consent {
    fn new(yes: bool, verb: &str) -> Result<Self, Failure> {
        match (yes, input::can_ask()) {
            (true, _) => Ok(Self::Given),
            (false, true) => Ok(Self::Asked),
            (false, false) => {
                Err(Failure::usage(format!("`keys {verb}` needs --yes where nobody can be asked"))
                    .hint("on a terminal it asks instead"))
            }
        }
    }

    fn get(self, question: impl FnOnce() -> String) -> Result<(), Failure> {
        match self {
            Self::Given => Ok(()),
            Self::Asked => input::confirm(&question()),
        }
    }

    /// A person may have taken longer to answer than the daemon keeps an idle connection.
    async fn refresh(self, context: &Context, client: Client) -> Result<Client, Failure> {
        match self {
            Self::Given => Ok(client),
            Self::Asked => connection::admin(&context.settings).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_consent_must_be_given() {
        assert!(matches!(Consent::new(true, "delete"), Ok(Consent::Given)));
        if !input::can_ask() {
            assert_eq!(Consent::new(false, "delete").err().and_then(|failure| failure.code()), Some("USAGE"));
        }
    }

    #[test]
    fn a_name_is_refused_by_its_rule() {
        let failure = format!("{:?}", name("name", "S3CR3T\u{1b}").unwrap_err());
        assert!(failure.contains("`name` must not have control characters"), "{failure}");
        assert!(!failure.contains("S3CR3T"), "{failure}");
    }
}

//! Owns `claviger keys`. Must not show a secret: that is for the handover.

use std::fmt::Display;

use claviger_api::method::{
    CreateKey, DeleteKey, KeysCreate, KeysDelete, KeysRelease, KeysRename, KeysRotate, KeysSetScope,
    ReleaseKey, RenameKey, RotateKey, SetKeyScope,
};
use claviger_api::{Key, Name, Scope};

use crate::args::Keys;
use crate::command::consent::Consent;
use crate::command::{Context, handover};
use crate::failure::Failure;
use crate::output::{self, Format, Reader};
use crate::table::Table;
use crate::{connection, lookup, phrase};

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
        Keys::Rotate { key, yes } => rotate(context, &key, Consent::new(yes, "keys rotate")?).await,
        Keys::Release { key, yes } => release(context, &key, Consent::new(yes, "keys release")?).await,
        Keys::Delete { key, yes } => delete(context, &key, Consent::new(yes, "keys delete")?).await,
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
    let row = |key: &Key| {
        [
            key.id.to_string(),
            key.name.clone(),
            phrase::scope(&key.scope, reader),
            key.created_at.to_string(),
            phrase::time(key.rotated_at, reader),
            phrase::time(key.last_used_at, reader),
        ]
    };
    let (header, none) = (
        ["ID", "NAME", "SCOPE", "CREATED", "ROTATED", "LAST USED"],
        "no keys yet: `claviger keys create NAME` creates one",
    );
    // A person is spared a column in which nothing stands.
    if reader == Reader::Person && keys.iter().all(|key| phrase::standing(key).is_empty()) {
        let mut table = narrowing(Table::new(header));
        for key in &keys {
            table.push(row(key));
        }
        table.print(none)?;
    } else {
        let [id, name, scope, created, rotated, used] = header;
        let mut table = narrowing(Table::new([id, name, scope, created, rotated, used, "STATE"]));
        for key in &keys {
            let [id, name, scope, created, rotated, used] = row(key);
            table.push([id, name, scope, created, rotated, used, phrase::standing(key).to_owned()]);
        }
        table.print(none)?;
    }
    if reader == Reader::Person {
        for warning in warnings(&keys) {
            output::note(&warning);
        }
    }
    Ok(())
}

/// What gives way on a narrow terminal.
fn narrowing<const N: usize>(table: Table<N>) -> Table<N> {
    table.sparing(&["ROTATED", "CREATED"]).shortening(&["NAME"]).giving_up(&["LAST USED", "SCOPE"])
}

/// What an operator should know of some keys, and what to do about it.
fn warnings(keys: &[Key]) -> Vec<String> {
    let seen = keys.iter().filter_map(|key| {
        let (name, seen) = (quoted(key), key.retired_secret_seen_at?);
        Some(format!(
            "{name} was rotated, and its old secret was still presented at {seen}: some application has not been updated"
        ))
    });
    let count = |is_so: fn(&Key) -> bool| match keys.iter().filter(|key| is_so(key)).count() {
        0 => None,
        1 => Some("1 key is".to_owned()),
        many => Some(format!("{many} keys are")),
    };
    let suspended = count(|key| key.suspended_at.is_some()).map(|keys| {
        format!("{keys} suspended since a restore: what is suspended opens nothing. `claviger keys release KEY` releases one")
    });
    let rotation = count(|key| key.needs_rotation).map(|keys| {
        format!("{keys} without a living secret since a restore: `claviger keys rotate KEY` gives it one")
    });
    seen.chain(suspended).chain(rotation).collect()
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
        if key.suspended_at.is_some() {
            output::note("it is suspended: this secret, too, opens nothing until you release the key");
        }
        output::note("the secret cannot be shown again");
    }
    Ok(())
}

async fn release(context: &Context, wanted: &str, consent: Consent) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let key = lookup::key(&client, wanted).await?;
    if key.suspended_at.is_none() {
        return changed(context, &key, format!("{} is not suspended: nothing was changed", quoted(&key)));
    }
    consent.get(|| {
        format!(
            "Release {}? It {}; it was {}. Nobody knows whether it was deleted, rotated or narrowed after its backup was made.",
            quoted(&key),
            sees(&key.scope),
            last_used(&key)
        )
    })?;
    let client = consent.refresh(context, client).await?;
    let params = ReleaseKey { id: key.id, expected_version: Some(key.version) };
    let key = client.call::<KeysRelease>(params).await?;
    changed(context, &key, format!("released {}: {}", quoted(&key), sees(&key.scope)))?;
    if context.format == Format::Text && key.needs_rotation {
        output::note("it has no living secret yet: `claviger keys rotate` gives it one");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_refused_by_its_rule() {
        let failure = format!("{:?}", name("name", "S3CR3T\u{1b}").unwrap_err());
        assert!(failure.contains("`name` must not have control characters"), "{failure}");
        assert!(!failure.contains("S3CR3T"), "{failure}");
    }
}

//! Owns `claviger restore`. Must not decide what becomes of a key.

use std::path::Path;

use claviger_api::Timestamp;
use claviger_daemon::restore::{Change, Difference, Restoration, Restored, prepare};
use claviger_daemon::service::Clock;
use claviger_daemon::store::{Author, Following};
use serde::Serialize;

use crate::command::Context;
use crate::command::consent::Consent;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::table::Table;
use crate::{phrase, progress};

/// What is told as JSON.
#[derive(Serialize)]
struct Told {
    revision: u64,
    /// Where the store is kept that was replaced.
    kept: Option<String>,
    /// Whether all keys are suspended.
    suspended: bool,
    differences: Vec<Row>,
}

/// One difference.
#[derive(Serialize)]
struct Row {
    kind: &'static str,
    id: String,
    name: String,
    change: String,
}

/// Shows what will differ, asks, and puts the backup in the store's place.
pub(crate) fn run(context: &Context, file: &Path, yes: bool) -> Result<(), Failure> {
    let consent = Consent::new(yes, "restore")?;
    if context.format == Format::Json && !yes {
        return Err(Failure::usage("`restore --json` needs --yes: what will differ is told when it is done")
            .hint("without --json it shows what will differ, and asks"));
    }
    let reading = progress::begin("looking through the backup");
    let prepared = prepare(context.settings.data_dir()?, file, Author::this_process(), &Clock::system())?;
    drop(reading);
    let rows: Vec<Row> = prepared.differences.iter().map(row).collect();
    if context.format == Format::Text {
        show(&prepared, &rows)?;
    }
    consent.get(|| "Put the backup in the store's place?".to_owned())?;
    let following = prepared.following;
    let restoring = progress::begin("putting the backup in the store's place");
    let Restored { kept, revision } = prepared.carry_out()?;
    drop(restoring);
    let kept = kept.map(|path| path.display().to_string());
    if context.format == Format::Json {
        let suspended = following == Following::Unknown;
        return output::json(&Told { revision, kept, suspended, differences: rows });
    }
    output::note(&format!("restored: the store has revision {revision}"));
    if let Some(kept) = kept {
        output::note(&format!("the store that it replaces is kept: {kept}"));
    }
    if following == Following::Unknown {
        output::note("every key is suspended: `claviger keys release KEY` releases one");
    }
    Ok(())
}

fn show(prepared: &Restoration, rows: &[Row]) -> Result<(), Failure> {
    let at = Timestamp::from_millis;
    let backup = &prepared.backup;
    output::note(&format!("the backup shows revision {}, of {}", backup.revision, at(backup.newest_at)));
    match &prepared.present {
        Some(Ok(state)) => {
            output::note(&format!("the store has revision {}, of {}", state.revision, at(state.newest_at)));
        }
        Some(Err(error)) => {
            output::note(&format!("the store cannot be compared with it: {}", error.reason()));
        }
        None => output::note("there is no store yet"),
    }
    if prepared.following == Following::Unknown {
        output::note(
            "no journal here knows what died since the backup was made: every key will be suspended until you release it",
        );
    }
    output::note(&format!("in the restored store: {}", prepared.told));
    if prepared.doubt.is_some() {
        output::note("others may have read or changed this backup: go on only if you know that nobody did");
    }
    if matches!(&prepared.present, Some(Ok(state)) if state.revision > backup.revision) {
        let told = "what happened since then leaves the audit trail; the store that is kept has it";
        output::note(told);
    }
    if matches!(prepared.present, Some(Err(_))) {
        return Ok(());
    }
    let mut table = Table::new(["WHAT", "ID", "NAME", "WHAT BECOMES OF IT"]).shortening(&["NAME"]);
    for Row { kind, id, name, change } in rows {
        table.push([(*kind).to_owned(), id.clone(), name.clone(), change.clone()]);
    }
    table.print("keys, accounts and Storage Mode are as they are")
}

fn row(difference: &Difference) -> Row {
    match difference {
        Difference::Key { id, name, changes } => {
            let change = changes.iter().map(said).collect::<Vec<_>>().join("; ");
            Row { kind: "key", id: id.to_string(), name: name.clone(), change }
        }
        Difference::Account { id, name, change } => {
            Row { kind: "account", id: id.to_string(), name: name.clone(), change: said(change) }
        }
        Difference::StorageMode { enabled } => {
            let change = if *enabled { "on" } else { "off" }.to_owned();
            Row { kind: "Storage Mode", id: String::new(), name: String::new(), change }
        }
    }
}

fn said(change: &Change) -> String {
    match change {
        Change::Back => "comes back".to_owned(),
        Change::Gone => "is gone".to_owned(),
        Change::Renamed(now) => format!("today called {now}"),
        Change::Rescoped { now, then } => format!("sees {}, today {}", phrase::seen(then), phrase::seen(now)),
        Change::Suspended => "suspended".to_owned(),
        Change::Released => "opens again, today suspended".to_owned(),
        Change::NeedsRotation => "needs rotation".to_owned(),
        Change::OtherSecret => "another secret".to_owned(),
        Change::OtherFacts => "other facts".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use claviger_api::{AccountId, KeyId, Scope};

    use super::*;

    #[test]
    fn what_becomes_of_a_key_is_one_line() {
        let id = KeyId::from_body("4fX9aQ2LmN7b").unwrap();
        let today = Scope::Only(["a", "b"].map(|id| AccountId::parse(id).unwrap()).into());
        let scopes = Change::Rescoped { now: today, then: Scope::All };
        let changes = vec![Change::Renamed("New".into()), scopes, Change::Suspended];
        let row = row(&Difference::Key { id, name: "Old".into(), changes });
        assert_eq!((row.kind, &*row.name), ("key", "Old"));
        assert_eq!(row.change, "today called New; sees all accounts, today a, b; suspended");
    }
}

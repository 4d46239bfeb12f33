//! Owns `claviger activity`. Must not change anything.

mod follow;

use claviger_api::client::Client;
use claviger_api::method::{ActivityList, ListActivity};
use claviger_api::page::Limit;
use claviger_api::{Entry, KeyId};

use crate::args::Activity;
use crate::command::Context;
use crate::failure::Failure;
use crate::output::{self, Format, Reader};
use crate::table::Table;
use crate::{connection, lookup, progress};

/// How many entries a person gets who does not say how many: more would push the newest off the screen.
const SCREENFUL: usize = 100;

/// Shows the audit trail, newest first.
pub(crate) async fn run(context: &Context, activity: Activity) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let key = match &activity.key {
        None => None,
        // Not looked up: the trail outlives the key.
        Some(key) => match KeyId::parse(key) {
            Some(id) => Some(id),
            None => Some(lookup::key(&client, key).await?.id),
        },
    };
    let reader = output::reader();
    if activity.follow {
        return follow::run(context, client, key, activity.limit).await;
    }
    match (context.format, reader) {
        (Format::Json, _) => {
            let mut entries = Vec::new();
            each_page(&client, key, activity.limit, |page| {
                entries.extend(page);
                Ok(())
            })
            .await?;
            output::json(&entries)
        }
        // Page by page, so that `| head` need not wait for the whole trail.
        (Format::Text, Reader::Script) => {
            each_page(&client, key, activity.limit, |page| table(&page).print("")).await.map(drop)
        }
        (Format::Text, Reader::Person) => {
            let mut entries = Vec::new();
            let limit = activity.limit.unwrap_or(SCREENFUL);
            let progress = progress::begin("reading the activity");
            let rest = each_page(&client, key, Some(limit), |page| {
                entries.extend(page);
                progress.says(format!("reading the activity: {}", entries.len()));
                Ok(())
            })
            .await?;
            drop(progress);
            table(&entries).print("nothing has happened yet")?;
            if rest == Rest::Left && activity.limit.is_none() {
                output::note("there are older entries: --limit N shows more");
            }
            Ok(())
        }
    }
}

/// Whether the trail goes on behind what was asked for.
#[derive(PartialEq, Eq)]
enum Rest {
    Left,
    None,
}

async fn each_page(
    client: &Client,
    key: Option<KeyId>,
    limit: Option<usize>,
    mut take: impl FnMut(Vec<Entry>) -> Result<(), Failure>,
) -> Result<Rest, Failure> {
    let mut wanted = limit.unwrap_or(usize::MAX);
    let mut cursor = None;
    loop {
        let size = u16::try_from(wanted).unwrap_or(Limit::MAX).min(Limit::MAX);
        let params = ListActivity { key, cursor, limit: Limit::new(size) };
        let mut page = client.call::<ActivityList>(params).await?;
        page.entries.truncate(wanted);
        wanted -= page.entries.len();
        take(page.entries)?;
        cursor = lookup::next(page.next_cursor)?;
        match (&cursor, wanted) {
            (None, _) => return Ok(Rest::None),
            (Some(_), 0) => return Ok(Rest::Left),
            _ => {}
        }
    }
}

fn table(entries: &[Entry]) -> Table<9> {
    let mut table =
        Table::new(["SEQ", "AT", "ACTION", "KEY ID", "KEY", "ACCOUNT ID", "UID", "PID", "DETAIL"])
            .sparing(&["PID", "UID", "KEY ID", "SEQ"])
            .shortening(&["KEY", "DETAIL"])
            .giving_up(&["ACCOUNT ID", "AT", "DETAIL"]);
    for entry in entries {
        table.push([
            entry.seq.to_string(),
            entry.at.to_string(),
            entry.action.text().to_owned(),
            entry.key_id.map(|id| id.to_string()).unwrap_or_default(),
            entry.key_name.clone().unwrap_or_default(),
            entry.account_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            entry.uid.to_string(),
            entry.pid.map(|pid| pid.to_string()).unwrap_or_default(),
            entry.detail.clone().unwrap_or_default(),
        ]);
    }
    table
}

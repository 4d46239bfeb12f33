//! Owns `claviger activity --follow`: the latest entries, then each new one, also after the daemon was away. Must not miss
//! one that was written meanwhile.

use std::time::Duration;

use claviger_api::client::{CallError, Client};
use claviger_api::method::{ActivityList, ListActivity, Revisions};
use claviger_api::page::Limit;
use claviger_api::{Entry, KeyId, drawable};

use super::table;
use crate::command::Context;
use crate::failure::Failure;
use crate::output::{self, Format, Reader};
use crate::{connection, lookup};

/// How many entries are shown before the new ones.
const BEFORE: usize = 10;

/// How long it is waited for a daemon that went away, before it is looked for again: at first, and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];

/// Shows entries until somebody ends it, or nobody reads them.
pub(super) async fn run(
    context: &Context,
    client: Client,
    key: Option<KeyId>,
    limit: Option<usize>,
) -> Result<(), Failure> {
    let mut client = client;
    let mut followed = Followed { key, before: limit.unwrap_or(BEFORE), last: None };
    loop {
        match followed.until_gone(context, &client).await {
            Err(Ended::Away) => output::note("the daemon went away: waiting for it"),
            Err(Ended::Failed(failure)) => return Err(failure),
            Ok(never) => match never {},
        }
        client = again(context).await?;
    }
}

/// Why a connection tells nothing more.
enum Ended {
    /// The daemon went away.
    Away,
    /// Something else.
    Failed(Failure),
}

impl From<CallError> for Ended {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Disconnected | CallError::TimedOut => Self::Away,
            other => Self::Failed(other.into()),
        }
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What was shown so far.
struct Followed {
    key: Option<KeyId>,
    before: usize,
    /// The newest entry that was looked at, of whatever key.
    last: Option<u64>,
}

impl Followed {
    async fn until_gone(
        &mut self,
        context: &Context,
        client: &Client,
    ) -> Result<std::convert::Infallible, Ended> {
        // The first notification comes at once.
        let mut revisions = client.subscribe::<Revisions>().await?;
        loop {
            revisions.next().await?;
            for entry in self.news(client).await?.iter().rev() {
                show(context.format, entry)?;
            }
        }
    }

    /// What was not shown yet, newest first.
    async fn news(&mut self, client: &Client) -> Result<Vec<Entry>, Ended> {
        let newest = page(client, None, None, 1).await?.0.first().map_or(0, |entry| entry.seq);
        if self.last.is_some_and(|last| newest < last) {
            output::note("another store is there, whose activity goes back");
            self.last = newest.checked_sub(1);
        }
        let (mut news, mut cursor) = (Vec::new(), None);
        'pages: loop {
            let size = if self.last.is_none() { self.before - news.len() } else { usize::MAX };
            let (entries, next) = page(client, self.key, cursor, size).await?;
            for entry in entries {
                if self.last.is_some_and(|last| entry.seq <= last) {
                    break 'pages;
                }
                news.push(entry);
                if self.last.is_none() && news.len() >= self.before {
                    break 'pages;
                }
            }
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        // What was written after the look above is shown with the next notification, or is here already.
        let shown = news.first().map_or(0, |entry| entry.seq);
        self.last = Some(newest.max(shown));
        Ok(news)
    }
}

async fn page(
    client: &Client,
    key: Option<KeyId>,
    cursor: Option<claviger_api::page::Cursor>,
    size: usize,
) -> Result<(Vec<Entry>, Option<claviger_api::page::Cursor>), Ended> {
    let size = u16::try_from(size).unwrap_or(Limit::MAX).min(Limit::MAX);
    let page = client.call::<ActivityList>(ListActivity { key, cursor, limit: Limit::new(size) }).await?;
    Ok((page.entries, lookup::next(page.next_cursor)?))
}

fn show(format: Format, entry: &Entry) -> Result<(), Failure> {
    match (format, output::reader()) {
        (Format::Json, _) => {
            let line = output::plain_json(entry)
                .ok_or_else(|| Failure::failed("the entry cannot be written as JSON"))?;
            output::line(&line)
        }
        (Format::Text, Reader::Script) => table(std::slice::from_ref(entry)).print(""),
        (Format::Text, Reader::Person) => output::line(&told(entry)),
    }
}

/// One entry in a line, as a person reads it while more are coming.
fn told(entry: &Entry) -> String {
    let about = match (&entry.key_name, &entry.account_id) {
        (Some(name), _) => name.clone(),
        (None, Some(account)) => account.to_string(),
        (None, None) => String::new(),
    };
    let detail = entry.detail.as_deref().unwrap_or_default();
    let line = format!("{}  {:<20}  {about}  {detail}", entry.at, entry.action.text());
    drawable(line.trim_end()).into_owned()
}

/// Connects again, however long that takes.
async fn again(context: &Context) -> Result<Client, Failure> {
    let [mut pause, longest] = PAUSES;
    loop {
        tokio::time::sleep(pause).await;
        match connection::admin(&context.settings).await {
            Ok(client) => return Ok(client),
            Err(failure) if failure.code() == Some("UNREACHABLE") => pause = (pause * 2).min(longest),
            Err(failure) => return Err(failure),
        }
    }
}

//! Owns `claviger compact`. Must not decide when it pays.

use std::time::Duration;

use claviger_api::client::{Client, ConnectError};
use claviger_api::method::{NoParams, SystemCompact};
use claviger_api::object::Compaction;

use crate::command::Context;
use crate::connection::{PATIENCE, explain};
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::{phrase, progress};

/// How long a daemon may take: a store as large as a disk is copied in that time.
const ANSWERED_WITHIN: Duration = Duration::from_hours(1);

/// Has the daemon write its store anew; does it where none runs.
pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let progress = progress::begin("compacting the store");
    let socket = context.settings.admin_socket();
    let compaction = match Client::connect_to_wait(&socket, PATIENCE, ANSWERED_WITHIN).await {
        Ok(client) => client.call::<SystemCompact>(NoParams {}).await?,
        Err(ConnectError::NotRunning(_)) => alone(context)?,
        Err(error) => return Err(explain(error)),
    };
    drop(progress);
    if context.format == Format::Json {
        return output::json(&compaction);
    }
    let Compaction { before_bytes, after_bytes } = compaction;
    let (before, after) = (phrase::bytes(before_bytes), phrase::bytes(after_bytes));
    output::note(&format!(
        "compacted: {before_bytes} bytes ({before}) before, {after_bytes} bytes ({after}) after"
    ));
    Ok(())
}

fn alone(context: &Context) -> Result<Compaction, Failure> {
    let data_dir = context.settings.data_dir()?;
    let compacted = claviger_daemon::compact(data_dir)?;
    let compacted = compacted.ok_or_else(|| {
        Failure::failed("there is no store yet").hint("the first daemon makes it: `claviger` starts one")
    })?;
    Ok(Compaction { before_bytes: compacted.before, after_bytes: compacted.after })
}

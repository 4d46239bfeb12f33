//! Owns `claviger status`. Must not change anything.

use claviger_api::Method;
use claviger_api::method::{NoParams, SystemStatus};
use serde_json::value::RawValue;

use crate::command::Context;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::{connection, phrase};

/// Says how the daemon is.
pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    if context.format == Format::Json {
        return output::raw_json(&client.raw::<Box<RawValue>>(SystemStatus::NAME, None).await?);
    }
    let status = client.call::<SystemStatus>(NoParams {}).await?;
    let counts = status.verifications;
    output::text(&phrase::facts(&[
        (
            "Daemon",
            format!("up, version {}, process {}, since {}", status.version, status.pid, status.started_at),
        ),
        ("Storage Mode", if status.storage_mode { "on" } else { "off: keys open nothing" }.to_owned()),
        ("Keys", status.keys.to_string()),
        ("Accounts", status.accounts.to_string()),
        ("Verifications", format!("{} granted, {} refused since it began", counts.granted, counts.refused)),
        ("Revision", status.revision.to_string()),
        ("Data", format!("{} ({})", status.data_dir, phrase::bytes(status.store_bytes))),
        ("Sockets", status.runtime_dir),
    ]))
}

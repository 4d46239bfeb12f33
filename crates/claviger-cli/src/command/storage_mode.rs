//! Owns `claviger storage-mode`. Must not decide what Storage Mode does.

use claviger_api::method::{NoParams, SetStorageMode, SettingsGet, SettingsSetStorageMode};

use crate::args::Switch;
use crate::command::Context;
use crate::connection;
use crate::failure::Failure;
use crate::output::{self, Format};

/// Shows Storage Mode, or sets it and shows what it is now.
pub(crate) async fn run(context: &Context, state: Option<Switch>) -> Result<(), Failure> {
    let client = connection::admin(&context.settings).await?;
    let settings = match state {
        None => client.call::<SettingsGet>(NoParams {}).await?,
        Some(state) => {
            let enabled = state == Switch::On;
            client.call::<SettingsSetStorageMode>(SetStorageMode { enabled }).await?
        }
    };
    match context.format {
        Format::Json => output::json(&settings),
        Format::Text => output::line(if settings.storage_mode { "on" } else { "off" }),
    }
}

//! Owns `backup.subscribe`: a copy of the store in parts, no faster than its reader. Must not know what is in it.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use claviger_api::method::{Backups, NoParams, Subscription};
use claviger_api::object::BackupPart;
use claviger_api::param::Params;
use jsonrpsee::RpcModule;
use jsonrpsee::core::SubscriptionResult;
use jsonrpsee::server::{PendingSubscriptionSink, RegisterMethodError};
use jsonrpsee::types::Params as RawParams;

use super::error::error_object;
use super::events::tell;
use super::{Context, Peer};
use crate::service::Backup;

/// How much of the file one part has. Bytes; a multiple of three, so that no part but the last is padded.
const PART: usize = 192 * 1024;

/// Registers it.
pub(super) fn register_backups(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        Backups::NAME,
        Backups::NOTIFICATION,
        Backups::UNSUBSCRIBE,
        |params: RawParams<'static>, pending, context, extensions| {
            serve(params, pending, context, extensions.get::<Peer>().copied())
        },
    )?;
    Ok(())
}

async fn serve(
    params: RawParams<'static>,
    pending: PendingSubscriptionSink,
    context: Arc<Context>,
    peer: Option<Peer>,
) -> SubscriptionResult {
    if let Err(error) = NoParams::read(params.as_str()) {
        pending.reject(error_object(error)).await;
        return Ok(());
    }
    let mut backup = match Arc::clone(&context.service).back_up(context.about.data_dir.clone()).await {
        Ok(backup) => backup,
        Err(error) => {
            pending.reject(error_object(error)).await;
            return Ok(());
        }
    };
    let sink = pending.accept().await?;
    let mut sent = 0;
    loop {
        let part;
        (backup, part) = tokio::task::spawn_blocking(move || next_part(backup, sent)).await?;
        let Some((part, bytes)) = part else {
            return Err("the copy cannot be read: the daemon's log says more".into());
        };
        sent += bytes;
        let is_last = !part.more;
        if tell(&sink, &part).await.is_err() {
            return Ok(());
        }
        if is_last {
            let (uid, pid) = (peer.map(|peer| peer.uid), peer.and_then(|peer| peer.pid));
            tracing::info!(revision = part.revision, bytes = part.total_bytes, uid, pid, "backup taken");
            return Ok(());
        }
    }
}

/// Reads the next part, and says how many bytes of the file it has. `None` where the disk fails.
fn next_part(mut backup: Backup, sent: u64) -> (Backup, Option<(BackupPart, u64)>) {
    let Some(bytes) = backup.next_bytes(PART).ok().filter(|bytes| !bytes.is_empty()) else {
        return (backup, None);
    };
    let (revision, total_bytes, len) = (backup.revision, backup.total_bytes, bytes.len() as u64);
    let more = sent + len < total_bytes;
    let part = BackupPart { revision, total_bytes, data: BASE64_STANDARD.encode(bytes), more };
    (backup, Some((part, len)))
}

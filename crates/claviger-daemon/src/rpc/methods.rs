//! Owns which method calls which use case. Must not hold a rule.

use std::sync::Arc;

use claviger_api::method::{
    AccountsConnect, AccountsDisconnect, AccountsList, AccountsUpdate, AccountsVisible, ActivityList,
    KeysAcknowledge, KeysCreate, KeysDelete, KeysGet, KeysList, KeysRelease, KeysRename, KeysRotate,
    KeysSetScope, KeysUsage, KeysVerify, RpcDiscover, SettingsGet, SettingsSetStorageMode, SystemCompact,
    SystemHealth, SystemStatus, SystemStop,
};
use claviger_api::object::{Compaction, DeletedKey, Empty, Health, OpenRpc, Status};
use claviger_api::param::Params;
use claviger_api::{Access, Method, Scope, openrpc};
use jsonrpsee::RpcModule;
use jsonrpsee::server::RegisterMethodError;
use jsonrpsee::types::ErrorObjectOwned;

use super::error::error_object;
use super::{Context, Peer};
use crate::service::settings::StorageMode;
use crate::service::{Error, FaultId, Verdict};
use crate::store::Compacted;

/// The version that the daemon says it has.
const VERSION: &str = env!("CARGO_PKG_VERSION");

type Answer<M> = Result<<M as Method>::Result, ErrorObjectOwned>;

/// Registers one method: its parameters are read strictly, and its caller is known.
fn register<M: Method + 'static, F>(
    module: &mut RpcModule<Context>,
    call: impl Fn(Arc<Context>, Peer, M::Params) -> F + Clone + Send + Sync + 'static,
) -> Result<(), RegisterMethodError>
where
    F: Future<Output = Answer<M>> + Send + 'static,
    M::Params: 'static,
{
    module.register_async_method(M::NAME, move |params, context, extensions| {
        let read = M::Params::read(params.as_str()).map_err(error_object);
        let peer = extensions.get::<Peer>().copied();
        let call = call.clone();
        async move {
            let nobody = || error_object(Error::Fault(FaultId::log(&"a call came without its caller")));
            call(context, peer.ok_or_else(nobody)?, read?).await
        }
    })?;
    Ok(())
}

fn granted<T>(verdict: Result<Verdict<T>, Error>) -> Result<T, ErrorObjectOwned> {
    match verdict.map_err(error_object)? {
        Verdict::Granted(granted) => Ok(granted),
        Verdict::Refused(refusal) => Err(error_object(refusal)),
    }
}

/// Registers what both sockets have.
pub(super) fn register_verification(
    module: &mut RpcModule<Context>,
    socket: Access,
) -> Result<(), RegisterMethodError> {
    register::<KeysVerify, _>(module, |context, peer, params| async move {
        let verdict = context.service.verify(peer, &params.secret, params.account.as_ref()).await;
        granted(verdict).map(|grant| grant.verification().clone())
    })?;
    register::<AccountsVisible, _>(module, |context, peer, params| async move {
        granted(context.service.visible_accounts(peer, &params.secret).await)
    })?;
    register::<SystemHealth, _>(module, |_, _, _| async move {
        Ok(Health { status: "ok".to_owned(), version: VERSION.to_owned() })
    })?;
    let document = openrpc::document(socket);
    register::<RpcDiscover, _>(module, move |_, _, _| {
        let document = document.clone();
        async move { Ok(OpenRpc(document)) }
    })
}

/// Registers what only `admin.sock` has.
pub(super) fn register_administration(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    register_keys(module)?;
    register_accounts(module)?;
    register_settings(module)?;
    register_system(module)
}

fn register_keys(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    register::<KeysList, _>(module, |context, _, params| async move {
        context
            .service
            .list_keys(params.cursor.as_ref(), params.limit.unwrap_or_default())
            .map_err(error_object)
    })?;
    register::<KeysGet, _>(module, |context, _, params| async move {
        context.service.key(&params.id).map_err(error_object)
    })?;
    register::<KeysUsage, _>(module, |context, _, params| async move {
        context.service.key_usage(&params.id).map_err(error_object)
    })?;
    register::<KeysCreate, _>(module, |context, peer, params| async move {
        let scope = params.scope.unwrap_or(Scope::All);
        context.service.create_key(peer, params.name, scope, params.request_id).await.map_err(error_object)
    })?;
    register::<KeysRename, _>(module, |context, peer, params| async move {
        let renamed = context.service.rename_key(peer, params.id, params.name, params.expected_version);
        renamed.await.map_err(error_object)
    })?;
    register::<KeysSetScope, _>(module, |context, peer, params| async move {
        let rescoped = context.service.set_key_scope(peer, params.id, params.scope, params.expected_version);
        rescoped.await.map_err(error_object)
    })?;
    register::<KeysRelease, _>(module, |context, peer, params| async move {
        let released = context.service.release_key(peer, params.id, params.expected_version);
        released.await.map_err(error_object)
    })?;
    register::<KeysRotate, _>(module, |context, peer, params| async move {
        let rotated = context.service.rotate_key(peer, params.id, params.expected_version, params.request_id);
        rotated.await.map_err(error_object)
    })?;
    register::<KeysAcknowledge, _>(module, |context, peer, params| async move {
        context.service.acknowledge(peer, &params.request_id);
        Ok(Empty {})
    })?;
    register::<KeysDelete, _>(module, |context, peer, params| async move {
        let deleted = context.service.delete_key(peer, params.id, params.expected_version);
        deleted.await.map(|id| DeletedKey { id }).map_err(error_object)
    })
}

fn register_accounts(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    register::<AccountsList, _>(module, |context, _, params| async move {
        let page = context.service.list_accounts(params.cursor.as_ref(), params.limit.unwrap_or_default());
        page.map_err(error_object)
    })?;
    register::<AccountsConnect, _>(module, |context, peer, params| async move {
        context.service.connect_account(peer, params).await.map_err(error_object)
    })?;
    register::<AccountsUpdate, _>(module, |context, peer, params| async move {
        context.service.update_account(peer, params).await.map_err(error_object)
    })?;
    register::<AccountsDisconnect, _>(module, |context, peer, params| async move {
        context.service.disconnect_account(peer, params.id).await.map_err(error_object)
    })
}

fn register_settings(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    register::<SettingsGet, _>(module, |context, _, _| async move {
        context.service.settings().map_err(error_object)
    })?;
    register::<SettingsSetStorageMode, _>(module, |context, peer, params| async move {
        let mode = if params.enabled { StorageMode::On } else { StorageMode::Off };
        context.service.set_storage_mode(peer, mode).await.map_err(error_object)
    })?;
    register::<ActivityList, _>(module, |context, _, params| async move {
        let limit = params.limit.unwrap_or_default();
        let page = context.service.list_activity(params.key.as_ref(), params.cursor.as_ref(), limit);
        page.map_err(error_object)
    })
}

fn register_system(module: &mut RpcModule<Context>) -> Result<(), RegisterMethodError> {
    register::<SystemStatus, _>(module, |context, _, _| async move {
        let counts = context.service.counts().map_err(error_object)?;
        let about = &context.about;
        Ok(Status {
            version: VERSION.to_owned(),
            protocol: claviger_api::PROTOCOL,
            pid: std::process::id(),
            started_at: about.started_at,
            revision: counts.settings.revision,
            keys: counts.keys,
            accounts: counts.accounts,
            storage_mode: counts.settings.storage_mode,
            data_dir: about.data_dir.display().to_string(),
            runtime_dir: about.runtime_dir.display().to_string(),
            store_bytes: counts.store_bytes,
            verifications: counts.verifications,
        })
    })?;
    register::<SystemStop, _>(module, |context, peer, _| async move {
        tracing::info!(uid = peer.uid, pid = peer.pid, "asked to stop");
        context.service.request_stop();
        Ok(Empty {})
    })?;
    register::<SystemCompact, _>(module, |context, peer, _| async move {
        tracing::info!(uid = peer.uid, pid = peer.pid, "asked to compact the store");
        let Compacted { before, after } = context.service.compact().await.map_err(error_object)?;
        Ok(Compaction { before_bytes: before, after_bytes: after })
    })
}

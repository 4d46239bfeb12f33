//! Owns how a call of the state becomes a call of the daemon. Must not try again.

use claviger_api::client::{CallError, Client};
use claviger_api::method as m;

use super::{Call, Facts};
use crate::message::{Answer, Failure};

/// Makes a call and waits for its answer.
pub(crate) async fn call(client: &Client, call: Call) -> Result<Answer, Failure> {
    let done = |()| Answer::Done;
    match call {
        Call::CreateKey { name, scope, request_id } => {
            let params = m::CreateKey { name, scope: Some(scope), request_id: Some(request_id) };
            client.mint::<m::KeysCreate>(&params).await.map(Answer::from)
        }
        Call::RotateKey { id, expected_version, request_id } => {
            let params =
                m::RotateKey { id, expected_version: Some(expected_version), request_id: Some(request_id) };
            client.mint::<m::KeysRotate>(&params).await.map(Answer::from)
        }
        Call::RenameKey { id, name, expected_version } => {
            let params = m::RenameKey { id, name, expected_version: Some(expected_version) };
            client.call::<m::KeysRename>(params).await.map(Answer::from)
        }
        Call::SetScope { id, scope, expected_version } => {
            let params = m::SetKeyScope { id, scope, expected_version: Some(expected_version) };
            client.call::<m::KeysSetScope>(params).await.map(Answer::from)
        }
        Call::ReleaseKey { id, expected_version } => {
            let params = m::ReleaseKey { id, expected_version: Some(expected_version) };
            client.call::<m::KeysRelease>(params).await.map(Answer::from)
        }
        Call::DeleteKey { id, expected_version } => {
            let params = m::DeleteKey { id, expected_version: Some(expected_version) };
            client.call::<m::KeysDelete>(params).await.map(drop).map(done)
        }
        Call::ConnectAccount { name, facts: Facts { institution, mask, kind }, id } => {
            let params = m::ConnectAccount {
                name,
                institution: institution.map(Some),
                mask: mask.map(Some),
                kind: kind.map(Some),
                id,
            };
            client.call::<m::AccountsConnect>(params).await.map(Answer::from)
        }
        Call::UpdateAccount { id, name, facts: Facts { institution, mask, kind }, expected_version } => {
            let params = m::UpdateAccount {
                id,
                name: Some(name),
                institution: Some(institution),
                mask: Some(mask),
                kind: Some(kind),
                expected_version: Some(expected_version),
            };
            client.call::<m::AccountsUpdate>(params).await.map(Answer::from)
        }
        Call::DisconnectAccount { id } => {
            client.call::<m::AccountsDisconnect>(m::DisconnectAccount { id }).await.map(drop).map(done)
        }
        Call::SetStorageMode { enabled } => {
            client.call::<m::SettingsSetStorageMode>(m::SetStorageMode { enabled }).await.map(drop).map(done)
        }
    }
    .map_err(failure)
}

/// What an error of the client means here.
pub(crate) fn failure(error: CallError) -> Failure {
    match error {
        CallError::Refused(error) => Failure::Refused(error),
        CallError::Disconnected => Failure::Lost,
        CallError::TimedOut => Failure::TimedOut,
        CallError::BadAnswer => Failure::Unreadable,
    }
}

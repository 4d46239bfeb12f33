//! Owns how a new secret comes from the daemon to whoever asked for it. Must not lose one that was made, nor make two.

use std::time::Duration;

use claviger_api::client::{CallError, Client};
use claviger_api::method::{Acknowledge, KeysAcknowledge};
use claviger_api::{Code, Key, KeyWithSecret, Method, RequestId};
use rand::TryRng;
use rand::rngs::SysRng;

use crate::command::Context;
use crate::failure::{Failure, Report};
use crate::output::{self, Format};
use crate::{connection, progress};

/// How often it is asked what became of a request that the daemon does not know yet.
const LOOKS: u32 = 15;

/// Makes a call that mints a secret, prints the secret, and tells the daemon to forget it. A lost reply is asked for
/// once more under the same `request_id`.
pub(crate) async fn run<M>(
    context: &Context,
    client: Client,
    params: impl FnOnce(RequestId) -> M::Params,
) -> Result<Key, Failure>
where
    M: Method<Result = KeyWithSecret>,
    M::Params: Clone,
{
    let request_id = request_id()?;
    let params = params(request_id.clone());
    let (client, made) = match mint::<M>(&client, &params).await {
        Ok(made) => (client, made),
        Err(CallError::Disconnected | CallError::TimedOut) => {
            let client = connection::admin(&context.settings).await.map_err(outcome_unknown)?;
            let made = mint::<M>(&client, &params).await.map_err(after_retry)?;
            (client, made)
        }
        Err(error) => return Err(error.into()),
    };
    // No secret of a true daemon has a character that could drive a terminal.
    if !made.secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(CallError::BadAnswer.into());
    }
    let written = match context.format {
        Format::Json => output::json(&made),
        Format::Text => output::secret(&made.secret),
    };
    written.map_err(|failure| undelivered(&failure, &made.key))?;
    // The daemon forgets it by itself soon; that it did not hear us is no fault of the key.
    let _ = client.call::<KeysAcknowledge>(Acknowledge { request_id }).await;
    Ok(made.key)
}

/// Asks, and asks again for a while where the daemon does not know yet whether it has made the secret.
async fn mint<M>(client: &Client, params: &M::Params) -> Result<KeyWithSecret, CallError>
where
    M: Method<Result = KeyWithSecret>,
{
    let _progress = progress::begin("making the secret");
    let mut left = LOOKS;
    loop {
        match client.mint::<M>(params).await {
            Err(CallError::Refused(refused)) if refused.code == Code::OutcomeUnknown && left > 0 => {
                left -= 1;
                tokio::time::sleep(Duration::from_millis(refused.retry_after_ms.unwrap_or(1000))).await;
            }
            answer => return answer,
        }
    }
}

fn request_id() -> Result<RequestId, Failure> {
    let mut bytes = [0; 16];
    SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Failure::failed(format!("the operating system gives no randomness: {error}")))?;
    RequestId::parse(&format!("{:032x}", u128::from_ne_bytes(bytes)))
        .ok_or_else(|| Failure::failed("cannot make a request id"))
}

fn outcome_unknown(failure: Failure) -> Failure {
    failure.hint(
        "the connection was lost and the outcome is unknown: look at `claviger activity`; a key that was made \
         without its secret arriving here gets another one with `claviger keys rotate`",
    )
}

/// A daemon that was started anew in between does not know the request, and finds its work done.
fn after_retry(error: CallError) -> Failure {
    match &error {
        CallError::Refused(refused) if !matches!(refused.code, Code::Conflict | Code::OutcomeUnknown) => {
            error.into()
        }
        _ => outcome_unknown(error.into()),
    }
}

/// Nobody has the secret. That the reader is gone is a failure here, unlike for a listing.
fn undelivered(failure: &Failure, key: &Key) -> Failure {
    let reason = failure.report().map_or("nobody reads it", Report::message);
    Failure::failed(format!("the secret could not be delivered: {reason}")).hint(format!(
        "the key is there without anybody having its secret: `claviger keys rotate {id}` or `claviger keys delete {id}`",
        id = key.id,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_random() {
        let (a, b) = (request_id().unwrap(), request_id().unwrap());
        assert_eq!(a.as_str().len(), 32);
        assert_ne!(a, b);
    }
}

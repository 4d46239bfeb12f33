//! Owns the short way of the one call that gateways make again and again: a single `keys.verify` whose answer is known at once.
//! Must not answer anything in another way than the long one would; what it does not know well is not its own.

use claviger_api::Method;
use claviger_api::method::KeysVerify;
use claviger_api::object::Verification;
use claviger_api::param::Params;
use jsonrpsee::types::{Request, Response, ResponsePayload};

use super::Peer;
use super::error::error_object;
use crate::service::{Form, Service, Verdict};

/// How many objects and lists a call has that is nested no deeper than such a call is: itself and its params.
const NESTED: usize = 2;

/// The answer to a text that is one `keys.verify`; `None` where it is something else, or must wait, or failed: then nothing was
/// done, and the text is to go the long way.
#[must_use]
pub fn verify_at_once(service: &Service, peer: Peer, text: &[u8]) -> Option<String> {
    let is_nested = text.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() > NESTED;
    if is_nested || text.first() != Some(&b'{') {
        return None;
    }
    let call: Request<'_> = serde_json::from_str(std::str::from_utf8(text).ok()?).ok()?;
    if call.method != KeysVerify::NAME {
        return None;
    }
    let params =
        <KeysVerify as Method>::Params::read(call.params.as_ref().map(|params| params.get())).ok()?;
    match service.verify_at_once(peer, &params.secret, params.account.as_ref())? {
        // As jsonrpsee writes it, with a text that is there already.
        Verdict::Granted(grant) => {
            let (id, text) = (serde_json::to_string(&call.id).ok()?, grant.text(Form::Body, granted_text));
            Some([r#"{"jsonrpc":"2.0","id":"#, &id, r#","result":"#, text, "}"].concat())
        }
        Verdict::Refused(refusal) => {
            let payload = ResponsePayload::<()>::error(error_object(refusal));
            serde_json::to_string(&Response::new(payload, call.id)).ok()
        }
    }
}

/// What is granted, as both JSON-RPC and gateways have it.
#[must_use]
pub fn granted_text(granted: &Verification) -> String {
    serde_json::to_string(granted).unwrap_or_default()
}

//! Owns the short way of the one call that gateways make again and again: a single `keys.verify`. Must not answer anything in
//! another way than the long one would; what it does not know well is not its own.

use std::sync::Arc;

use claviger_api::Method;
use claviger_api::method::KeysVerify;
use claviger_api::object::Verification;
use claviger_api::param::Params;
use jsonrpsee::types::{Id, Request, Response, ResponsePayload};

use super::Peer;
use super::error::error_object;
use crate::service::{Error, Form, Grant, Service, Verdict};

/// How many objects and lists a call has that is nested no deeper than such a call is: itself and its params.
const NESTED: usize = 2;

/// One `keys.verify`.
pub struct VerifyCall<'a> {
    id: Id<'a>,
    params: <KeysVerify as Method>::Params,
}

impl<'a> VerifyCall<'a> {
    /// Reads a text; `None` where it is something else, or has an answer of its own: then it is to go the long way.
    #[must_use]
    pub fn read(text: &'a [u8]) -> Option<Self> {
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
        Some(Self { id: call.id, params })
    }

    /// The call for as long as it is waited for.
    #[must_use]
    pub fn into_owned(self) -> VerifyCall<'static> {
        VerifyCall { id: self.id.into_owned(), params: self.params }
    }

    /// The answer where it is known at once. `None` where it has to be waited for: then nothing was done.
    #[must_use]
    pub fn at_once(&self, service: &Service, peer: Peer) -> Option<String> {
        let verdict = service.verify_at_once(peer, &self.params.secret, self.params.account.as_ref())?;
        Some(self.told(Ok(verdict)))
    }

    /// The answer where it was not known at once.
    pub async fn answer_later(&self, service: &Service, peer: Peer) -> String {
        self.told(service.verify_later(peer, &self.params.secret, self.params.account.as_ref()).await)
    }

    /// As jsonrpsee writes it; of a grant with a text that is there already.
    fn told(&self, verdict: Result<Verdict<Arc<Grant>>, Error>) -> String {
        let error = match verdict {
            Ok(Verdict::Granted(grant)) => {
                let id = serde_json::to_string(&self.id).unwrap_or_default();
                let text = grant.text(Form::Body, granted_text);
                return [r#"{"jsonrpc":"2.0","id":"#, &id, r#","result":"#, text, "}"].concat();
            }
            Ok(Verdict::Refused(refusal)) => error_object(refusal),
            Err(error) => error_object(error),
        };
        let response = Response::new(ResponsePayload::<()>::error(error), self.id.clone());
        serde_json::to_string(&response).unwrap_or_default()
    }
}

/// The answer to a text that is one `keys.verify`; `None` where it is something else, or has to be waited for: then nothing was
/// done, and the text is to go the long way.
#[must_use]
pub fn verify_at_once(service: &Service, peer: Peer, text: &[u8]) -> Option<String> {
    VerifyCall::read(text)?.at_once(service, peer)
}

/// What is granted, as both JSON-RPC and gateways have it.
#[must_use]
pub fn granted_text(granted: &Verification) -> String {
    serde_json::to_string(granted).unwrap_or_default()
}

//! Owns what is HTTP about a call: the size of its body, and whether it is JSON and a call at all. Must not know methods.

use claviger_api::param::depth_of;
use claviger_api::{Code, Error};
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use jsonrpsee::server::HttpBody;
use jsonrpsee::types::{ErrorObjectOwned, Id, InvalidRequest, Notification, Request, ResponsePayload};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::answered::{Answered, Waiting};
use super::bytes::{Outbox, head};
use super::{JSON, hung_up, json};
use crate::rpc::{DEPTH, NOT_A_CALL, Peer, VerifyCall};
use crate::service::Service;

/// How large a request's body may be. Bytes.
pub const BODY_LIMIT: u32 = 64 * 1024;

/// Reads a body that holds a call or a batch. What is no JSON, or no call, is answered here, since jsonrpsee would answer
/// it without `error.data`.
///
/// # Errors
/// The answer to what cannot be a call.
pub async fn read_call<B>(body: B) -> Result<Bytes, Box<Response<HttpBody>>>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let body = match Limited::new(body, BODY_LIMIT as usize).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let error = Error::new(Code::InvalidRequest, "the body has more than 64 KiB: nothing was done");
            return Err(Box::new(hung_up(rpc_refusal(StatusCode::PAYLOAD_TOO_LARGE, Id::Null, error))));
        }
        Err(_) => {
            let error = Error::new(Code::ParseError, "the body ended early");
            return Err(Box::new(hung_up(rpc_refusal(StatusCode::BAD_REQUEST, Id::Null, error))));
        }
    };
    // jsonrpsee looks for the first bracket among the first 128 bytes only.
    let body = body.slice(body.iter().take_while(|byte| byte.is_ascii_whitespace()).count()..);
    match check_call(&body) {
        Ok(()) => Ok(body),
        Err((id, error)) => Err(Box::new(rpc_refusal(StatusCode::OK, id, error))),
    }
}

/// Answers a single `keys.verify` in the bytes in which hyper and jsonrpsee would, where the answer is known at once.
#[must_use]
pub fn call_at_once(service: &Service, peer: Peer, body: &[u8], out: &mut Outbox) -> Answered {
    let Some(call) = VerifyCall::read(body) else { return Answered::Elsewhere };
    match call.at_once(service, peer) {
        Some(answer) => write_answer(&answer, out),
        None => return Answered::Later(Waiting::call(call.into_owned())),
    }
    Answered::Now
}

/// Writes what JSON-RPC answers as hyper would send it.
pub(super) fn write_answer(answer: &str, out: &mut Outbox) {
    let head = head(StatusCode::OK, [(CONTENT_TYPE.as_str(), JSON)].into_iter(), answer.len());
    out.put(&head, answer);
}

fn check_call(body: &[u8]) -> Result<(), (Id<'static>, Error)> {
    let text = std::str::from_utf8(body).ok();
    let Some(text) = text.filter(|text| serde_json::from_str::<IgnoredAny>(text).is_ok()) else {
        return Err((Id::Null, Error::new(Code::ParseError, "the body is not JSON")));
    };
    if depth_of(text) > DEPTH {
        let message = "the request is nested too deep: 64 levels at most";
        return Err((Id::Null, Error::new(Code::InvalidRequest, message)));
    }
    let is_call = match text.as_bytes().first() {
        // jsonrpsee takes a call whose id it cannot read for one without an id, and says nothing.
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(text).is_ok_and(|calls| {
            calls.iter().all(|call| !call.get().starts_with('{') || !has_unreadable_id(call.get()))
        }),
        Some(b'{') => {
            serde_json::from_str::<Request<'_>>(text).is_ok()
                || (serde_json::from_str::<Notification<'_, Option<&RawValue>>>(text).is_ok()
                    && !has_unreadable_id(text))
        }
        _ => false,
    };
    if is_call {
        return Ok(());
    }
    let id =
        serde_json::from_str::<InvalidRequest<'_>>(text).map_or(Id::Null, |invalid| invalid.id.into_owned());
    Err((id, Error::new(Code::InvalidRequest, NOT_A_CALL)))
}

/// Whether a call has an id that is no text, whole number or null, or has two.
fn has_unreadable_id(call: &str) -> bool {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow, default, rename = "id")]
        _id: Option<Id<'a>>,
    }
    serde_json::from_str::<Envelope<'_>>(call).is_err()
}

fn rpc_refusal(status: StatusCode, id: Id<'static>, error: Error) -> Response<HttpBody> {
    let payload = ResponsePayload::<()>::error(ErrorObjectOwned::from(error));
    let body = serde_json::to_string(&jsonrpsee::types::Response::new(payload, id)).unwrap_or_default();
    json(status, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &[u8]) -> Option<Code> {
        check_call(body).err().map(|(_, error)| error.code)
    }

    #[test]
    fn what_is_no_json_or_no_call_is_told_apart() {
        let call = br#"{"jsonrpc":"2.0","id":1,"method":"m","params":{}}"#;
        let cut = &call[..20];
        let table: [(&[u8], Option<Code>); 16] = [
            (call, None),
            (br#"{"jsonrpc":"2.0","method":"m"}"#, None),
            (br#"[{"jsonrpc":"2.0","method":"m"}]"#, None),
            (b"[]", None),
            (cut, Some(Code::ParseError)),
            (b"", Some(Code::ParseError)),
            (b"\xef\xbb\xbf{}", Some(Code::ParseError)),
            (b"{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"m\"}", Some(Code::ParseError)),
            (br#"{"jsonrpc":"2.0","id":1,"method":"m"} x"#, Some(Code::ParseError)),
            (b"7", Some(Code::InvalidRequest)),
            (br#"{"id":1,"method":"m"}"#, Some(Code::InvalidRequest)),
            (br#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#, Some(Code::InvalidRequest)),
            (br#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, Some(Code::InvalidRequest)),
            (br#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, Some(Code::InvalidRequest)),
            (br#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, None),
            (br#"[{"jsonrpc":"2.0","id":[],"method":"m"}]"#, Some(Code::InvalidRequest)),
        ];
        for (body, expected) in table {
            assert_eq!(code(body), expected, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn an_invalid_request_is_answered_under_its_id() {
        let (id, _) = check_call(br#"{"id":7,"method":"m"}"#).unwrap_err();
        assert_eq!(id, Id::Number(7));
    }
}

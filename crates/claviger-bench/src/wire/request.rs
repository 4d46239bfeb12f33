//! Owns the bytes of each request and whether an answer is the one that is due. Must not send anything.

use claviger_api::Secret;
use serde_json::{Value, json};

use super::{Answer, websocket};
use crate::Outcome;
use crate::kind::Kind;
use crate::plan::Way;

/// What makes a connection a WebSocket. Whether the answer proves that it understood the key is left to the tests of the
/// daemon: here only the status is looked at.
pub const HANDSHAKE: &str = "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                             sec-websocket-version: 13\r\nsec-websocket-key: Y2xhdmlnZXItYmVuY2gtMA==\r\n\r\n";

/// What frames are masked with. Any four bytes cost the server the same.
const MASK: [u8; 4] = [0x5a, 0xc3, 0x3c, 0xa5];

/// How an answer of JSON-RPC begins; its id follows.
const ENVELOPE: &[u8] = b"{\"jsonrpc\":\"2.0\",\"id\":";

/// The request that presents a secret for an account or for none, whole. `id` tells calls apart that are under way on one connection.
#[must_use]
pub fn bytes(way: Way, secret: &Secret, account: Option<&str>, id: usize) -> Vec<u8> {
    let secret = secret.expose();
    let call = || {
        let params = match account {
            Some(account) => json!({"secret": secret, "account": account}),
            None => json!({"secret": secret}),
        };
        json!({"jsonrpc": "2.0", "id": id, "method": "keys.verify", "params": params}).to_string()
    };
    match way {
        Way::Echo | Way::Hyper | Way::Authorize => {
            let account = account.map(|account| format!("x-account-id: {account}\r\n")).unwrap_or_default();
            format!(
                "GET /authorize HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {secret}\r\n\
                 {account}\r\n"
            )
            .into_bytes()
        }
        Way::Post => {
            let call = call();
            let len = call.len();
            format!(
                "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                 content-length: {len}\r\n\r\n{call}"
            )
            .into_bytes()
        }
        Way::WebSocket | Way::WebSockets => websocket::frame(call().as_bytes(), MASK),
    }
}

/// The id of the call that an answer is to.
///
/// # Errors
/// It is no answer of JSON-RPC.
pub fn answered(body: &[u8]) -> Outcome<usize> {
    let (id, _) = id_and_rest(body).ok_or("an answer without an id")?;
    Ok(id)
}

fn id_and_rest(body: &[u8]) -> Option<(usize, &[u8])> {
    let rest = body.strip_prefix(ENVELOPE)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (id, rest) = rest.split_at(digits);
    Some((std::str::from_utf8(id).ok()?.parse().ok()?, rest))
}

/// Whether an answer is of the sort that is due, at a glance: what every answer that is measured is held to.
#[must_use]
pub fn looks_right(way: Way, kind: Kind, answer: &Answer<'_>) -> bool {
    let status = match kind.refusal() {
        Some(code) if way == Way::Authorize => code.status(),
        _ => 200,
    };
    match way {
        Way::Echo => true,
        Way::Hyper | Way::Authorize => answer.status == Some(status),
        Way::Post | Way::WebSocket | Way::WebSockets => {
            let said: &[u8] = if kind.refusal().is_none() { b",\"result\":" } else { b",\"error\":" };
            answer.status.is_none_or(|status| status == 200)
                && id_and_rest(answer.body).is_some_and(|(_, rest)| rest.starts_with(said))
        }
    }
}

/// Reads an answer whole and holds it to the verdict that is due: what warming up does.
///
/// # Errors
/// It is another one.
pub fn check(way: Way, kind: Kind, account: Option<&str>, answer: &Answer<'_>) -> Outcome<()> {
    if way == Way::Echo {
        return Ok(());
    }
    let body: Value = serde_json::from_slice(answer.body)?;
    let (granted, code) = match way {
        Way::Post | Way::WebSocket | Way::WebSockets => (&body["result"], &body["error"]["data"]["code"]),
        Way::Echo | Way::Hyper | Way::Authorize => (&body, &body["error"]["code"]),
    };
    let is_due = match kind.refusal() {
        None => granted["key"].is_object() && granted["account"]["id"].as_str() == account,
        Some(due) => code == due.text(),
    };
    if is_due && looks_right(way, kind, answer) {
        return Ok(());
    }
    let status = answer.status.map(|status| format!(" with status {status}")).unwrap_or_default();
    Err(format!("{way:?} answers a secret that is {kind:?}{status}: {body}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new("clv_x_y".to_owned())
    }

    #[test]
    fn a_call_has_its_id_its_length_and_its_params() {
        let text = String::from_utf8(bytes(Way::Post, &secret(), Some("acc"), 31)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{head}");
        let call: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&call["id"], &call["params"]["account"]), (&json!(31), &json!("acc")));
        let authorize = |account| bytes(Way::Authorize, &secret(), account, 0);
        assert!(authorize(Some("acc")).ends_with(b"x-account-id: acc\r\n\r\n"));
        assert!(authorize(None).ends_with(b"authorization: Bearer clv_x_y\r\n\r\n"));
        assert_eq!(bytes(Way::WebSocket, &secret(), Some("acc"), 0)[0], 0x81);
        assert!(!String::from_utf8(bytes(Way::Post, &secret(), None, 0)).unwrap().contains("account"));
    }

    #[test]
    fn an_answer_is_told_from_another_at_a_glance() {
        let granted = br#"{"jsonrpc":"2.0","id":12,"result":{"key":{},"account":{"id":"acc"}}}"#;
        let refused = br#"{"jsonrpc":"2.0","id":12,"error":{"data":{"code":"UNAUTHORIZED"}}}"#;
        let answer = |body, status| Answer { status, body };
        assert_eq!(answered(granted).unwrap(), 12);
        assert!(answered(b"{\"id\":12}").is_err());
        for (way, kind, body, status, is_right) in [
            (Way::WebSocket, Kind::Valid, &granted[..], None, true),
            (Way::WebSocket, Kind::Valid, &refused[..], None, false),
            (Way::WebSocket, Kind::Forged, &refused[..], None, true),
            (Way::Post, Kind::Forged, &granted[..], Some(200), false),
            (Way::Post, Kind::Valid, &granted[..], Some(503), false),
            (Way::Authorize, Kind::Valid, b"{\"key\":{},\"account\":{\"id\":\"acc\"}}", Some(200), true),
            (Way::Authorize, Kind::Valid, b"{}", Some(401), false),
            (Way::Authorize, Kind::Unknown, b"{\"error\":{\"code\":\"UNAUTHORIZED\"}}", Some(401), true),
            (Way::Authorize, Kind::OutOfScope, b"{}", Some(401), false),
        ] {
            let answer = answer(body, status);
            assert_eq!(looks_right(way, kind, &answer), is_right, "{way:?} {kind:?}");
            assert_eq!(check(way, kind, Some("acc"), &answer).is_ok(), is_right, "{way:?} {kind:?}");
        }
    }

    #[test]
    fn warming_up_reads_what_a_glance_does_not() {
        let other = br#"{"jsonrpc":"2.0","id":1,"result":{"key":{},"account":{"id":"other"}}}"#;
        let busy = br#"{"jsonrpc":"2.0","id":1,"error":{"data":{"code":"BUSY"}}}"#;
        for (kind, body) in [(Kind::Valid, &other[..]), (Kind::Forged, &busy[..])] {
            let answer = Answer { status: None, body };
            assert!(looks_right(Way::WebSocket, kind, &answer));
            for account in [Some("acc"), None] {
                assert!(check(Way::WebSocket, kind, account, &answer).is_err(), "{account:?}");
            }
        }
    }
}

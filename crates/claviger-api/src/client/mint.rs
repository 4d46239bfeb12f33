//! Owns the calls whose answer holds a new secret: each on a connection of its own, through buffers that are wiped. Must
//! not keep an answer.
//!
//! The WebSocket client reads answers into buffers that it frees as they are. A secret that was read so would stay in
//! memory after whoever asked for it has closed it.

use std::path::Path;
use std::time::Duration;

use jsonrpsee_types::ErrorObjectOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{CallError, connect_stream};
use crate::error::{Code, Error};
use crate::method::Method;
use crate::object::KeyWithSecret;

/// Far more than a key with its secret needs, unless its scope names thousands of accounts.
const FIRST_BUFFER: usize = 16 * 1024;

/// Answers up to this size are taken.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// How long the answer may take. A slow hash may have to wait for others.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Serialize)]
struct Call<'a, P> {
    jsonrpc: &'a str,
    id: u32,
    method: &'a str,
    params: &'a P,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<ErrorObjectOwned>,
}

/// Makes one call that mints a secret.
pub(super) async fn mint<M>(path: &Path, params: &M::Params) -> Result<KeyWithSecret, CallError>
where
    M: Method<Result = KeyWithSecret>,
{
    let call = Call { jsonrpc: "2.0", id: 1, method: M::NAME, params };
    let body = serde_json::to_string(&call).map_err(|_| CallError::BadAnswer)?;
    let request = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = timeout(PATIENCE, exchange(path, &request)).await.map_err(|_| CallError::TimedOut)??;
    read(&answer)
}

/// Sends a request and takes what comes until the daemon closes.
async fn exchange(path: &Path, request: &str) -> Result<Zeroizing<Vec<u8>>, CallError> {
    let mut stream = connect_stream(path).await.map_err(|_| CallError::Disconnected)?;
    // Whoever is turned away at the door is told so before the request is read.
    let sent = stream.write_all(request.as_bytes()).await;
    let mut answer = Zeroizing::new(vec![0; FIRST_BUFFER]);
    let mut len = 0;
    loop {
        if len == answer.len() {
            if len >= MAX_ANSWER {
                return Err(CallError::BadAnswer);
            }
            // Not grown in place: that could leave the old bytes behind.
            let mut larger = Zeroizing::new(vec![0; len * 4]);
            larger[..len].copy_from_slice(&answer);
            answer = larger;
        }
        match stream.read(&mut answer[len..]).await {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(_) if len > 0 => break,
            Err(_) => return Err(CallError::Disconnected),
        }
    }
    if sent.is_err() && len == 0 {
        return Err(CallError::Disconnected);
    }
    answer.truncate(len);
    Ok(answer)
}

/// Reads an HTTP answer whose body is as long as it says.
fn read(answer: &[u8]) -> Result<KeyWithSecret, CallError> {
    const END_OF_HEAD: &[u8] = b"\r\n\r\n";
    let head = answer.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD);
    let Some(head) = head else { return Err(CallError::Disconnected) };
    let body = &answer[head + END_OF_HEAD.len()..];
    let head = std::str::from_utf8(&answer[..head]).map_err(|_| CallError::BadAnswer)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    match length {
        Some(length) if length == body.len() => {}
        // The daemon went away in the middle: whether the call was carried out is not known.
        Some(length) if length > body.len() => return Err(CallError::Disconnected),
        _ => return Err(CallError::BadAnswer),
    }
    if head.starts_with("HTTP/1.1 503 ") {
        let message = "the daemon has too many connections: nothing was done, try again shortly";
        return Err(CallError::Refused(Error::new(Code::Busy, message).retry_after_ms(1000)));
    }
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|_| CallError::BadAnswer)?;
    match (answer.result, answer.error) {
        (Some(result), None) => serde_json::from_str(result.get()).map_err(|_| CallError::BadAnswer),
        (None, Some(error)) => Err(CallError::Refused(Error::from(&error))),
        _ => Err(CallError::BadAnswer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = r#"{"id":"key_4fX9aQ2LmN7b","name":"CI","hint":"clv_…","scope":"all","created_at":"2026-11-23T01:08:00Z","rotated_at":null,"last_used_at":null,"retired_secret_seen_at":null,"version":1}"#;

    fn http(body: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }

    #[test]
    fn a_whole_answer_gives_the_key_with_its_secret() {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"key":{KEY},"secret":"clv_x"}}}}"#);
        let made = read(&http(&body)).unwrap();
        assert_eq!((made.key.name.as_str(), made.secret.expose()), ("CI", "clv_x"));
    }

    #[test]
    fn an_answer_that_is_cut_short_is_a_lost_one() {
        let whole = http(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"key":{KEY},"secret":"clv_x"}}}}"#));
        for len in 0..whole.len() {
            assert!(matches!(read(&whole[..len]), Err(CallError::Disconnected)), "{len}");
        }
    }

    #[test]
    fn a_refusal_is_read_as_one() {
        let body = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32009,"message":"taken","data":{"code":"CONFLICT","status":409}}}"#;
        let Err(CallError::Refused(error)) = read(&http(body)) else { panic!() };
        assert_eq!((error.code, error.message.as_str()), (Code::Conflict, "taken"));
    }

    #[test]
    fn who_is_turned_away_for_want_of_room_is_told_that_nothing_was_done() {
        let answer = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\n{}";
        let Err(CallError::Refused(error)) = read(answer) else { panic!() };
        assert_eq!((error.code, error.retry_after_ms), (Code::Busy, Some(1000)));
    }

    #[test]
    fn what_is_no_answer_of_ours_is_told_apart() {
        for answer in [http("[]"), http("{}"), http("x"), b"HTTP/1.1 200 OK\r\n\r\n{}".to_vec()] {
            assert!(matches!(read(&answer), Err(CallError::BadAnswer)));
        }
    }
}

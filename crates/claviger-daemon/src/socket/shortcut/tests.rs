//! Owns the specification of the short way: whatever comes on a connection is answered in the bytes of the long one. Must not know
//! what those are.

mod cold;
mod generated;

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::super::fuzz::{Daemon, PEER};
use super::super::stay::Stay;
use super::*;
use claviger_api::Access;

/// What sends a connection the long way: it asks for nothing that the short one knows.
const LONG_WAY: &[u8] = b"GET /healthz HTTP/1.1\r\n\r\n";

/// What stands for the living secret, and for one with another tag.
const SECRET: &str = "SECRET";
const FORGED: &str = "FORGED";

/// A connection to a daemon, whose other end is served.
fn connect(daemon: &Daemon) -> (UnixStream, watch::Sender<bool>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (stop, stopping) = watch::channel(false);
    let server = daemon.verify().clone();
    let place = std::sync::Arc::new(tokio::sync::Semaphore::new(1)).try_acquire_owned().unwrap();
    tokio::spawn(async move {
        let stay = Stay::begin(Access::Verify, PEER, place);
        super::super::connection::serve(theirs, PEER, &server, stopping, stay).await;
    });
    (ours, stop)
}

/// All that is answered to these bytes, without the time of day.
async fn answers(daemon: &Daemon, before: &[u8], bytes: &[u8]) -> String {
    let (mut stream, _stop) = connect(daemon);
    let mut told = Vec::new();
    if !before.is_empty() {
        stream.write_all(before).await.unwrap();
        let mut answer = [0; 1024];
        let len = stream.read(&mut answer).await.unwrap();
        assert!(answer[..len].ends_with(b"\r\n\r\nok"));
    }
    // Whoever is hung up on while still sending hears no more.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let _ = stream.read_to_end(&mut told).await;
    let told = String::from_utf8(told).unwrap();
    let is_date = |line: &&str| {
        let date = line.strip_prefix("date: ").map(str::trim_end);
        date.inspect(|date| assert!(httpdate::parse_http_date(date).is_ok(), "{line}")).is_some()
    };
    told.split_inclusive("\r\n").filter(|line| !is_date(line)).collect()
}

/// Whether all of it is answered on the short way.
fn is_short(daemon: &Daemon, bytes: &[u8]) -> bool {
    let come = Come { bytes: bytes.to_vec(), since: None };
    let mut desk = Desk { come, ..Desk::default() };
    let standing = desk.answer(PEER, daemon.verify());
    matches!(standing, Standing::Head | Standing::Ended) && desk.come.bytes.is_empty()
}

fn filled(daemon: &Daemon, text: &str) -> Vec<u8> {
    let secret = daemon.secret().expose();
    let last = secret.chars().last().unwrap();
    let forged = format!("{}{}", &secret[..secret.len() - 1], if last == 'a' { 'b' } else { 'a' });
    text.replace(SECRET, secret).replace(FORGED, &forged).into_bytes()
}

fn call(params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":{params}}}"#)
}

fn post(body: &str) -> String {
    let len = filled_len(body);
    format!("POST / HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {len}\r\n\r\n{body}")
}

/// How long a body is once it is filled: a secret has 66 characters more than its place, or fewer.
fn filled_len(body: &str) -> usize {
    let places = body.matches(SECRET).count() + body.matches(FORGED).count();
    body.len() - places * SECRET.len() + places * SECRET_LEN
}

const SECRET_LEN: usize = "clv_".len() + 12 + "_".len() + 43 + 6;

#[test]
fn what_gateways_and_clients_send_goes_the_short_way() {
    let daemon = Daemon::new();
    for (request, expected) in [
        ("GET /authorize HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SECRET\r\n\r\n".to_owned(), true),
        ("GET /authorize/v1?account=checking HTTP/1.1\r\nX-API-Key: SECRET\r\n\r\n".to_owned(), true),
        ("POST /authorize HTTP/1.1\r\nContent-Length: 0\r\nX-Account-Id: savings\r\n\r\n".to_owned(), true),
        (post(&call(r#"{"secret":"SECRET"}"#)), true),
        (post(&call(r#"{"secret":"FORGED","account":"checking"}"#)), true),
        ("GET /authorize HTTP/1.1\r\nConnection: Close\r\nX-API-Key: SECRET\r\n\r\n".to_owned(), true),
        // What is known to be wrong is answered; what is not understood is left alone.
        ("GET /authorize?account= HTTP/1.1\r\n\r\n".to_owned(), true),
        (post(&call(r#"{"secret":"SECRET","account":7}"#)), false),
        (post(&format!("[{}]", call(r#"{"secret":"SECRET"}"#))), false),
        ("POST /authorize HTTP/1.1\r\nContent-Length: 1\r\n\r\nx".to_owned(), false),
        ("GET /authorize HTTP/1.0\r\n\r\n".to_owned(), false),
        ("GET /authorize HTTP/1.1\r\nConnection: close, keep-alive\r\n\r\n".to_owned(), false),
        ("GET /healthz HTTP/1.1\r\n\r\n".to_owned(), false),
    ] {
        assert_eq!(is_short(&daemon, &filled(&daemon, &request)), expected, "{request}");
    }
}

#[test]
fn whoever_wants_one_answer_and_no_more_is_hung_up_on_after_it() {
    let daemon = Daemon::new();
    let one = "GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\nConnection: close\r\n\r\n";
    let next = "GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\n\r\n";
    let bytes = filled(&daemon, &[next, one, next].concat());
    daemon.runtime().block_on(async {
        let (mut stream, _stop) = connect(&daemon);
        stream.write_all(&bytes).await.unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).await.unwrap();
        let answers: Vec<_> = told.match_indices("HTTP/1.1 200 OK").collect();
        let last: Vec<_> = told.match_indices("\r\nconnection: close\r\n").collect();
        assert!(answers.len() == 2 && last.len() == 1 && last[0].0 > answers[1].0, "{told}");
    });
    daemon.finish();
}

#[test]
fn requests_in_pieces_are_answered_when_they_are_whole() {
    let daemon = Daemon::new();
    let text =
        ["GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\n\r\n", &post(&call(r#"{"secret":"SECRET"}"#))];
    let bytes = filled(&daemon, &text.concat().repeat(2));
    daemon.runtime().block_on(async {
        let whole = answers(&daemon, b"", &bytes).await;
        assert_eq!(whole.matches("HTTP/1.1 200 OK").count(), 4);
        for piece in [1, 7, 100] {
            let (mut stream, _stop) = connect(&daemon);
            let mut told = String::new();
            for part in bytes.chunks(piece) {
                stream.write_all(part).await.unwrap();
                tokio::task::yield_now().await;
            }
            stream.shutdown().await.unwrap();
            stream.read_to_string(&mut told).await.unwrap();
            assert_eq!(told.matches("HTTP/1.1 200 OK").count(), 4, "in pieces of {piece}");
        }
    });
}

#[test]
fn whoever_asks_for_nothing_and_whoever_asks_too_slowly_is_hung_up_on() {
    let daemon = Daemon::new();
    let begun = filled(&daemon, "GET /authorize HTTP/1.1\r\nX-API-Key: SEC");
    let late = "POST / HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    daemon.runtime().block_on(async {
        tokio::time::pause();
        for (bytes, expected) in
            [(&b""[..], ""), (&begun[..], ""), (late.as_bytes(), "HTTP/1.1 408 Request Timeout")]
        {
            let (mut stream, _stop) = connect(&daemon);
            stream.write_all(bytes).await.unwrap();
            let mut told = String::new();
            let read = timeout(2 * DEADLINE, stream.read_to_string(&mut told));
            read.await.expect("in time").unwrap();
            assert!(told.starts_with(expected) && told.is_empty() == expected.is_empty(), "{told}");
        }
        tokio::time::resume();
    });
}

#[test]
fn an_idle_connection_ends_with_the_daemon() {
    let daemon = Daemon::new();
    let request = filled(&daemon, "GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\n\r\n");
    daemon.runtime().block_on(async {
        let (mut stream, stop) = connect(&daemon);
        stream.write_all(&request).await.unwrap();
        let mut answer = [0; 2048];
        assert!(stream.read(&mut answer).await.unwrap() > 0);
        stop.send_replace(true);
        assert_eq!(stream.read(&mut answer).await.unwrap(), 0);
    });
}

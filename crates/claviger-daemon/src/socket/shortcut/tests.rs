//! Owns the specification of the short way: whatever comes on a connection is answered in the bytes of the long one. Must not know
//! what those are.

use proptest::prelude::*;
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

fn bodies() -> impl Strategy<Value = String> {
    let params = prop::sample::select(vec![
        r#"{"secret":"SECRET"}"#,
        r#"{"secret":"SECRET","account":"checking"}"#,
        r#"{"account":"savings","secret":"SECRET"}"#,
        r#"{"secret":"SECRET","account":"none"}"#,
        r#"{"secret":"FORGED","account":"checking"}"#,
        r#"{"secret":"FORGED"}"#,
        r#"{"secret":"x"}"#,
        r#"{"secret":"SECRET","secret":"SECRET"}"#,
        r#"{"secret":"SECRET","account":null}"#,
        r#"{"secret":"SECRET","account":""}"#,
        r#"{"secret":"SECRET","account":"\u0063hecking"}"#,
        r#"{"secret":"SECRET","account":"[{"}"#,
        r#"{"secret":["SECRET"]}"#,
        r#"{"secret":"SECRET","more":1}"#,
        r#"["SECRET"]"#,
        "null",
        "{}",
    ]);
    let form = prop::sample::select(vec![
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":P}"#,
        r#" {"jsonrpc":"2.0","id":"é\n\"","method":"keys.verify","params":P} "#,
        r#"{"params":P,"method":"keys.verify","id":null,"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"keys\u002everify","params":P}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"2.0","id":-1,"method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"2.0","method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":1,"method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":P,"x":[[[[]]]]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":P}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"accounts.visible","params":P}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.list","params":P}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":P}]"#,
        r#"["2.0",1,"keys.verify",P]"#,
        "P",
    ]);
    (form, params).prop_map(|(form, params)| form.replace('P', params))
}

fn requests() -> impl Strategy<Value = String> {
    let line = (
        prop::sample::select(vec!["GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get"]),
        prop::sample::select(vec![
            "/authorize",
            "/authorize?account=checking",
            "/authorize/v1/x?account=savings&compat=nginx",
            "/authorize?account=none",
            "/authorize?account=",
            "/authorize?account=%63hecking",
            "/authorize?compat=nginx&account=a&account=b",
            "/authorize#account=savings",
            "http://host/authorize",
            "/authorizer",
            "/",
            "*",
        ]),
        prop::sample::select(vec!["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"]),
    );
    let header = prop::sample::select(vec![
        "Authorization: Bearer SECRET",
        "authorization:bearer  SECRET",
        "Authorization: Bearer FORGED",
        "Authorization: Basic czpz",
        "X-API-Key: SECRET",
        "x-api-key: é",
        "X-Account-Id: checking",
        "X-Account-Id: savings",
        "X-Account-Id: ",
        "x-account-id: \u{e9}",
        "Host: localhost",
        "Connection: keep-alive",
        "Connection: close",
        "Connection: upgrade",
        "Upgrade: websocket",
        "Content-Length: 0",
        "Content-Length: 00",
        "Content-Length: +0",
        "Transfer-Encoding: chunked\r\n\r\n0",
        "Expect: 100-continue",
        "Content-Type: application/json",
        "no colon",
        " folded",
    ]);
    let gateway =
        (line, prop::collection::vec(header, 0..4)).prop_map(|((method, target, version), headers)| {
            let headers: String = headers.iter().flat_map(|header| [header, "\r\n"]).collect();
            format!("{method} {target} {version}\r\n{headers}\r\n")
        });
    let plain = prop::sample::select(vec![
        "GET /authorize HTTP/1.1\r\nAuthorization: Bearer SECRET\r\n\r\n",
        "GET /authorize?account=checking HTTP/1.1\r\nX-API-Key: SECRET\r\nConnection: Keep-Alive\r\n\r\n",
        "POST /authorize HTTP/1.1\r\nAuthorization: Bearer FORGED\r\ncontent-length: 0\r\n\r\n",
        "GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\nX-Account-Id: savings\r\nX-Account-Id: checking\r\n\r\n",
        "GET /authorize HTTP/1.1\r\nX-API-Key: FORGED\r\nX-API-Key: SECRET\r\n\r\n",
        "GET /authorize HTTP/1.1\r\nAuthorization: Basic x\r\nAuthorization: Bearer SECRET\r\n\r\n",
    ]);
    prop_oneof![gateway, plain.prop_map(str::to_owned), bodies().prop_map(|body| post(&body))]
}

#[test]
fn whatever_comes_is_answered_as_on_the_long_way() {
    let daemon = Daemon::new();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(requests in prop::collection::vec(requests(), 1..4))| {
        let bytes = filled(&daemon, &requests.concat());
        let (short, long) = daemon.runtime().block_on(async {
            (answers(&daemon, b"", &bytes).await, answers(&daemon, LONG_WAY, &bytes).await)
        });
        prop_assert_eq!(short, long, "{}", requests.concat());
    });
    daemon.finish();
}

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
fn a_cold_secret_is_waited_for_and_answered_as_on_the_long_way() {
    for request in [
        "GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\n\r\n",
        "GET /authorize?account=checking HTTP/1.1\r\nAuthorization: Bearer SECRET\r\n\r\n",
        "GET /authorize?account=savings&compat=nginx HTTP/1.1\r\nX-API-Key: SECRET\r\n\r\n",
        "GET /authorize HTTP/1.1\r\nConnection: close\r\nX-API-Key: SECRET\r\n\r\n",
        &post(&call(r#"{"secret":"SECRET","account":"checking"}"#)),
        &post(&call(r#"{"secret":"SECRET","account":"savings"}"#).replace("1,", r#""é","#)),
    ] {
        let answer = |before| {
            let directory = tempfile::tempdir().unwrap();
            let daemon = Daemon::restarted(directory.path());
            let bytes = filled(&daemon, request);
            let come = Come { bytes: bytes.clone(), since: None };
            let standing = Desk { come, ..Desk::default() }.answer(PEER, daemon.verify());
            assert!(matches!(standing, Standing::Waits(_, len) if len == bytes.len()), "{request}");
            let answer = daemon.runtime().block_on(answers(&daemon, before, &bytes));
            daemon.finish();
            answer.replace(daemon.key_id(), "KEY")
        };
        let (short, long) = (answer(b""), answer(LONG_WAY));
        assert_eq!(short, long, "{request}");
        assert!(short.contains("HTTP/1.1 "), "{request}");
    }
}

#[test]
fn a_connection_stays_on_the_short_way_after_a_cold_secret() {
    let directory = tempfile::tempdir().unwrap();
    let daemon = Daemon::restarted(directory.path());
    let text =
        ["GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\n\r\n", &post(&call(r#"{"secret":"SECRET"}"#))];
    let bytes = filled(&daemon, &text.concat());
    daemon.runtime().block_on(async {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        let (_stop, mut stopping) = watch::channel(false);
        let ask = async {
            ours.write_all(&bytes).await.unwrap();
            let mut told = String::new();
            while told.matches("\"revision\":").count() < 2 {
                let mut answer = [0; 2048];
                let len = ours.read(&mut answer).await.unwrap();
                told.push_str(std::str::from_utf8(&answer[..len]).unwrap());
            }
            told
        };
        let told = tokio::select! {
            _ = serve(&mut theirs, PEER, daemon.verify(), &mut stopping) => panic!("it leaves the short way"),
            told = ask => told,
        };
        assert_eq!(told.matches("HTTP/1.1 200 OK").count(), 2);
    });
    daemon.finish();
}

#[test]
fn who_waits_for_the_slow_hash_when_the_daemon_stops_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let daemon = Daemon::restarted(directory.path());
    let bytes = filled(&daemon, "GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\n\r\n");
    let service = daemon.verify().service();
    let busy = service.keep_hashing_busy();
    daemon.runtime().block_on(async {
        let (mut stream, stop) = connect(&daemon);
        stream.write_all(&bytes).await.unwrap();
        while !service.is_hash_awaited() {
            tokio::task::yield_now().await;
        }
        stop.send_replace(true);
        drop(busy);
        let mut told = String::new();
        stream.read_to_string(&mut told).await.unwrap();
        assert!(told.starts_with("HTTP/1.1 200 OK"), "{told}");
    });
    daemon.finish();
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

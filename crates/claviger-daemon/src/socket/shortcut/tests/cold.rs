//! Owns the specification of a cold secret on the short way: its slow hash is waited for. Must not test the hashing.

use super::*;

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

//! Owns callers who present many secrets at the same time, each over a connection that is open before. Must not judge what
//! they are told.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::rpc::Socket;

/// What came of presenting one secret, once somebody had a verdict on it.
#[derive(Clone, Debug)]
pub(crate) struct Presented {
    /// Which of the secrets it was.
    pub(crate) nth: usize,
    /// Whose it is; `None` where it was refused.
    pub(crate) key_id: Option<String>,
    /// How long it took, from the first question to the verdict.
    pub(crate) took: Duration,
    /// How long each answer before it took, which was `BUSY`.
    pub(crate) busy: Vec<Duration>,
}

/// How long somebody waits who was told `BUSY`.
const PAUSE: Duration = Duration::from_millis(50);

/// Presents each secret once at `/authorize`, in turn over so many connections at once, and again where it is told `BUSY`.
pub(crate) fn present_all(socket: &Socket, secrets: &[String], connections: usize) -> Vec<Presented> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut streams = Vec::new();
        for _ in 0..connections {
            streams.push(UnixStream::connect(socket.path()).await.unwrap());
        }
        let mut callers = Vec::new();
        for (n, stream) in streams.into_iter().enumerate() {
            let mine: Vec<_> = secrets.iter().cloned().enumerate().skip(n).step_by(connections).collect();
            callers.push(tokio::spawn(present(stream, mine)));
        }
        let mut presented = Vec::new();
        for caller in callers {
            presented.extend(caller.await.unwrap());
        }
        presented.sort_by_key(|one: &Presented| one.nth);
        presented
    })
}

async fn present(mut stream: UnixStream, secrets: Vec<(usize, String)>) -> Vec<Presented> {
    let mut presented = Vec::new();
    for (nth, secret) in secrets {
        let request =
            format!("GET /authorize HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n");
        let (began, mut busy) = (Instant::now(), Vec::new());
        let key_id = loop {
            let asked = Instant::now();
            stream.write_all(request.as_bytes()).await.unwrap();
            let head = answer(&mut stream).await;
            match head.split(' ').nth(1) {
                Some("503") => {
                    busy.push(asked.elapsed());
                    tokio::time::sleep(PAUSE).await;
                }
                Some("200") => break Some(header(&head, "x-claviger-key-id").unwrap().to_owned()),
                Some("401") => break None,
                other => panic!("{other:?}"),
            }
        };
        presented.push(Presented { nth, key_id, took: began.elapsed(), busy });
    }
    presented
}

/// Reads one answer whole, and gives its head.
async fn answer(stream: &mut UnixStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 2048];
    loop {
        let len = stream.read(&mut part).await.unwrap();
        assert!(len > 0, "an answer is cut short");
        bytes.extend_from_slice(&part[..len]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return head.to_owned();
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then(|| value.trim()))
}

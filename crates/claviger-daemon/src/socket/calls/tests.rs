//! Owns the specification of the short way of a WebSocket. Must not know what is asked: a message is answered that begins with `a`.

mod sorting;
mod turns;

use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::time::timeout;

use super::*;

const SWITCHED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
const ASKED: &[u8] = b"GET / HTTP/1.1\r\nupgrade: websocket\r\n\r\n";

/// A client, and the long way's two sides.
struct Ends {
    client: DuplexStream,
    read: ReadHalf<Answering<DuplexStream>>,
    write: WriteHalf<Answering<DuplexStream>>,
}

impl Ends {
    /// A connection on which this comes before the handshake is answered. `room` is how much can be on its way.
    async fn after(asked: &[u8], room: usize) -> Self {
        let (mut client, server) = duplex(room);
        let progress = Progress::default();
        let at_once: AtOnce = Box::new(|message| {
            message.starts_with(b"a").then(|| format!("<{}>", String::from_utf8_lossy(message)))
        });
        let (mut read, mut write) = split(Answering::new(server, progress.clone(), Some(at_once)));
        for part in asked.chunks(room) {
            client.write_all(part).await.unwrap();
            read.read_exact(&mut vec![0; part.len()]).await.unwrap();
        }
        progress.upgraded();
        for part in SWITCHED.chunks(room) {
            write.write_all(part).await.unwrap();
            client.read_exact(&mut vec![0; part.len()]).await.unwrap();
        }
        Self { client, read, write }
    }

    async fn new() -> Self {
        Self::after(ASKED, 64 * 1024).await
    }

    /// What comes to the long way within a while.
    async fn passed(&mut self) -> Vec<u8> {
        let mut passed = vec![0; 64 * 1024];
        match timeout(Duration::from_secs(1), self.read.read(&mut passed)).await {
            Ok(len) => {
                passed.truncate(len.unwrap());
                passed
            }
            Err(_) => Vec::new(),
        }
    }

    /// What has come to the client.
    async fn told(&mut self) -> Vec<u8> {
        let mut told = vec![0; 64 * 1024];
        match timeout(Duration::from_secs(1), self.client.read(&mut told)).await {
            Ok(len) => {
                told.truncate(len.unwrap());
                told
            }
            Err(_) => Vec::new(),
        }
    }
}

/// A masked frame, as clients send them.
fn frame(first: u8, message: &[u8]) -> Vec<u8> {
    let mask = [1, 2, 3, 4];
    let mut frame = vec![first];
    match message.len() {
        len @ 0..126 => frame.push(0x80 | u8::try_from(len).unwrap()),
        len => {
            frame.push(0xfe);
            frame.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
    }
    frame.extend(mask);
    let start = frame.len();
    frame.extend(message);
    unmask(&mut frame[start..], mask);
    frame
}

/// A frame without a mask, as servers send them.
fn told(message: &str) -> Vec<u8> {
    let mut frame = Vec::new();
    put_text(message, &mut frame);
    frame
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_answered_and_the_rest_goes_on_unchanged() {
    let mut ends = Ends::new().await;
    let others = [frame(TEXT, b"b1"), frame(TEXT, b""), frame(0x89, b"ping"), frame(0x82, b"a binary")];
    let long = [b"a".to_vec(), vec![b'x'; 200]].concat();
    let all = [
        &frame(TEXT, b"a1"),
        &others[0],
        &others[1],
        &frame(TEXT, &long),
        &others[2],
        &frame(TEXT, b"a2"),
        &others[3],
    ];
    ends.client.write_all(&all.map(Vec::as_slice).concat()).await.unwrap();
    assert_eq!(ends.passed().await, others.concat());
    assert_eq!(ends.passed().await, b"");
    let long = format!("<{}>", String::from_utf8(long).unwrap());
    assert_eq!(ends.told().await, [told("<a1>"), told(&long), told("<a2>")].concat());
}

#[tokio::test(start_paused = true)]
async fn it_makes_no_difference_how_the_bytes_are_cut() {
    let all =
        [frame(TEXT, b"a1"), frame(TEXT, b"b1"), frame(0x01, b"a-"), frame(0x80, b"a-"), frame(TEXT, b"a2")];
    for piece in [1, 2, 3, 5, 11] {
        let mut ends = Ends::new().await;
        let (mut passed, mut heard) = (Vec::new(), Vec::new());
        for part in all.concat().chunks(piece) {
            ends.client.write_all(part).await.unwrap();
            passed.extend(ends.passed().await);
            heard.extend(ends.told().await);
        }
        assert_eq!(passed, all[1..4].concat(), "in pieces of {piece}");
        assert_eq!(heard, [told("<a1>"), told("<a2>")].concat(), "in pieces of {piece}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_in_several_frames_is_the_long_ways() {
    let mut ends = Ends::new().await;
    let all = [frame(0x01, b"a"), frame(0x89, b""), frame(0x00, b"a"), frame(TEXT, b"a"), frame(0x80, b"a")]
        .concat();
    ends.client.write_all(&all).await.unwrap();
    assert_eq!(ends.passed().await, all);
    assert_eq!(ends.told().await, b"");
}

#[tokio::test(start_paused = true)]
async fn what_has_no_mask_or_a_reserved_bit_or_is_too_long_is_the_long_ways() {
    let too_long = vec![b'a'; usize::try_from(LONGEST).unwrap() + 1];
    for odd in [told("a"), frame(TEXT | 0x40, b"a"), frame(TEXT, &too_long)] {
        let mut ends = Ends::new().await;
        ends.client.write_all(&odd).await.unwrap();
        assert_eq!(ends.passed().await, odd);
        assert_eq!(ends.told().await, b"");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_goodbye_of_either_side_nothing_is_answered() {
    let mut ends = Ends::new().await;
    let all = [frame(0x88, b""), frame(TEXT, b"a")].concat();
    ends.client.write_all(&all).await.unwrap();
    assert_eq!((ends.passed().await, ends.told().await), (all, vec![]));

    let mut ends = Ends::new().await;
    ends.write.write_all(&[0x88, 0]).await.unwrap();
    ends.client.write_all(&frame(TEXT, b"a")).await.unwrap();
    assert_eq!((ends.passed().await, ends.told().await), (frame(TEXT, b"a"), vec![0x88, 0]));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_frames_before_it_has_its_answer_goes_the_long_way_alone() {
    let early = [ASKED, &frame(TEXT, b"a")].concat();
    let mut ends = Ends::after(&early, 64 * 1024).await;
    ends.client.write_all(&frame(TEXT, b"a")).await.unwrap();
    assert_eq!((ends.passed().await, ends.told().await), (frame(TEXT, b"a"), vec![]));
}

#[tokio::test(start_paused = true)]
async fn the_end_is_seen_with_what_there_was_of_a_frame() {
    let mut ends = Ends::new().await;
    let cut = &frame(TEXT, b"a message")[..9];
    ends.client.write_all(cut).await.unwrap();
    ends.client.shutdown().await.unwrap();
    assert_eq!(ends.passed().await, cut);
    assert_eq!(ends.read.read(&mut [0; 8]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_anything_to_answer_with_every_message_goes_on() {
    let (mut client, server) = duplex(1024);
    let progress = Progress::default();
    progress.upgraded();
    let mut stream = Answering::new(server, progress, None);
    client.write_all(&frame(TEXT, b"a")).await.unwrap();
    let mut passed = vec![0; frame(TEXT, b"a").len()];
    stream.read_exact(&mut passed).await.unwrap();
    assert_eq!(passed, frame(TEXT, b"a"));
}

//! Owns the specification of the short way of a WebSocket. Must not know what is asked: a message is answered that begins with `a`.

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

/// What was passed on, and what is not sorted yet, of bytes that came at once; with what answers `a…` where it is to.
fn sorted(bytes: &[u8], at_once: &AtOnce) -> (Vec<u8>, Vec<u8>) {
    let mut messages = Messages { come: bytes.to_vec(), ..Messages::default() };
    messages.sort(at_once);
    (messages.rest, [messages.answers, messages.come].concat())
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_bytes_come_go_on_unchanged_where_nothing_is_answered(
        heads in proptest::collection::vec((0_u8.., 0_u8.., proptest::collection::vec(0_u8.., 0..20)), 0..6),
    ) {
        let bytes: Vec<u8> = heads.into_iter().flat_map(|(first, second, more)| [vec![first, second], more].concat()).collect();
        let nothing: AtOnce = Box::new(|_| None);
        let (passed, left) = sorted(&bytes, &nothing);
        proptest::prop_assert_eq!([passed, left].concat(), bytes);
    }
}

#[test]
fn behind_a_frame_that_nobody_may_send_nothing_is_answered() {
    let at_once: AtOnce = Box::new(|_| Some("answered".into()));
    let long = |first: u8, len: u64| [&[first, 0xff][..], &len.to_be_bytes(), &[0; 4]].concat();
    for (what, odd) in [
        ("a length that makes numbers run over", long(TEXT, u64::MAX - 13)),
        ("the longest length", long(TEXT, u64::MAX)),
        ("a binary one with its top bit set", long(0x82, 1 << 63)),
        ("a reserved bit", frame(TEXT | 0x10, b"a")),
        ("an opcode that is not known", frame(0x83, b"a")),
        ("a continuation of nothing", frame(0x80, b"a")),
        ("a new message within another", [frame(0x01, b"a"), frame(TEXT, b"a")].concat()),
        ("a long ping", frame(0x89, &[b'a'; 126])),
        ("a ping in pieces", frame(0x09, b"a")),
        ("no mask", told("a")),
    ] {
        let all = [odd, frame(TEXT, b"a")].concat();
        assert_eq!(sorted(&all, &at_once), (all, vec![]), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_long_answers_are_made_as_they_are_taken() {
    let (mut client, server) = duplex(64 * 1024);
    let (progress, made) = (Progress::default(), std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let count = std::sync::Arc::clone(&made);
    let at_once: AtOnce = Box::new(move |_| {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Some("x".repeat(20_000))
    });
    let mut stream = Answering::new(server, progress.clone(), Some(at_once));
    stream.messages = Some(Messages::default());
    progress.upgraded();
    client.write_all(&frame(TEXT, b"a").repeat(100)).await.unwrap();
    assert!(timeout(Duration::from_secs(1), stream.read_u8()).await.is_err());
    assert!(
        made.load(std::sync::atomic::Ordering::Relaxed) < 10,
        "answers are made that nobody has room for"
    );
    let answer = told(&"x".repeat(20_000));
    let mut heard = vec![0; answer.len() * 100];
    tokio::select! {
        read = client.read_exact(&mut heard) => assert_eq!(read.unwrap(), answer.len() * 100),
        read = stream.read_u8() => panic!("{read:?}"),
    }
    assert!(heard == answer.repeat(100));
}

#[tokio::test(start_paused = true)]
async fn an_answer_waits_for_the_end_of_a_message() {
    let mut ends = Ends::new().await;
    let message = told("a message of the long way");
    ends.write.write_all(&message[..5]).await.unwrap();
    ends.client.write_all(&frame(TEXT, b"a")).await.unwrap();
    assert_eq!(ends.passed().await, b"");
    ends.write.write_all(&message[5..]).await.unwrap();
    assert_eq!(ends.told().await, [message, told("<a>")].concat());
}

#[tokio::test(start_paused = true)]
async fn a_message_waits_for_the_end_of_an_answer() {
    let ends = Ends::after(ASKED, 16).await;
    let long = [b"a".to_vec(), vec![b'x'; 100]].concat();
    let (asking, message) = (frame(TEXT, &long), told("of the long way"));
    let Ends { mut client, mut read, mut write } = ends;
    let reader = tokio::spawn(async move { read.read_u8().await });
    let asked = async {
        for part in asking.chunks(16) {
            client.write_all(part).await.unwrap();
            tokio::task::yield_now().await;
        }
        let answer = told(&format!("<{}>", String::from_utf8(long.clone()).unwrap()));
        let mut heard = vec![0; answer.len() + message.len()];
        client.read_exact(&mut heard[..1]).await.unwrap();
        let (written, taken) = tokio::join!(write.write_all(&message), client.read_exact(&mut heard[1..]));
        written.unwrap();
        taken.unwrap();
        assert_eq!(heard, [answer, message.clone()].concat());
    };
    timeout(Duration::from_mins(1), asked).await.expect("nobody waits for ever");
    reader.abort();
}

#[tokio::test(start_paused = true)]
async fn from_a_client_that_takes_no_answers_nothing_more_is_taken() {
    let mut ends = Ends::after(ASKED, 64).await;
    let asking = frame(TEXT, &[b"a".to_vec(), vec![b'x'; 40]].concat());
    let mut asked = 0;
    loop {
        let sent = timeout(Duration::from_secs(1), async {
            tokio::join!(
                ends.client.write_all(&asking),
                timeout(Duration::from_millis(1), ends.read.read_u8())
            )
        });
        if sent.await.is_err() {
            break;
        }
        asked += 1;
        assert!(asked < 10, "one answer after another is kept");
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

//! Owns the specification of whose turn it is to write: an answer of the short way, or a message of the long one; and of clients
//! that take none. Must not test which messages are answered.

use super::*;

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

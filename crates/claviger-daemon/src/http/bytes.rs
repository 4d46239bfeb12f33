//! Owns how an answer is sent without hyper, and in the bytes in which hyper would send it. Must not know what it says.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use httpdate::HttpDate;

/// How long a head mostly is. Bytes.
const HEAD: usize = 512;

/// What says how long a body is, and what says that nothing follows it.
const LENGTH: &str = "content-length: ";
const CLOSE: &str = "connection: close\r\n";

/// How long the date is, and what ends a head. Bytes.
const DATE: usize = 33;

/// The time as answers have it (RFC 9110, section 6.6.1), written anew once a second.
#[derive(Default)]
struct Date {
    /// Seconds since 1970; none where nothing was written yet.
    second: Option<u64>,
    text: String,
}

impl Date {
    fn text(&mut self) -> &str {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        if self.second != Some(since.as_secs()) {
            self.second = Some(since.as_secs());
            let whole = SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs());
            self.text = HttpDate::from(whole).to_string();
        }
        &self.text
    }
}

/// Answers on their way out.
#[derive(Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    date: Date,
    ends: bool,
}

impl Outbox {
    /// What is to be sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets what has been sent.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Has the next answer say that the connection ends with it.
    pub fn end(&mut self) {
        self.ends = true;
    }

    /// Whether the connection ends with what is in it.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.ends
    }

    /// Puts in an answer that begins so and is of now.
    pub(super) fn put(&mut self, head: &str, body: &str) {
        self.bytes.reserve(head.len() + CLOSE.len() + DATE + body.len());
        // hyper's own headers come last.
        let (before, length) = head.split_at(head.rfind(LENGTH).unwrap_or(head.len()));
        let close = if self.ends { CLOSE } else { "" };
        for part in [before, close, length, self.date.text(), "\r\n\r\n", body] {
            self.bytes.extend_from_slice(part.as_bytes());
        }
    }
}

/// What an answer over HTTP/1.1 begins with on a connection that stays, up to its date. Names of headers are in lower case.
pub(super) fn head<'a>(
    status: StatusCode,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body_len: usize,
) -> String {
    let mut head = String::with_capacity(HEAD);
    let mut push = |parts: &[&str]| parts.iter().for_each(|part| head.push_str(part));
    push(&["HTTP/1.1 ", status.as_str(), " ", status.canonical_reason().unwrap_or("<none>"), "\r\n"]);
    headers.for_each(|(name, value)| push(&[name, ": ", value, "\r\n"]));
    push(&[LENGTH, itoa::Buffer::new().format(body_len), "\r\ndate: "]);
    head
}

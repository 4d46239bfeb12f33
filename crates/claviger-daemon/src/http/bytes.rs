//! Owns how an answer is sent without hyper, and in the bytes in which hyper would send it. Must not know what it says.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use httpdate::HttpDate;

/// How long a head mostly is. Bytes.
const HEAD: usize = 512;

/// How long the date is, and what ends a head. Bytes.
const DATE: usize = 33;

/// The time as answers have it (RFC 9110, section 6.6.1), written anew once a second.
#[derive(Default)]
pub struct Date {
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
    push(&["content-length: ", itoa::Buffer::new().format(body_len), "\r\ndate: "]);
    head
}

/// Writes an answer that begins so and is of now.
pub(super) fn write(head: &str, body: &str, date: &mut Date, out: &mut Vec<u8>) {
    out.reserve(head.len() + DATE + body.len());
    for part in [head, date.text(), "\r\n\r\n", body] {
        out.extend_from_slice(part.as_bytes());
    }
}

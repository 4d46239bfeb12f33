//! Owns how an answer is sent without hyper, and in the bytes in which hyper would send it. Must not know what it says.

use std::time::{Duration, SystemTime};

use http::StatusCode;
use httpdate::HttpDate;

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

/// Writes an answer over HTTP/1.1 on a connection that stays. Names of headers are in lower case.
pub(super) fn write<'a>(
    status: StatusCode,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: &[u8],
    date: &mut Date,
    out: &mut Vec<u8>,
) {
    out.reserve(body.len() + 512);
    let reason = status.canonical_reason().unwrap_or("<none>");
    for part in ["HTTP/1.1 ", status.as_str(), " ", reason, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    for (name, value) in headers {
        for part in [name, ": ", value, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    let mut length = itoa::Buffer::new();
    for part in ["content-length: ", length.format(body.len()), "\r\ndate: ", date.text(), "\r\n\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(body);
}

//! Owns where an HTTP/1.1 answer ends (RFC 9112), as far as the servers that are measured send any. Must not know what is in
//! its body.

use super::Extent;
use crate::Outcome;

/// Finds the first answer; `None` while it is not there whole.
///
/// # Errors
/// It is no HTTP/1.1, or does not say how long it is.
pub fn find(bytes: &[u8]) -> Outcome<Option<Extent>> {
    let mut lines = Lines { bytes, at: 0 };
    let Some(first) = lines.next() else { return Ok(None) };
    let status = first.strip_prefix(b"HTTP/1.1 ").and_then(|rest| number(rest.get(..3)?));
    let status = status.and_then(|status| u16::try_from(status).ok()).ok_or("no HTTP/1.1 status")?;
    let mut length = None;
    loop {
        match lines.next() {
            None => return Ok(None),
            Some(b"") => break,
            Some(line) => length = length.or_else(|| content_length(line)),
        }
    }
    let length = match status {
        101 | 204 | 304 => 0,
        _ => length.ok_or("an answer without a content-length")?,
    };
    let end = lines.at + length;
    Ok((bytes.len() >= end).then_some(Extent { status: Some(status), start: lines.at, end }))
}

/// The lines of a head, without their ends. The last one is empty.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += end + 1;
        Some(rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]))
    }
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    if name.eq_ignore_ascii_case(NAME) { number(value.trim_ascii()) } else { None }
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 404 Not Found\r\nx-content-length: 9\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn an_answer_is_its_head_and_as_much_as_that_says() {
        let found = find(ANSWER).unwrap().unwrap();
        assert_eq!((found.status, &ANSWER[found.start..found.end]), (Some(404), &b"hello"[..]));
        let two = [ANSWER, ANSWER].concat();
        assert_eq!(find(&two).unwrap().unwrap(), found);
    }

    #[test]
    fn an_answer_that_is_cut_anywhere_is_waited_for() {
        for len in 0..ANSWER.len() {
            assert_eq!(find(&ANSWER[..len]).unwrap(), None, "{len}");
        }
    }

    #[test]
    fn an_upgrade_has_no_body() {
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n\x81\x00";
        let end = answer.len() - 2;
        assert_eq!(find(answer).unwrap(), Some(Extent { status: Some(101), start: end, end }));
    }

    #[test]
    fn what_does_not_say_how_long_it_is_is_an_error() {
        for bytes in [
            &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            b"HTTP/2 200\r\n\r\n",
            b"HTTP/1.1 2\r\n\r\n",
            b"nothing\n",
        ] {
            assert!(find(bytes).is_err(), "{}", String::from_utf8_lossy(bytes));
        }
    }
}

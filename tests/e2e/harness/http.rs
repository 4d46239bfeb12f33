//! Owns HTTP down to the bytes: one exchange over a Unix socket, and messages read one by one. Must not know JSON-RPC.

use std::io::{self, BufRead, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::PATIENCE;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status line's number.
    pub(crate) status: u16,
    /// The headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, whole.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The first header of this name, which is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Sends raw bytes on a connection of their own and reads until the other side closes.
pub(crate) fn exchange(socket: &Path, request: &[u8]) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // A refused request may be answered before it was read whole: the answer is what counts.
    let sent = stream.write_all(request);
    let mut raw = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(len) => raw.extend_from_slice(&part[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) if !raw.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    if raw.is_empty() {
        sent?;
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    parse(&raw).ok_or_else(|| io::Error::other("the answer is not HTTP"))
}

/// A request or an answer.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) first_line: String,
    /// The headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Reads one message and leaves what comes after it. One that says nothing of its length has no body.
pub(crate) fn read_message(reader: &mut impl BufRead) -> io::Result<Message> {
    let first_line = read_line(reader)?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let header = |name| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut body = Vec::new();
    if header("transfer-encoding") == Some("chunked") {
        loop {
            let len = u64::from_str_radix(&read_line(reader)?, 16).map_err(io::Error::other)?;
            reader.by_ref().take(len).read_to_end(&mut body)?;
            read_line(reader)?;
            if len == 0 {
                break;
            }
        }
    } else if let Some(len) = header("content-length").and_then(|len| len.parse().ok()) {
        reader.take(len).read_to_end(&mut body)?;
    }
    Ok(Message { first_line, headers, body })
}

/// Reads one answer and leaves what comes after it.
pub(super) fn read_answer(reader: &mut impl BufRead) -> io::Result<Answer> {
    let Message { first_line, headers, body } = read_message(reader)?;
    let status = first_line.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the answer is not HTTP"))?;
    Ok(Answer { status, headers, body })
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn parse(raw: &[u8]) -> Option<Answer> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&raw[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer { status, headers, body: raw[end + 4..].to_vec() };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunk(&answer.body)?;
    } else if let Some(len) = answer.header("content-length") {
        assert_eq!(len.parse().ok(), Some(answer.body.len()), "a body cut short");
    }
    Some(answer)
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let len = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if len == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..len)?);
        rest = rest.get(len + 2..)?;
    }
}

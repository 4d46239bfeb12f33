//! Owns what is read from standard input: secrets, parameters, and answers to a question. Must not show a secret.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::AsFd;

use claviger_api::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output;

/// Far more than any secret has. What is cut off here changes no answer: a secret of this length is no key's.
const MAX_SECRET: usize = 4096;

/// The largest body that the daemon takes, with room for the call around the parameters.
const MAX_PARAMS: usize = 64 * 1024;

/// Reads a secret: all of standard input without the last line break, or a line that is not shown on a terminal.
pub(crate) fn secret() -> Result<Secret, Failure> {
    let mut bytes = if io::stdin().is_terminal() { hidden_line()? } else { all(MAX_SECRET)? };
    trim_line_break(&mut bytes);
    // Bytes that are no text are no secret either, and the daemon is to say so.
    Ok(Secret::new(String::from_utf8_lossy(&bytes)))
}

/// Standard input line by line, through a buffer that is never grown and is wiped.
pub(crate) struct Lines {
    input: File,
    buffer: Zeroizing<Vec<u8>>,
    /// Where what was read and not given yet begins and ends.
    from: usize,
    to: usize,
}

impl Lines {
    /// Begins to read standard input.
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self { input: unbuffered()?, buffer: Zeroizing::new(vec![0; MAX_SECRET]), from: 0, to: 0 })
    }

    /// Gives the next line, without its end, to `use_line`; `None` at the end of the input. A line that is longer than any
    /// secret is given cut short: it is no key's either way.
    pub(crate) fn next<T>(&mut self, use_line: impl FnOnce(&[u8]) -> T) -> Result<Option<T>, Failure> {
        let mut line = Zeroizing::new(Vec::with_capacity(MAX_SECRET));
        let mut has_begun = false;
        loop {
            let waiting = &self.buffer[self.from..self.to];
            has_begun |= !waiting.is_empty();
            let end = waiting.iter().position(|byte| *byte == b'\n');
            let part = &waiting[..end.unwrap_or(waiting.len())];
            let room = MAX_SECRET - line.len();
            line.extend_from_slice(&part[..part.len().min(room)]);
            if let Some(end) = end {
                self.from += end + 1;
                break;
            }
            (self.from, self.to) = (0, 0);
            match self.input.read(&mut self.buffer) {
                Ok(count) => self.to = count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(&error)),
            }
            if self.to == 0 {
                if !has_begun {
                    return Ok(None);
                }
                break;
            }
        }
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        Ok(Some(use_line(line)))
    }
}

/// Reads the parameters of a call: all of standard input.
pub(crate) fn params() -> Result<Zeroizing<String>, Failure> {
    let bytes = all(MAX_PARAMS + 1)?;
    if bytes.len() > MAX_PARAMS {
        return Err(Failure::usage("the parameters are over 64 KiB, which is more than the daemon takes"));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Failure::usage("the parameters on standard input are not UTF-8")),
    }
}

/// Asks on the terminal, where no is the answer that costs nothing.
pub(crate) fn confirm(question: &str) -> Result<(), Failure> {
    output::prompt(&format!("{question} [y/N]"));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| unreadable(&error))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::failed("not confirmed: nothing was changed")),
    }
}

/// Whether there is somebody to ask.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::failed(format!("cannot read standard input: {error}"))
}

/// Standard input without the buffer of the standard library, which would keep what went through it.
fn unbuffered() -> Result<File, Failure> {
    io::stdin().as_fd().try_clone_to_owned().map(File::from).map_err(|error| unreadable(&error))
}

fn all(limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut input = unbuffered()?;
    // Never grown, so that no copy is left behind.
    let mut buffer = Zeroizing::new(vec![0; limit]);
    let mut filled = 0;
    while filled < limit {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}

fn trim_line_break(bytes: &mut Vec<u8>) {
    for end in [b'\n', b'\r'] {
        if bytes.last() == Some(&end) {
            bytes.pop();
        } else {
            return;
        }
    }
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn new() -> Result<Self, Failure> {
        let terminal = unbuffered()?;
        let before = tcgetattr(&terminal).map_err(|error| unreadable(&error.into()))?;
        let mut hidden = before.clone();
        // Without signals of its own: Ctrl-C must not end us before the terminal is as it was.
        hidden.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(&terminal, OptionalActions::Flush, &hidden).map_err(|error| unreadable(&error.into()))?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

fn hidden_line() -> Result<Zeroizing<Vec<u8>>, Failure> {
    output::prompt("Secret (it is not shown):");
    let line = {
        let mut hidden = Hidden::new()?;
        read_line(&mut hidden.terminal)
    };
    output::note("");
    line
}

fn read_line(terminal: &mut impl Read) -> Result<Zeroizing<Vec<u8>>, Failure> {
    const CTRL_C: u8 = 3;
    const CTRL_D: u8 = 4;
    const BACKSPACE: [u8; 2] = [8, 127];
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_SECRET));
    let mut byte = [0];
    while line.len() < MAX_SECRET {
        match terminal.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => match byte[0] {
                b'\n' | b'\r' | CTRL_D => break,
                CTRL_C => return Err(Failure::failed("cancelled")),
                pressed if BACKSPACE.contains(&pressed) => drop(line.pop()),
                typed => line.push(typed),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_line_break_is_cut_off() {
        for (given, expected) in [
            ("a", "a"),
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            ("a \n", "a "),
            ("a\r", "a\r"),
            ("\n", ""),
            ("", ""),
        ] {
            let mut bytes = given.as_bytes().to_vec();
            trim_line_break(&mut bytes);
            assert_eq!(bytes, expected.as_bytes(), "{given:?}");
        }
    }

    #[test]
    fn a_hidden_line_can_be_corrected_and_cancelled() {
        let read = |mut typed: &[u8]| read_line(&mut typed).map(|line| line.to_vec());
        assert_eq!(read(b"ab\x7fc\rd").unwrap(), b"ac");
        assert_eq!(read(b"ab\x04c").unwrap(), b"ab");
        assert!(read(b"ab\x03c\n").is_err());
    }
}

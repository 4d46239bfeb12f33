//! Owns what is written to standard output and standard error. Must not decide what to say.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use claviger_api::{Secret, drawable};
use serde::Serialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Who reads the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A person, or a script that cuts lines.
    Text,
    /// A program (`--json`).
    Json,
}

impl Format {
    /// Finds out before the arguments are read, so that an error in them has the right form too.
    pub(crate) fn wanted_by(argv: &[OsString]) -> Self {
        let json = argv.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
        if json { Self::Json } else { Self::Text }
    }
}

/// Who is at the other end of standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A person at a terminal.
    Person,
    /// A pipe or a file.
    Script,
}

/// Looks who reads standard output.
pub(crate) fn reader() -> Reader {
    if io::stdout().is_terminal() { Reader::Person } else { Reader::Script }
}

/// Whether words are coloured. Nothing is told by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// By the terminal's own sixteen colours.
    Coloured,
    /// Not at all.
    Plain,
}

impl Ink {
    /// Looks whether a stream can be coloured, and whether somebody minds (<https://no-color.org>).
    pub(crate) fn on(stream: &impl IsTerminal) -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let can = stream.is_terminal() && set("TERM").is_some_and(|terminal| terminal != "dumb");
        if can && set("NO_COLOR").is_none() { Self::Coloured } else { Self::Plain }
    }

    /// Gives a text a colour of the terminal's own, or weight, by its number (ECMA-48, SGR).
    pub(crate) fn paint(self, number: u8, text: &str) -> String {
        match self {
            Self::Coloured => format!("\u{1b}[{number}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }
}

/// The number of dim.
pub(crate) const DIM: u8 = 2;
/// The number of red.
pub(crate) const RED: u8 = 31;

/// How standard output is coloured.
pub(crate) fn ink() -> Ink {
    Ink::on(&io::stdout())
}

/// How many columns standard output has; `None` where it is no terminal, which folds nothing.
pub(crate) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Writes a text that ends with its own line break.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    write(text.as_bytes())
}

/// Writes a line.
pub(crate) fn line(line: &str) -> Result<(), Failure> {
    write(format!("{line}\n").as_bytes())
}

/// Writes a value as JSON: spread out for a person, on one line for a script.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
    let json = match reader() {
        Reader::Person => serde_json::to_string_pretty(value),
        Reader::Script => serde_json::to_string(value),
    };
    let json = Zeroizing::new(json.map_err(|_| Failure::failed("the answer cannot be written as JSON"))?);
    write(Zeroizing::new(format!("{}\n", escape_undrawable(&json))).as_bytes())
}

/// Writes JSON as the daemon sent it; for a person it is spread out.
pub(crate) fn raw_json(value: &RawValue) -> Result<(), Failure> {
    match (reader(), serde_json::from_str::<serde_json::Value>(value.get())) {
        (Reader::Person, Ok(value)) => json(&value),
        _ => json(value),
    }
}

/// Writes a value as JSON on one line, every character safe to draw.
pub(crate) fn plain_json(value: &(impl Serialize + ?Sized)) -> Option<String> {
    serde_json::to_string(value).ok().map(|json| escape_undrawable(&json))
}

/// Writes a secret alone on a line. When this returns, it is with whoever reads.
pub(crate) fn secret(secret: &Secret) -> Result<(), Failure> {
    // One buffer that is wiped, written at once: standard output's own buffer would keep a part of it.
    let mut line = Zeroizing::new(String::with_capacity(secret.expose().len() + 1));
    line.push_str(secret.expose());
    line.push('\n');
    write(line.as_bytes())
}

/// Tells a person something beside the output. A standard error that is gone is no reason to fail.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", drawable(text));
}

/// Asks a person something, without a line break.
pub(crate) fn prompt(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{} ", drawable(text)).and_then(|()| stderr.flush());
}

fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::ReaderGone,
        _ => Failure::failed(format!("cannot write to standard output: {error}")),
    })
}

/// Writes what a terminal must not see as `\uXXXX`. Such characters stand only inside of JSON's strings, so the
/// value stays the same.
fn escape_undrawable(json: &str) -> String {
    use std::fmt::Write as _;

    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        let mut utf8 = [0; 4];
        let text = c.encode_utf8(&mut utf8);
        if c.is_ascii_graphic() || matches!(c, ' ' | '\n') || drawable(text) == *text {
            safe.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_value_without_what_drives_a_terminal() {
        let value = serde_json::json!({ "name": "é \u{202e}\u{7f}\u{9b}\u{e0041}\u{1b}[0m ✓" });
        let json = plain_json(&value).unwrap();
        assert_eq!(json, r#"{"name":"é \u202e\u007f\u009b\udb40\udc41\u001b[0m ✓"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
    }

    #[test]
    fn json_is_wanted_before_the_double_dash_only() {
        let format = |argv: &[&str]| Format::wanted_by(&argv.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(format(&["claviger", "status", "--json"]), Format::Json);
        assert_eq!(format(&["claviger", "keys", "create", "--", "--json"]), Format::Text);
        assert_eq!(format(&["claviger", "status"]), Format::Text);
    }
}

//! Owns how a refused command line is told. Must not repeat an argument: clap's own messages do, and it may be a
//! secret.

use std::error::Error as _;
use std::ffi::OsString;
use std::net::SocketAddr;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::failure::Failure;

/// What [`count`] reads.
const COUNT: &str = "a whole number, 1 or more";
/// What [`listener`] reads.
const LISTENER: &str = "an address and a port, such as 127.0.0.1:8080 or [::1]:8080";
/// What [`address`] reads.
const ADDRESS: &str = "a host and a port, such as 127.0.0.1:3000 or app.internal:80";

/// Reads how many are wanted.
pub(crate) fn count(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| *count > 0).ok_or(COUNT)
}

/// Reads an address to listen at.
pub(crate) fn listener(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| LISTENER)
}

/// Reads where something else listens: an address or a name, and a port.
pub(crate) fn address(text: &str) -> Result<String, &'static str> {
    let is_name = |host: &str| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
    };
    let is_host_and_port = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok_and(|port| port > 0));
    if is_host_and_port || text.parse::<SocketAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    Err(ADDRESS)
}

/// Tells that a secret does not belong into the arguments, where every user of the machine can read it.
pub(crate) fn misplaced_secret() -> Failure {
    Failure::usage("`verify` takes no argument but --account: the secret is read from standard input").hint(
        "`claviger verify < FILE`; if that was a living secret, rotate its key: arguments can be read by others",
    )
}

/// Tells what clap refused, with what the grammar knows and nothing that was given.
pub(crate) fn failure(error: &Error, argv: &[OsString]) -> Failure {
    if let ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand = error.kind() {
        // clap gives its help text here, which comes from the grammar alone.
        return Failure::usage(format!("a command is missing\n\n{error}").trim_end());
    }
    if let Some(option) = free_option(error, argv) {
        return Failure::usage(message(error, argv))
            .hint(format!("a value that begins with `-` is given behind a `=`: `{option}=VALUE`"));
    }
    let hint = match (suggestion(error), text_of(error, ContextKind::Usage)) {
        (Some(suggestion), Some(usage)) => format!("did you mean `{suggestion}`?\n{usage}"),
        (Some(suggestion), None) => format!("did you mean `{suggestion}`?"),
        (None, Some(usage)) => usage,
        (None, None) => "`claviger --help` shows what there is".to_owned(),
    };
    Failure::usage(message(error, argv)).hint(hint)
}

fn message(error: &Error, argv: &[OsString]) -> String {
    // In these kinds `InvalidArg` is the grammar's own word for the argument, such as `--account <ID>`.
    let arg = || text_of(error, ContextKind::InvalidArg).unwrap_or_else(|| "an argument".to_owned());
    match error.kind() {
        ErrorKind::UnknownArgument => format!("{} is not known here", position(error, argv)),
        ErrorKind::InvalidSubcommand => "there is no such command".to_owned(),
        ErrorKind::InvalidValue => match text_of(error, ContextKind::ValidValue) {
            Some(valid) if !valid.is_empty() => format!("{} must be one of {valid}", arg()),
            _ => format!("{} wants {}", arg(), wanted(&arg())),
        },
        ErrorKind::ValueValidation => match error.source() {
            Some(rule) => format!("{} must be {rule}", arg()),
            None => format!("{} has a value that is not right", arg()),
        },
        ErrorKind::ArgumentConflict => match text_of(error, ContextKind::PriorArg) {
            Some(prior) if prior != arg() => format!("{} cannot be given together with {prior}", arg()),
            _ => format!("{} is given twice", arg()),
        },
        ErrorKind::MissingRequiredArgument => format!("{} is missing", arg()),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{} has the wrong number of values", arg())
        }
        ErrorKind::NoEquals => format!("{} needs `=` before its value", arg()),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        _ => "the command line is not right".to_owned(),
    }
}

/// What an option wants, which clap calls `--account <ID>`, say.
fn wanted(arg: &str) -> &'static str {
    match arg.split_once(' ') {
        Some(("--id", _)) => "an id: 1 to 64 letters, digits, `_` and `-`",
        Some((_, "<ID>")) => "an account, by id or name",
        Some((_, "<KEY>")) => "a key, by id or name",
        Some((_, "<TEXT>")) => "a text",
        Some((_, "<DIR>")) => "a directory",
        Some((_, "<FILE>")) => "a file",
        Some((_, "<N>")) => COUNT,
        Some((_, "<IP:PORT>")) => LISTENER,
        Some((_, "<HOST:PORT>")) => ADDRESS,
        _ => "a value",
    }
}

/// The option that was given no value, where what stands behind it begins with a dash, as a value that it would take may.
fn free_option(error: &Error, argv: &[OsString]) -> Option<String> {
    let arg = text_of(error, ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::InvalidValue)?;
    let (option, value) = arg.split_once(' ')?;
    let is_dashed = |next: &OsString| next.as_encoded_bytes().starts_with(b"-");
    let is_meant = argv.windows(2).any(|pair| pair[0] == option && is_dashed(&pair[1]));
    let is_free = matches!(value, "<ID>" | "<KEY>" | "<TEXT>" | "<DIR>" | "<FILE>");
    (is_meant && is_free).then(|| option.to_owned())
}

/// Which argument it was, by its place: what stands there is not for repeating.
fn position(error: &Error, argv: &[OsString]) -> String {
    let refused = text_of(error, ContextKind::InvalidArg).unwrap_or_default();
    let matches = |arg: &OsString| {
        let arg = arg.to_string_lossy();
        arg == refused || arg.split_once('=').is_some_and(|(flag, _)| flag == refused)
    };
    match argv.iter().skip(1).position(matches) {
        Some(index) => format!("argument {}", index + 1),
        None => "an argument".to_owned(),
    }
}

/// A word of the grammar that is like the one that was given.
fn suggestion(error: &Error) -> Option<String> {
    [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| text_of(error, kind))
}

fn text_of(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        ContextValue::StyledStr(text) => Some(text.to_string()),
        _ => None,
    }
}

//! Owns the words in which people read scopes, times and sizes. Must not print.

use std::fmt::Write;

use claviger_api::{Key, Scope, Timestamp, drawable};
use unicode_width::UnicodeWidthStr;

use crate::output::Reader;

/// A scope: in words for a person; for a script `*`, or ids with commas between them, which no id has.
pub(crate) fn scope(scope: &Scope, reader: Reader) -> String {
    match (scope, reader) {
        (Scope::All, Reader::Person) => "All accounts".to_owned(),
        (Scope::All, Reader::Script) => "*".to_owned(),
        (Scope::Only(accounts), Reader::Person) => match accounts.len() {
            0 => "No accounts".to_owned(),
            1 => "1 account".to_owned(),
            count => format!("{count} accounts"),
        },
        (Scope::Only(accounts), Reader::Script) => {
            accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        }
    }
}

/// What a scope has, with the first few accounts by id, so that two of one size can be told apart.
pub(crate) fn seen(scope: &Scope) -> String {
    const NAMED: usize = 5;
    let Scope::Only(accounts) = scope else { return "all accounts".to_owned() };
    if accounts.is_empty() {
        return "no accounts".to_owned();
    }
    let words = accounts.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match accounts.len().saturating_sub(NAMED) {
        0 => words,
        more => format!("{words} and {more} more"),
    }
}

/// Why a key opens nothing whoever presents its secret; empty where that is not so.
pub(crate) fn standing(key: &Key) -> &'static str {
    match (key.suspended_at, key.needs_rotation) {
        (None, false) => "",
        (Some(_), false) => "suspended",
        (None, true) => "needs rotation",
        (Some(_), true) => "suspended, needs rotation",
    }
}

/// A time that may not have come yet.
pub(crate) fn time(time: Option<Timestamp>, reader: Reader) -> String {
    match (time, reader) {
        (Some(time), _) => time.to_string(),
        (None, Reader::Person) => "never".to_owned(),
        (None, Reader::Script) => String::new(),
    }
}

/// So many of something.
pub(crate) fn count(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A number of bytes in a unit that people read.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut tenths = u128::from(count) * 10;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    match unit {
        0 => format!("{count} {}", UNITS[0]),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
    }
}

/// Facts under each other, their values in one column.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, value) in facts {
        let _ = writeln!(text, "{name:width$}  {}", drawable(value));
    }
    text
}

#[cfg(test)]
mod tests {
    use claviger_api::AccountId;

    use super::*;

    #[test]
    fn a_scope_of_nothing_is_never_read_as_all() {
        let only = |ids: &[&str]| ids.iter().map(|id| AccountId::parse(id).unwrap()).collect::<Scope>();
        for (value, person, script) in [
            (Scope::All, "All accounts", "*"),
            (only(&[]), "No accounts", ""),
            (only(&["a"]), "1 account", "a"),
            (only(&["b", "a"]), "2 accounts", "a,b"),
        ] {
            assert_eq!(scope(&value, Reader::Person), person);
            assert_eq!(scope(&value, Reader::Script), script);
        }
    }

    #[test]
    fn sizes_have_one_decimal() {
        for (count, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1_600_000, "1.5 MiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}

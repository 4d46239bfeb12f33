//! Owns the form of `config.toml`. Must not repeat a value from it in an error: only names, places and rules.

use std::collections::BTreeMap;
use std::path::PathBuf;

use claviger_daemon::token::{HashingCost, KeyPrefix};
use claviger_daemon::{Keep, SocketConfig};
use claviger_tui::Keymap;
use toml::{Table, Value};

/// Every setting, as an error lists them.
const KNOWN: [&str; 12] = [
    "data_dir",
    "runtime_dir",
    "key_prefix",
    "argon2.memory_kib",
    "argon2.iterations",
    "argon2.parallelism",
    "sockets.verify_mode",
    "sockets.verify_group",
    "sockets.admin_uids",
    "sockets.admin_group",
    "digests.keep",
    "keys",
];

/// The settings that have a section, and so a dot in their names.
const SECTIONS: [&str; 3] = ["argon2", "sockets", "digests"];

/// The section with presses of the interface, whose names the interface knows.
const KEYS: &str = "keys";

/// What `config.toml` says, with the defaults of what it leaves out.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigFile {
    /// Where the store is, where the file says so.
    pub(crate) data_dir: Option<PathBuf>,
    /// Where the sockets are, where the file says so.
    pub(crate) runtime_dir: Option<PathBuf>,
    /// What new secrets begin with.
    pub(crate) key_prefix: KeyPrefix,
    /// What hashing a new secret costs.
    pub(crate) hashing: HashingCost,
    /// Who may use the sockets.
    pub(crate) sockets: SocketConfig,
    /// Whether digests of proven secrets are kept.
    pub(crate) keep: Keep,
    /// What can be pressed in the interface.
    pub(crate) keymap: Keymap,
}

/// What is wrong with a `config.toml`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The setting or line, and the rule.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) hint: Option<String>,
}

impl Fault {
    fn new(message: String) -> Self {
        Self { message, hint: None }
    }

    fn rule(setting: &str, rule: &str) -> Self {
        Self::new(format!("{setting} {rule}"))
    }
}

/// Reads the text of a `config.toml`.
pub(crate) fn parse(text: &str) -> Result<ConfigFile, Fault> {
    let table: Table = toml::from_str(text).map_err(|error| not_toml(text, &error))?;
    let mut file = ConfigFile::default();
    let mut cost = Cost::default();
    for (name, value) in &table {
        match value {
            Value::Table(section) if name == KEYS => file.keymap = keymap(section)?,
            Value::Table(section) if SECTIONS.contains(&name.as_str()) || !section.is_empty() => {
                for (inner, value) in section {
                    set(&mut file, &mut cost, &format!("{name}.{inner}"), value)?;
                }
            }
            value => set(&mut file, &mut cost, name, value)?,
        }
    }
    file.hashing = HashingCost::new(cost.memory_kib, cost.iterations, cost.parallelism)
        .map_err(|error| Fault::new(error.to_string()))?;
    Ok(file)
}

/// The three numbers of the slow hash before they are looked at together.
struct Cost {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

impl Default for Cost {
    fn default() -> Self {
        let cost = HashingCost::default();
        Self { memory_kib: cost.memory_kib(), iterations: cost.iterations(), parallelism: cost.parallelism() }
    }
}

fn set(file: &mut ConfigFile, cost: &mut Cost, setting: &str, value: &Value) -> Result<(), Fault> {
    match setting {
        "data_dir" => file.data_dir = Some(directory(setting, value)?),
        "runtime_dir" => file.runtime_dir = Some(directory(setting, value)?),
        "key_prefix" => {
            file.key_prefix = KeyPrefix::parse(string(setting, value)?)
                .map_err(|error| Fault::rule(setting, &error.to_string()))?;
        }
        "argon2.memory_kib" => cost.memory_kib = number(setting, value)?,
        "argon2.iterations" => cost.iterations = number(setting, value)?,
        "argon2.parallelism" => cost.parallelism = number(setting, value)?,
        "sockets.verify_mode" => file.sockets.verify_mode = mode(setting, value)?,
        "sockets.verify_group" => file.sockets.verify_group = Some(group(setting, value)?),
        "sockets.admin_uids" => file.sockets.admin_uids = uids(setting, value)?,
        "sockets.admin_group" => file.sockets.admin_group = Some(group(setting, value)?),
        "digests.keep" => file.keep = keep(setting, value)?,
        section if section == KEYS || SECTIONS.contains(&section) => {
            return Err(Fault::rule(section, &format!("must be a section: a line `[{section}]`")));
        }
        unknown => {
            return Err(Fault {
                message: format!("unknown setting \"{unknown}\""),
                hint: Some(format!("the settings are {}", KNOWN.join(", "))),
            });
        }
    }
    Ok(())
}

/// The presses of the interface, each action's as one text or a list of them.
fn keymap(section: &Table) -> Result<Keymap, Fault> {
    let mut changes = BTreeMap::new();
    for (name, value) in section {
        let texts = match value {
            Value::Array(texts) => texts.as_slice(),
            text => std::slice::from_ref(text),
        };
        let texts = texts.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
        let rule = || Fault::rule(&format!("{KEYS}.{name}"), "must be a press in quotes, or a list of them");
        changes.insert(name.clone(), texts.ok_or_else(rule)?);
    }
    Keymap::rebound(&changes).map_err(|error| Fault::new(error.to_string()))
}

/// Says where the text stops being TOML. The library's own message shows the line, which may hold anything.
fn not_toml(text: &str, error: &toml::de::Error) -> Fault {
    let place = error.span().and_then(|span| text.get(..span.start)).map(|before| {
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("line {line}, column {column}: ")
    });
    Fault {
        message: format!("{}this is not TOML, or a setting is given twice", place.unwrap_or_default()),
        hint: Some("a setting looks like `key_prefix = \"clv\"`; texts stand in quotes".to_owned()),
    }
}

fn string<'a>(setting: &str, value: &'a Value) -> Result<&'a str, Fault> {
    value.as_str().ok_or_else(|| Fault::rule(setting, "must be a text in quotes"))
}

fn number(setting: &str, value: &Value) -> Result<u32, Fault> {
    value
        .as_integer()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| Fault::rule(setting, "must be a whole number, 0 or more"))
}

fn directory(setting: &str, value: &Value) -> Result<PathBuf, Fault> {
    let path = PathBuf::from(string(setting, value)?);
    if path.is_absolute() { Ok(path) } else { Err(Fault::rule(setting, "must be an absolute path")) }
}

fn group(setting: &str, value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(name) if !name.is_empty() => Ok(name.clone()),
        Value::Integer(gid) if u32::try_from(*gid).is_ok() => Ok(gid.to_string()),
        _ => Err(Fault::rule(setting, "must be the name or number of a group")),
    }
}

fn uids(setting: &str, value: &Value) -> Result<Vec<u32>, Fault> {
    // 2^32 - 1 is -1 to the system: no user at all, and what an unknown peer may look like.
    let uid =
        |value: &Value| value.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| *n != u32::MAX);
    value
        .as_array()
        .and_then(|values| values.iter().map(uid).collect())
        .ok_or_else(|| Fault::rule(setting, "must be a list of user numbers, such as [1000]"))
}

fn keep(setting: &str, value: &Value) -> Result<Keep, Fault> {
    match value.as_str() {
        Some("auto") => Ok(Keep::Auto),
        Some("never") => Ok(Keep::Never),
        _ => Err(Fault::rule(setting, "must be \"auto\" or \"never\"")),
    }
}

fn mode(setting: &str, value: &Value) -> Result<u32, Fault> {
    let octal = value.as_str().filter(|text| {
        (3..=4).contains(&text.len()) && text.bytes().all(|digit| matches!(digit, b'0'..=b'7'))
    });
    octal.and_then(|text| u32::from_str_radix(text, 8).ok()).filter(|mode| mode & !0o666 == 0).ok_or_else(
        || Fault::rule(setting, "must be octal digits in quotes, at most \"0666\", such as \"0660\""),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn an_empty_file_says_the_defaults() {
        let file = parse("").unwrap();
        assert_eq!(file.key_prefix, KeyPrefix::default());
        assert_eq!(file.hashing, HashingCost::default());
        assert_eq!(file.sockets.verify_mode, 0o600);
        assert_eq!(file.keep, Keep::Auto);
        assert!(file.data_dir.is_none() && file.sockets.admin_uids.is_empty());
    }

    #[test]
    fn every_setting_is_read() {
        let file = parse(
            r#"
            data_dir = "/srv/data"
            runtime_dir = "/run/claviger"
            key_prefix = "acme"
            argon2.memory_kib = 65536
            argon2.iterations = 3
            argon2.parallelism = 2
            [sockets]
            verify_mode = "0660"
            verify_group = "www-data"
            admin_group = "operators"
            admin_uids = [1000, 1001]
            [digests]
            keep = "never"
            "#,
        )
        .unwrap();
        assert_eq!(file.data_dir.unwrap(), PathBuf::from("/srv/data"));
        assert_eq!(file.runtime_dir.unwrap(), PathBuf::from("/run/claviger"));
        assert_eq!(file.key_prefix.as_str(), "acme");
        assert_eq!(file.hashing, HashingCost::new(65536, 3, 2).unwrap());
        assert_eq!(file.sockets.verify_mode, 0o660);
        assert_eq!(file.sockets.verify_group.as_deref(), Some("www-data"));
        assert_eq!(file.sockets.admin_group.as_deref(), Some("operators"));
        assert_eq!(file.sockets.admin_uids, [1000, 1001]);
        assert_eq!(file.keep, Keep::Never);
        assert_eq!(parse("sockets.verify_group = 33").unwrap().sockets.verify_group.as_deref(), Some("33"));
    }

    #[test]
    fn an_unknown_setting_is_named_and_the_known_ones_are_listed() {
        for (text, name) in [
            ("sockts.verify_mode = \"0600\"", "sockts.verify_mode"),
            ("[sockts]", "sockts"),
            ("[sockets]\nverifymode = \"0600\"", "sockets.verifymode"),
            ("prefix = \"clv\"", "prefix"),
            ("[[profiles]]\na = 1", "profiles"),
        ] {
            let fault = parse(text).unwrap_err();
            assert_eq!(fault.message, format!("unknown setting \"{name}\""));
            assert!(fault.hint.unwrap().contains("sockets.verify_mode"));
        }
        assert!(parse("[argon2]\n[sockets]").is_ok());
    }

    #[test]
    fn presses_are_rebound_and_a_fault_names_the_actions() {
        let fault = |text: &str| parse(text).unwrap_err().message;
        assert!(parse("[keys]\nrotate = \"T\"\nfilter = [\"/\", \"Ctrl-F\"]").is_ok());
        assert!(fault("keys.rotat = \"R\"").starts_with("keys.rotat is no action"));
        let clash = fault("keys.rotate = \"s\"");
        assert!(clash.contains("rotate") && clash.contains("scope"), "{clash}");
        for text in ["keys.rotate = 1", "keys.rotate = [\"R\", true]", "keys = \"R\"", "keys.rotate = []"] {
            assert!(fault(text).starts_with("keys"), "{text}: {}", fault(text));
        }
    }

    #[test]
    fn modes_are_octal_and_let_nobody_execute() {
        for (text, mode) in [("0600", 0o600), ("600", 0o600), ("0660", 0o660), ("0666", 0o666)] {
            let file = parse(&format!("sockets.verify_mode = \"{text}\"")).unwrap();
            assert_eq!(file.sockets.verify_mode, mode);
        }
        for wrong in [
            "\"0700\"",
            "\"0667\"",
            "\"4600\"",
            "\"0o660\"",
            "\"0698\"",
            "\"\"",
            "\"66\"",
            "\"00660\"",
            "432",
            "\"-600\"",
        ] {
            let fault = message(&format!("sockets.verify_mode = {wrong}"));
            assert!(fault.starts_with("sockets.verify_mode must be octal digits"), "{wrong}: {fault}");
        }
    }

    #[test]
    fn a_wrong_value_is_never_repeated() {
        for text in [
            "key_prefix = \"S3CR3T\"",
            "key_prefix = S3CR3T",
            "key_prefix = \"S3CR3T",
            "argon2.memory_kib = \"S3CR3T\"",
            "keys.rotate = \"S3CR3T\"",
            "keys = \"S3CR3T\"",
            "argon2 = \"S3CR3T\"",
            "sockets.admin_uids = [\"S3CR3T\"]",
            "sockets.admin_uids = [-1]",
            "sockets.admin_uids = [4294967295]",
            "sockets.verify_group = \"\"",
            "digests.keep = \"S3CR3T\"",
            "digests.keep = true",
            "sockets.admin_group = []",
            "data_dir = \"S3CR3T\"",
            "argon2.iterations = 4096",
            "argon2.parallelism = 0",
            "key_prefix = \"clv\"\nkey_prefix = \"S3CR3T\"",
            "S3CR3T",
        ] {
            let fault = parse(text).unwrap_err();
            assert!(!format!("{fault:?}").contains("S3CR3T"), "{text}: {fault:?}");
        }
        assert!(message("\n  key_prefix = ?").starts_with("line 2, column 16"));
    }
}

//! Owns the ids of the wire. Must not make random ones: that needs the operating system.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::param::{Param, Rule, text_of};

/// How many base62 characters follow `key_` and `acc_` in ids that Claviger makes.
pub const RANDOM_ID_LEN: usize = 12;

/// The 62 digits of ids, secrets and tags, in the order of their value.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn is_base62(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// A key's id: `key_` and 12 base62 characters. It never changes and is never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; RANDOM_ID_LEN]);

impl KeyId {
    const PREFIX: &'static str = "key_";

    /// Reads `key_…`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_body(text.strip_prefix(Self::PREFIX)?)
    }

    /// Makes an id of the 12 characters that follow `key_`; `None` when they are not 12 of base62.
    #[must_use]
    pub fn from_body(body: &str) -> Option<Self> {
        (is_base62(body)).then_some(())?;
        Some(Self(body.as_bytes().try_into().ok()?))
    }

    /// The 12 characters that follow `key_`; they stand in the middle of the key's secret.
    #[must_use]
    pub fn body(&self) -> &str {
        // The bytes are ASCII by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, self.body())
    }
}

/// An account's id: `acc_` and 12 base62 characters, or what the caller who connected it chose (1 to 64 of
/// `A-Za-z0-9_-`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(Box<str>);

impl AccountId {
    /// What ids made by Claviger begin with.
    pub const PREFIX: &'static str = "acc_";
    /// The longest id, in characters.
    pub const MAX_LEN: usize = 64;

    /// Reads an id; `None` when it is empty, too long, or has other characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        let fits = (1..=Self::MAX_LEN).contains(&text.len());
        (fits && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An account id as a caller presents it for verification. One that could never name an account is kept as such
/// and answered like any account that does not exist: what an id looks like must not tell anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentedAccountId(Option<AccountId>);

impl PresentedAccountId {
    /// Takes any text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(AccountId::parse(text))
    }

    /// The id, if it could name an account at all.
    #[must_use]
    pub fn as_id(&self) -> Option<&AccountId> {
        self.0.as_ref()
    }
}

impl Serialize for PresentedAccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_ref().map_or("", AccountId::as_str))
    }
}

impl Param for PresentedAccountId {
    fn read(json: &str) -> Result<Self, Rule> {
        text_of(json).map(|text| Self::new(&text))
    }
}

impl JsonSchema for PresentedAccountId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PresentedAccountId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "The account's id. Any text that names no account is answered alike" })
    }
}

/// What makes a lost reply harmless: 1 to 64 printable ASCII characters, chosen by the caller for one request.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Box<str>);

impl RequestId {
    /// Reads a request id; `None` when it is empty, too long, or has characters that are not printable ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len());
        (fits && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))).then(|| Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Gives an id type its text forms, its place in requests, and its schema.
macro_rules! id_on_the_wire {
    ($type:ident, $what:literal, $rule:literal, $pattern:literal) => {
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom($rule))
            }
        }

        impl Param for $type {
            fn read(json: &str) -> Result<Self, Rule> {
                Self::parse(&text_of(json)?).ok_or(Rule::text($rule))
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": concat!($what, ": ", $rule) })
            }
        }
    };
}

id_on_the_wire!(KeyId, "The id of a key", "must be `key_` and 12 of A-Z a-z 0-9", "^key_[A-Za-z0-9]{12}$");
id_on_the_wire!(
    AccountId,
    "The id of an account",
    "must be 1 to 64 of A-Z a-z 0-9 _ -",
    "^[A-Za-z0-9_-]{1,64}$"
);
id_on_the_wire!(
    RequestId,
    "Chosen by the caller for one request",
    "must be 1 to 64 printable ASCII characters",
    "^[ -~]{1,64}$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_is_a_prefix_and_twelve_base62_characters() {
        assert_eq!(KeyId::parse("key_4fX9aQ2LmN7b").unwrap().to_string(), "key_4fX9aQ2LmN7b");
        for wrong in [
            "",
            "key_",
            "key_4fX9aQ2LmN7",
            "key_4fX9aQ2LmN7bb",
            "acc_4fX9aQ2LmN7b",
            "key_4fX9aQ2LmN7é",
            " key_4fX9aQ2LmN7b",
        ] {
            assert_eq!(KeyId::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_account_id_is_short_and_plain() {
        for right in ["a", "acc_4fX9aQ2LmN7b", "my-bank_1", &"x".repeat(64)] {
            assert_eq!(AccountId::parse(right).unwrap().as_str(), right);
        }
        for wrong in ["", "*", "a b", "a/b", "é", "a\n", &"x".repeat(65)] {
            assert_eq!(AccountId::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_request_id_is_printable_ascii() {
        assert!(RequestId::parse("a ~").is_some());
        for wrong in ["", "a\tb", "é", &"x".repeat(65)] {
            assert!(RequestId::parse(wrong).is_none(), "{wrong:?}");
        }
    }
}

//! Owns how listings are cut into pages. Must not know what is listed.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::param::{Param, Rule, text_of};

/// How many items a page has at most: 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limit(u16);

impl Limit {
    /// The largest page.
    pub const MAX: u16 = 1000;

    /// Takes 1 to 1000; `None` for anything else.
    #[must_use]
    pub fn new(limit: u16) -> Option<Self> {
        (1..=Self::MAX).contains(&limit).then_some(Self(limit))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(100)
    }
}

impl Param for Limit {
    fn read(json: &str) -> Result<Self, Rule> {
        json.parse().ok().and_then(Self::new).ok_or(Rule::text("must be a whole number from 1 to 1000"))
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MAX, "default": 100 })
    }
}

/// Where a page begins: the bytes of the last item's place in the order, in hexadecimal on the wire. Its content is
/// the daemon's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// The longest place, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Takes the place of a page's last item.
    #[must_use]
    pub fn new(place: Vec<u8>) -> Self {
        Self(place)
    }

    /// The place of the last item of the page before.
    #[must_use]
    pub fn place(&self) -> &[u8] {
        &self.0
    }

    /// The cursor as the wire has it.
    #[must_use]
    pub fn encode(&self) -> String {
        self.0
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .collect()
    }

    /// Reads a cursor from the wire; `None` when it is none of ours.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let pairs = text.as_bytes().chunks_exact(2);
        let fits = !text.is_empty() && pairs.remainder().is_empty() && text.len() <= 2 * Self::MAX_BYTES;
        fits.then_some(())?;
        pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect::<Option<_>>().map(Self)
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encode())
    }
}

impl Param for Cursor {
    fn read(json: &str) -> Result<Self, Rule> {
        Self::decode(&text_of(json)?).ok_or(Rule::text("is not a next_cursor of this listing"))
    }
}

impl JsonSchema for Cursor {
    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "pattern": "^([0-9a-f]{2})+$", "maxLength": 2 * Self::MAX_BYTES,
            "description": "Where a page begins: next_cursor of the page before, unchanged",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_1_to_1000() {
        assert_eq!(Limit::read("1000").map(Limit::get), Ok(1000));
        for wrong in ["0", "1001", "-1", "1.5", "\"5\"", "65537", "1e2"] {
            assert!(Limit::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor::new(b"production\0".to_vec());
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        for wrong in ["", "0", "zz", "0G", "AB"] {
            assert_eq!(Cursor::decode(wrong), None, "{wrong}");
        }
    }
}

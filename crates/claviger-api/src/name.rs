//! Owns what a name may look like, on the wire and on a screen. Must not know whose name it is.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::param::{Param, Rule, text_of};

/// The longest name, in characters (Unicode scalar values after NFC).
pub const MAX_CHARS: usize = 64;
/// How many combining marks may follow each other.
pub const MAX_MARKS: usize = 4;

/// The name of a key or an account, or a short text about one: trimmed, NFC, 1 to 64 characters, none of them
/// invisible or able to drive a terminal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Box<str>);

/// Why a text is no [`Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left after trimming.
    #[error("must not be empty")]
    Empty,
    /// It has more than 64 characters.
    #[error("must have at most 64 characters")]
    TooLong,
    /// It has a control character, such as a line break or an escape.
    #[error("must not have control characters")]
    Control,
    /// It has a character that cannot be seen or that turns the direction of writing.
    #[error("must not have invisible or direction-changing characters")]
    Invisible,
    /// It has a private-use or unassigned character.
    #[error("must not have private-use or unassigned characters")]
    Unassigned,
    /// It has more than 4 combining marks in a row.
    #[error("must not have more than 4 combining marks in a row")]
    Marks,
}

impl Name {
    /// Trims and normalises a text into a name.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        // A megabyte is refused before it is normalised; NFC at most thirds the number of characters.
        if text.trim().len() > MAX_CHARS * 4 * 4 {
            return Err(NameError::TooLong);
        }
        let name: String = text.trim().nfc().collect();
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.chars().count() > MAX_CHARS {
            return Err(NameError::TooLong);
        }
        let mut marks = 0;
        for c in name.chars() {
            if let Some(error) = refusal(c) {
                return Err(error);
            }
            marks = if is_mark(c) { marks + 1 } else { 0 };
            if marks > MAX_MARKS {
                return Err(NameError::Marks);
            }
        }
        Ok(Self(name.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which names that differ in case only are the same.
    #[must_use]
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// Folds case: two texts with the same fold are the same name.
///
/// Upper case first, then lower: so `ß` meets `SS`, and both forms of the Greek sigma meet.
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_uppercase().to_lowercase().nfc().collect()
}

/// Makes a text from elsewhere safe to draw or print: characters that a name may not have become `\u{fffd}`, and
/// floods of combining marks are cut. The daemon may be older, or hostile.
#[must_use]
pub fn drawable(text: &str) -> Cow<'_, str> {
    let mut marks = 0;
    let clean = |c: char, marks: &mut usize| {
        *marks = if is_mark(c) { *marks + 1 } else { 0 };
        refusal(c).is_none() && *marks <= MAX_MARKS
    };
    if text.chars().all(|c| clean(c, &mut marks)) {
        return Cow::Borrowed(text);
    }
    marks = 0;
    let safe = text.chars().filter_map(|c| match clean(c, &mut marks) {
        true => Some(c),
        false if marks > MAX_MARKS => None,
        false => Some(char::REPLACEMENT_CHARACTER),
    });
    Cow::Owned(safe.collect())
}

fn is_mark(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Letters by category, but blank on every screen (Unicode's Hangul fillers).
const BLANK_LETTERS: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];

fn refusal(c: char) -> Option<NameError> {
    if c.is_ascii_graphic() || c == ' ' {
        return None;
    }
    match c.general_category() {
        GeneralCategory::Control | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => {
            Some(NameError::Control)
        }
        GeneralCategory::Format => Some(NameError::Invisible),
        GeneralCategory::PrivateUse | GeneralCategory::Unassigned | GeneralCategory::Surrogate => {
            Some(NameError::Unassigned)
        }
        _ if BLANK_LETTERS.contains(&c) => Some(NameError::Invisible),
        _ => None,
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Param for Name {
    fn read(json: &str) -> Result<Self, Rule> {
        Self::parse(&text_of(json)?).map_err(|error| Rule::owned(error.to_string()))
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": MAX_CHARS,
            "description": "Trimmed and brought to NFC; 1 to 64 characters; no control, format (bidirectional, zero-width), private-use or unassigned characters; at most 4 combining marks in a row",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_brought_to_nfc() {
        for (given, expected) in [
            ("  Production ", "Production"),
            ("Cafe\u{301}", "Café"),
            ("日本語の鍵", "日本語の鍵"),
            ("\u{a0}nbsp\u{a0}", "nbsp"),
            ("❤\u{fe0f} emoji", "❤\u{fe0f} emoji"),
        ] {
            assert_eq!(Name::parse(given).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn length_counts_characters_not_bytes_or_columns() {
        assert!(Name::parse(&"漢".repeat(64)).is_ok());
        assert!(Name::parse(&"e\u{301}".repeat(64)).is_ok());
        assert_eq!(Name::parse(&"漢".repeat(65)), Err(NameError::TooLong));
        assert_eq!(Name::parse(&"x".repeat(1 << 20)), Err(NameError::TooLong));
    }

    #[test]
    fn what_lies_on_a_screen_is_refused() {
        for (given, expected) in [
            ("", NameError::Empty),
            (" \t\n", NameError::Empty),
            ("a\nb", NameError::Control),
            ("a\u{1b}[2J", NameError::Control),
            ("a\0b", NameError::Control),
            ("a\u{2028}b", NameError::Control),
            ("a\u{202e}b", NameError::Invisible),
            ("a\u{200b}b", NameError::Invisible),
            ("a\u{200d}b", NameError::Invisible),
            ("a\u{feff}b", NameError::Invisible),
            ("a\u{e0041}b", NameError::Invisible),
            ("\u{3164}", NameError::Invisible),
            ("a\u{e000}b", NameError::Unassigned),
            ("a\u{378}b", NameError::Unassigned),
            ("a\u{fdd0}b", NameError::Unassigned),
            ("x\u{316}\u{317}\u{318}\u{319}\u{31a}", NameError::Marks),
        ] {
            assert_eq!(Name::parse(given), Err(expected), "{given:?}");
        }
        assert!(Name::parse("x\u{316}\u{317}\u{318}\u{319}").is_ok());
    }

    #[test]
    fn names_that_differ_in_case_only_fold_together() {
        for (one, other) in [("CI", "ci"), ("Straße", "STRASSE"), ("ΣΑΣ", "σας"), ("Éclair", "e\u{301}CLAIR")]
        {
            assert_eq!(Name::parse(one).unwrap().folded(), Name::parse(other).unwrap().folded());
        }
        assert_ne!(fold("a"), fold("ａ"));
    }

    #[test]
    fn hostile_text_is_made_drawable() {
        assert_eq!(drawable("plain"), "plain");
        assert_eq!(drawable("a\u{1b}[31m\u{202e}b"), "a\u{fffd}[31m\u{fffd}b");
        assert_eq!(drawable(&format!("z{}", "\u{300}".repeat(50))).chars().count(), 1 + MAX_MARKS);
    }

    proptest::proptest! {
        #[test]
        fn a_name_parses_to_itself_and_is_drawable(text in "\\PC{0,80}") {
            if let Ok(name) = Name::parse(&text) {
                proptest::prop_assert_eq!(Name::parse(name.as_str()).unwrap(), name.clone());
                proptest::prop_assert_eq!(drawable(name.as_str()), name.as_str());
            }
        }
    }
}

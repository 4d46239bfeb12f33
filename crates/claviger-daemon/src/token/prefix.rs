//! Owns what a secret begins with.

use std::fmt;

/// What new secrets begin with: 2 to 12 of `a-z0-9`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPrefix(Box<str>);

/// Why a text is no [`KeyPrefix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 2 to 12 of a-z and 0-9")]
pub struct PrefixError;

impl KeyPrefix {
    /// Reads a prefix.
    ///
    /// # Errors
    /// It is too short, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = (2..=12).contains(&text.len()) && text.bytes().all(allowed);
        if fits { Ok(Self(text.into())) } else { Err(PrefixError) }
    }

    /// The prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for KeyPrefix {
    fn default() -> Self {
        Self("clv".into())
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_short_and_plain() {
        for right in ["clv", "k9", "abcdefghijkl"] {
            assert_eq!(KeyPrefix::parse(right).unwrap().as_str(), right);
        }
        for wrong in ["", "a", "CLV", "a_b", "abcdefghijklm", "é1"] {
            assert_eq!(KeyPrefix::parse(wrong), Err(PrefixError), "{wrong}");
        }
    }
}

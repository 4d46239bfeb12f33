//! Owns how a presented text is split into the parts of a secret.

use claviger_api::KeyId;

use super::{BODY_LEN, TAG_LEN};

/// A text that has the form of a secret, `PREFIX_ID_BODYTAG`. Whether it is one is not said yet.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    prefix: &'a str,
    id: KeyId,
    body: &'a str,
    tag: &'a str,
}

impl<'a> Presented<'a> {
    /// Splits a text; `None` when it does not have the form. Nothing is trimmed or forgiven.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (prefix, rest) = text.split_once('_')?;
        let (id, random) = rest.split_once('_')?;
        let fits =
            random.len() == BODY_LEN + TAG_LEN && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then_some(())?;
        let (body, tag) = random.split_at(BODY_LEN);
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        ((2..=12).contains(&prefix.len()) && prefix.bytes().all(plain)).then_some(())?;
        Some(Self { prefix, id: KeyId::from_body(id)?, body, tag })
    }

    /// The key that the text names.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What it begins with.
    #[must_use]
    pub fn prefix(&self) -> &'a str {
        self.prefix
    }

    /// Its random part.
    #[must_use]
    pub fn body(&self) -> &'a str {
        self.body
    }

    /// Its tag.
    #[must_use]
    pub fn tag(&self) -> &'a str {
        self.tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = "clv_4fX9aQ2LmN7b_0123456789012345678901234567890123456789012abcdef";

    #[test]
    fn a_secret_has_four_parts() {
        let presented = Presented::parse(RIGHT).unwrap();
        assert_eq!(presented.prefix(), "clv");
        assert_eq!(presented.id().to_string(), "key_4fX9aQ2LmN7b");
        assert_eq!(presented.body().len(), BODY_LEN);
        assert_eq!(presented.tag(), "abcdef");
    }

    #[test]
    fn nothing_is_trimmed_or_forgiven() {
        let wrong = [
            String::new(),
            "_".into(),
            "__".into(),
            format!(" {RIGHT}"),
            format!("{RIGHT}\n"),
            format!("{RIGHT}0"),
            RIGHT[..RIGHT.len() - 1].into(),
            RIGHT.replace("clv", "CLV"),
            RIGHT.replace("clv", "c"),
            RIGHT.replace("4fX9", "4fX"),
            RIGHT.replace("abcdef", "abcde-"),
            RIGHT.replace("abcdef", "abcdé"),
            RIGHT.replace('_', "-"),
            "x".repeat(1 << 20),
        ];
        for text in wrong {
            assert!(Presented::parse(&text).is_none(), "{text:.80?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_split_or_refused(text in "\\PC*") {
            let _ = Presented::parse(&text);
        }
    }
}

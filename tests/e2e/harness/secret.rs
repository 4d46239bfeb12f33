//! Owns the form of a secret as the contract describes it, to take one apart. Must not make one that opens anything.

/// The parts of `PREFIX_ID_BODYTAG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretParts {
    pub(crate) prefix: String,
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) tag: String,
}

impl SecretParts {
    /// Takes a secret apart; fails where it has not the form.
    pub(crate) fn of(secret: &str) -> Self {
        let parts: Vec<&str> = secret.split('_').collect();
        let [prefix, id, rest] = parts[..] else { panic!("a secret has three parts, not {}", parts.len()) };
        assert!((2..=12).contains(&prefix.len()), "the prefix has {} characters", prefix.len());
        assert!(
            prefix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
            "the prefix is not a-z0-9"
        );
        assert_eq!(id.len(), 12, "the id's part");
        assert_eq!(rest.len(), 43 + 6, "body and tag");
        assert!(id.bytes().chain(rest.bytes()).all(|b| b.is_ascii_alphanumeric()), "a secret is base62");
        let (body, tag) = rest.split_at(43);
        Self { prefix: prefix.into(), id: id.into(), body: body.into(), tag: tag.into() }
    }

    /// Puts the parts together.
    pub(crate) fn join(&self) -> String {
        format!("{}_{}_{}{}", self.prefix, self.id, self.body, self.tag)
    }

    /// The same with one part replaced.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut changed = self.clone();
        change(&mut changed);
        changed.join()
    }
}

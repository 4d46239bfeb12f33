//! Owns the making of a secret.

use claviger_api::id::RANDOM_ID_LEN;
use claviger_api::{KeyId, Secret};
use zeroize::Zeroizing;

use super::base62::random_text;
use super::{BODY_LEN, HINT_LEN, KeyPrefix, NoRandomness, Presented, TagKey};

/// A secret that lacks only its tag, which its generation decides.
pub struct Minted {
    prefix: KeyPrefix,
    id: KeyId,
    body: Zeroizing<String>,
}

impl Minted {
    /// Makes the random parts: the body, and an id where none is given.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub fn random(prefix: &KeyPrefix, id: Option<KeyId>) -> Result<Self, NoRandomness> {
        let id = match id {
            Some(id) => id,
            None => KeyId::from_body(&random_text(RANDOM_ID_LEN)?).ok_or(NoRandomness)?,
        };
        Ok(Self { prefix: prefix.clone(), id, body: random_text(BODY_LEN)? })
    }

    /// The key that the secret belongs to.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What the slow hash is made of. The tag is not part of it: it is checked before, and known only once the
    /// generation is.
    #[must_use]
    pub fn hash_input(&self) -> Zeroizing<String> {
        hash_input(self.prefix.as_str(), self.id, &self.body)
    }

    /// The whole secret of one generation.
    #[must_use]
    pub fn secret(&self, tags: &TagKey, generation: u64) -> Secret {
        let tag = tags.tag(self.prefix.as_str(), self.id.body(), &self.body, generation);
        let mut secret = self.hash_input();
        secret.extend(tag.iter().map(|digit| char::from(*digit)));
        Secret::new(std::mem::take(&mut *secret))
    }

    /// What a list shows of a secret: prefix, id and the last four characters.
    #[must_use]
    pub fn hint(&self, secret: &Secret) -> String {
        let text = secret.expose();
        format!("{}_{}_…{}", self.prefix, self.id.body(), &text[text.len() - HINT_LEN..])
    }
}

impl Presented<'_> {
    /// What the slow hash of the presented text is made of.
    #[must_use]
    pub fn hash_input(&self) -> Zeroizing<String> {
        hash_input(self.prefix(), self.id(), self.body())
    }
}

fn hash_input(prefix: &str, id: KeyId, body: &str) -> Zeroizing<String> {
    // Room for the tag as well, so that adding it leaves no copy behind.
    let mut text = Zeroizing::new(String::with_capacity(96));
    for part in [prefix, "_", id.body(), "_", body] {
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::TagMatch;
    use super::*;

    #[test]
    fn a_minted_secret_has_the_form_and_the_tag_of_its_generation() {
        let tags = TagKey::random().unwrap();
        let minted = Minted::random(&KeyPrefix::default(), None).unwrap();
        let secret = minted.secret(&tags, 3);
        assert_eq!(secret.expose().len(), 3 + 1 + 12 + 1 + 43 + 6);
        let presented = Presented::parse(secret.expose()).unwrap();
        assert_eq!(presented.id(), minted.id());
        assert_eq!(presented.hash_input(), minted.hash_input());
        assert_eq!(tags.check(&presented, 3), TagMatch::Current);
    }

    #[test]
    fn a_hint_shows_the_last_four_characters_only() {
        let tags = TagKey::random().unwrap();
        let minted = Minted::random(&KeyPrefix::default(), None).unwrap();
        let secret = minted.secret(&tags, 1);
        let hint = minted.hint(&secret);
        assert_eq!(hint.chars().count(), 3 + 1 + 12 + 1 + 1 + 4);
        assert!(hint.ends_with(&secret.expose()[secret.expose().len() - 4..]));
    }
}

//! Owns the keyed tag of a secret: what refuses a forgery in about a microsecond, before any slow hash.
//!
//! The tag of generation `g` is eight bytes, at offset `8 * g`, of the extended output of BLAKE3 keyed with the
//! store's tag key over prefix, id and body. So it is a MAC over all four, and the tags of many generations cost little
//! more than one.

use std::fmt;

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::base62::{digits, value};
use super::{NoRandomness, Presented, TAG_LEN, fill_random};

/// How many generations back a retired secret is still recognised as one.
pub const RETIRED_WINDOW: usize = 64;

const BYTES_PER_TAG: usize = 8;

/// How many different tags there are: a tag is a number below this, written in base62.
const VALUES: u64 = 62_u64.pow(6);
const _: () = assert!(TAG_LEN == 6);

/// The key of a store's tags. It never leaves the store.
#[derive(Clone)]
pub struct TagKey(Zeroizing<[u8; 32]>);

/// What a presented tag is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagMatch {
    /// The tag of the current generation.
    Current,
    /// The tag of one of the generations before it: the secret was right once.
    Retired,
    /// No tag of ours.
    Forged,
}

impl TagKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut key = Zeroizing::new([0; 32]);
        fill_random(key.as_mut())?;
        Ok(Self(key))
    }

    /// Takes a key out of the store.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key, for the store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn output(&self, prefix: &str, id: &str, body: &str) -> blake3::OutputReader {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in ["claviger tag 1", prefix, "_", id, "_", body] {
            hasher.update(part.as_bytes());
        }
        hasher.finalize_xof()
    }

    /// The tag of one generation.
    pub(super) fn tag(&self, prefix: &str, id: &str, body: &str, generation: u64) -> [u8; TAG_LEN] {
        let mut output = self.output(prefix, id, body);
        let mut bytes = [0; BYTES_PER_TAG];
        output.set_position(generation.saturating_mul(BYTES_PER_TAG as u64));
        output.fill(&mut bytes);
        digits(u64::from_le_bytes(bytes))
    }

    /// Compares a presented tag with those of the current generation and of the 64 before it, in a time that depends
    /// on neither the tag nor the generation. An id that names no key has generation 0, which no tag is given for.
    #[must_use]
    pub fn check(&self, presented: &Presented<'_>, generation: u64) -> TagMatch {
        const TAGS: usize = RETIRED_WINDOW + 1;
        let mut bytes = [0; TAGS * BYTES_PER_TAG];
        let oldest = generation.saturating_sub(RETIRED_WINDOW as u64);
        let mut output = self.output(presented.prefix(), presented.id().body(), presented.body());
        output.set_position(oldest.saturating_mul(BYTES_PER_TAG as u64));
        output.fill(&mut bytes);
        let given = value(presented.tag());
        let (mut current, mut retired) = (Choice::from(0), Choice::from(0));
        // The bytes first: they end before the numbers can run over.
        for (bytes, candidate) in bytes.chunks_exact(BYTES_PER_TAG).zip(oldest..=u64::MAX) {
            let mut tag = [0; BYTES_PER_TAG];
            tag.copy_from_slice(bytes);
            let same = (u64::from_le_bytes(tag) % VALUES).ct_eq(&given);
            let given_out = u64::ct_eq(&candidate, &0) ^ Choice::from(1);
            let is_current = candidate.ct_eq(&generation);
            current = Choice::conditional_select(&current, &same, is_current & given_out);
            let is_older = Choice::from(u8::from(candidate < generation));
            retired |= same & is_older & given_out;
        }
        match (bool::from(current), bool::from(retired)) {
            (true, _) => TagMatch::Current,
            (false, true) => TagMatch::Retired,
            (false, false) => TagMatch::Forged,
        }
    }
}

impl fmt::Debug for TagKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{KeyPrefix, Minted};
    use super::*;

    fn secret(key: &TagKey, generation: u64) -> (Minted, String) {
        let minted = Minted::random(&KeyPrefix::default(), None).unwrap();
        let secret = minted.secret(key, generation).expose().to_owned();
        (minted, secret)
    }

    #[test]
    fn a_tag_is_current_in_its_generation_and_retired_after_it() {
        let key = TagKey::random().unwrap();
        let (_, secret) = secret(&key, 5);
        let presented = Presented::parse(&secret).unwrap();
        assert_eq!(key.check(&presented, 5), TagMatch::Current);
        assert_eq!(key.check(&presented, 6), TagMatch::Retired);
        assert_eq!(key.check(&presented, 5 + RETIRED_WINDOW as u64), TagMatch::Retired);
        assert_eq!(key.check(&presented, 6 + RETIRED_WINDOW as u64), TagMatch::Forged);
        assert_eq!(key.check(&presented, 4), TagMatch::Forged);
        assert_eq!(key.check(&presented, 0), TagMatch::Forged);
    }

    #[test]
    fn a_tag_binds_prefix_id_and_body_to_one_store() {
        let key = TagKey::random().unwrap();
        let (_, secret) = secret(&key, 1);
        let changed = |at: usize| {
            let mut bytes = secret.clone().into_bytes();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            String::from_utf8(bytes).unwrap()
        };
        for text in [changed(0), changed(5), changed(30), changed(secret.len() - 1)] {
            assert_eq!(key.check(&Presented::parse(&text).unwrap(), 1), TagMatch::Forged, "{text}");
        }
        let other = TagKey::random().unwrap();
        assert_eq!(other.check(&Presented::parse(&secret).unwrap(), 1), TagMatch::Forged);
    }

    #[test]
    fn a_generation_can_be_any_number_that_a_row_can_hold() {
        let key = TagKey::random().unwrap();
        let (_, secret) = secret(&key, 1);
        let presented = Presented::parse(&secret).unwrap();
        for generation in [u64::MAX - RETIRED_WINDOW as u64, u64::MAX - 1, u64::MAX] {
            assert_eq!(key.check(&presented, generation), TagMatch::Forged, "{generation}");
        }
    }

    #[test]
    fn generation_zero_has_no_tag() {
        let key = TagKey::random().unwrap();
        let (_, secret) = secret(&key, 0);
        let presented = Presented::parse(&secret).unwrap();
        assert_eq!(key.check(&presented, 0), TagMatch::Forged);
        assert_eq!(key.check(&presented, 1), TagMatch::Forged);
    }
}

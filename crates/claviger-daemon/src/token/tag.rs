//! Owns the keyed tag of a secret: what refuses a forgery in about a microsecond, before any slow hash.
//!
//! The tag of generation `g` is eight bytes, at offset `8 * g`, of the extended output of BLAKE3 keyed with the
//! store's tag key over prefix, id and body. So it is a MAC over all four, and the tags of many generations cost little
//! more than one.

use std::fmt;
use std::hint::black_box;

use zeroize::Zeroizing;

use super::base62::{digits, value};
use super::{NoRandomness, Presented, TAG_LEN, fill_random};

/// How many generations back a retired secret is still recognised as one.
pub const RETIRED_WINDOW: usize = 64;

const BYTES_PER_TAG: usize = 8;

/// What BLAKE3 puts out at a time. Bytes.
const BLOCK: usize = 64;

const TAGS_PER_BLOCK: usize = BLOCK / BYTES_PER_TAG;

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
        digits(number_at(&mut self.output(prefix, id, body), generation))
    }

    /// Compares a presented tag with that of the current generation and, where it is another, with those of the 64 before
    /// it. How long that takes depends on neither the tag nor the generation, as long as the tag is not right. An id that names no
    /// key has generation 0, which no tag is given for.
    #[must_use]
    pub fn check(&self, presented: &Presented<'_>, generation: u64) -> TagMatch {
        let mut output = self.output(presented.prefix(), presented.id().body(), presented.body());
        let given = value(presented.tag());
        let is_given_out = u64::from(generation > 0);
        if same(number_at(&mut output, generation) % VALUES, given) & is_given_out == 1 {
            return TagMatch::Current;
        }
        // Whole blocks, as many in any generation: the window of 64 can begin anywhere in the first.
        let oldest = generation.saturating_sub(RETIRED_WINDOW as u64);
        let first = oldest - oldest % TAGS_PER_BLOCK as u64;
        let mut bytes = [0; (RETIRED_WINDOW / TAGS_PER_BLOCK + 1) * BLOCK];
        output.set_position(first.saturating_mul(BYTES_PER_TAG as u64));
        output.fill(&mut bytes);
        let (numbers, _) = bytes.as_chunks::<BYTES_PER_TAG>();
        let found = numbers.iter().rev().fold(0_u128, |found, number| {
            found << 1 | u128::from(same(u64::from_le_bytes(*number) % VALUES, given))
        });
        // Generation 0 is before the first that is given out.
        let window = below(generation - first) & !below(oldest.max(1) - first);
        if black_box(found & window) == 0 { TagMatch::Forged } else { TagMatch::Retired }
    }
}

/// As many of the lowest bits.
fn below(bits: u64) -> u128 {
    (1 << bits) - 1
}

/// The number that stands for a generation in an output.
fn number_at(output: &mut blake3::OutputReader, generation: u64) -> u64 {
    let mut bytes = [0; BYTES_PER_TAG];
    output.set_position(generation.saturating_mul(BYTES_PER_TAG as u64));
    output.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// 1 where two numbers are the same and 0 where not, found without a branch.
fn same(one: u64, other: u64) -> u64 {
    let difference = one ^ other;
    (difference | difference.wrapping_neg()) >> 63 ^ 1
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
    fn a_retired_tag_is_recognised_for_64_generations_wherever_they_begin() {
        let key = TagKey::random().unwrap();
        for born in [1, 7, 8, 9, 63, 64, 65, 100] {
            let (_, secret) = secret(&key, born);
            let presented = Presented::parse(&secret).unwrap();
            for generation in 1..200 {
                let expected = match generation {
                    now if now == born => TagMatch::Current,
                    later if later > born && later <= born + RETIRED_WINDOW as u64 => TagMatch::Retired,
                    _ => TagMatch::Forged,
                };
                assert_eq!(key.check(&presented, generation), expected, "{born} in {generation}");
            }
        }
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

//! Owns the quick digest of a secret that was proven: what answers a request without the slow hash.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{NoRandomness, SlowHash, fill_random};

/// The key of a store's digests. It is on no disk: without it a digest is worth nothing.
#[derive(Clone)]
pub struct DigestKey(Zeroizing<[u8; DigestKey::LEN]>);

/// The digest of one secret of one key. Worth nothing without the digests' key.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl DigestKey {
    /// How long a key is. Bytes.
    pub const LEN: usize = 32;

    /// A key that was kept somewhere.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; Self::LEN]>) -> Self {
        Self(bytes)
    }

    /// What is to be kept. Whoever has it and a store can try secrets against it without the slow hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut key = Zeroizing::new([0; Self::LEN]);
        fill_random(key.as_mut())?;
        Ok(Self(key))
    }

    /// Digests a whole secret, which names its key, for one generation and the slow hash that proves it. Nothing but these
    /// three together ever has this digest: it says that just this hash was computed of just this secret.
    #[must_use]
    pub fn digest(&self, secret: &str, generation: u64, proven_by: &SlowHash) -> Digest {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&generation.to_le_bytes()).update(&proven_by.hash).update(secret.as_bytes());
        Digest(*hasher.finalize().as_bytes())
    }

    /// Digests a question: a whole secret and what is asked with it, if anything. Another question never has the same one,
    /// nor has a secret alone.
    #[must_use]
    pub fn question(&self, secret: &str, account: Option<&str>) -> Digest {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        // No generation is 0, so that this is the digest of no secret.
        hasher.update(&0_u64.to_le_bytes());
        hasher.update(&account.map_or(u64::MAX, |account| account.len() as u64).to_le_bytes());
        hasher.update(account.unwrap_or_default().as_bytes()).update(secret.as_bytes());
        Digest(*hasher.finalize().as_bytes())
    }
}

impl Digest {
    /// A digest that was kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest as it is kept, and as a map's key. Compare with [`PartialEq`] instead to decide anything.
    #[must_use]
    pub fn as_bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::super::HashingCost;
    use super::*;

    fn hash(first: u8) -> SlowHash {
        SlowHash { cost: HashingCost::default(), salt: [0; 16], hash: [first; 32] }
    }

    #[test]
    fn a_digest_belongs_to_one_secret_one_generation_one_slow_hash_and_one_key() {
        let key = DigestKey::random().unwrap();
        let digest = key.digest("s", 1, &hash(1));
        assert_eq!(digest, key.digest("s", 1, &hash(1)));
        assert_ne!(digest, key.digest("s", 2, &hash(1)));
        assert_ne!(digest, key.digest("t", 1, &hash(1)));
        assert_ne!(digest, key.digest("s", 1, &hash(2)));
        assert_ne!(digest, DigestKey::random().unwrap().digest("s", 1, &hash(1)));
    }

    #[test]
    fn what_was_kept_is_the_same_key_and_the_same_digest() {
        let key = DigestKey::random().unwrap();
        let again = DigestKey::from_bytes(Zeroizing::new(*key.as_bytes()));
        let digest = key.digest("s", 1, &hash(1));
        assert_eq!(Digest::from_bytes(digest.as_bytes()), again.digest("s", 1, &hash(1)));
    }

    #[test]
    fn each_question_has_a_digest_of_its_own() {
        let key = DigestKey::random().unwrap();
        let questions =
            [("s", None), ("s", Some("")), ("s", Some("a")), ("as", Some("")), ("as", None), ("t", None)];
        for (n, (secret, account)) in questions.iter().enumerate() {
            for (other_secret, other) in &questions[n + 1..] {
                assert_ne!(key.question(secret, *account), key.question(other_secret, *other));
            }
            assert_ne!(key.question(secret, *account), key.digest(secret, 0, &hash(0)));
        }
    }
}

//! Owns the quick digest of a secret that was proven: what answers a request without the slow hash.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{NoRandomness, fill_random};

/// The key of a process's digests. It is made at start and dies with the process.
pub struct DigestKey(Zeroizing<[u8; 32]>);

/// The digest of one secret in one generation. Worth nothing without the key.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl DigestKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub fn random() -> Result<Self, NoRandomness> {
        let mut key = Zeroizing::new([0; 32]);
        fill_random(key.as_mut())?;
        Ok(Self(key))
    }

    /// Digests a whole secret for one generation: another generation's digest can never match it.
    #[must_use]
    pub fn digest(&self, secret: &str, generation: u64) -> Digest {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(&generation.to_le_bytes()).update(secret.as_bytes());
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
    /// The digest as a map's key. Compare with [`PartialEq`] instead to decide anything.
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
    use super::*;

    #[test]
    fn a_digest_belongs_to_one_secret_one_generation_and_one_process() {
        let key = DigestKey::random().unwrap();
        assert_eq!(key.digest("s", 1), key.digest("s", 1));
        assert_ne!(key.digest("s", 1), key.digest("s", 2));
        assert_ne!(key.digest("s", 1), key.digest("t", 1));
        assert_ne!(key.digest("s", 1), DigestKey::random().unwrap().digest("s", 1));
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
            assert_ne!(key.question(secret, *account), key.digest(secret, 0));
        }
    }
}

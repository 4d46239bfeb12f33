//! Owns the slow hash of a secret: Argon2id (RFC 9106), so that a copied store is worth nothing.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;

use super::{HashingCost, NoRandomness, fill_random};

/// The slow hash of a secret, with all that is needed to compute it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowHash {
    /// What it cost.
    pub cost: HashingCost,
    /// Random, one for each secret.
    pub salt: [u8; 16],
    /// What came out.
    pub hash: [u8; 32],
}

/// The memory that hashing works in, kept from one hash to the next.
#[derive(Default)]
pub struct HashMemory(Vec<Block>);

impl SlowHash {
    /// Hashes a secret under a new salt.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub fn make(input: &str, cost: HashingCost, memory: &mut HashMemory) -> Result<Self, NoRandomness> {
        let mut salt = [0; 16];
        fill_random(&mut salt)?;
        Ok(Self { cost, salt, hash: compute(input, cost, &salt, memory) })
    }

    /// Hashes a presented secret in the same way and compares.
    #[must_use]
    pub fn matches(&self, input: &str, memory: &mut HashMemory) -> bool {
        compute(input, self.cost, &self.salt, memory).ct_eq(&self.hash).into()
    }
}

fn compute(input: &str, cost: HashingCost, salt: &[u8; 16], memory: &mut HashMemory) -> [u8; 32] {
    let params = Params::new(cost.memory_kib(), cost.iterations(), cost.parallelism(), Some(32))
        .expect("a HashingCost is within Argon2's bounds");
    let blocks = params.block_count();
    if memory.0.len() < blocks {
        memory.0.resize(blocks, Block::default());
    }
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(input.as_bytes(), salt, &mut hash, &mut memory.0[..blocks])
        .expect("input, salt and output have lengths that Argon2 takes");
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> HashingCost {
        HashingCost::new(8, 1, 1).unwrap()
    }

    #[test]
    fn a_hash_matches_its_secret_and_no_other() {
        let mut memory = HashMemory::default();
        let hash = SlowHash::make("one", cheap(), &mut memory).unwrap();
        assert!(hash.matches("one", &mut memory));
        assert!(!hash.matches("two", &mut memory));
        assert_ne!(SlowHash::make("one", cheap(), &mut memory).unwrap().hash, hash.hash);
    }

    #[test]
    fn kept_memory_changes_no_result() {
        let mut used = HashMemory::default();
        let large = SlowHash::make("one", HashingCost::new(64, 2, 2).unwrap(), &mut used).unwrap();
        let small = SlowHash::make("two", cheap(), &mut used).unwrap();
        for (hash, input) in [(large, "one"), (small, "two")] {
            assert!(hash.matches(input, &mut HashMemory::default()));
        }
    }
}

//! Owns what hashing a secret may cost.

use std::ops::RangeInclusive;

/// What the slow hash (Argon2id, RFC 9106) of a secret costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingCost {
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
}

/// Why numbers are no [`HashingCost`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("argon2.{setting} must be {} to {}", range.start(), range.end())]
pub struct CostError {
    /// The setting at fault.
    pub setting: &'static str,
    /// What it may be.
    pub range: RangeInclusive<u32>,
}

impl HashingCost {
    /// Takes memory in KiB, passes over it, and lanes.
    ///
    /// # Errors
    /// A number is out of its range: memory 8 to 131072 (and 8 for each lane), iterations 1 to 10, parallelism 1 to 4.
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, CostError> {
        let within = |setting, value, range: RangeInclusive<u32>| {
            if range.contains(&value) { Ok(value) } else { Err(CostError { setting, range }) }
        };
        let parallelism = within("parallelism", parallelism, 1..=4)?;
        Ok(Self {
            memory_kib: within("memory_kib", memory_kib, 8 * parallelism..=131_072)?,
            iterations: within("iterations", iterations, 1..=10)?,
            parallelism,
        })
    }

    /// Memory in KiB.
    #[must_use]
    pub fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    #[must_use]
    pub fn iterations(self) -> u32 {
        self.iterations
    }

    /// Lanes.
    #[must_use]
    pub fn parallelism(self) -> u32 {
        self.parallelism
    }
}

impl Default for HashingCost {
    /// 19 MiB, 2 passes, 1 lane: the second choice of OWASP's password storage sheet.
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_bounded_above_and_below() {
        assert_eq!(HashingCost::new(19_456, 2, 1), Ok(HashingCost::default()));
        assert!(HashingCost::new(131_072, 10, 4).is_ok());
        for (memory, iterations, parallelism) in
            [(131_073, 1, 1), (7, 1, 1), (16, 1, 4), (64, 0, 1), (64, 11, 1), (64, 1, 5), (64, 1, 0)]
        {
            assert!(HashingCost::new(memory, iterations, parallelism).is_err());
        }
    }
}

//! Owns secrets: their format, minting, the keyed tag, the slow hash, the digest of a proven one. Must not do I/O,
//! read the clock or know the store.

mod base62;
mod cost;
mod digest;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod hash;
mod mint;
mod prefix;
mod presented;
mod tag;

pub use base62::random_text;
pub use cost::{CostError, HashingCost};
pub use digest::{Digest, DigestKey};
pub use hash::{HashMemory, SlowHash};
pub use mint::Minted;
pub use prefix::{KeyPrefix, PrefixError};
pub use presented::Presented;
pub use tag::{RETIRED_WINDOW, TagKey, TagMatch};

/// How many base62 characters of randomness a secret has: 43, so 256 bits.
pub const BODY_LEN: usize = 43;

/// How many base62 characters of tag a secret ends with.
pub const TAG_LEN: usize = 6;

/// How many of a secret's last characters its hint shows.
pub const HINT_LEN: usize = 4;

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness;

/// Makes a number, each equally likely.
///
/// # Errors
/// The operating system gave no randomness.
pub fn random_number() -> Result<u64, NoRandomness> {
    let mut bytes = [0; 8];
    fill_random(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

/// Fills a buffer from the operating system.
///
/// # Errors
/// It gave none.
pub fn fill_random(buffer: &mut [u8]) -> Result<(), NoRandomness> {
    rand::TryRng::try_fill_bytes(&mut rand::rngs::SysRng, buffer).map_err(|_| NoRandomness)
}

//! Owns secrets: their format, minting, the keyed tag, the slow hash, the digest of a proven one. Must not do I/O,
//! read the clock or know the store.

mod cost;
mod prefix;

pub use cost::{CostError, HashingCost};
pub use prefix::{KeyPrefix, PrefixError};

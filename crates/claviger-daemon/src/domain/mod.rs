//! Owns the rules: what a key is, what an edit changes, what a key may see. Pure functions on plain types. Must not
//! fail for reasons outside: no store, no clock, no network.

mod access;
mod edit;
mod key;
mod restoration;
mod revocation;
#[cfg(test)]
pub(crate) mod sample;
mod usage;

pub use access::{Denial, visible};
pub use edit::{AccountEdit, Edit, KeyEdit, Note, Proven};
pub use key::{KeyRecord, VersionConflict, check_version};
pub use restoration::{Found, Wanted, obey};
pub use revocation::Revocation;
pub use usage::{Grants, Usage, kept_days, oldest_kept};

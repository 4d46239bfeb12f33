//! Owns the daemon's service, store, rules and secrets once more: the same sources, but what their threads meet by is the
//! schedule checker's. Must not have a line of its own of what it checks.

// The unit tests in those sources are the daemon's, and run on what the product's threads meet by.
#![cfg(not(test))]

pub mod disk;
pub mod image;
mod sync;
pub mod world;

#[path = "../../../crates/claviger-daemon/src/domain/mod.rs"]
pub mod domain;
#[path = "../../../crates/claviger-daemon/src/service/mod.rs"]
pub mod service;
#[path = "../../../crates/claviger-daemon/src/store/mod.rs"]
pub mod store;
#[path = "../../../crates/claviger-daemon/src/token/mod.rs"]
pub mod token;

//! Claviger's measures: a driver that asks over the sockets as fast as it is answered, what changes wait for, and what a
//! verification costs in process, in time and in instructions.
//!
//! Owns what is measured and how it is told. Must not judge verifications: their limits stand in `docs/performance.md`.

pub mod driver;
pub mod growth;
pub mod in_process;
pub mod instructions;
pub mod kind;
pub mod pin;
pub mod plan;
pub mod run;
pub mod samples;
pub mod seed;
pub mod server;
pub mod table;
pub mod wire;
pub mod writes;

/// What a measure gives, or why it broke off: at the first surprise, since a figure taken after one means nothing.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

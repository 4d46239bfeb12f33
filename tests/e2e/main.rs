//! Owns the tests from outside: the executable, its sockets, its files and its screen, held to the contract. Must not
//! call into the daemon or the interface.

#![allow(
    clippy::unwrap_used,
    reason = "in a test a value that is not there is the failure, also in the harness"
)]

mod backups;
mod clients;
mod command_line;
mod compaction;
mod crowds;
mod demo;
mod doctor;
mod durability;
mod envelope;
mod events;
mod examples;
mod failing_io;
mod following;
mod full_disk;
mod gateways;
mod harness;
mod house;
mod idempotency;
mod interface;
mod kills;
mod limits;
mod lists;
mod logs;
mod memory;
mod methods;
mod names;
mod piped;
mod printed;
mod proxies;
mod races;
mod refusals;
mod restarts;
mod revisions;
mod rot;
mod scopes;
mod secrets;
mod service;
mod service_manager;
mod settings;
mod slow;
mod soak;
mod sockets;
mod starts;
mod stores;
mod terminal;
mod users;
mod verification;
mod writer;

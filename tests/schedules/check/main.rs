//! Owns what must hold in whatever order threads come to run. Must not depend on the machine: a seed says the order.

mod authority;
mod closing;
mod concurrency;
mod exploration;
mod failure;
mod flight;
mod follower;
mod nice;
mod replay;
mod trust;
mod usage;
mod verification;
mod writer;

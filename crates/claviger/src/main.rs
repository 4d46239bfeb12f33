//! Claviger's executable. Owns the allocator of the whole, and nothing else: what it does is `claviger-cli`'s.
//!
//! It is a crate of its own because what is made for speed or for size as crates are linked is made so for all of them, as
//! the executable's crate is: see `docs/decisions/0013-size-and-packages.md`.

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Wipes memory as it is freed: libraries hold secrets too, such as the one that writes an answer, and free them as they
/// are.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    claviger_cli::run(std::env::args_os())
}

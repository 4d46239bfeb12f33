//! Owns what every process of ours gives up before it does anything. Must not fail: a system that refuses is no worse
//! than before.

use rustix::fs::Mode;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior, setrlimit, umask,
};

/// Makes files private from birth, and keeps secrets out of core dumps and from debuggers of the same user.
pub(crate) fn process() {
    umask(Mode::RWXG | Mode::RWXO);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

/// Whether the system let this process give up what [`process`] gives up: a core dump, and being looked into by the same
/// user.
pub(crate) fn holds() -> Hardening {
    Hardening {
        core_limit: getrlimit(Resource::Core).current,
        dumpable: dumpable_behavior().ok().map(|behaviour| match behaviour {
            DumpableBehavior::NotDumpable => Dumpable::No,
            _ => Dumpable::Yes,
        }),
    }
}

/// What would keep a process's memory out of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hardening {
    /// The largest core dump. Bytes; `None` is unlimited.
    pub(crate) core_limit: Option<u64>,
    /// Whether it can be dumped and debugged by its own user; `None` where that cannot be seen.
    pub(crate) dumpable: Option<Dumpable>,
}

/// Whether a process can be dumped and debugged by its own user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dumpable {
    /// It can.
    Yes,
    /// Only by root.
    No,
}

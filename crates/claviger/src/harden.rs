//! Owns what every process of ours gives up before it does anything. Must not fail: a system that refuses is no worse
//! than before.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

/// Makes files private from birth, and keeps secrets out of core dumps and from debuggers of the same user.
pub(crate) fn process() {
    umask(Mode::RWXG | Mode::RWXO);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

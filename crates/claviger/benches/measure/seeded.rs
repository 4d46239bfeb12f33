//! Owns a store of many keys, made without a slow hash for each. Must not open it for anything else.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

use claviger_api::{Scope, Timestamp};
use claviger_daemon::seed;
use claviger_daemon::store::{FILE_NAME, Store};
use claviger_daemon::token::{HashMemory, HashingCost, SlowHash};

use super::harness::Home;

/// Makes the store of a home, before its daemon starts: so many keys for all accounts, whose secrets nobody has. Their ids are
/// in no order, as they come.
pub(crate) fn fill(home: &Home, keys: usize, name: impl Fn(usize) -> String) {
    DirBuilder::new().mode(0o700).create(&home.data).unwrap();
    let store = Store::open(&home.data.join(FILE_NAME)).unwrap();
    let cost = HashingCost::new(8, 1, 1).unwrap();
    let hash = SlowHash::make("nobody's", cost, &mut HashMemory::default()).unwrap();
    let at = Timestamp::from_millis(1_795_396_080_000);
    let key = |n| seed::key(seed::id(n as u64).unwrap(), name(n), Scope::All, hash.clone(), at);
    seed::fill(&store, (0..keys).map(key), at, |_| true).unwrap();
    drop(store);
    // The daemon refuses what others could read.
    for file in fs::read_dir(&home.data).unwrap() {
        fs::set_permissions(file.unwrap().path(), Permissions::from_mode(0o600)).unwrap();
    }
}

//! Owns an operator who leads keys from creation to deletion, and looks after each step whether it is as it should be. Must not
//! touch what is another's.

use std::time::Duration;

use serde_json::{Value, json};

use super::tally::Kind;
use super::{ACCOUNTS, World};

/// How long an operator waits between two steps.
const PAUSE: Duration = Duration::from_millis(10);

/// Of how many keys one stays.
const STAYS: u64 = 16;

/// Somebody who makes keys and changes them.
pub(super) struct Operator {
    number: usize,
    /// How many keys were made so far.
    made: u64,
    living: u64,
}

impl Operator {
    pub(super) fn new(number: usize) -> Self {
        Self { number, made: 0, living: 0 }
    }

    /// How many of the keys that were made are still there.
    pub(super) fn living(&self) -> u64 {
        self.living
    }

    /// Leads one key after another.
    pub(super) fn lead(&mut self, world: &World<'_>) {
        world.again(PAUSE, |_| self.one(world));
    }

    fn one(&mut self, world: &World<'_>) {
        let (daemon, [mine, other]) = (world.daemon, ACCOUNTS);
        let change = |method: &str, params: Value| {
            let result = daemon.admin.ok(method, &params);
            world.tally.add(Kind::Changed);
            std::thread::sleep(PAUSE);
            result
        };
        let seen = |secret: &str, accounts: &[&str]| {
            assert_eq!(daemon.visible(secret), accounts);
            world.tally.add(Kind::Verified);
        };
        let name = format!("key {} of operator {}", self.made, self.number);
        self.made += 1;
        let key = daemon.create_for(&name, &[mine]);
        world.tally.add(Kind::Changed);
        let id = &key.id;
        seen(&key.secret, &[mine]);
        change("keys.rename", json!({"id": id, "name": format!("{name}, renamed")}));
        change("keys.set_scope", json!({"id": id, "scope": {"accounts": [mine, other]}}));
        seen(&key.secret, &[mine, other]);
        change("keys.set_scope", json!({"id": id, "scope": {"accounts": [other]}}));
        daemon.denied(&key.secret, Some(mine), "NOT_FOUND");

        let guest = format!("guest-{}-{}", self.number, self.made);
        change("accounts.connect", json!({"name": &guest, "id": &guest}));
        change("accounts.update", json!({"id": &guest, "mask": "1234"}));
        change("keys.set_scope", json!({"id": id, "scope": {"accounts": [other, guest]}}));
        daemon.granted(&key.secret, Some(&guest));
        let lost = change("accounts.disconnect", json!({"id": &guest}));
        assert_eq!(lost["keys"], json!([id]));
        seen(&key.secret, &[other]);

        let rotated = daemon.rotate(id);
        world.tally.add(Kind::Changed);
        daemon.denied(&key.secret, None, "UNAUTHORIZED");
        seen(&rotated.secret, &[other]);
        if self.made.is_multiple_of(STAYS) {
            self.living += 1;
            return;
        }
        change("keys.delete", json!({"id": id}));
        daemon.denied(&rotated.secret, None, "UNAUTHORIZED");
    }
}

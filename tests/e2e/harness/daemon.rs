//! Owns a daemon that serves, and the calls that tests make of it. Must not know where its files are.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::command::Process;
use super::home::Home;
use super::rpc::{RpcError, Socket};

/// A key just made, with its secret.
#[derive(Clone, Debug)]
pub(crate) struct Minted {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) key: Value,
}

impl Minted {
    /// Reads the result of `keys.create` and `keys.rotate`.
    pub(crate) fn of(result: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self { id: text(&result["key"]["id"]), secret: text(&result["secret"]), key: result["key"].clone() }
    }
}

/// A running daemon.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) admin: Socket,
    pub(crate) verify: Socket,
    // Dropped before its directory.
    pub(super) process: Option<Process>,
    pub(crate) home: Home,
}

impl Daemon {
    /// Starts one in a directory of its own.
    pub(crate) fn start() -> Self {
        Home::new().start()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// Ends it as nothing else would: at once, with no chance to finish.
    pub(crate) fn kill9(&mut self) {
        self.process = None;
    }

    /// Asks it to stop, waits until it has, and gives its exit status.
    pub(crate) fn stop(&mut self) -> i32 {
        self.admin.ok("system.stop", &json!({}));
        self.process.take().unwrap().wait("the daemon has stopped")
    }

    /// Sends it SIGTERM, waits until it has ended, and gives its exit status.
    pub(crate) fn terminate(&mut self) -> i32 {
        let mut process = self.process.take().unwrap();
        let pid = Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        process.wait("the daemon has ended")
    }

    /// Starts it again after it was stopped or killed.
    pub(crate) fn start_again(&mut self) {
        assert!(self.process.is_none());
        self.process = Some(self.home.launch());
    }

    /// Stops it in order and starts it again.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Creates a key.
    pub(crate) fn create(&self, name: &str, scope: &Value) -> Minted {
        Minted::of(&self.admin.ok("keys.create", &json!({"name": name, "scope": scope})))
    }

    /// Creates a key that sees these accounts and no others.
    pub(crate) fn create_for(&self, name: &str, accounts: &[&str]) -> Minted {
        self.create(name, &json!({"accounts": accounts}))
    }

    /// Creates a key that sees all accounts.
    pub(crate) fn create_for_all(&self, name: &str) -> Minted {
        self.create(name, &json!("all"))
    }

    pub(crate) fn rotate(&self, id: &str) -> Minted {
        Minted::of(&self.admin.ok("keys.rotate", &json!({"id": id})))
    }

    /// Connects an account under an id of the test's choice, which is also its name.
    pub(crate) fn connect(&self, id: &str) -> Value {
        self.admin.ok("accounts.connect", &json!({"name": id, "id": id}))
    }

    /// Makes many calls at once, so that the daemon can put several changes into one commit; each must succeed.
    pub(crate) fn all(&self, method: &str, params: &[Value]) {
        const CALLERS: usize = 25;
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..CALLERS {
                scope.spawn(|| {
                    while let Some(params) = params.get(next.fetch_add(1, Ordering::Relaxed)) {
                        self.admin.ok(method, params);
                    }
                });
            }
        });
    }

    /// Connects this many accounts, which are named `account` and a number.
    pub(crate) fn connect_many(&self, count: usize) {
        let params = (0..count).map(|n| json!({"name": format!("account {n}")})).collect::<Vec<_>>();
        self.all("accounts.connect", &params);
    }

    pub(crate) fn key(&self, id: &str) -> Value {
        self.admin.ok("keys.get", &json!({"id": id}))
    }

    /// Presents a secret, with or without an account.
    pub(crate) fn present(&self, secret: &str, account: Option<&str>) -> Result<Value, RpcError> {
        self.verify.call("keys.verify", &presented(secret, account))
    }

    /// The whole body of the answer to the same.
    pub(crate) fn present_bytes(&self, secret: &str, account: Option<&str>) -> Vec<u8> {
        self.verify.bytes("keys.verify", &presented(secret, account))
    }

    /// Presents a secret that must be granted.
    pub(crate) fn granted(&self, secret: &str, account: Option<&str>) -> Value {
        self.present(secret, account).unwrap_or_else(|error| panic!("not granted: {}", error.raw))
    }

    /// Presents a secret that must be refused with this code.
    pub(crate) fn denied(&self, secret: &str, account: Option<&str>, code: &str) -> RpcError {
        self.verify.refused("keys.verify", &presented(secret, account), code)
    }

    /// The ids of the accounts that a secret may see.
    pub(crate) fn visible(&self, secret: &str) -> Vec<String> {
        let result = self.verify.ok("accounts.visible", &json!({"secret": secret}));
        result["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn revision(&self) -> u64 {
        self.admin.ok("settings.get", &json!({}))["revision"].as_u64().unwrap()
    }

    pub(crate) fn storage_mode(&self) -> bool {
        self.admin.ok("settings.get", &json!({}))["storage_mode"].as_bool().unwrap()
    }

    pub(crate) fn set_storage_mode(&self, enabled: bool) -> Value {
        self.admin.ok("settings.set_storage_mode", &json!({"enabled": enabled}))
    }

    /// All keys, by as few calls as it takes.
    pub(crate) fn keys(&self) -> Vec<Value> {
        let page = self.admin.ok("keys.list", &json!({"limit": 1000}));
        assert!(page["next_cursor"].is_null(), "more keys than a test makes");
        page["keys"].as_array().unwrap().clone()
    }

    /// The names of all keys, in the order of the listing.
    pub(crate) fn key_names(&self) -> Vec<String> {
        self.keys().iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The audit trail, newest first.
    pub(crate) fn activity(&self) -> Vec<Value> {
        self.admin.ok("activity.list", &json!({"limit": 1000}))["entries"].as_array().unwrap().clone()
    }
}

fn presented(secret: &str, account: Option<&str>) -> Value {
    match account {
        Some(account) => json!({"secret": secret, "account": account}),
        None => json!({"secret": secret}),
    }
}

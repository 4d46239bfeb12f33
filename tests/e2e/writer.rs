//! Owns one writer of one key: what was answered to its changes, and so what may be there afterwards. Must not break
//! anything by itself.

use serde_json::{Value, json};

use crate::harness::{Daemon, Minted, RpcError, Socket};

/// The key as its writer knows it.
#[derive(Clone, Debug)]
struct Known {
    id: String,
    name: String,
    scope: Value,
    version: u64,
    /// `None` where the answer that would have told it was lost.
    secret: Option<String>,
}

impl Known {
    fn is(&self, found: &Value) -> bool {
        // The id of a key whose making was not answered is not known.
        (self.id.is_empty() || found["id"] == self.id.as_str())
            && found["name"] == self.name.as_str()
            && found["scope"] == self.scope
            && found["version"] == self.version
    }
}

/// A change that was asked for.
#[derive(Debug)]
struct Asked {
    /// What the key is if it was made; `None` where it deletes the key.
    after: Option<Known>,
}

/// What became of one change.
pub(crate) enum Step {
    Answered,
    Refused(RpcError),
    /// No answer came.
    Lost,
}

/// Makes one key and changes it, one change after the other: its name, its scope, its secret, until it deletes it and
/// makes the next.
#[derive(Debug)]
pub(crate) struct Writer {
    number: usize,
    steps: usize,
    held: Option<Known>,
    /// The change whose answer is missing.
    asked: Option<Asked>,
    /// The secret that an answer has said to be dead, the last one.
    buried: Option<String>,
}

impl Writer {
    /// A writer whose keys are named after its number.
    pub(crate) fn new(number: usize) -> Self {
        Self { number, steps: 0, held: None, asked: None, buried: None }
    }

    /// Whether the outcome of its last change is not known.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.asked.is_some()
    }

    fn next(&self) -> (&'static str, Value, Option<Known>) {
        let name = format!("writer {} {}", self.number, self.steps);
        let Some(held) = self.held.clone() else {
            let after = Known { id: String::new(), name, scope: json!("all"), version: 1, secret: None };
            return ("keys.create", json!({"name": after.name}), Some(after));
        };
        let id = held.id.clone();
        let version = held.version + 1;
        match self.steps % 5 {
            0 => ("keys.rename", json!({"id": id, "name": name}), Some(Known { name, version, ..held })),
            1 | 3 => {
                // Always another one: a scope that is set as it was is no change.
                let (narrow, wide) = (json!({"accounts": ["a"]}), json!({"accounts": ["a", "b"]}));
                let scope = if held.scope == narrow { wide } else { narrow };
                let params = json!({"id": id, "scope": scope});
                ("keys.set_scope", params, Some(Known { scope, version, ..held }))
            }
            2 => ("keys.rotate", json!({"id": id}), Some(Known { version, secret: None, ..held })),
            _ => ("keys.delete", json!({"id": id}), None),
        }
    }

    /// Makes the next change.
    pub(crate) fn step(&mut self, admin: &Socket) -> Step {
        assert!(self.asked.is_none(), "a writer in doubt looks first");
        let (method, params, after) = self.next();
        self.steps += 1;
        self.asked = Some(Asked { after: after.clone() });
        let result = match admin.try_call(method, &params) {
            Err(_) => return Step::Lost,
            Ok(Err(error)) => {
                if error.data["code"] != "OUTCOME_UNKNOWN" {
                    self.asked = None;
                }
                return Step::Refused(error);
            }
            Ok(Ok(result)) => result,
        };
        self.asked = None;
        if matches!(method, "keys.rotate" | "keys.delete") {
            self.buried = self.held.take().and_then(|held| held.secret);
        }
        self.held = after;
        if let (Some(held), "keys.create" | "keys.rotate") = (&mut self.held, method) {
            let minted = Minted::of(&result);
            (held.id, held.secret) = (minted.id, Some(minted.secret));
        }
        Step::Answered
    }

    /// Holds what is there now to what was answered, and goes on from it. Gives whether a change that was not answered
    /// turned out to be made.
    pub(crate) fn look(&mut self, daemon: &Daemon) -> bool {
        let prefix = format!("writer {} ", self.number);
        let keys = daemon.keys();
        let mut mine = keys.iter().filter(|key| key["name"].as_str().unwrap().starts_with(&prefix));
        let found = mine.next();
        assert!(mine.next().is_none(), "a key that was deleted is there again: {keys:?}");
        let asked = self.asked.take();
        let is = |known: &Option<Known>| match (known, found) {
            (Some(known), Some(found)) => known.is(found),
            (None, None) => true,
            _ => false,
        };
        let was_made = asked.as_ref().is_some_and(|asked| is(&asked.after));
        if !was_made {
            assert!(is(&self.held), "answered {:?}, asked for {asked:?}, found {found:?}", self.held);
        }
        if let Some(asked) = asked.filter(|_| was_made) {
            let before = std::mem::replace(&mut self.held, asked.after);
            if let (Some(held), Some(found)) = (&mut self.held, found) {
                found["id"].as_str().unwrap().clone_into(&mut held.id);
            }
            if self.held.as_ref().is_none_or(|held| held.secret.is_none()) {
                self.buried = before.and_then(|before| before.secret).or(self.buried.take());
            }
        }
        self.present(daemon);
        was_made
    }

    fn present(&self, daemon: &Daemon) {
        if let Some(buried) = &self.buried {
            daemon.denied(buried, None, "UNAUTHORIZED");
        }
        let Some(Known { secret: Some(secret), scope, .. }) = &self.held else { return };
        daemon.granted(secret, Some("a"));
        if *scope == json!({"accounts": ["a"]}) {
            daemon.denied(secret, Some("b"), "NOT_FOUND");
        } else {
            daemon.granted(secret, Some("b"));
        }
    }
}

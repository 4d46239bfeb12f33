//! Owns the facts that a form shows, so that a person can decide. Must not draw them.

use super::lists::{ago, scope};
use crate::dialog::{Form, Purpose};
use crate::state::State;

/// One thing that a form says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// A sentence that gives way where there is little room, the last one first.
    Sentence(String),
    /// A line that always stays, cut to one row where there is little room.
    Line(String),
    /// What is known, with its label; stays as a line does.
    Known(&'static str, String),
}

/// What a person should know before pressing the button.
pub(super) fn facts(state: &State, form: &Form) -> Vec<Fact> {
    use Fact::{Known, Line, Sentence};
    let key = form.purpose.key().and_then(|key| state.store.keys.get(&key.id));
    let used = || key.map_or_else(String::new, |key| ago(state, key.last_used_at));
    match &form.purpose {
        Purpose::CreateKey if state.store.storage_mode == Some(false) => {
            vec![Line("Storage Mode is off: creating a key turns it on.".to_owned())]
        }
        Purpose::CreateKey | Purpose::ConnectAccount | Purpose::EditAccount(_) => vec![],
        Purpose::RenameKey(subject) => vec![Line(format!("{} · {}", subject.name, subject.id))],
        Purpose::EditScope(subject) => vec![Line(format!("What {} can see", subject.name))],
        Purpose::RotateKey(subject) => vec![
            Sentence(format!("{} gets a new secret, which is shown once.", subject.name)),
            Sentence("The old one is refused at once, everywhere. Name, id and scope stay.".to_owned()),
            Known("Last used", used()),
        ],
        Purpose::DeleteKey(subject) => vec![
            Sentence("Deletes this key for good. Whatever uses it is refused at once.".to_owned()),
            Known("Key", subject.name.clone()),
            Known("Scope", key.map_or_else(String::new, |key| scope(&key.scope))),
            Known("Last used", used()),
        ],
        Purpose::DisconnectAccount(subject) => {
            let holders = state.store.holders(&subject.id);
            vec![
                Sentence(format!("Disconnects {}. No key can see it any more.", subject.name)),
                Line(format!("Restricted keys that lose it: {}", holders.keys)),
                Line(format!("of which left with no account at all: {}", holders.solely)),
                Sentence("Connecting it again gives it back to none of them.".to_owned()),
            ]
        }
        Purpose::StorageMode => vec![
            Sentence(
                "While Storage Mode is off no key opens anything: every right secret is answered".to_owned()
                    + " STORAGE_MODE_REQUIRED.",
            ),
            Line(format!("Keys that are affected: {}", state.store.keys.len())),
        ],
    }
}

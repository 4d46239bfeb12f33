//! Owns the facts that a form shows, so that a person can decide. Must not draw them.

use claviger_api::{Key, KeyId, Scope, Timestamp};

use super::change::{counted, listed};
use super::lists::scope;
use crate::age;
use crate::dialog::{Findings, Form, Names, Purpose, Subject};
use crate::state::State;

/// How many accounts are named of those that releasing a key gives it back.
const GRANTED_MOST: usize = 9;

/// One thing that a form says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// A sentence that gives way where there is little room, the last one first.
    Sentence(String),
    /// A line that always stays, cut to one row where there is little room.
    Line(String),
    /// A line that warns, and stays as a line does.
    Warning(String),
    /// What is known, with its label; stays as a line does.
    Known(&'static str, Told),
    /// What is known and gives way before any sentence does.
    Aside(&'static str, Told),
}

/// A fact, whole and as short as it can be said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) whole: String,
    pub(super) short: String,
}

impl From<String> for Told {
    fn from(text: String) -> Self {
        Self { whole: text.clone(), short: text }
    }
}

/// What a person should know before pressing the button.
pub(super) fn facts(state: &State, form: &Form) -> Vec<Fact> {
    use Fact::{Line, Sentence};
    let key = form.purpose.key().and_then(|key| state.store.key(&key.id));
    let sentence = |text: &str| Sentence(text.to_owned());
    match (&form.purpose, &form.findings) {
        (Purpose::CreateKey, _) if state.store.storage_mode == Some(false) => {
            vec![Line("Storage Mode is off: creating a key turns it on.".to_owned())]
        }
        (Purpose::RenameKey(subject), _) => vec![Line(format!("{} · {}", subject.name, subject.id))],
        (Purpose::EditScope(subject), _) => vec![Line(format!("What {} can see", subject.name))],
        (Purpose::ShareAll(subject), Findings::Widening { gains }) => widening(subject, gains),
        (Purpose::RotateKey(subject), _) => rotating(state, subject, key),
        (Purpose::ReleaseKey(subject), _) => releasing(state, subject, key),
        (Purpose::DeleteKey(subject), _) => {
            let mut facts = vec![
                sentence("Deletes this key for good. Whatever uses it is refused at once."),
                Fact::Known("Key", subject.name.clone().into()),
            ];
            facts.extend(key.into_iter().flat_map(|key| of_key(state, key)));
            facts
        }
        (Purpose::DisconnectAccount(subject), Findings::Disconnecting { losing, emptied }) => {
            disconnecting(&subject.name, losing, emptied)
        }
        (Purpose::StorageMode, Findings::StorageModeOff { keys, last }) => {
            let used = last.as_ref().map_or_else(
                || "never".to_owned().into(),
                |(name, at)| {
                    let Told { whole, short } = moment(state, Some(*at));
                    Told { whole: format!("{whole}, {name}"), short: format!("{short}, {name}") }
                },
            );
            vec![
                sentence(
                    "While it is off no key opens anything: every right secret is answered STORAGE_MODE_REQUIRED.",
                ),
                Line(format!("{} will open nothing until it is on again.", counted(*keys, "key"))),
                Fact::Known("Last used", used),
            ]
        }
        _ => vec![],
    }
}

fn rotating(state: &State, subject: &Subject<KeyId>, key: Option<&Key>) -> Vec<Fact> {
    let dies = if key.is_some_and(|key| key.needs_rotation) {
        "It was rotated after the backup was made that it was restored from: it has no living secret."
    } else {
        "The old secret is refused at once, everywhere."
    };
    let mut facts = vec![
        Fact::Sentence(dies.to_owned()),
        Fact::Sentence("A new one is made and shown once. Name, id and scope stay.".to_owned()),
        Fact::Known("Key", subject.name.clone().into()),
    ];
    facts.extend(key.into_iter().flat_map(|key| of_key(state, key)));
    facts.extend(key.and_then(|key| retired(state, key)));
    if key.is_some_and(|key| key.suspended_at.is_some()) {
        facts.push(Fact::Warning(
            "! It is suspended: the new secret opens nothing until the key is released.".to_owned(),
        ));
    }
    facts
}

fn releasing(state: &State, subject: &Subject<KeyId>, key: Option<&Key>) -> Vec<Fact> {
    let needs_rotation = key.is_some_and(|key| key.needs_rotation);
    let opens = if needs_rotation {
        "Once released it still has no living secret: it has to be rotated too."
    } else {
        "It opens again what its scope allows."
    };
    let mut facts = vec![
        Fact::Line(opens.to_owned()),
        Fact::Sentence(
            "It was restored without the journal of what died since: it may have been deleted, rotated or narrowed after \
             the backup was made."
                .to_owned(),
        ),
        // Short enough for the smallest screen, where the reason above gives way.
        Fact::Warning("! Release it only if it did not die.".to_owned()),
        Fact::Known("Key", subject.name.clone().into()),
    ];
    if let Some(key) = key {
        facts.extend([
            // By name as long as there is room: it is what the key gets back.
            Fact::Known("Scope", by_name(state, &key.scope, GRANTED_MOST).whole.into()),
            Fact::Known("Last used", moment(state, key.last_used_at)),
            Fact::Known("Suspended", moment(state, key.suspended_at)),
            Fact::Aside("Rotated", moment(state, key.rotated_at)),
            Fact::Aside("Created", moment(state, Some(key.created_at))),
        ]);
    }
    facts
}

fn widening(key: &Subject<KeyId>, gains: &Names) -> Vec<Fact> {
    let now = match gains.count {
        0 => "none: it sees every account there is".to_owned().into(),
        count => Told {
            whole: format!("{}: {}", counted(count, "account"), listed(gains, Names::MOST, "account")),
            short: counted(count, "account"),
        },
    };
    vec![
        Fact::Line(format!("{} will see every account there is.", key.name)),
        Fact::Known("Gains now", now),
        Fact::Known("And later", "every account connected".to_owned().into()),
    ]
}

/// What can be told of a key, when it was last used first.
fn of_key(state: &State, key: &Key) -> [Fact; 3] {
    [
        Fact::Known("Last used", moment(state, key.last_used_at)),
        Fact::Known("Scope", by_name(state, &key.scope, Names::MOST)),
        Fact::Aside("Created", moment(state, Some(key.created_at))),
    ]
}

/// When a secret that was rotated away was last presented; `None` where that was before the last rotation.
pub(super) fn retired_seen(key: &Key) -> Option<Timestamp> {
    key.retired_secret_seen_at.filter(|seen| key.rotated_at.is_none_or(|rotated| *seen >= rotated))
}

/// That somebody presents a secret which was rotated away: rotating now would lock out those who are up to date too.
fn retired(state: &State, key: &Key) -> Option<Fact> {
    retired_seen(key).map(|seen| {
        let ago = age::ago(seen, state.now, &state.look.zone);
        Fact::Warning(format!(
            "! An older secret was still presented ({ago}): update that application first."
        ))
    })
}

fn disconnecting(name: &str, losing: &Names, emptied: &Names) -> Vec<Fact> {
    // The number first, so that it stays where the names are cut.
    let line = |names: &Names, one: &str, many: &str| {
        let number = counted(names.count, "key");
        let verb = if names.count == 1 { one } else { many };
        Fact::Line(format!("{number} {verb}: {}", listed(names, Names::MOST, "key")))
    };
    let mut facts = vec![Fact::Line(format!("Disconnects {name}. No key can see it any more."))];
    match losing.count {
        0 => facts.push(Fact::Line("No restricted key has it.".to_owned())),
        _ => facts.push(line(losing, "loses it", "lose it")),
    }
    if emptied.count > 0 {
        facts.push(line(emptied, "is left with no account", "are left with no account"));
    }
    facts.push(Fact::Sentence("Connecting it again gives it back to none of them.".to_owned()));
    facts
}

/// A scope with its first accounts, at most so many.
fn by_name(state: &State, of: &Scope, most: usize) -> Told {
    let short = scope(of);
    let Scope::Only(ids) = of else { return short.into() };
    let names = ids.iter().take(most).map(|id| match state.store.accounts.get(id) {
        Some(account) => account.name.clone(),
        None => id.to_string(),
    });
    let names = Names { first: names.collect(), count: ids.len() };
    match names.count {
        0 => short.into(),
        _ => Told { whole: format!("{short}: {}", listed(&names, most, "account")), short },
    }
}

/// How long ago, and the exact minute.
fn moment(state: &State, then: Option<Timestamp>) -> Told {
    let Some(then) = then else { return "never".to_owned().into() };
    let zone = &state.look.zone;
    let (ago, minute) = (age::ago(then, state.now, zone), age::minute(then, zone));
    // After a month the age is a date already.
    let whole = if minute.starts_with(&ago) { minute } else { format!("{ago}, {minute}") };
    Told { whole, short: ago }
}

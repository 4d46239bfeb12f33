//! Owns what an answer from the daemon, or its loss, does to the dialog that waits for it. Must not change the lists:
//! only events do.

use claviger_api::object::KeyWithSecret;
use claviger_api::{Code, Error};

use super::feed::close_orphans;
use super::meant;
use crate::dialog::{Dialog, Form, Phase, Purpose, SecretDialog};
use crate::effects::{CallId, Effect};
use crate::message::{Answer, Failure};
use crate::state::{State, Tab, Tone};

/// What is said to Enter on a secret that came while something else was in front.
pub(super) const UNASKED: &str = "it came while you were at something else: Tab, then Enter, closes this";

pub(super) fn answered(state: &mut State, id: CallId, outcome: Result<Answer, Failure>) -> Vec<Effect> {
    let waits = |dialog: &Dialog| match dialog {
        Dialog::Form(form) => form.waiting().is_some_and(|pending| pending.id == id),
        Dialog::Secret(_) => false,
    };
    let Some(at) = state.dialogs.iter().position(waits) else {
        return unawaited(state, id, outcome);
    };
    match outcome {
        Ok(answer) => done(state, at, answer),
        Err(failure) => failed(state, at, failure),
    }
}

/// Takes the answer to a call that no dialog waits for.
fn unawaited(state: &mut State, id: CallId, outcome: Result<Answer, Failure>) -> Vec<Effect> {
    let place = state.left.iter().position(|left| left.call == id);
    let left = place.map(|place| state.left.remove(place));
    if let (Some(left), Ok(_) | Err(Failure::Refused(_))) = (&left, &outcome) {
        state.notices.retain(|notice| notice.text != left.notice);
    }
    if let (Some(left), Ok(answer)) = (&left, &outcome) {
        learn(state, left.epoch, answer);
    }
    match outcome {
        // Nobody will ever be told this secret again.
        Ok(Answer::Secret(made)) => {
            show_secret(state, state.dialogs.len(), *made, Arrival::Unasked);
            state.notify(Tone::Info, "the answer came after all");
            return left.and_then(|left| left.request_id).map(Effect::Acknowledge).into_iter().collect();
        }
        Ok(Answer::Done | Answer::Key(_) | Answer::Account(_)) if left.is_some() => {
            state.notify(Tone::Info, "the answer came after all: it was done");
        }
        Ok(Answer::Done | Answer::Key(_) | Answer::Account(_)) => {}
        Err(Failure::Refused(error)) => state.notify(Tone::Problem, error.message),
        // It was said already that the outcome is unknown.
        Err(_) if left.is_some() => {}
        Err(_) => state.notify(Tone::Problem, "the daemon did not answer: look whether it was done"),
    }
    vec![]
}

fn done(state: &mut State, at: usize, answer: Answer) -> Vec<Effect> {
    let Dialog::Form(form) = state.dialogs.remove(at) else { return vec![] };
    let request_id = form.waiting().and_then(|pending| pending.call.request_id()).cloned();
    if let Some(pending) = form.waiting() {
        super::elsewhere::expect(state, pending);
        learn(state, pending.epoch, &answer);
    }
    state.notify(Tone::Info, success(&form));
    if let (Purpose::ConnectAccount, Answer::Account(account)) = (&form.purpose, &answer) {
        state.accounts.awaited = Some(account.id.clone());
        if state.store.accounts.contains_key(&account.id) {
            super::lists::refresh(state);
        }
    }
    if let Answer::Secret(made) = answer {
        if form.purpose == Purpose::CreateKey {
            state.tab = Tab::Keys;
            state.keys.awaited = Some(made.key.id);
            if state.store.keys.contains_key(&made.key.id) {
                super::lists::refresh(state);
            }
            if !state.key_sieve.finds(&made.key) {
                state.keys.awaited = None;
                state.notify(Tone::Info, format!("{}: the filter hides it", success(&form)));
            }
        }
        let in_front = at == state.dialogs.len() && state.help.is_none();
        show_secret(state, at, *made, if in_front { Arrival::Awaited } else { Arrival::Unasked });
    }
    request_id.map(Effect::Acknowledge).into_iter().collect()
}

/// Takes what an answer says of a key or an account: the next change of it begins from there, though the news may still
/// be on its way. One that came over another connection may be of another store.
fn learn(state: &mut State, epoch: u64, answer: &Answer) {
    if state.epoch() != epoch {
        return;
    }
    match answer {
        Answer::Key(key) => state.store.learn_key((**key).clone()),
        Answer::Account(account) => state.store.learn_account((**account).clone()),
        Answer::Secret(made) => state.store.learn_key(made.key.clone()),
        Answer::Done => {}
    }
}

/// Whether a person was looking at the dialog that a secret comes for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    Awaited,
    Unasked,
}

/// Puts the dialog with a secret at a place among the dialogs.
fn show_secret(state: &mut State, at: usize, made: KeyWithSecret, arrival: Arrival) {
    let mut secret = SecretDialog::new(
        made.key,
        made.secret,
        super::dialogs::deaf_until(state.now, super::dialogs::JUST_OPENED),
    );
    if let Some(key) = state.store.key(&secret.key.id) {
        secret.compare(key);
    }
    if arrival == Arrival::Unasked {
        secret.is_unasked = true;
        secret.said = Some(UNASKED.to_owned());
        meant::came_unasked(state);
    }
    state.dialogs.insert(at, Dialog::Secret(secret));
    // A help overlay or a question in front must not hide that a secret came.
    state.help = None;
}

fn success(form: &Form) -> String {
    match &form.purpose {
        Purpose::CreateKey => format!("created {}", form.text("Name").trim()),
        Purpose::RenameKey(_) => format!("renamed to {}", form.text("Name").trim()),
        Purpose::EditScope(key) | Purpose::ShareAll(key) => format!("saved the scope of {}", key.name),
        Purpose::RotateKey(key) => format!("rotated {}: its old secret is dead", key.name),
        Purpose::ReleaseKey(key) => format!("released {}", key.name),
        Purpose::DeleteKey(key) => format!("deleted {}", key.name),
        Purpose::ConnectAccount => format!("connected {}", form.text("Name").trim()),
        Purpose::EditAccount(_) => format!("saved {}", form.text("Name").trim()),
        Purpose::DisconnectAccount(account) => format!("disconnected {}", account.name),
        Purpose::StorageMode => "Storage Mode is off: no key opens anything".to_owned(),
    }
}

fn failed(state: &mut State, at: usize, failure: Failure) -> Vec<Effect> {
    let (live, now_epoch) = (state.is_live(), state.epoch());
    let Some(Dialog::Form(form)) = state.dialogs.get_mut(at) else { return vec![] };
    let Some(pending) = form.waiting_mut() else { return vec![] };
    let makes_secret = pending.call.request_id().is_some();
    match failure {
        // The first request was lost with the daemon that took it, and this one finds its work done.
        Failure::Refused(error) if error.code == Code::Conflict && pending.resent && makes_secret => {
            let text = unknown(form);
            state.dialogs.remove(at);
            state.insist(text);
        }
        // It is known a little later: then the same request is answered, or made anew.
        Failure::Refused(error) if error.code == Code::OutcomeUnknown && makes_secret => {
            pending.resent = true;
            return vec![Effect::AskAgain { id: pending.id, call: pending.call.clone() }];
        }
        Failure::Refused(error) if error.code == Code::OutcomeUnknown => {
            let text = unknown(form);
            form.phase = Phase::Failed(text);
        }
        Failure::Refused(error) => form.phase = refused(error),
        Failure::Lost if makes_secret => {
            let newer = live && now_epoch > pending.epoch;
            pending.lost = true;
            return if newer { resend_lost(state) } else { vec![] };
        }
        Failure::TimedOut if makes_secret => {
            pending.lost = true;
            return if live { resend_lost(state) } else { vec![] };
        }
        Failure::Unreadable if makes_secret => {
            let text = unknown(form);
            form.phase = Phase::Failed(text);
        }
        Failure::Lost => {
            form.phase = Phase::Failed(
                "the connection was lost before the answer: look whether it was done".to_owned(),
            );
        }
        Failure::TimedOut => {
            form.phase =
                Phase::Failed("the daemon did not answer in time: look whether it was done".to_owned());
        }
        Failure::Unreadable => {
            form.phase = Phase::Failed(
                "the daemon's answer is of a form that this version does not know: look whether it was done"
                    .to_owned(),
            );
        }
    }
    close_orphans(state);
    vec![]
}

/// What a form says to a refusal. Conflicts are named, since they are no fault in what was filled in.
fn refused(error: Error) -> Phase {
    match error.code {
        Code::Conflict if error.field.as_deref() == Some("expected_version") => Phase::Outdated,
        Code::Conflict => Phase::Failed(format!("CONFLICT: {}", error.message)),
        _ => Phase::Failed(error.message),
    }
}

/// Asks again, under the same request id, for what was asked over a connection that is gone.
pub(super) fn resend_lost(state: &mut State) -> Vec<Effect> {
    let epoch = state.epoch();
    let mut effects = Vec::new();
    for dialog in &mut state.dialogs {
        let Dialog::Form(form) = dialog else { continue };
        if let Some(pending) = form.waiting_mut()
            && pending.lost
        {
            (pending.lost, pending.resent, pending.epoch) = (false, true, epoch);
            effects.push(Effect::Call { id: pending.id, call: pending.call.clone() });
        }
    }
    effects
}

/// Says that nobody knows whether a call was carried out, and what to look at.
pub(super) fn unknown(form: &Form) -> String {
    match &form.purpose {
        Purpose::CreateKey => format!(
            "outcome unknown: look at the key named {}. If it is there, nobody has its secret: rotate it, or delete it.",
            form.text("Name").trim()
        ),
        Purpose::RotateKey(key) => format!(
            "outcome unknown: look at the key named {}. It may have a new secret that nobody has: rotate it again.",
            key.name
        ),
        Purpose::RenameKey(key) => {
            format!("outcome unknown: look whether {} is named {} now.", key.name, form.text("Name").trim())
        }
        Purpose::EditScope(key) | Purpose::ShareAll(key) => {
            format!("outcome unknown: look at the scope of {}.", key.name)
        }
        Purpose::ReleaseKey(key) => {
            format!("outcome unknown: look whether {} is still suspended.", key.name)
        }
        Purpose::DeleteKey(key) => format!("outcome unknown: look whether the key {} is gone.", key.name),
        Purpose::ConnectAccount => {
            format!("outcome unknown: look for an account named {}.", form.text("Name").trim())
        }
        Purpose::EditAccount(account) => format!("outcome unknown: look at the account {}.", account.name),
        Purpose::DisconnectAccount(account) => {
            format!("outcome unknown: look whether the account {} is gone.", account.name)
        }
        Purpose::StorageMode => "outcome unknown: look at Storage Mode above.".to_owned(),
    }
}

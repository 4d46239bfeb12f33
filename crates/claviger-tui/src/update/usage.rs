//! Owns when it is asked how much a key is used, and what becomes of the answer. Must not draw it.

use claviger_api::object::KeyUsage;
use claviger_api::{Code, Day, KeyId};

use crate::effects::Effect;
use crate::message::{Failure, Feed};
use crate::state::State;

/// Asks about the key in the details pane, where what is known is of another key or out of date.
pub(super) fn wanted(state: &mut State) -> Option<Effect> {
    if !state.is_live() {
        return None;
    }
    let id = state.key_in_details()?;
    let today = Day::of(state.now);
    if state.usage.asked_on != today {
        outdate(state);
    }
    let usage = &mut state.usage;
    // A daemon that does not know the method is asked again only over a new connection.
    let may_know = !usage.is_unknown || usage.days.is_stale();
    (may_know && usage.days.asks(id)).then(|| {
        usage.asked_on = today;
        Effect::LoadUsage(id)
    })
}

/// Takes note that the key was used, which the daemon tells once a second at most.
pub(super) fn hear(state: &mut State, feed: &Feed) {
    let is_outdated = match feed {
        Feed::Snapshot { .. } | Feed::Part { .. } => true,
        Feed::Used(uses) => uses.iter().any(|used| state.usage.days.concerns(&used.id)),
        Feed::Changed { .. } => false,
    };
    if is_outdated {
        outdate(state);
    }
}

fn outdate(state: &mut State) {
    if !state.usage.is_unknown {
        state.usage.days.outdate();
    }
}

/// Takes an answer. That there is none is no news to anybody: the pane just does not say it.
pub(super) fn loaded(state: &mut State, id: KeyId, outcome: Result<KeyUsage, Failure>) {
    let usage = &mut state.usage;
    match &outcome {
        Ok(_) => usage.is_unknown = false,
        Err(Failure::Refused(error)) if error.code == Code::MethodNotFound => usage.is_unknown = true,
        Err(_) => {}
    }
    usage.days.answered(id, outcome.ok().map(|usage| usage.days));
}

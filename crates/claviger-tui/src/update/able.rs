//! Owns whether an action can be taken now, and why not. Must not take it.

use crate::dialog::{Dialog, Form, Purpose};
use crate::keymap::Action;
use crate::message::Link;
use crate::state::{State, Tab};

/// Whether an action can be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Able {
    Now,
    /// It has no meaning here.
    No,
    /// It has, but something is in the way.
    Because(String),
}

/// Whether an action can be taken now.
pub(crate) fn able(state: &State, action: Action) -> Able {
    let form = match state.dialogs.last() {
        Some(Dialog::Form(form)) => Some(form),
        _ => None,
    };
    let when = |possible: bool| if possible { Able::Now } else { Able::No };
    match action {
        Action::Edit | Action::Scope | Action::Rotate | Action::Delete => match selected(state) {
            Able::Now => with_daemon(state),
            other => other,
        },
        Action::Release => match state.selected_key() {
            Some(key) if key.suspended_at.is_none() => Able::Because(NOT_SUSPENDED.into()),
            Some(_) => with_daemon(state),
            None => selected(state),
        },
        Action::CopyId => selected(state),
        Action::StorageMode if state.dialogs.iter().any(is_storage_mode) => Able::No,
        Action::Create | Action::StorageMode => with_daemon(state),
        Action::Retry => when(matches!(state.link, Link::Retrying { .. })),
        Action::ClearFilter => {
            let notices = state.notices.iter().any(|notice| notice.until.is_none());
            when(!state.filter().is_empty() || typing(state) || notices)
        }
        Action::Save => when(form.is_some_and(|form| form.purpose.saves())),
        Action::Reload => when(form.is_some_and(|form| form.is_outdated(&state.store))),
        Action::Cancel => match form.and_then(Form::waiting) {
            Some(pending) if state.is_live() && !pending.resent && state.now < pending.late_at() => {
                Able::Because(
                    "the daemon is at work: Esc leaves when its answer takes longer than a moment".into(),
                )
            }
            _ => Able::Now,
        },
        _ => Able::Now,
    }
}

/// Why a key is not released that opens what its scope allows.
const NOT_SUSPENDED: &str = "the key is not suspended: there is nothing to release";
/// Why nothing is asked before there was a connection.
const TOO_EARLY: &str = "not connected to the daemon yet: try again in a moment";
/// Why nothing is asked while there is none, and what to do about it.
const AWAY: &str =
    "the daemon does not answer: nothing can be changed until it is back. `claviger daemon` starts it";

/// Whether a text says that the daemon cannot be asked: no longer true once it can.
pub(crate) fn says_away(text: &str) -> bool {
    text == TOO_EARLY || text == AWAY
}

/// Whether the daemon can be asked.
pub(crate) fn with_daemon(state: &State) -> Able {
    match &state.link {
        Link::Live { .. } => Able::Now,
        Link::Connecting => Able::Because(TOO_EARLY.into()),
        Link::Retrying { .. } => Able::Because(AWAY.into()),
    }
}

fn selected(state: &State) -> Able {
    let (there, what) = match state.tab {
        Tab::Keys => (state.selected_key().is_some(), "no key is selected"),
        Tab::Accounts => (state.selected_account().is_some(), "no account is selected"),
        Tab::Activity => (false, "nothing here has an id to copy"),
    };
    if there { Able::Now } else { Able::Because(what.into()) }
}

fn typing(state: &State) -> bool {
    match state.tab {
        Tab::Keys => state.keys.typing,
        Tab::Accounts => state.accounts.typing,
        Tab::Activity => state.activity.list.typing,
    }
}

fn is_storage_mode(dialog: &Dialog) -> bool {
    matches!(dialog, Dialog::Form(form) if form.purpose == Purpose::StorageMode)
}

//! Owns which presses cannot have been meant for what they would reach. Must not carry any out.

use claviger_api::Timestamp;

use super::dialogs::deaf_until;
use crate::dialog::{Button, Dialog};
use crate::keymap::Action;
use crate::state::State;

/// How long a pause shows that a person has seen that a dialog closed by itself. Milliseconds.
const PAUSE: i64 = 700;

/// Whether a press can have been meant for what is in front. After a dialog closed by itself the rest of what was being
/// typed into it must not act on the list below, nor on a dialog that came by itself: so what acts does nothing until
/// presses pause, or until Esc.
pub(super) fn is_meant(state: &mut State, action: Option<Action>) -> bool {
    match state.deaf_until {
        Some(until) if state.now < until => {
            let ends = matches!(action, Some(Action::ClearFilter | Action::Cancel | Action::KeepSecret));
            state.deaf_until = if ends { None } else { Some(pause_from(state.now)) };
            !ends && !action.is_some_and(acts)
        }
        _ => {
            state.deaf_until = None;
            true
        }
    }
}

/// Whether an action does something to a key, an account, a secret or Storage Mode, or begins to.
fn acts(action: Action) -> bool {
    matches!(
        action,
        Action::Edit
            | Action::Scope
            | Action::Rotate
            | Action::Release
            | Action::Delete
            | Action::StorageMode
            | Action::CopyId
            | Action::Confirm
            | Action::Activate
            | Action::Save
            | Action::Toggle
            | Action::MarkAll
            | Action::Reload
            | Action::RunHelp
            | Action::CopySecret
            | Action::WriteSecret
    )
}

/// Takes note that the dialog in front closed though nobody asked for it.
pub(super) fn closed_by_itself(state: &mut State) {
    state.deaf_until = Some(pause_from(state.now));
}

/// Takes note that a dialog came to the front though nobody waited for it.
pub(super) fn came_unasked(state: &mut State) {
    state.deaf_until = Some(pause_from(state.now));
}

/// Whether an action would answer a question that was not on the screen yet: a paste that a terminal sends as presses
/// must not both open it and answer it.
pub(super) fn answers_unseen(state: &State, action: Action) -> bool {
    let Some(Dialog::Form(form)) = state.dialogs.last() else { return false };
    let goes_on = match action {
        Action::Confirm | Action::Save => true,
        Action::Activate => form.button() == Some(Button::Go),
        _ => false,
    };
    state.is_unseen && goes_on && !form.purpose.saves()
}

fn pause_from(now: Timestamp) -> Timestamp {
    deaf_until(now, PAUSE)
}

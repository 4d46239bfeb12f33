//! Owns how news from the daemon changes the state. Must not know what presses do.

use super::{lists, replies};
use crate::dialog::Dialog;
use crate::effects::Effect;
use crate::message::{Feed, Link};
use crate::state::{Order, State, Tone};

pub(super) fn link(state: &mut State, link: Link) -> Vec<Effect> {
    state.link = link;
    if !state.is_live() {
        return vec![];
    }
    state.was_live = true;
    (state.activity.stale, state.activity.loading, state.activity.failed) = (true, false, false);
    (state.recent.stale, state.recent.loading) = (true, None);
    replies::resend_lost(state)
}

pub(super) fn feed(state: &mut State, feed: Feed) {
    let reorders = !matches!(feed, Feed::Used(_)) || state.key_order == Order::LastUsed;
    if !matches!(feed, Feed::Used(_)) {
        state.activity.stale = true;
        state.recent.stale = true;
    }
    if let Feed::Changed { removed_keys, .. } = &feed {
        for dialog in &mut state.dialogs {
            if let Dialog::Secret(secret) = dialog
                && removed_keys.contains(&secret.key.id)
            {
                secret.said =
                    Some("this key was deleted elsewhere: the secret opens nothing any more".to_owned());
            }
        }
    }
    state.store.apply(feed);
    if reorders {
        lists::refresh(state);
    }
    for dialog in &mut state.dialogs {
        if let Dialog::Form(form) = dialog {
            if let Some(boxes) = form.boxes_mut() {
                boxes.refresh(&state.store);
            }
            form.settle_focus();
        }
    }
    close_orphans(state);
}

/// Closes the forms whose subject is gone. One that waits for an answer is left to it.
pub(super) fn close_orphans(state: &mut State) {
    let mut gone = Vec::new();
    state.dialogs.retain(|dialog| match dialog {
        Dialog::Form(form) if form.waiting().is_none() && !form.subject_exists(&state.store) => {
            let name = match (form.purpose.key(), form.purpose.account()) {
                (Some(key), _) => format!("the key {} is gone", key.name),
                (_, Some(account)) => format!("the account {} is gone", account.name),
                _ => "it is gone".to_owned(),
            };
            gone.push(format!("{} was closed: {name}", form.purpose.title()));
            false
        }
        _ => true,
    });
    for text in gone {
        state.notify(Tone::Problem, text);
    }
}

//! Owns how news from the daemon changes the state. Must not know what presses do.

use claviger_api::KeyId;

use super::able::says_away;
use super::{elsewhere, lists, meant, replies, usage};
use crate::dialog::{Dialog, Heard, Phase, Purpose};
use crate::effects::Effect;
use crate::message::{Feed, Link, RESTART};
use crate::state::{Gone, News, Paging, State, Tone, Touched};

/// What a notice of two versions begins with, so that it is taken back when they are one again.
const VERSIONS: &str = "the daemon is version ";

/// Says what to do where interface and daemon are of different versions.
pub(super) fn compare_versions(state: &mut State, version: &str) {
    const OURS: &str = env!("CARGO_PKG_VERSION");
    state.notices.retain(|notice| !notice.text.starts_with(VERSIONS));
    if version != OURS {
        state.insist(format!("{VERSIONS}{version} and this interface {OURS}: {RESTART}"));
    }
}

pub(super) fn link(state: &mut State, link: Link) -> Vec<Effect> {
    if state.is_live() && !matches!(link, Link::Live { .. }) {
        state.lost_at = Some(state.now);
    }
    state.link = link;
    if !state.is_live() {
        state.store.forget_answers();
        // Some of what is there says nothing of what is not.
        if !state.was_live && matches!(state.link, Link::Retrying { .. }) {
            (state.store, state.loading) = Default::default();
            lists::hear(state, &News { keys: Touched::All, accounts: true }, Gone::Falls);
        }
        return vec![];
    }
    state.loading = 0;
    state.lost_at = None;
    state.was_live = true;
    state.notices.retain(|notice| !says_away(&notice.text));
    for dialog in &mut state.dialogs {
        if let Dialog::Form(form) = dialog
            && matches!(&form.phase, Phase::Failed(why) if says_away(why))
        {
            form.phase = Phase::Asking;
        }
    }
    (state.activity.stale, state.activity.paging) = (true, Paging::Idle);
    state.recent.reconnect();
    state.usage.days.reconnect();
    replies::resend_lost(state)
}

pub(super) fn feed(state: &mut State, feed: Feed) {
    if !matches!(feed, Feed::Used(_)) {
        state.activity.stale = true;
        state.recent.outdate();
    }
    usage::hear(state, &feed);
    let is_gone = |id: &KeyId| match &feed {
        Feed::Snapshot { keys, .. } => keys.iter().all(|key| key.id != *id),
        Feed::Changed { removed_keys, .. } => removed_keys.contains(id),
        Feed::Part { .. } | Feed::Used(_) => false,
    };
    for dialog in &mut state.dialogs {
        if let Dialog::Secret(secret) = dialog
            && is_gone(&secret.key.id)
        {
            secret.bereave();
        }
    }
    let gone = elsewhere::hear(state, &feed);
    let is_whole = !matches!(feed, Feed::Part { .. });
    let storage_mode = state.store.storage_mode;
    let heard = Heard::of(&feed);
    let news = state.store.apply(feed);
    state.loading = if is_whole { 0 } else { state.store.keys.len() };
    match (storage_mode, state.store.storage_mode) {
        (Some(false), Some(true)) => state.notify(Tone::Info, "Storage Mode is on"),
        (Some(true), Some(false)) => state.notify(Tone::Info, "Storage Mode is off: no key opens anything"),
        _ => {}
    }
    lists::hear(state, &news, gone);
    for dialog in &mut state.dialogs {
        match dialog {
            Dialog::Form(form) => {
                form.hear(&state.store, heard);
                form.settle_focus();
            }
            // A new key may be here before the news of it: that it is unknown says nothing.
            Dialog::Secret(secret) => {
                if let Some(key) = state.store.key(&secret.key.id) {
                    secret.compare(key);
                }
            }
        }
    }
    close_orphans(state);
}

/// Closes the forms that have nothing left to do. One that waits for an answer is left to it.
pub(super) fn close_orphans(state: &mut State) {
    let mut gone = Vec::new();
    let before = state.mode_below_help();
    state.dialogs.retain(|dialog| {
        let Dialog::Form(form) = dialog else { return true };
        let Some(why) = form.is_moot(&state.store).filter(|_| form.waiting().is_none()) else { return true };
        // The question on top of `Edit scope` goes with it.
        if !matches!(form.purpose, Purpose::ShareAll(_)) {
            gone.push(format!("{} was closed: {why}", form.purpose.title()));
        }
        false
    });
    if !gone.is_empty() && state.mode_below_help() != before {
        meant::closed_by_itself(state);
    }
    for text in gone {
        state.notify(Tone::Problem, text);
    }
}

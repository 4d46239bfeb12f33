//! Owns which pages of the audit trail are loaded, and how they are put together. Must not draw or filter them.

use claviger_api::object::ActivityPage;
use claviger_api::page::Cursor;

use super::lists;
use crate::effects::{Effect, Trail};
use crate::message::Failure;
use crate::state::{Activity, Paging, State, Tab};

/// Loads what the screen shows of the audit trail and what is out of date, one page at a time.
pub(super) fn wanted(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    if !state.is_live() {
        return effects;
    }
    let rows = state.list_rows();
    let activity = &mut state.activity;
    if state.tab == Tab::Activity && activity.paging == Paging::Idle {
        if activity.stale {
            (activity.paging, activity.stale) = (Paging::Loading, false);
            effects.push(Effect::LoadActivity(Trail::Whole(None)));
        } else if wants_older(activity, rows)
            && let Some(next) = activity.next.as_deref().and_then(Cursor::decode)
        {
            activity.paging = Paging::Loading;
            effects.push(Effect::LoadActivity(Trail::Whole(Some(next))));
        }
    }
    if let Some(id) = state.key_in_details()
        && state.recent.asks(id)
    {
        effects.push(Effect::LoadActivity(Trail::OfKey(id)));
    }
    effects
}

/// Whether the list is at its end, or a filter leaves fewer rows than are seen.
fn wants_older(activity: &Activity, rows: usize) -> bool {
    let list = &activity.list;
    let at_end = list.position().is_none_or(|at| at + 1 == list.rows.len());
    at_end || (list.rows.len() < rows && !list.filter.is_empty())
}

/// Takes a page, or that it could not be had.
pub(super) fn loaded(state: &mut State, trail: &Trail, outcome: Result<ActivityPage, Failure>) {
    match trail {
        Trail::OfKey(id) => state.recent.answered(*id, outcome.ok().map(|page| page.entries)),
        Trail::Whole(from) => {
            state.activity.paging = Paging::Idle;
            let Ok(page) = outcome else {
                state.activity.paging = Paging::Failed;
                return;
            };
            match from {
                Some(_) => append(state, page),
                None => prepend(state, page),
            }
            state.activity.loaded = true;
            lists::refresh_activity(state);
        }
    }
}

/// Takes an older page.
fn append(state: &mut State, page: ActivityPage) {
    let activity = &mut state.activity;
    let oldest = activity.entries.last().map_or(u64::MAX, |entry| entry.seq);
    activity.entries.extend(page.entries.into_iter().filter(|entry| entry.seq < oldest));
    activity.next = page.next_cursor;
}

/// Takes the newest page. What was loaded before stays where the page reaches down to it.
fn prepend(state: &mut State, page: ActivityPage) {
    let activity = &mut state.activity;
    let newest = activity.entries.first().map(|entry| entry.seq);
    match (newest, page.entries.last()) {
        (Some(newest), Some(oldest)) if oldest.seq <= newest => {
            let new = page.entries.into_iter().take_while(|entry| entry.seq > newest);
            activity.entries.splice(0..0, new);
        }
        _ => {
            activity.entries = page.entries;
            activity.next = page.next_cursor;
        }
    }
}

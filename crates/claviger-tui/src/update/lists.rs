//! Owns what presses do in the lists. Must not know the dialogs.

use claviger_api::Secret;

use crate::dialog::Dialog;
use crate::effects::{CopyOf, Effect};
use crate::keymap::{Action, Step};
use crate::state::{Gone, News, Order, State, Tab, Touched};

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Show(tab) => state.tab = tab,
        Action::NextTab => state.tab = state.tab.next(),
        Action::PreviousTab => state.tab = state.tab.previous(),
        Action::Filter => *typing(state) = true,
        Action::EndFilter => match state.tab {
            Tab::Keys => state.keys.keep_filter(),
            Tab::Accounts => state.accounts.keep_filter(),
            Tab::Activity => state.activity.list.keep_filter(),
        },
        Action::ClearFilter => clear(state),
        Action::NextOrder => next_order(state),
        Action::CopyId => {
            let id = match state.tab {
                Tab::Keys => state.selected_key().map(|key| key.id.to_string()),
                Tab::Accounts => state.selected_account().map(|account| account.id.to_string()),
                Tab::Activity => None,
            };
            return id
                .map(|id| Effect::Copy { what: CopyOf::Id, text: Secret::new(id) })
                .into_iter()
                .collect();
        }
        _ => {}
    }
    rescroll(state);
    vec![]
}

fn typing(state: &mut State) -> &mut bool {
    match state.tab {
        Tab::Keys => &mut state.keys.typing,
        Tab::Accounts => &mut state.accounts.typing,
        Tab::Activity => &mut state.activity.list.typing,
    }
}

fn clear(state: &mut State) {
    *typing(state) = false;
    state.notices.retain(|notice| notice.until.is_some());
    match state.tab {
        Tab::Keys => state.keys.filter.clear(),
        Tab::Accounts => state.accounts.filter.clear(),
        Tab::Activity => state.activity.list.filter.clear(),
    }
    refilter_list(state);
}

fn next_order(state: &mut State) {
    match state.tab {
        Tab::Keys => {
            state.key_order = match state.key_order {
                Order::Name => Order::Created,
                Order::Created => Order::LastUsed,
                Order::LastUsed => Order::Name,
            };
            refresh_keys(state, Gone::Falls);
        }
        Tab::Accounts => {
            state.account_order = match state.account_order {
                Order::Name => Order::Created,
                _ => Order::Name,
            };
            refresh_accounts(state, Gone::Falls);
        }
        Tab::Activity => {}
    }
}

/// Moves the selection of what is in front: the help overlay, or the list of the tab.
pub(super) fn go(state: &mut State, step: Step) {
    let height = state.list_rows();
    if state.help.is_some() {
        return state.go_in_help(step);
    }
    match state.tab {
        Tab::Keys => state.keys.go(step, height),
        Tab::Accounts => state.accounts.go(step, height),
        Tab::Activity => state.activity.list.go(step, height),
    }
}

/// Selects the row in a cell of the terminal, where there is one.
pub(super) fn click(state: &mut State, column: u16, row: u16) {
    let Some(at) = state.layout().and_then(|layout| layout.row_at(column, row)) else { return };
    match state.tab {
        Tab::Keys => state.keys.pick(at),
        Tab::Accounts => state.accounts.pick(at),
        Tab::Activity => state.activity.list.pick(at),
    }
}

/// Takes an edited filter into the list that it belongs to.
pub(super) fn refilter(state: &mut State) {
    if let Some(help) = &mut state.help {
        help.marked = 0;
        return;
    }
    match state.dialogs.last_mut() {
        Some(Dialog::Form(form)) => {
            if let Some(boxes) = form.boxes_mut()
                && boxes.typing
            {
                boxes.refilter();
            }
        }
        Some(Dialog::Secret(_)) => {}
        None => refilter_list(state),
    }
}

/// Takes the edited filter of the list that is shown.
fn refilter_list(state: &mut State) {
    let height = state.list_rows();
    let State { store, keys, key_sieve, accounts, activity, .. } = state;
    match state.tab {
        Tab::Keys => {
            key_sieve.refilter(store, keys.filter.text());
            let best = key_sieve.best(store, state.key_order, keys.filter.text());
            keys.set_filtered(key_sieve.rows(store, state.key_order), best, height);
        }
        Tab::Accounts => {
            let (filter, order) = (accounts.filter.text(), state.account_order);
            let best = store.best_account(filter, order);
            accounts.set_filtered(store.account_rows(filter, order), best, height);
        }
        Tab::Activity => {
            let rows = store.activity_rows(&activity.entries, activity.list.filter.text());
            activity.list.set_filtered(rows, None, height);
        }
    }
}

/// Takes what news changed into the lists, and leaves those alone that it did not touch.
pub(super) fn hear(state: &mut State, news: &News, gone: Gone) {
    state.key_sieve.hear(&state.store, news);
    let touches_keys = match &news.keys {
        Touched::All => true,
        Touched::Places(places) => !places.is_empty() || (news.accounts && !state.keys.filter.is_empty()),
        Touched::Used => state.key_order == Order::LastUsed,
    };
    if touches_keys {
        refresh_keys(state, gone);
    }
    if news.accounts {
        refresh_accounts(state, gone);
        refresh_activity(state);
    }
}

/// Takes the rows of every list as they are now.
pub(super) fn refresh(state: &mut State) {
    refresh_keys(state, Gone::Falls);
    refresh_accounts(state, Gone::Falls);
    refresh_activity(state);
}

/// Where the selection goes, which falls only from what is gone: what a filter merely hides is lost.
fn falls_from<T>(gone: Gone, still_there: Option<&T>) -> Gone {
    if still_there.is_some() { Gone::IsLost } else { gone }
}

fn refresh_keys(state: &mut State, gone: Gone) {
    let height = state.list_rows();
    let gone = falls_from(gone, state.selected_key());
    state.keys.set_rows(state.key_sieve.rows(&state.store, state.key_order), gone, height);
}

fn refresh_accounts(state: &mut State, gone: Gone) {
    let height = state.list_rows();
    let gone = falls_from(gone, state.selected_account());
    let rows = state.store.account_rows(state.accounts.filter.text(), state.account_order);
    state.accounts.set_rows(rows, gone, height);
}

/// Computes the rows of the audit trail anew.
pub(super) fn refresh_activity(state: &mut State) {
    let height = state.list_rows();
    let activity = &mut state.activity;
    let at_top = activity.list.position().is_none_or(|at| at == 0);
    let rows = state.store.activity_rows(&activity.entries, activity.list.filter.text());
    activity.list.set_rows(rows, Gone::Falls, height);
    // Whoever reads the newest entry wants to see the next one come.
    if at_top {
        activity.list.stand_on(0);
        activity.list.scroll(height);
    }
}

/// Brings every selection into view, after the room for the lists changed.
pub(super) fn rescroll(state: &mut State) {
    let height = state.list_rows();
    state.keys.scroll(height);
    state.accounts.scroll(height);
    state.activity.list.scroll(height);
}

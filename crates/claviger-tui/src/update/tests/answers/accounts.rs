//! Owns the same of accounts, whose ids can be used anew. Must not draw.

use claviger_api::Account;

use super::*;

/// `Brokerage` as it was connected, and as an edit leaves it.
fn brokerage(name: &str, version: u64) -> Account {
    Account { version, ..sample::account("acc_brk", name, None, None) }
}

/// The account as somebody connects it anew under its old id.
fn anew() -> Account {
    Account { connected_at: NOW, ..brokerage("Another", 1) }
}

fn tell_of_account(stage: &mut Stage, by: By, account: Option<Account>) {
    let Feed::Snapshot { keys, mut accounts, storage_mode } = sample::snapshot() else { unreachable!() };
    let id = account_id("acc_brk");
    stage.tell(Msg::Feed(match by {
        By::Changes => {
            let removed_accounts = if account.is_none() { vec![id] } else { vec![] };
            let accounts = account.into_iter().collect();
            Feed::Changed {
                keys: vec![],
                accounts,
                removed_keys: vec![],
                removed_accounts,
                storage_mode: None,
            }
        }
        By::Snapshots => {
            accounts.retain(|account| account.id != id);
            accounts.extend(account);
            Feed::Snapshot { keys, accounts, storage_mode }
        }
    }));
}

#[test]
fn of_accounts_too_the_newest_is_known_and_one_that_is_connected_anew_under_the_same_id_is_another() {
    let told = [Some(brokerage("Brokerage2", 2)), Some(brokerage("theirs", 3)), None, Some(anew())];
    let id = account_id("acc_brk");
    for by in [By::Changes, By::Snapshots] {
        for answered_after in 0..=told.len() {
            let mut stage = Stage::live();
            stage.press("2e2<C-s>");
            let (call, _) = stage.call();
            let mut newest = Some(brokerage("Brokerage", 1));
            for step in 0..=told.len() {
                if step == answered_after {
                    stage.tell(Msg::Answered { call, outcome: Ok(brokerage("Brokerage2", 2).into()) });
                    newest = newest.map(|known| match (known.version, known.connected_at) {
                        (1, at) if at != NOW => brokerage("Brokerage2", 2),
                        _ => known,
                    });
                }
                assert_eq!(stage.state.store.account(&id), newest.as_ref(), "{by:?} {answered_after} {step}");
                let Some(told) = told.get(step) else { continue };
                tell_of_account(&mut stage, by, told.clone());
                newest.clone_from(told);
                assert_eq!(stage.state.store.account(&id), newest.as_ref(), "{by:?} {answered_after} {step}");
            }
        }
    }
}

#[test]
fn the_next_edit_of_an_account_begins_from_the_answer_to_the_one_before() {
    let mut stage = Stage::live();
    stage.press("2e2<C-s>").answer(Ok(brokerage("Brokerage2", 2).into()));
    stage.press("e");
    assert_eq!(stage.form().text("Name"), "Brokerage2");
    stage.press("<C-s>");
    assert_eq!(expected_version(&stage.call().1), 2);
}

#[test]
fn a_dialog_of_an_account_is_outdated_by_a_late_answer_too() {
    let mut stage = Stage::live();
    stage.press("2e2<C-s>").later(3).press("<Esc>");
    let (id, _) = stage.call();
    stage.press("e");
    stage.tell(Msg::Answered { call: id, outcome: Ok(brokerage("Brokerage2", 2).into()) });
    assert!(stage.form().is_outdated(&stage.state.store));
    stage.press("<C-r>");
    assert_eq!(stage.form().text("Name"), "Brokerage2");
    stage.press("<C-s>");
    assert_eq!(expected_version(&stage.call().1), 2);
}

#[test]
fn an_account_that_was_connected_here_is_selected_whether_the_answer_or_the_news_come_first() {
    let made = sample::account("acc_new", "Zebra", None, None);
    for is_answer_first in [true, false] {
        let mut stage = Stage::live();
        stage.press("2nZebra<C-s>");
        if is_answer_first {
            stage.answer(Ok(made.clone().into()));
        }
        stage.tell(Msg::Feed(Feed::Changed {
            keys: vec![],
            accounts: vec![made.clone()],
            removed_keys: vec![],
            removed_accounts: vec![],
            storage_mode: None,
        }));
        if !is_answer_first {
            stage.answer(Ok(made.clone().into()));
        }
        assert_eq!(stage.state.selected_account(), Some(&made));
    }
}

//! Owns the dialogs that pictures are kept of, in each of their states. Must not test what presses do.

use claviger_api::{Code, Error, Scope};

use super::scene;
use super::scenes::{after, at, long_named, plain, retired, secret};
use crate::effects::{Copied, CopyOf};
use crate::message::{Failure, Feed, Link, Msg};
use crate::update::tests::sample::{self, key};
use crate::update::tests::{Stage, outdated as refusal, with_many_accounts};

fn refused(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "e2<C-s>");
    let error = Error::new(Code::Conflict, "another key has this name: choose another one");
    stage.answer(Err(Failure::Refused(error)));
    stage
}

fn conflict(width: u16, height: u16) -> Stage {
    let mut stage = outdated(width, height);
    stage.press("<C-s>").answer(Err(Failure::Refused(refusal())));
    stage
}

fn outdated(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "e2");
    let mut changed = key('B', "archive", Scope::All, 3_000, None);
    changed.version = 2;
    stage.changed(vec![changed], &[]);
    stage
}

fn lost(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "ry");
    stage.answer(Err(Failure::Lost));
    stage.tell(Msg::Link(Link::Connecting));
    stage
}

fn late(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "ry");
    stage.later(2);
    stage
}

fn unknown(width: u16, height: u16) -> Stage {
    let mut stage = lost(width, height);
    stage.press("<Esc>");
    stage
}

fn long(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| long_named(width, height, script)
}

fn written_and_gone(width: u16, height: u16) -> Stage {
    let mut stage = secret(width, height);
    stage.tell(Msg::Written(Ok("/home/me/claviger-backup.secret".into()))).changed(vec![], &['B']);
    stage.press("<Esc>");
    stage
}

fn copied(width: u16, height: u16) -> Stage {
    let mut stage = secret(width, height);
    stage.tell(Msg::Copied { what: CopyOf::Secret, by: Ok(Copied::Osc52) }).press("<Tab>");
    stage
}

fn many_accounts(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| {
        let mut stage = with_many_accounts(Stage::live_at(width, height));
        stage.press(script);
        stage
    }
}

/// Accounts at institutions with names of every kind, and keys that lose one of them.
fn institutions(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| {
        let mut stage = Stage::live_at(width, height);
        let account = |(number, (institution, name, mask)): (usize, (Option<&str>, &str, Option<&str>))| {
            sample::account(&format!("acc_{number:02}"), name, institution, mask)
        };
        let long = "Cooperative Savings Bank of the Northern Lake District and Its Islands";
        let accounts = [
            (Some("first bank"), "Travel", Some("0042")),
            (Some("漢字銀行"), "普通預金 everyday", Some("7")),
            (Some("漢字銀行"), "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字", Some("1234567890")),
            (Some(long), "Savings", Some("5512")),
            (Some(long), "Household of the second warehouse, shared with the neighbours", Some("5513")),
            (Some("Zeta"), "Credit Card", None),
            (None, "Cash", None),
        ];
        stage.tell(Msg::Feed(Feed::Changed {
            keys: vec![
                key('D', "deploy", ["acc_save"].map(sample::account_id).into_iter().collect(), 5_000, None),
                key(
                    'E',
                    "exports",
                    ["acc_save"].map(sample::account_id).into_iter().collect(),
                    5_000,
                    Some(90),
                ),
            ],
            accounts: accounts.into_iter().enumerate().map(account).collect(),
            removed_keys: vec![],
            removed_accounts: vec![],
            storage_mode: None,
        }));
        stage.press(script);
        stage
    }
}

fn rotate_retired(width: u16, height: u16) -> Stage {
    let mut stage = retired(width, height);
    stage.press("r");
    stage
}

/// The question before a restricted key gets all accounts, and then the key is changed elsewhere.
fn widening_outdated(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "js <C-s>");
    let ids = ["acc_save"];
    let mut changed = key('C', "CI", ids.iter().map(|id| sample::account_id(id)).collect(), 70, Some(125));
    changed.version = 2;
    stage.changed(vec![changed], &[]);
    stage
}

fn long_restricted(width: u16, height: u16) -> Stage {
    let mut stage = long_named(width, height, "");
    let name = "Payments gateway of the second warehouse, behind the load balancer";
    stage.changed(
        vec![key('B', name, ["acc_brk"].map(sample::account_id).into_iter().collect(), 3_000, None)],
        &[],
    );
    stage.press("s <C-s>");
    stage
}

scene!(create_key, after("nGateway"));
scene!(create_key_restricted, after("nGateway<Tab> <Tab><Down> "));
scene!(create_key_many_accounts, many_accounts("nGateway<Tab> <Tab>a"));
scene!(create_key_plain, |width, height| plain(width, height, "nGateway"));
scene!(rename_key, after("e"));
scene!(rename_key_long, long("e"));
scene!(rename_key_refused, refused);
scene!(rename_key_outdated, outdated);
scene!(rename_key_conflict, conflict);
scene!(edit_scope, after("js"));
scene!(edit_scope_filtered, after("js<Tab>/sav"));
scene!(edit_scope_empty, after("s"));
scene!(edit_scope_scrolled, many_accounts("js<Tab><Down><Down><Down><Down><Down><Down><Down><Down>"));
scene!(edit_scope_filter_hides, many_accounts("js<Tab>/inst 2<Enter>a"));
scene!(rotate_key, after("Gr"));
scene!(rotate_key_long, long("r"));
scene!(rotate_key_lost, lost);
scene!(rotate_key_late, late);
scene!(outcome_unknown, unknown);
scene!(delete_key, after("GD"));
scene!(delete_key_typed, after("GDProduction<Tab>"));
scene!(delete_key_long, long("D"));
scene!(delete_key_long_failed, long("DP<C-a><Tab><Enter>"));
scene!(connect_account, after("2n"));
scene!(edit_account, after("2je<Tab>"));
scene!(disconnect_account, after("2jD"));
scene!(storage_mode, after("m"));
scene!(secret_shown, secret);
scene!(secret_copied, copied);
scene!(secret_written_and_gone, written_and_gone);
scene!(create_key_nothing_checked, after("nGateway<Tab> "));
scene!(create_key_institutions, institutions("nGateway<Tab> <Tab><Down><Down> <Down><Down><Down> "));
scene!(create_key_filter_across, institutions("nGateway<Tab> <Tab>/bank sav<Enter>"));
scene!(edit_scope_of_all, after("Gs"));
scene!(edit_scope_narrowed, after("Gs <Tab> <Down> "));
scene!(edit_scope_narrowed_to_all_of_now, after("Gs <Tab>a"));
scene!(edit_scope_moved, after("js<Tab> <Down><Down> "));
scene!(edit_scope_moved_far, institutions("js<Tab>a"));
scene!(edit_scope_swapped, many_accounts("js<Tab>aa/inst 1<Enter>a"));
scene!(edit_scope_widened, after("js "));
scene!(edit_scope_nothing_checked, after("js<Tab>  <Down> <C-s>"));
scene!(edit_scope_filter_of_mask, institutions("js<Tab>/98"));
scene!(edit_scope_without_a_match, institutions("js<Tab>/zzz"));
scene!(share_all_accounts, after("js <C-s>"));
scene!(share_all_accounts_many, many_accounts("js <C-s>"));
scene!(share_all_accounts_long, long_restricted);
scene!(share_all_accounts_outdated, widening_outdated);
scene!(share_all_accounts_confirmed, after("js <C-s>y"));
scene!(rotate_key_with_a_retired_secret, rotate_retired);
scene!(disconnect_account_that_empties_keys, institutions("2/savings ··9876<Enter>D"));

//! Owns the screens, dialogs and states that pictures are kept of. Must not test what presses do.

use claviger_api::object::ActivityPage;
use claviger_api::{Action, Code, Error, Scope, Timestamp};

use super::scene;
use crate::Borders;
use crate::effects::{Copied, CopyOf, Trail};
use crate::message::{Answer, Failure, Feed, Link, Msg, Why};
use crate::update::tests::sample::{self, NOW, key, key_id};
use crate::update::tests::{Stage, entry, outdated as refusal, page, with_many_accounts};

/// The sample, live, after these presses.
pub(super) fn at(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = Stage::live_at(width, height);
    stage.press(script);
    stage
}

/// The same at every size.
fn after(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| at(width, height, script)
}

fn retired(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "j");
    let ids = ["acc_save", "acc_chk"];
    let mut ci = key('C', "CI", ids.iter().map(|id| sample::account_id(id)).collect(), 70, Some(125));
    ci.rotated_at = Some(sample::minutes_ago(60));
    ci.retired_secret_seen_at = Some(sample::minutes_ago(2));
    stage.changed(vec![ci], &[]);
    let entries = vec![entry(99, Action::KeyRotated, 'C', "CI"), entry(30, Action::KeyCreated, 'C', "CI")];
    let outcome = Ok(ActivityPage { entries, next_cursor: None });
    for letter in ['B', 'C'] {
        stage.tell(Msg::Activity { trail: Trail::OfKey(key_id(letter)), outcome: outcome.clone() });
    }
    stage
}

pub(super) fn offline(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "j");
    let until = Timestamp::from_millis(NOW.as_millis() + 2_500);
    stage.tell(Msg::Link(Link::Retrying { until, why: "no daemon answers at /run/admin.sock".into() }));
    stage
}

pub(super) fn secret(width: u16, height: u16) -> Stage {
    let mut stage = at(80, 24, "ry");
    stage.made(key('B', "backup", Scope::All, 3_000, None));
    stage.tell(Msg::Resized { width, height });
    stage
}

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

fn partly_loaded(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| {
        let mut stage = at(width, height, "3");
        stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(70..=99, Some("70"))) });
        stage.press(script);
        stage
    }
}

fn activity(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "3");
    let mut page = page(90..=99, None);
    page.entries[2].detail = Some("as secret 2".into());
    page.entries[3].key_name = Some("Payments gateway of the second warehouse".into());
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page) });
    stage
}

fn filtered_activity(width: u16, height: u16) -> Stage {
    let mut stage = activity(width, height);
    stage.press("/rname aaaaaaaaaaaa");
    stage
}

pub(super) fn plain(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = at(width, height, "");
    stage.state.look.borders = Borders::Plain;
    stage.press(script);
    stage
}

pub(super) fn long_named(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = Stage::live_at(width, height);
    let name = "Payments gateway of the second warehouse, behind the load balancer";
    stage.changed(vec![key('B', name, Scope::All, 3_000, Some(3))], &[]);
    stage.press("Gk").press(script);
    stage
}

fn long(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| long_named(width, height, script)
}

fn hostile(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "");
    let name = "\u{1b}[31mred\u{202e}\u{200b} 漢字漢字漢字漢字漢字 and a long tail";
    stage.changed(vec![key('B', name, Scope::All, 3_000, None)], &[]);
    stage
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

/// One column and one row too few.
fn squeezed(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| {
        let mut stage = secret(width, height);
        stage.tell(Msg::Resized { width: 39, height: 9 }).press(script);
        stage
    }
}

scene!(starting, Stage::new);
scene!(keys, after(""));
scene!(keys_with_a_retired_secret, retired);
scene!(keys_filtered, after("/sav"));
scene!(keys_without_a_match, after("/zzz<Enter>"));
scene!(keys_offline, offline);
scene!(keys_plain, |width, height| plain(width, height, ""));
scene!(keys_hostile, hostile);
scene!(accounts, after("2j"));
scene!(activity_whole, activity);
scene!(activity_in_part, partly_loaded(""));
scene!(activity_in_part_without_a_match, partly_loaded("/backup<Enter>"));
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
scene!(help, after("?"));
scene!(help_searched, after("?rot"));
scene!(too_small, squeezed(""));
scene!(too_small_asked_to_quit, squeezed("<C-c>"));
scene!(keys_filtered_by_hint, after("/key_bb<Enter>"));
scene!(keys_filtered_in_order, after("/c<Enter>oo"));
scene!(accounts_filtered, after("2/fbank 98<Enter>"));
scene!(accounts_filtered_by_id, after("2/acc_s<Enter>"));
scene!(activity_filtered, filtered_activity);

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

fn empty(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| {
        let mut stage = Stage::new(width, height);
        stage.tell(Msg::Feed(Feed::Snapshot { keys: vec![], accounts: vec![], storage_mode: false }));
        stage.tell(Msg::Link(Link::Live { epoch: 1 })).press(script);
        let page = ActivityPage { entries: vec![], next_cursor: None };
        stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page) });
        stage
    }
}

fn without_keys(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "");
    stage.changed(vec![], &['A', 'B', 'C']).later(60);
    stage
}

fn not_ours(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    let why = Why {
        what: "no permission: /run/claviger/admin.sock belongs to alice (uid 1001)".into(),
        remedy: Some(
            "run this as that user, or choose a place of your own with --runtime-dir and --data-dir".into(),
        ),
    };
    let until = Timestamp::from_millis(NOW.as_millis() + 2_500);
    stage.tell(Msg::Link(Link::Retrying { until, why }));
    stage
}

fn loading(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    stage.tell(Msg::Loading(23_000));
    stage
}

fn filling(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    let [first, _] = sample::parts();
    stage.tell(Msg::Link(Link::Connecting)).tell(Msg::Feed(first));
    stage
}

fn two_versions(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "");
    stage.tell(Msg::Daemon { version: "0.0.9".into() });
    stage
}

fn elsewhere(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "");
    stage.changed(vec![], &['B']);
    stage
}

/// A store that was restored without its journal.
pub(super) fn restored(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| {
        let mut stage = Stage::restored_at(width, height);
        stage.press(script);
        stage
    }
}

/// As many suspended keys as the list is high, and none that needs rotation.
fn all_suspended(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "");
    let one = |letter: char| {
        sample::suspended(key(letter, &format!("Worker {letter}"), Scope::All, 9_000, Some(30)))
    };
    let Feed::Snapshot { keys, .. } = sample::snapshot() else { unreachable!() };
    stage.changed(keys.into_iter().map(sample::suspended).chain(('D'..='Z').map(one)).collect(), &[]);
    stage.state.notices.clear();
    stage
}

fn one_suspended(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "G");
    stage.changed(vec![sample::suspended(key('C', "CI", Scope::All, 70, Some(125)))], &[]);
    stage.state.notices.clear();
    stage
}

fn release_conflict(width: u16, height: u16) -> Stage {
    let mut stage = restored("Ry")(width, height);
    stage.answer(Err(Failure::Refused(refusal())));
    stage
}

fn release_done(width: u16, height: u16) -> Stage {
    let mut stage = restored("Ry")(width, height);
    stage.answer(Ok(Answer::Done));
    stage.changed(vec![key('B', "backup", Scope::Only([].into()), 3_000, None)], &[]);
    stage
}

fn released_elsewhere(width: u16, height: u16) -> Stage {
    let mut stage = restored("R")(width, height);
    stage.changed(vec![key('B', "backup", Scope::Only([].into()), 3_000, None)], &[]);
    stage
}

fn restored_activity(width: u16, height: u16) -> Stage {
    let mut stage = restored("3")(width, height);
    let mut entries = vec![
        entry(99, Action::KeyRotated, 'C', "CI"),
        entry(98, Action::KeyReleased, 'B', "backup"),
        entry(97, Action::StoreRestored, 'A', ""),
        entry(96, Action::KeyCreated, 'C', "CI"),
    ];
    entries[1].detail = Some("no accounts".into());
    (entries[2].key_id, entries[2].key_name) = (None, None);
    entries[2].detail = Some("1 key deleted, 2 keys need rotation, 2 keys suspended".into());
    let outcome = Ok(ActivityPage { entries, next_cursor: None });
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome });
    stage
}

fn restored_plain(width: u16, height: u16) -> Stage {
    let mut stage = restored("")(width, height);
    stage.state.look.borders = Borders::Plain;
    stage
}

fn restored_offline(width: u16, height: u16) -> Stage {
    let mut stage = restored("j")(width, height);
    let until = Timestamp::from_millis(NOW.as_millis() + 2_500);
    stage.tell(Msg::Link(Link::Retrying { until, why: "no daemon answers at /run/admin.sock".into() }));
    stage
}

scene!(restored_keys, restored("j"));
scene!(restored_keys_plain, restored_plain);
scene!(restored_keys_offline, restored_offline);
scene!(restored_keys_all_suspended, all_suspended);
scene!(restored_keys_one_suspended, one_suspended);
scene!(restored_keys_filtered, restored("/susp sav<Enter>"));
scene!(restored_keys_filtered_by_rotation, restored("/rotation<Enter>"));
scene!(restored_activity_whole, restored_activity);
scene!(release_key, restored("R"));
scene!(release_key_without_secret, restored("jR"));
scene!(release_key_waiting, restored("Ry"));
scene!(release_key_conflict, release_conflict);
scene!(release_key_done, release_done);
scene!(release_key_elsewhere, released_elsewhere);
scene!(rotate_key_suspended, restored("r"));
scene!(rotate_key_without_secret, restored("Gr"));
scene!(help_release, restored("?release"));

scene!(first_run, empty(""));
scene!(accounts_empty, empty("2"));
scene!(activity_empty, empty("3"));
scene!(keys_empty, without_keys);
scene!(loading_keys, loading);
scene!(filling_keys, filling);
scene!(no_permission, not_ours);
scene!(another_version, two_versions);
scene!(changed_elsewhere, elsewhere);

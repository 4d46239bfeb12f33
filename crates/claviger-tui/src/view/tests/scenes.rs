//! Owns the screens that pictures are kept of, and the stages that other pictures begin with. Must not test what presses do.

use claviger_api::object::ActivityPage;
use claviger_api::{Action, Scope, Timestamp};

use super::scene;
use crate::Borders;
use crate::effects::Trail;
use crate::message::{Feed, Link, Msg, Why};
use crate::update::tests::sample::{self, NOW, key, key_id};
use crate::update::tests::{Stage, entry, page};

/// The sample, live, after these presses.
pub(super) fn at(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = Stage::live_at(width, height);
    stage.press(script);
    stage
}

/// The same at every size.
pub(super) fn after(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| at(width, height, script)
}

pub(super) fn retired(width: u16, height: u16) -> Stage {
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

fn hostile(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "");
    let name = "\u{1b}[31mred\u{202e}\u{200b} 漢字漢字漢字漢字漢字 and a long tail";
    stage.changed(vec![key('B', name, Scope::All, 3_000, None)], &[]);
    stage
}

/// One column and one row too few.
fn squeezed(script: &'static str) -> impl Fn(u16, u16) -> Stage {
    move |width, height| {
        let mut stage = secret(width, height);
        stage.tell(Msg::Resized { width: 39, height: 9 }).press(script);
        stage
    }
}

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
scene!(help, after("?"));
scene!(help_searched, after("?rot"));
scene!(too_small, squeezed(""));
scene!(too_small_asked_to_quit, squeezed("<C-c>"));
scene!(keys_filtered_by_hint, after("/key_bb<Enter>"));
scene!(keys_filtered_in_order, after("/c<Enter>oo"));
scene!(accounts_filtered, after("2/fbank 98<Enter>"));
scene!(accounts_filtered_by_id, after("2/acc_s<Enter>"));
scene!(activity_filtered, filtered_activity);
scene!(first_run, empty(""));
scene!(accounts_empty, empty("2"));
scene!(activity_empty, empty("3"));
scene!(keys_empty, without_keys);
scene!(loading_keys, loading);
scene!(filling_keys, filling);
scene!(no_permission, not_ours);
scene!(another_version, two_versions);
scene!(changed_elsewhere, elsewhere);

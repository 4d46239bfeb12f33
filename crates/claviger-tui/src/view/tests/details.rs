//! Owns the pictures of the details pane, at its own sizes. Must not test what presses do.

use std::fmt::Write;

use claviger_api::object::{ActivityPage, KeyUsage};
use claviger_api::{Action, Code, Error, KeyId, Scope};

use super::scenes::at;
use super::{draw, picture_of, styles_of};
use crate::Borders;
use crate::effects::Trail;
use crate::message::{Failure, Feed, Link, Msg};
use crate::state::Palette;
use crate::update::tests::sample::{self, account_id, key, key_id, minutes_ago};
use crate::update::tests::{Stage, entry};

/// The narrowest pane, a low one, the usual one, the widest.
const SIZES: [(u16, u16); 4] = [(100, 30), (100, 17), (120, 40), (200, 50)];
/// The last days of a key that is used by day, and more from week to week.
const GRANTED: [u64; 14] = [12, 0, 0, 84, 91, 77, 103, 68, 1, 0, 141, 310, 275, 42];

/// The pane at each of its sizes.
fn sheet(stage: impl Fn(u16, u16) -> Stage) -> String {
    let mut sheet = String::new();
    for (width, height) in SIZES {
        let stage = stage(width, height);
        let pane = stage.state.layout().unwrap().details.unwrap();
        let (text, styles) = (picture_of(&stage, pane), styles_of(&stage, pane));
        writeln!(sheet, "── {width}×{height} ──\n{text}\n── {width}×{height} · styles ──\n{styles}").unwrap();
    }
    sheet
}

macro_rules! pane {
    ($name:ident, $stage:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(sheet($stage));
        }
    };
}

/// A restricted key whose old secret is still presented, with nothing loaded yet.
fn unloaded(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "j");
    let ids = ["acc_save", "acc_chk", "acc_brk"];
    let mut ci = key('C', "CI", ids.iter().map(|id| account_id(id)).collect(), 60 * 24 * 40, Some(125));
    ci.rotated_at = Some(minutes_ago(60));
    ci.retired_secret_seen_at = Some(minutes_ago(2));
    ci.version = 3;
    stage.changed(vec![ci], &[]);
    stage.state.notices.clear();
    stage
}

/// Answers what is asked about the selected key.
fn loaded(mut stage: Stage, usage: &Result<&[u64], Failure>) -> Stage {
    let key = stage.state.selected_key().unwrap().clone();
    let letter = key.id.body().chars().next().unwrap();
    let mut entries = vec![
        entry(99, Action::KeyRotated, letter, &key.name),
        entry(60, Action::KeyScopeChanged, letter, &key.name),
        entry(30, Action::KeyCreated, letter, &key.name),
    ];
    entries[1].detail = Some("all accounts → 3 accounts".into());
    entries[2].detail = Some("all accounts".into());
    // The first answer is to what was asked before the selection moved.
    let others: Vec<KeyId> = ['A', 'B', 'C'].map(key_id).into_iter().filter(|id| *id != key.id).collect();
    for id in others.into_iter().chain([key.id]) {
        let outcome = Ok(ActivityPage { entries: entries.clone(), next_cursor: None });
        stage.tell(Msg::Activity { trail: Trail::OfKey(id), outcome });
        let outcome = usage.clone().map(|granted| KeyUsage { days: sample::days(granted) });
        stage.tell(Msg::Usage { key: id, outcome });
    }
    stage
}

fn plain(width: u16, height: u16) -> Stage {
    let mut stage = loaded(unloaded(width, height), &Ok(&GRANTED));
    stage.state.look.borders = Borders::Plain;
    stage
}

fn older(width: u16, height: u16) -> Stage {
    let error = Error::new(Code::MethodNotFound, "no such method");
    loaded(unloaded(width, height), &Err(Failure::Refused(error)))
}

/// A key of all accounts.
fn of_all(width: u16, height: u16, granted: &[u64]) -> Stage {
    loaded(at(width, height, "jj"), &Ok(granted))
}

fn many_accounts(width: u16, height: u16) -> Stage {
    let mut stage = crate::update::tests::with_many_accounts(at(width, height, ""));
    let ids = (1..=27).map(|n| account_id(&format!("acc_{n}"))).chain([account_id("acc_brk")]);
    stage.changed(vec![key('B', "backup", Scope::Only(ids.collect()), 3_000, None)], &[]);
    stage.state.notices.clear();
    loaded(stage, &Ok(&GRANTED))
}

fn away(width: u16, height: u16) -> Stage {
    let mut stage = loaded(unloaded(width, height), &Ok(&GRANTED));
    stage.tell(Msg::Link(Link::Connecting)).press("j");
    stage
}

/// A key that opens nothing since its store was restored.
fn barred(width: u16, height: u16, bar: impl Fn(claviger_api::Key) -> claviger_api::Key) -> Stage {
    let mut stage = unloaded(width, height);
    let key = stage.state.selected_key().unwrap().clone();
    let key = claviger_api::Key { retired_secret_seen_at: None, ..key };
    stage.changed(vec![bar(key)], &[]);
    stage.state.notices.clear();
    loaded(stage, &Ok(&GRANTED))
}

fn suspended(width: u16, height: u16) -> Stage {
    barred(width, height, sample::suspended)
}

pane!(a_suspended_key, suspended);
pane!(a_suspended_key_without_secret, |width, height| barred(width, height, |key| {
    sample::suspended(sample::without_secret(key))
}));
pane!(a_key_without_secret, |width, height| barred(width, height, sample::without_secret));
pane!(before_anything_is_loaded, unloaded);
pane!(a_key_in_use, |width, height| loaded(unloaded(width, height), &Ok(&GRANTED)));
pane!(a_key_of_all_accounts, |width, height| of_all(width, height, &GRANTED));
pane!(a_key_without_use, |width, height| of_all(width, height, &[0; 14]));
pane!(a_key_first_used_today, |width, height| of_all(
    width,
    height,
    &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
));
pane!(a_key_in_very_much_use, |width, height| of_all(
    width,
    height,
    &[u64::MAX, 1, 0, 172_800_000, u64::MAX / 3, 0, 0, 0, 0, 0, 0, 9, u64::MAX / 2, u64::MAX / 5]
));
pane!(plainly, plain);
pane!(of_an_older_daemon, older);
pane!(use_that_cannot_be_had, |width, height| loaded(unloaded(width, height), &Err(Failure::TimedOut)));
pane!(of_many_accounts, many_accounts);
pane!(another_key_while_the_daemon_is_away, away);

#[test]
fn nothing_moves_when_what_is_loaded_comes() {
    for height in 10..60 {
        for (width, borders) in [(100, Borders::Drawn), (120, Borders::Drawn), (200, Borders::Plain)] {
            let mut before = unloaded(width, height);
            before.state.look.borders = borders;
            let pane = before.state.layout().unwrap().details.unwrap();
            let mut after = loaded(unloaded(width, height), &Ok(&GRANTED));
            after.state.look.borders = borders;
            let (before, after) = (picture_of(&before, pane), picture_of(&after, pane));
            for (at, (before, after)) in before.lines().zip(after.lines()).enumerate() {
                // What was there stays; only empty rows are filled.
                let was = before.trim_end_matches(['│', ' ']).trim_start_matches(['│', ' ']);
                assert!(
                    was.is_empty() || before == after,
                    "row {at} of {width}×{height}:\n{before}\n{after}"
                );
            }
        }
    }
}

#[test]
fn words_stand_for_the_bars_where_nothing_is_drawn() {
    for (width, height) in SIZES {
        let stage = plain(width, height);
        let shown = picture_of(&stage, stage.state.layout().unwrap().details.unwrap());
        assert!(!shown.contains(|c| ('▁'..='█').contains(&c)), "{shown}");
    }
    let stage = plain(120, 40);
    let shown = picture_of(&stage, stage.state.layout().unwrap().details.unwrap());
    for text in [
        "Use, last 14 days (UTC)",
        "1,204 grants, 42 today",
        "busiest 310 on 21 Nov",
        "used on 11 of 14 days",
    ] {
        assert!(shown.contains(text), "no {text} in {shown}");
    }
}

#[test]
fn a_day_without_use_is_told_from_the_lowest_bar_without_colour() {
    let mut stage = of_all(120, 40, &[1, 0, 1_000_000]);
    stage.state.look.palette = Palette::Monochrome;
    let shown = picture_of(&stage, stage.state.layout().unwrap().details.unwrap());
    assert!(shown.contains("▁▁▁ ... ███"), "{shown}");
    let cells = &draw(&stage).backend().buffer().content.clone();
    assert!(cells.iter().all(|cell| cell.fg == ratatui::style::Color::Reset));
}

#[test]
fn the_chart_is_up_to_date_with_the_feed() {
    let mut stage = loaded(unloaded(120, 40), &Ok(&GRANTED));
    stage.effects.clear();
    stage.tell(Msg::Feed(Feed::Used(vec![claviger_api::KeyUse {
        id: key_id('C'),
        last_used_at: Some(sample::NOW),
        retired_secret_seen_at: None,
    }])));
    let pane = stage.state.layout().unwrap().details.unwrap();
    assert!(picture_of(&stage, pane).contains("42 today"), "what is known stays until there is more");
    let usage = KeyUsage { days: sample::days(&[43]) };
    stage.tell(Msg::Usage { key: key_id('C'), outcome: Ok(usage) });
    assert!(picture_of(&stage, pane).contains("43 grants"));
}

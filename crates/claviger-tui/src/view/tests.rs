//! Owns the pictures of the screen. Must not test what presses do.

use claviger_api::{Action, Code, Error, Scope, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::view;
use crate::Borders;
use crate::effects::{Copied, CopyOf, Trail};
use crate::message::{Failure, Link, Msg};
use crate::state::Palette;
use crate::update::tests::sample::{self, NOW, key, key_id};
use crate::update::tests::{SECRET, Stage, entry, page, with_many_accounts};

fn draw(stage: &Stage) -> Terminal<TestBackend> {
    let size = stage.state.size;
    let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
    terminal.draw(|frame| view(&stage.state, frame)).unwrap();
    terminal
}

/// The screen as text, without the blanks at the ends of lines.
fn picture(stage: &Stage) -> String {
    let terminal = draw(stage);
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
    let lines = rows.map(|row| {
        let mut line = String::new();
        let mut skip = 0;
        for cell in row {
            if skip == 0 {
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol());
            }
            skip = skip.saturating_sub(1);
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

macro_rules! pictured {
    ($name:ident, $stage:expr) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(picture(&$stage));
        }
    };
}

fn at(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = Stage::live_at(width, height);
    stage.press(script);
    stage
}

fn retired(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "j");
    let ids = ["acc_save", "acc_chk"];
    let mut ci = key('C', "CI", ids.iter().map(|id| sample::account_id(id)).collect(), 70, Some(125));
    ci.rotated_at = Some(sample::minutes_ago(60));
    ci.retired_secret_seen_at = Some(sample::minutes_ago(2));
    stage.changed(vec![ci], &[]);
    let entries = vec![entry(99, Action::KeyRotated, 'C', "CI"), entry(30, Action::KeyCreated, 'C', "CI")];
    let outcome = Ok(claviger_api::object::ActivityPage { entries, next_cursor: None });
    for letter in ['B', 'C'] {
        stage.tell(Msg::Activity { trail: Trail::OfKey(key_id(letter)), outcome: outcome.clone() });
    }
    stage
}

fn offline(script: &str) -> Stage {
    offline_at(80, script)
}

fn offline_at(width: u16, script: &str) -> Stage {
    let mut stage = at(width, 24, script);
    let until = Timestamp::from_millis(NOW.as_millis() + 2_500);
    stage.tell(Msg::Link(Link::Retrying { until, why: "no daemon answers at /run/admin.sock".into() }));
    stage
}

fn secret(width: u16, height: u16) -> Stage {
    let mut stage = at(80, 24, "ry");
    stage.made(key('B', "backup", Scope::All, 3_000, None));
    stage.tell(Msg::Resized { width, height });
    stage
}

fn refused() -> Stage {
    let mut stage = at(80, 24, "e2<C-s>");
    let error = Error::new(Code::Conflict, "another key has this name: choose another one");
    stage.answer(Err(Failure::Refused(error)));
    stage
}

fn conflict(width: u16, height: u16) -> Stage {
    let mut stage = at(width, height, "e2");
    let mut changed = key('B', "archive", Scope::All, 3_000, None);
    changed.version = 2;
    stage.changed(vec![changed], &[]);
    stage.press("<C-s>").answer(Err(Failure::Refused(crate::update::tests::outdated())));
    stage
}

fn outdated() -> Stage {
    let mut stage = at(80, 24, "e2");
    let mut changed = key('B', "archive", Scope::All, 3_000, None);
    changed.version = 2;
    stage.changed(vec![changed], &[]);
    stage
}

fn lost() -> Stage {
    let mut stage = at(80, 24, "ry");
    stage.answer(Err(Failure::Lost));
    stage.tell(Msg::Link(Link::Connecting));
    stage
}

fn late() -> Stage {
    let mut stage = at(80, 24, "ry");
    stage.later(2);
    stage
}

fn unknown() -> Stage {
    let mut stage = lost();
    stage.press("<Esc>");
    stage
}

fn partly_loaded(script: &str) -> Stage {
    let mut stage = at(80, 24, "3");
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(70..=99, Some("70"))) });
    stage.press(script);
    stage
}

fn activity(width: u16) -> Stage {
    let mut stage = at(width, 24, "3");
    let mut page = page(90..=99, None);
    page.entries[2].detail = Some("as secret 2".into());
    page.entries[3].key_name = Some("Payments gateway of the second warehouse".into());
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page) });
    stage
}

fn plain(script: &str) -> Stage {
    let mut stage = at(80, 24, "");
    stage.state.look.borders = Borders::Plain;
    stage.press(script);
    stage
}

fn long_named(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = Stage::live_at(width, height);
    let name = "Payments gateway of the second warehouse, behind the load balancer";
    stage.changed(vec![key('B', name, Scope::All, 3_000, Some(3))], &[]);
    stage.press("Gk").press(script);
    stage
}

fn hostile() -> Stage {
    let mut stage = at(80, 24, "");
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

fn copied() -> Stage {
    let mut stage = secret(80, 24);
    stage.tell(Msg::Copied { what: CopyOf::Secret, by: Ok(Copied::Osc52) }).press("<Tab>");
    stage
}

pictured!(starting, Stage::new(80, 24));
pictured!(keys_80, at(80, 24, ""));
pictured!(keys_120, retired(120, 40));
pictured!(keys_100, retired(100, 30));
pictured!(keys_40, at(40, 10, ""));
pictured!(keys_filtered, at(80, 24, "/sav"));
pictured!(keys_without_a_match, at(80, 24, "/zzz<Enter>"));
pictured!(keys_offline, offline("j"));
pictured!(keys_offline_120, offline_at(120, "j"));
pictured!(keys_plain, plain(""));
pictured!(keys_hostile, hostile());
pictured!(accounts_80, at(80, 24, "2"));
pictured!(accounts_120, at(120, 24, "2j"));
pictured!(activity_80, activity(80));
pictured!(activity_in_part, partly_loaded(""));
pictured!(activity_in_part_without_a_match, partly_loaded("/backup<Enter>"));
pictured!(activity_100, activity(100));
pictured!(activity_120, activity(120));
pictured!(create_key_80, at(80, 24, "nGateway"));
pictured!(create_key_restricted, at(80, 24, "nGateway<Tab> <Tab><Down> "));
pictured!(create_key_40, at(40, 10, "nGateway<Tab> <Tab>"));
pictured!(create_key_120, at(120, 40, "nGateway"));
pictured!(create_key_plain, plain("nGateway"));
pictured!(rename_key, at(80, 24, "e"));
pictured!(rename_key_refused, refused());
pictured!(rename_key_outdated, outdated());
pictured!(rename_key_conflict, conflict(80, 24));
pictured!(rename_key_conflict_40, conflict(40, 10));
pictured!(edit_scope, at(80, 24, "js"));
pictured!(edit_scope_filtered, at(80, 24, "js<Tab>/sav"));
pictured!(edit_scope_empty, at(80, 24, "s"));
pictured!(rotate_key, at(80, 24, "Gr"));
pictured!(rotate_key_40, at(40, 10, "Gr"));
pictured!(rotate_key_lost, lost());
pictured!(rotate_key_late, late());
pictured!(outcome_unknown, unknown());
pictured!(delete_key, at(80, 24, "GD"));
pictured!(delete_key_typed, at(80, 24, "GDProduction<Tab>"));
pictured!(delete_key_40, at(40, 10, "GD"));
pictured!(delete_key_long_40, long_named(40, 10, "D"));
pictured!(delete_key_long_failed_40, long_named(40, 10, "DP<C-a><Tab><Enter>"));
pictured!(delete_key_long, long_named(80, 24, "D"));
pictured!(rotate_key_long_40, long_named(40, 10, "r"));
pictured!(rename_key_long_40, long_named(40, 10, "e"));
pictured!(disconnect_account_40, at(40, 10, "2jD"));
pictured!(storage_mode_40, at(40, 10, "m"));
pictured!(connect_account, at(80, 24, "2n"));
pictured!(edit_account, at(80, 24, "2je<Tab>"));
pictured!(disconnect_account, at(80, 24, "2jD"));
pictured!(storage_mode, at(80, 24, "m"));
pictured!(secret_80, secret(80, 24));
pictured!(secret_72, secret(72, 24));
pictured!(secret_40, secret(40, 10));
pictured!(secret_copied, copied());
pictured!(secret_written_and_gone, written_and_gone(80, 24));
pictured!(secret_written_and_gone_40, written_and_gone(40, 10));
pictured!(help_80, at(80, 24, "?"));
pictured!(help_searched, at(80, 24, "?rot"));
pictured!(too_small, at(39, 10, "nGateway"));

fn many_accounts(width: u16, height: u16, script: &str) -> Stage {
    let mut stage = with_many_accounts(Stage::live_at(width, height));
    stage.press(script);
    stage
}

pictured!(
    edit_scope_scrolled,
    many_accounts(80, 24, "js<Tab><Down><Down><Down><Down><Down><Down><Down><Down>")
);
pictured!(edit_scope_filter_hides, many_accounts(80, 24, "js<Tab>/inst 2<Enter>a"));
pictured!(edit_scope_filter_hides_40, many_accounts(40, 10, "js<Tab>/inst 2<Enter>a"));
pictured!(create_key_many_40, many_accounts(40, 10, "nGateway<Tab> <Tab>a"));

#[test]
fn the_tabs_stay_where_they_are_whatever_the_connection_does() {
    let tabs = |stage: &Stage| picture(stage).lines().next().unwrap().find("1 Keys");
    for width in [40, 72, 80, 100, 120, 140] {
        let mut stage = at(width, 24, "");
        let before = tabs(&stage);
        stage.state.store.storage_mode = Some(false);
        for seconds in [1, 10] {
            let until = Timestamp::from_millis(NOW.as_millis() + seconds * 1000);
            stage.tell(Msg::Link(Link::Retrying { until, why: "gone".into() }));
            let shown = picture(&stage);
            assert_eq!(tabs(&stage), before, "{width}: {shown}");
            for text in ["Storage Mode off", &format!("reconnecting in {seconds} s")] {
                assert!(shown.contains(text), "{width}: {shown}");
            }
            assert_eq!(shown.contains("`claviger daemon` starts it"), width >= 120, "{width}: {shown}");
        }
        stage.tell(Msg::Link(Link::Connecting));
        assert_eq!(tabs(&stage), before, "{width}");
    }
}

#[test]
fn the_label_is_in_the_header_from_80_columns() {
    for (width, brand) in [(80, " demo"), (120, " Claviger · demo")] {
        let mut stage = at(width, 24, "");
        stage.state.look.label = Some("demo".into());
        assert!(picture(&stage).starts_with(brand), "{}", picture(&stage));
    }
}

#[test]
fn without_lines_nothing_shows_beside_a_dialog() {
    let mut low = at(80, 12, "n");
    let mut plain = plain("n");
    for (stage, title) in [(&mut low, "Create key"), (&mut plain, "Create key")] {
        let shown = picture(stage);
        assert!(shown.contains(title) && !shown.contains("backup"), "{shown}");
        stage.press("<Esc>r<F1>");
        let shown = picture(stage);
        assert!(shown.contains("Search:") && !shown.contains("Rotate key"), "{shown}");
        stage.press("<Esc><Esc>");
        assert!(picture(stage).contains("backup"));
    }
}

#[test]
fn offline_the_selected_row_is_dim_too() {
    use ratatui::style::Modifier;
    let style = |stage: &Stage| {
        let terminal = draw(stage);
        let cells = terminal.backend().buffer();
        let y = (0..24).find(|y| cells[(2, *y)].symbol() == "›").unwrap();
        (2..78).map(|x| cells[(x, y)].modifier).collect::<Vec<_>>()
    };
    let has = |modifiers: &[Modifier], modifier| modifiers.iter().all(|has| has.contains(modifier));
    assert!(has(&style(&at(80, 24, "j")), Modifier::REVERSED));
    assert!(has(&style(&offline("j")), Modifier::DIM));
}

#[test]
fn details_list_the_accounts_by_name() {
    let mut stage = at(120, 30, "");
    stage.changed(
        vec![key(
            'B',
            "backup",
            Scope::Only(["acc_brk", "acc_chk", "acc_save"].map(sample::account_id).into()),
            1,
            None,
        )],
        &[],
    );
    let mut renamed = sample::account("acc_brk", "zeta", None, None);
    renamed.version = 2;
    stage.tell(Msg::Feed(crate::message::Feed::Changed {
        keys: vec![],
        accounts: vec![renamed],
        removed_keys: vec![],
        removed_accounts: vec![],
        storage_mode: None,
    }));
    let shown = picture(&stage);
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("no {text} in {shown}"));
    assert!(at("· Everyday") < at("· Savings") && at("· Savings") < at("· zeta"), "{shown}");
}

#[test]
fn a_narrow_key_column_keeps_the_last_four_characters() {
    let shown = picture(&at(72, 24, ""));
    assert!(shown.contains("…k3Qz  No accounts"), "{shown}");
    assert!(!shown.contains("clv_BBBBBBBBBBBB_"), "{shown}");
}

#[test]
fn the_way_out_is_always_in_the_footer() {
    let footer = |stage: &Stage| picture(stage).lines().last().unwrap().to_owned();
    for (script, ways) in [
        ("", &["q quit", "? help"][..]),
        ("2", &["q quit", "? help"]),
        ("3", &["q quit", "? help"]),
        ("/pro<Enter>", &["q quit", "? help"]),
        ("n", &["Esc cancel"]),
        ("n<Tab>", &["Esc cancel", "? help"]),
        ("s<Tab>", &["Esc cancel", "? help"]),
        ("s<Tab>/", &["Esc clear"]),
        ("r", &["Esc cancel", "? help"]),
        ("D", &["Esc cancel"]),
        ("e2<C-s>", &["? help"]),
    ] {
        for width in [40, 60, 80, 120] {
            let shown = footer(&at(width, 20, script));
            assert!(ways.iter().all(|way| shown.contains(way)), "{script} at {width}: {shown}");
        }
    }
}

#[test]
fn a_name_that_must_be_typed_is_never_cut_while_there_is_room() {
    let name = "Payments gateway of the second warehouse, behind the load balancer";
    for (width, height) in [(40, 10), (60, 12), (80, 24)] {
        let shown = picture(&long_named(width, height, "D"));
        for word in name.split(' ').chain(["Scope", "Last used"]) {
            assert!(shown.contains(word), "{word} at {width}x{height}:\n{shown}");
        }
    }
}

fn squeezed(script: &str) -> Stage {
    let mut stage = secret(39, 9);
    stage.press(script);
    stage
}

pictured!(too_small_asked_to_quit, squeezed("<C-c>"));

#[test]
fn the_secret_is_on_one_line_from_72_columns_and_whole_below() {
    for width in [72, 80, 120] {
        assert!(picture(&secret(width, 24)).contains(SECRET), "{width}");
    }
    let narrow = picture(&secret(40, 10));
    let joined: String = narrow.lines().map(str::trim).collect();
    assert!(joined.contains(SECRET), "{narrow}");
}

#[test]
fn nothing_of_the_secret_is_left_after_it_was_closed() {
    let mut stage = secret(80, 24);
    stage.press("<Tab><Enter>");
    assert!(!picture(&stage).contains(&SECRET[20..]));
}

#[test]
fn sizes_at_which_nothing_fits_are_drawn_too() {
    for (width, height) in [(1, 1), (2, 5), (39, 10), (40, 9), (300, 1)] {
        for script in ["", "n", "GD", "ry", "?"] {
            let mut stage = at(80, 24, script);
            stage.tell(Msg::Resized { width, height });
            draw(&stage);
        }
    }
}

#[test]
fn without_colour_nothing_is_coloured() {
    for script in ["", "n", "GD", "m", "?"] {
        let mut stage = at(80, 24, script);
        stage.state.look.palette = Palette::Monochrome;
        let terminal = draw(&stage);
        let cells = &terminal.backend().buffer().content;
        assert!(cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset), "{script}");
    }
}

//! Owns what holds of every picture, or of one at sizes of its own. Must not keep pictures.

use claviger_api::{Key, Scope, Timestamp};
use ratatui::buffer::Cell;
use ratatui::style::Color;

use super::scenes::*;
use super::{draw, picture};
use crate::message::{Link, Msg};
use crate::state::Palette;
use crate::update::tests::sample::{self, NOW, account_id, key};
use crate::update::tests::{SECRET, Stage};

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
    let mut plain = plain(80, 24, "n");
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
    assert!(has(&style(&offline(80, 24)), Modifier::DIM));
}

#[test]
fn details_list_the_accounts_by_institution_and_name() {
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
    assert!(at("First Bank") < at("· Everyday") && at("· Everyday") < at("· Savings"), "{shown}");
    assert!(at("· Savings") < at("No institution") && at("No institution") < at("· zeta"), "{shown}");
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
    let live = ["", "n", "GD", "m", "?"].map(|script| (script, at(80, 24, script)));
    for (script, mut stage) in
        live.into_iter().chain(["", "R", "r"].map(|script| (script, restored(script)(120, 40))))
    {
        stage.state.look.palette = Palette::Monochrome;
        let terminal = draw(&stage);
        let cells = &terminal.backend().buffer().content;
        assert!(cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset), "{script}");
    }
}

#[test]
fn the_cursor_stands_where_the_filter_is_typed() {
    for (stage, filter) in [
        (at(80, 24, "/sav"), "/sav"),
        (at(40, 10, "2/sav"), "/sav"),
        (at(120, 40, "3/sav<Left>"), "/sa"),
        (plain(80, 24, "/漢字"), "/漢字"),
    ] {
        let mut terminal = draw(&stage);
        let place = terminal.get_cursor_position().unwrap();
        let buffer = terminal.backend().buffer();
        let before: String =
            (0..place.x).map(|x| buffer[(x, place.y)].symbol()).collect::<String>().replace("漢 字 ", "漢字");
        assert!(before.ends_with(filter), "{before}");
    }
}

#[test]
fn an_account_that_a_filter_found_is_cut_before_how_many_more_there_are() {
    let shown = picture(&at(80, 24, "/everyday"));
    assert!(shown.contains("Everyday… +1"), "{shown}");
}

/// Where the columns of the list begin, read from their names.
fn column_starts(row: &[ratatui::buffer::Cell]) -> Vec<usize> {
    let text: Vec<&str> = row.iter().map(ratatui::buffer::Cell::symbol).collect();
    (2..text.len())
        .filter(|x| text[x - 2..*x] == [" ", " "] && text[*x].chars().all(char::is_alphabetic))
        .collect()
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]

    /// Scripts of any width, marks, flags, joined emoji: a row walked cell by cell comes by each column's beginning.
    #[test]
    fn no_name_breaks_a_column(
        names in proptest::collection::vec(
            "\\PC{0,40}|([👍❤漢字لا🇩🇪ｶﾞ한각a]|\u{1f3fd}|\u{fe0f}|\u{301}|\u{200d}|\u{ff9e}|\u{1100}|\u{1161}){0,40}",
            3,
        ),
        width in proptest::sample::select(vec![40_u16, 60, 80, 99, 120]),
        filter in "[a-c漢]?",
    ) {
        use ratatui::buffer::CellWidth;

        let mut stage = at(width, 24, "");
        let keys = names.iter().zip('A'..).map(|(name, letter)| key(letter, name, Scope::All, 3, None));
        stage.changed(keys.collect(), &[]);
        stage.press(&format!("/{filter}<Enter>"));
        proptest::prop_assume!(!stage.state.keys.rows.is_empty());
        let terminal = draw(&stage);
        let buffer = terminal.backend().buffer();
        let layout = stage.state.layout().unwrap();
        let inside = layout.list.x + 1..layout.list.right() - 2;
        let row = |y: u16| inside.clone().map(|x| buffer[(x, y)].clone()).collect::<Vec<_>>();
        let starts = column_starts(&row(layout.list.y + 1));
        proptest::prop_assert!(starts.len() >= 2, "{}", picture(&stage));
        for y in 0..u16::try_from(stage.state.keys.rows.len()).unwrap() {
            let cells = row(layout.list.y + 2 + y);
            let mut stops = vec![];
            let mut x = 0;
            while x < cells.len() {
                stops.push(x);
                x += usize::from(cells[x].symbol().cell_width().max(1));
            }
            proptest::prop_assert_eq!(x, cells.len(), "{}", picture(&stage));
            for start in &starts {
                proptest::prop_assert!(stops.contains(start), "{} in {}", start, picture(&stage));
                proptest::prop_assert!(*start < 4 || cells[start - 1].symbol() == " ", "{}", picture(&stage));
            }
        }
    }
}

#[test]
fn that_keys_are_suspended_is_said_at_every_width_and_nothing_moves_for_it() {
    for (width, height) in [(40, 10), (60, 20), (72, 24), (80, 24), (99, 30), (100, 30), (120, 36)] {
        for script in ["", "2", "3", "/c"] {
            let (stage, live) = (restored(script)(width, height), at(width, height, script));
            let shown = picture(&stage);
            assert!(shown.contains("! 2 keys "), "{script} at {width}: {shown}");
            assert_eq!(shown.contains("nothing"), width >= 72, "{script} at {width}: {shown}");
            let (list, before) = (stage.state.layout().unwrap(), live.state.layout().unwrap());
            assert_eq!((list.list, list.footer), (before.list, before.footer));
        }
        let shown = picture(&restored("")(width, height));
        assert!(shown.contains("R release"), "{width}: {shown}");
        for text in ["Suspended", "Needs rotation"] {
            assert!(shown.contains(text), "{text} at {width}: {shown}");
        }
        for script in ["R", "?"] {
            let shown = picture(&restored(script)(width, height));
            assert!(!shown.contains("! 2 k"), "{script} at {width}: {shown}");
        }
        let shown = picture(&at(width, height, ""));
        assert!(!shown.contains("R release") && !shown.contains("nothing"), "{width}: {shown}");
    }
}

#[test]
fn a_notice_takes_the_place_of_what_is_said_of_suspended_keys_for_a_while() {
    let mut stage = restored("")(80, 24);
    stage.changed(vec![key('Z', "Zeta", Scope::All, 0, None)], &[]);
    assert!(picture(&stage).contains("Zeta was created elsewhere"));
    stage.later(60);
    assert!(picture(&stage).contains("! 2 keys suspended"));
}

#[test]
fn sentences_on_a_suspended_key_name_the_presses_that_hold() {
    let changes =
        [("release", "F5"), ("rotate", "T")].map(|(name, press)| (name.to_owned(), vec![press.to_owned()]));
    let mut stage = restored("j")(120, 40);
    stage.state.look.keymap = crate::keymap::Keymap::rebound(&changes.into()).unwrap();
    let shown = picture(&stage);
    for text in ["release it (F5)", "Rotate it (T)", "F5 release"] {
        assert!(shown.contains(text), "no {text} in {shown}");
    }
}

#[test]
fn releasing_names_the_accounts_that_the_key_gets_back() {
    let mut stage = crate::update::tests::with_many_accounts(at(120, 40, ""));
    let ids = (1..=5).map(|n| sample::account_id(&format!("acc_{n}")));
    stage.changed(vec![sample::suspended(key('B', "backup", ids.collect(), 3_000, None))], &[]);
    stage.press("R");
    assert!(
        picture(&stage).contains("5 accounts: Acct 1, Acct 2, Acct 3, Acct 4 and"),
        "{}",
        picture(&stage)
    );
}

#[test]
fn a_name_of_clusters_is_drawn_cell_by_cell() {
    let mut stage = at(80, 24, "");
    stage.changed(vec![key('T', "ไทยกำ", Scope::All, 0, None)], &[]);
    let terminal = draw(&stage);
    let symbols: Vec<&str> = terminal.backend().buffer().content.iter().map(Cell::symbol).collect();
    assert!(symbols.windows(2).any(|pair| pair == ["ก", "ำ"]), "in two cells");
    assert!(!symbols.contains(&"กำ"), "and not in one");
}

#[test]
fn a_question_tells_the_scope_that_was_just_saved_though_the_news_are_still_to_come() {
    let mut stage = Stage::live();
    stage.press("js<Tab> <C-s>");
    let scope = Scope::Only([account_id("acc_save")].into());
    stage.answer(Ok(Key { version: 2, ..key('C', "CI", scope, 70, Some(125)) }.into()));
    stage.press("r");
    let picture = picture(&stage);
    let line = picture.lines().find(|line| line.contains("Scope  ") && line.contains("Savings"));
    assert!(line.is_some_and(|line| !line.contains("Everyday")), "{picture}");
}

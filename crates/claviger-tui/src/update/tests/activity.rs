//! Owns the tests of the audit trail, a page at a time. Must not draw.

use super::*;

#[test]
fn activity_is_loaded_when_it_is_looked_at_and_a_page_at_a_time() {
    let mut stage = Stage::live();
    stage.press("3");
    assert_eq!(stage.take(), [Effect::LoadActivity(Trail::Whole(None))]);
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(5..=9, Some("05"))) });
    assert!(stage.effects.is_empty());
    stage.press("G");
    assert!(matches!(&stage.take()[..], [Effect::LoadActivity(Trail::Whole(Some(_)))]));
    let cursor = claviger_api::page::Cursor::decode("05");
    stage.tell(Msg::Activity { trail: Trail::Whole(cursor), outcome: Ok(page(1..=4, None)) });
    assert_eq!(stage.state.activity.list.rows, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    stage.changed(vec![], &[]);
    assert_eq!(stage.take(), [Effect::LoadActivity(Trail::Whole(None))], "a change makes it out of date");
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(6..=11, Some("06"))) });
    assert_eq!(stage.state.activity.entries.len(), 11, "what was loaded before stays");
}

/// The cursor of the page that is being asked for, and of no other.
fn asked_page(stage: &mut Stage) -> Option<Trail> {
    let effects = stage.take();
    assert!(effects.len() <= 1, "{effects:?}");
    effects.into_iter().find_map(|effect| match effect {
        Effect::LoadActivity(trail) => Some(trail),
        _ => None,
    })
}

#[test]
fn a_filter_looks_further_back_until_it_has_rows_enough() {
    let mut stage = Stage::live();
    stage.press("3");
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(51..=90, Some("51"))) });
    stage.take();
    stage.press("/backup");
    let first = asked_page(&mut stage).expect("an older page");
    assert!(asked_page(&mut stage).is_none(), "one at a time");
    let mut older = page(11..=50, Some("11"));
    older.entries[3].key_name = Some("backup".into());
    stage.tell(Msg::Activity { trail: first, outcome: Ok(older) });
    assert_eq!(stage.state.activity.list.rows, [47]);
    let second = asked_page(&mut stage).expect("one row does not fill the screen");
    stage.tell(Msg::Activity { trail: second.clone(), outcome: Err(Failure::TimedOut) });
    assert!(asked_page(&mut stage).is_none(), "a page that cannot be had is not asked for for ever");
    stage.press("<Enter>");
    assert_eq!(asked_page(&mut stage), Some(second.clone()), "a press asks again");
    let mut oldest = page(1..=10, None);
    oldest.entries[9].key_name = Some("backup".into());
    stage.tell(Msg::Activity { trail: second, outcome: Ok(oldest) });
    assert_eq!((&stage.state.activity.list.rows[..], stage.effects.len()), (&[47, 1][..], 0));

    let mut stage = Stage::live();
    stage.press("3");
    stage.tell(Msg::Activity { trail: Trail::Whole(None), outcome: Ok(page(51..=90, Some("51"))) });
    stage.take();
    stage.press("/prod");
    assert!(asked_page(&mut stage).is_none(), "a screen full of matches is enough");
}

#[test]
fn the_details_pane_loads_the_activity_of_its_key_one_at_a_time() {
    let mut stage = Stage::live_at(120, 30);
    stage.press("jj");
    assert!(stage.effects.is_empty(), "the first one is still on its way");
    let of = |letter| Trail::OfKey(key_id(letter));
    stage.tell(Msg::Activity { trail: of('B'), outcome: Ok(page(1..=1, None)) });
    assert_eq!(stage.take(), [Effect::LoadActivity(of('A'))]);
}

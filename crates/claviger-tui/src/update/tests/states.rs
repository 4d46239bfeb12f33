//! Owns what the state makes of its connection, and of changes made elsewhere. Must not know how it is drawn.

use super::*;
use crate::message::RESTART;

fn away(stage: &mut Stage) -> &mut Stage {
    stage.tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() }))
}

fn renamed(letter: char, name: &str) -> Key {
    version(key(letter, name, Scope::All, 3_000, None), 2)
}

#[test]
fn a_connection_is_tried_at_once_only_while_there_is_none() {
    let mut stage = Stage::live();
    stage.press("<C-r>");
    assert!(!stage.effects.contains(&Effect::Retry));
    away(&mut stage).press("<C-r>");
    assert!(stage.effects.contains(&Effect::Retry));
}

#[test]
fn what_is_shown_is_of_the_moment_when_the_connection_was_lost() {
    let mut stage = Stage::live();
    let lost = stage.state.now;
    away(&mut stage).later(30);
    stage.tell(Msg::Link(Link::Connecting));
    away(&mut stage);
    assert_eq!(stage.state.lost_at, Some(lost));
    reconnect(&mut stage, 2);
    assert_eq!(stage.state.lost_at, None);
}

#[test]
fn another_version_says_what_mends_it_until_it_is_mended() {
    let mut stage = Stage::live();
    stage.tell(Msg::Daemon { version: "0.0.9".into() });
    assert!(stage.notice().contains("0.0.9") && stage.notice().contains(RESTART), "{}", stage.notice());
    stage.later(3600);
    assert!(stage.notice().contains("0.0.9"), "it stays");
    stage.tell(Msg::Daemon { version: env!("CARGO_PKG_VERSION").into() });
    assert_eq!(stage.notice(), "");
}

#[test]
fn what_is_changed_elsewhere_is_told() {
    for (keys, removed, told) in [
        (vec![renamed('B', "archive")], vec![], "backup was renamed to archive elsewhere"),
        (vec![key('N', "New", Scope::All, 0, None)], vec![], "New was created elsewhere"),
        (vec![], vec!['C'], "CI was deleted elsewhere"),
        (
            vec![version(key('B', "backup", Scope::All, 3_000, None), 2)],
            vec![],
            "backup was given another scope elsewhere",
        ),
    ] {
        let mut stage = Stage::live();
        stage.changed(keys, &removed);
        assert_eq!(stage.notice(), told);
        stage.later(60);
        assert_eq!(stage.notice(), "", "it goes by itself");
    }
    let mut stage = Stage::live();
    let mut rotated = key('A', "Production", Scope::All, 50_000, Some(3));
    rotated.rotated_at = Some(NOW);
    stage.changed(vec![rotated], &[]).changed(vec![], &['C']);
    assert_eq!(stage.notice(), "2 changes elsewhere, the last: CI was deleted");
}

#[test]
fn what_is_changed_here_is_not_told_as_from_elsewhere() {
    let is_quiet =
        |stage: &Stage| stage.state.notices.iter().all(|notice| !notice.text.contains("elsewhere"));
    // The news before the answer, and after it.
    let mut stage = Stage::live();
    stage.press("e2<C-s>").changed(vec![renamed('B', "backup2")], &[]);
    stage.answer(Ok(Answer::Done));
    assert!(is_quiet(&stage), "{}", stage.notice());
    let mut stage = Stage::live();
    stage.press("e2<C-s>").answer(Ok(Answer::Done)).changed(vec![renamed('B', "backup2")], &[]);
    assert!(is_quiet(&stage), "{}", stage.notice());
    // The next change of the same key is somebody else's.
    stage.changed(vec![renamed('B', "backup3")], &[]);
    assert!(!is_quiet(&stage));
    let mut stage = Stage::live();
    stage.press("nGateway<C-s>").changed(vec![key('N', "Gateway", Scope::All, 0, None)], &[]);
    assert!(is_quiet(&stage), "{}", stage.notice());
    let mut stage = Stage::live();
    stage.press("e2<C-s>").changed(vec![renamed('C', "build")], &[]);
    assert!(!is_quiet(&stage), "another key's change is not the one that is waited for");
}

#[test]
fn what_changed_while_the_daemon_was_away_is_counted() {
    let mut stage = Stage::live();
    away(&mut stage);
    let Feed::Snapshot { mut keys, accounts, storage_mode } = sample::snapshot() else { unreachable!() };
    keys[0].version = 2;
    keys.pop();
    stage.tell(Msg::Feed(Feed::Snapshot { keys, accounts, storage_mode }));
    assert_eq!(stage.notice(), "2 keys changed meanwhile");
    let mut stage = Stage::live();
    reconnect(away(&mut stage), 2);
    assert_eq!(stage.notice(), "", "nothing changed");
}

//! Owns the pictures of a store that was restored: keys that are suspended or need rotation, and their release. Must not test what
//! presses do.

use claviger_api::object::ActivityPage;
use claviger_api::{Action, Scope, Timestamp};

use super::scene;
use super::scenes::{at, restored};
use crate::Borders;
use crate::effects::Trail;
use crate::message::{Answer, Failure, Feed, Link, Msg};
use crate::update::tests::sample::{self, NOW, key};
use crate::update::tests::{Stage, entry, outdated as refusal};

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

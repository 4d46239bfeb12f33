//! Owns that in whatever order an answer and the news come, the newest is known. Must not draw.

use super::*;

/// What the daemon tells of one key after the sample, in the order of revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// What was asked for here.
    Ours,
    /// A later change by somebody else.
    Theirs,
    Deletion,
}

const TOLD: [Told; 3] = [Told::Ours, Told::Theirs, Told::Deletion];

/// The change of `backup` that is asked for here, and the key that comes of it.
fn changes() -> [(&'static str, Key); 4] {
    let backup = key('B', "backup", only(&[]), 3_000, None);
    let rotated = Key { rotated_at: Some(NOW), ..backup.clone() };
    [
        ("e2<C-s>", Key { name: "backup2".to_owned(), ..backup.clone() }),
        ("s<Tab> <C-s>", Key { scope: only(&["acc_chk"]), ..backup.clone() }),
        ("ry", rotated),
        ("Ry", backup),
    ]
    .map(|(script, key)| (script, version(key, 3)))
}

fn answer_of(script: &str, key: Key) -> Answer {
    match script {
        "ry" => KeyWithSecret { key, secret: Secret::new(SECRET) }.into(),
        _ => key.into(),
    }
}

pub(super) fn tell(stage: &mut Stage, told: Option<Told>, by: By, ours: &Key) {
    let backup = match told {
        None => stage.state.store.keys.get(&key_id('B')).cloned(),
        Some(Told::Ours) => Some(ours.clone()),
        Some(Told::Theirs) => Some(theirs(ours)),
        Some(Told::Deletion) => None,
    };
    match (by, backup) {
        (By::Snapshots, backup) => {
            let Feed::Snapshot { mut keys, accounts, storage_mode } = sample::snapshot() else {
                unreachable!()
            };
            keys.retain(|key| key.id != key_id('B'));
            keys.extend(backup);
            stage.tell(Msg::Feed(Feed::Snapshot { keys, accounts, storage_mode }));
        }
        // Another key's change tells nothing of this one.
        (By::Changes, _) if told.is_none() => {
            stage.changed(vec![version(key('A', "Production", Scope::All, 50_000, Some(3)), 2)], &[]);
        }
        (By::Changes, Some(backup)) => {
            stage.changed(vec![backup], &[]);
        }
        (By::Changes, None) => {
            stage.changed(vec![], &['B']);
        }
    }
}

/// Plays one order: the answer comes after so many of the news. Right before and right after it stand news that know
/// nothing of our change yet.
fn play(by: By, script: &str, ours: &Key, answered_after: usize) {
    let mut stage = before();
    stage.press(script);
    let (id, _) = stage.call();
    let (mut listed, mut newest) = (Some(2), Some(2));
    for step in 0..=TOLD.len() {
        let at = format!("{by:?}, {script} answered after {answered_after}, step {step}");
        if step == answered_after {
            tell(&mut stage, None, by, ours);
            assert_eq!(versions(&stage), (listed, newest), "{at}: old news before the answer");
            stage.tell(Msg::Answered { call: id, outcome: Ok(answer_of(script, ours.clone())) });
            newest = listed.map(|listed| listed.max(3));
            assert_eq!(versions(&stage), (listed, newest), "{at}: the answer");
            tell(&mut stage, None, by, ours);
            assert_eq!(versions(&stage), (listed, newest), "{at}: old news after the answer");
        }
        let Some(told) = TOLD.get(step) else { continue };
        tell(&mut stage, Some(*told), by, ours);
        listed = match told {
            Told::Ours => Some(3),
            Told::Theirs => Some(4),
            Told::Deletion => None,
        };
        newest = listed;
        assert_eq!(versions(&stage), (listed, newest), "{at}: {told:?}");
        let (listed, newest) = known(&stage);
        assert_eq!(newest, listed, "{at}: what the news have said is what is known");
    }
}

#[test]
fn in_any_order_the_newest_of_answer_and_news_is_known_and_what_was_deleted_stays_away() {
    for by in [By::Changes, By::Snapshots] {
        for (script, ours) in changes() {
            for answered_after in 0..=TOLD.len() {
                play(by, script, &ours, answered_after);
            }
        }
    }
}

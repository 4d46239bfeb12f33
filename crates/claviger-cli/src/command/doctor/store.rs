//! Owns what is checked of the data directory: the store, what is in it, the ballast, the room on its disk. Must not
//! change any of it; the journal is looked at next door.

use std::path::Path;

use claviger_api::Timestamp;
use claviger_daemon::DigestConfig;
use claviger_daemon::place::{PlaceError, hold_directory, quoted};
use claviger_daemon::store::{
    BALLAST_NAME, Closing, FILE_NAME, Inspection, OpenError, SCHEMA, holds_room, look_into,
};

use super::Site;
use super::finding::{Check, Finding};
use super::standing::{Kind, Wanted, judge, look, look_through};
use super::{digests, journal};
use crate::phrase;

/// Below this there is reason to make room. Bytes.
const LITTLE: u64 = 64 * 1024 * 1024;

/// Below this a store that is written to soon finds its disk full. Bytes.
const NOTHING: u64 = 1024 * 1024;

/// What was found, and the newest time in the store where that could be seen.
pub(super) struct Examined {
    pub(super) findings: Vec<Finding>,
    pub(super) newest: Option<Timestamp>,
}

/// Who has the store open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User {
    /// Nobody, and nobody can as long as we look.
    None,
    /// A daemon that answers us, as this process.
    Daemon(u32),
    /// Somebody that does not.
    Unknown,
}

/// Looks at everything in the data directory.
pub(super) fn examine(site: &Site<'_>, data_dir: &Path, digests: &DigestConfig) -> Examined {
    let wanted = Wanted { kind: Kind::Directory, mode: 0o700, loosest: 0o700 };
    let (check, shown) = (Check::DataDirectory, data_dir.display());
    let mut examined = Examined { findings: Vec::new(), newest: None };
    match look_through(data_dir) {
        Ok(Some(standing)) => {
            let fault = judge(data_dir, standing, &wanted, &site.owner);
            examined.findings.push(Finding::of(check, fault, || shown.to_string()));
            if standing.kind == Kind::Directory && site.owner.is_another() {
                examined.findings.push(Finding::ok(Check::Store, site.owner.not_yours()));
            } else if standing.kind == Kind::Directory {
                examine_inside(site, data_dir, digests, &mut examined);
            }
        }
        Ok(None) => {
            let detail = format!("{shown} is not there yet: the first daemon makes it");
            examined.findings.push(Finding::ok(check, detail));
        }
        Err(error) => {
            examined.findings.push(site.owner.unseen(check, data_dir, &error));
        }
    }
    if let Some(free) = free_space(data_dir) {
        examined.findings.push(judge_free(free, data_dir));
    }
    examined
}

fn examine_inside(site: &Site<'_>, data_dir: &Path, digests: &DigestConfig, examined: &mut Examined) {
    // For as long as this is held, no daemon starts here.
    let held = hold_directory(data_dir);
    let user = match (&held, site.contact.answer()) {
        (Err(PlaceError::Locked(_)), Some(answer)) => User::Daemon(answer.status.pid),
        (Err(PlaceError::Locked(_)), None) => User::Unknown,
        _ => User::None,
    };
    let store = data_dir.join(FILE_NAME);
    let standing = match look(&store) {
        Ok(Some(standing)) => standing,
        Ok(None) => return examined.findings.push(judge_missing(&store, user)),
        Err(error) => {
            return examined.findings.push(site.owner.unseen(Check::Store, &store, &error));
        }
    };
    let wanted = Wanted { kind: Kind::File, mode: 0o600, loosest: 0o600 };
    let fault = judge(&store, standing, &wanted, &site.owner);
    let bytes = || phrase::bytes(store.metadata().map_or(0, |metadata| metadata.len()));
    examined.findings.push(Finding::of(Check::Store, fault, || format!("{FILE_NAME}, {}", bytes())));
    if standing.kind != Kind::File {
        return;
    }
    let mut looked_into = None;
    examined.findings.push(match user {
        User::None => match look_into(&store) {
            Ok((found, opened)) => {
                examined.newest = Some(Timestamp::from_millis(found.state.newest_at));
                let finding = judge_inspection(&store, Ok(&found));
                looked_into = Some((found, opened));
                finding
            }
            Err(error) => judge_inspection(&store, Err(&error)),
        },
        User::Daemon(_) => Finding::ok(
            Check::Integrity,
            "the daemon has it open, and checked it when it started; stopped, all of it is looked at",
        ),
        User::Unknown => judge_inspection(&store, Err(&OpenError::AlreadyOpen)),
    });
    examined.findings.push(journal::examine(site, data_dir, user, looked_into));
    examined.findings.extend(digests::examine(site, data_dir, user, digests));
    let ballast = data_dir.join(BALLAST_NAME);
    let kept = ballast.symlink_metadata().ok().filter(holds_room).map(|found| found.len());
    examined.findings.push(judge_ballast(&ballast, kept, user, free_space(data_dir), &site.claviger));
    drop(held);
}

fn judge_missing(store: &Path, user: User) -> Finding {
    let shown = store.display();
    match user {
        User::None => Finding::ok(Check::Store, "none yet: the first daemon makes it"),
        User::Daemon(pid) => Finding::wrong(
            Check::Store,
            format!("{shown} is gone. Do not stop the daemon: it still has it open, and stopping loses it"),
            format!("ls -l /proc/{pid}/fd"),
        ),
        User::Unknown => Finding::wrong(
            Check::Store,
            format!("{shown} is gone, and another process uses its directory"),
            format!("fuser -v {}", quoted(store.parent().unwrap_or(store))),
        ),
    }
}

fn judge_inspection(store: &Path, found: Result<&Inspection, &OpenError>) -> Finding {
    let (check, path) = (Check::Integrity, quoted(store));
    let found = match found {
        Ok(found) => found,
        Err(error @ OpenError::AlreadyOpen) => {
            let detail = format!("not looked at: {error}, and no daemon answers here");
            return Finding::warning(check, detail, format!("fuser -v {path}"));
        }
        Err(error @ (OpenError::Empty(_) | OpenError::Foreign(_))) => {
            return Finding::wrong(check, error.to_string(), format!("mv {path} {path}.aside"));
        }
        Err(error @ (OpenError::Damaged(_) | OpenError::Store(_))) => return untrusted(store, error),
        Err(error @ OpenError::Newer { .. }) => {
            return Finding::wrong(check, error.to_string(), error.hint().unwrap_or_default());
        }
        Err(error @ (OpenError::Io { .. } | OpenError::Journal(_))) => {
            return Finding::wrong(check, error.to_string(), format!("namei -l {path}"));
        }
    };
    if let Err(disagreement) = &found.tables {
        return untrusted(store, disagreement);
    }
    let revision = found.state.revision;
    match found.closing {
        Closing::NeedsRepair => Finding::warning(
            check,
            "the store needs repair: it was not closed, as after a kill or a power cut. Once repaired, its checksums \
             hold and its tables agree",
            "the next daemon repairs it; nothing that was answered is lost",
        ),
        Closing::Clean if found.schema < SCHEMA => Finding::ok(
            check,
            format!(
                "checksums hold, tables agree; revision {revision}, schema {}, which the next daemon brings to {SCHEMA}",
                found.schema
            ),
        ),
        Closing::Clean => Finding::ok(
            check,
            format!("checksums hold, tables agree; revision {revision}, schema {}", found.schema),
        ),
    }
}

fn untrusted(store: &Path, error: &impl std::fmt::Display) -> Finding {
    let path = quoted(store);
    let detail =
        format!("{error}. Nothing in it can be trusted: keep it aside, and put a good copy in its place");
    Finding::wrong(Check::Integrity, detail, format!("mv {path} {path}.damaged"))
}

/// `kept` is how many bytes the ballast would give back, where it is there and would.
fn judge_ballast(
    ballast: &Path,
    kept: Option<u64>,
    user: User,
    free: Option<u64>,
    claviger: &str,
) -> Finding {
    let check = Check::Ballast;
    let missing = format!("{BALLAST_NAME} is not there, or takes no room");
    match (kept, user) {
        (Some(kept), _) => {
            Finding::ok(check, format!("{} are kept, to revoke on a full disk", phrase::bytes(kept)))
        }
        (None, User::None) => {
            Finding::warning(check, missing, "the next daemon makes it again, where there is room")
        }
        (None, _) => {
            let directory = quoted(ballast.parent().unwrap_or(ballast));
            // With room on the disk the daemon would have it back: it does not know that it is gone.
            let roomy = free.is_none_or(|free| free >= LITTLE);
            let hint =
                if roomy { format!("{claviger} stop && {claviger}") } else { format!("df -h {directory}") };
            Finding::wrong(check, format!("{missing}: on a full disk nothing could be revoked"), hint)
        }
    }
}

/// What a user may still write on the disk of a directory, or of the closest one above it that is there.
fn free_space(directory: &Path) -> Option<u64> {
    let space = directory.ancestors().find_map(|directory| rustix::fs::statvfs(directory).ok())?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

fn judge_free(free: u64, data_dir: &Path) -> Finding {
    let (check, detail) = (Check::FreeSpace, format!("{} on the store's disk", phrase::bytes(free)));
    let hint = || format!("df -h {}", quoted(data_dir));
    match free {
        ..NOTHING => {
            Finding::wrong(check, format!("{detail}: changes are refused but those that revoke"), hint())
        }
        NOTHING..LITTLE => Finding::warning(check, format!("{detail}: make room before it is full"), hint()),
        LITTLE.. => Finding::ok(check, detail),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use claviger_daemon::store::{State as Rows, StoreError};

    use super::super::finding::State;
    use super::*;

    fn told(finding: &Finding) -> (State, &str, Option<&str>) {
        (finding.state, &finding.detail, finding.hint.as_deref())
    }

    #[test]
    fn what_is_in_a_store_is_judged() {
        let store = Path::new("/d/claviger.redb");
        let sound = |closing, schema, tables| {
            Ok(Inspection { closing, schema, tables, state: Rows { revision: 41, ..Rows::default() } })
        };
        let error = |error: fn(std::path::PathBuf) -> OpenError| Err(error(store.into()));
        let newer = OpenError::Newer { path: store.into(), found: 9, known: SCHEMA };
        let denied = OpenError::Io { path: store.into(), error: io::ErrorKind::PermissionDenied.into() };
        let aside = Some("mv '/d/claviger.redb' '/d/claviger.redb'.aside");
        let damaged = Some("mv '/d/claviger.redb' '/d/claviger.redb'.damaged");
        for (found, state, part, hint) in [
            (sound(Closing::Clean, SCHEMA, Ok(())), State::Ok, "revision 41, schema 4", None),
            (
                sound(Closing::Clean, 1, Ok(())),
                State::Ok,
                "schema 1, which the next daemon brings to 4",
                None,
            ),
            (
                sound(Closing::NeedsRepair, SCHEMA, Ok(())),
                State::Warning,
                "needs repair",
                Some("the next daemon repairs it; nothing that was answered is lost"),
            ),
            (
                sound(Closing::NeedsRepair, SCHEMA, Err(StoreError::Damaged("a grant is in no scope"))),
                State::Wrong,
                "a grant is in no scope",
                damaged,
            ),
            (error(OpenError::Damaged), State::Wrong, "is damaged. Nothing in it can be trusted", damaged),
            (error(OpenError::Empty), State::Wrong, "is empty", aside),
            (error(OpenError::Foreign), State::Wrong, "is not a Claviger store", aside),
            (
                Err(OpenError::AlreadyOpen),
                State::Warning,
                "no daemon answers",
                Some("fuser -v '/d/claviger.redb'"),
            ),
            (Err(newer), State::Wrong, "schema 9", Some("start the version that wrote it, or a later one")),
            (Err(denied), State::Wrong, "permission denied", Some("namei -l '/d/claviger.redb'")),
        ] {
            let finding = judge_inspection(store, found.as_ref());
            let (found, detail, mends) = told(&finding);
            assert_eq!((found, mends), (state, hint), "{detail}");
            assert!(detail.contains(part), "{detail}");
        }
    }

    #[test]
    fn a_missing_ballast_is_wrong_only_where_a_daemon_counts_on_it() {
        let (ballast, restart) = (Path::new("/d/claviger.ballast"), "claviger stop && claviger");
        for (kept, user, free, state, hint) in [
            (Some(4 << 20), User::None, None, State::Ok, None),
            (Some(4 << 20), User::Daemon(7), None, State::Ok, None),
            (None, User::None, Some(0), State::Warning, Some("the next daemon")),
            (None, User::Daemon(7), Some(LITTLE), State::Wrong, Some(restart)),
            (None, User::Unknown, Some(0), State::Wrong, Some("df -h '/d'")),
        ] {
            let finding = judge_ballast(ballast, kept, user, free, "claviger");
            assert_eq!(finding.state, state);
            assert!(finding.hint.as_deref().unwrap_or_default().starts_with(hint.unwrap_or_default()));
        }
    }

    #[test]
    fn little_room_is_a_warning_and_none_is_wrong() {
        for (free, state) in [
            (0, State::Wrong),
            (NOTHING - 1, State::Wrong),
            (NOTHING, State::Warning),
            (LITTLE - 1, State::Warning),
            (LITTLE, State::Ok),
        ] {
            let finding = judge_free(free, Path::new("/d"));
            assert_eq!((finding.state, finding.hint.is_some()), (state, state != State::Ok), "{free}");
        }
        assert!(free_space(Path::new("/nowhere/at/all")).is_some());
    }

    #[test]
    fn a_store_that_is_gone_is_wrong_only_where_somebody_uses_it() {
        let store = Path::new("/d/claviger.redb");
        assert_eq!(judge_missing(store, User::None).state, State::Ok);
        let (state, detail, hint) = (State::Wrong, "Do not stop the daemon", Some("ls -l /proc/7/fd"));
        let finding = judge_missing(store, User::Daemon(7));
        assert_eq!((finding.state, finding.hint.as_deref()), (state, hint));
        assert!(finding.detail.contains(detail));
        assert_eq!(judge_missing(store, User::Unknown).hint.as_deref(), Some("fuser -v '/d'"));
    }
}

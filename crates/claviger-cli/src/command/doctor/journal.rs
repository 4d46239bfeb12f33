//! Owns what is checked of the journal: whether it is there, and whether it and the store know of each other. Must not change
//! either.

use std::path::Path;

use claviger_daemon::place::quoted;
use claviger_daemon::store::{
    FIRST_WITH_JOURNAL, Following, Inspection, JOURNAL_NAME, JournalInspection, OpenError, Store,
    inspect_journal,
};

use super::Site;
use super::finding::{Check, Finding};
use super::standing::{Kind, Wanted, judge, look};
use super::store::User;

/// Looks at the journal; into it too, where nobody has it open and the store could be looked into.
pub(super) fn examine(
    site: &Site<'_>,
    data_dir: &Path,
    user: User,
    store: Option<(Inspection, Store)>,
) -> Finding {
    let (check, path) = (Check::Journal, data_dir.join(JOURNAL_NAME));
    let standing = match look(&path) {
        Ok(Some(standing)) => standing,
        Ok(None) => return judge_missing(&path, user, store.map(|(found, _)| found.schema)),
        Err(error) => return site.owner.unseen(check, &path, &error),
    };
    let wanted = Wanted { kind: Kind::File, mode: 0o600, loosest: 0o600 };
    if let Some(fault) = judge(&path, standing, &wanted, &site.owner) {
        return Finding::of(check, Some(fault), String::new);
    }
    match (user, store) {
        (User::Daemon(_), _) => Finding::ok(check, "the daemon keeps it"),
        (User::Unknown, _) | (User::None, None) => Finding::ok(check, format!("{JOURNAL_NAME} is there")),
        (User::None, Some((_, store))) => judge_inspection(&path, &inspect_journal(&path, &store)),
    }
}

/// `schema` is that of the store, where it could be looked into.
fn judge_missing(path: &Path, user: User, schema: Option<u64>) -> Finding {
    let (check, directory) = (Check::Journal, quoted(path.parent().unwrap_or(path)));
    match (user, schema) {
        (User::None, Some(schema)) if schema < FIRST_WITH_JOURNAL => {
            Finding::ok(check, "none yet: the next daemon makes it")
        }
        (User::None, _) => Finding::wrong(
            check,
            format!("{JOURNAL_NAME} is gone: nobody knows what died, and the next daemon suspends every key"),
            format!(
                "put it back into {directory}, or release each key with `claviger keys release` afterwards"
            ),
        ),
        (User::Daemon(pid), _) => Finding::wrong(
            check,
            format!(
                "{JOURNAL_NAME} is gone. Do not stop the daemon: it still has it open, and without it the next one suspends every key"
            ),
            format!("ls -l /proc/{pid}/fd"),
        ),
        (User::Unknown, _) => Finding::wrong(
            check,
            format!("{JOURNAL_NAME} is gone, and another process uses its directory"),
            format!("fuser -v {directory}"),
        ),
    }
}

fn judge_inspection(path: &Path, found: &Result<Option<JournalInspection>, OpenError>) -> Finding {
    let (check, quoted) = (Check::Journal, quoted(path));
    let found = match found {
        Ok(Some(found)) => found,
        Ok(None) => return judge_missing(path, User::None, None),
        Err(error) => {
            let hint = format!(
                "put the right one in its place; or mv {quoted} {quoted}.aside, and every key is suspended until you release it"
            );
            return Finding::wrong(check, error.to_string(), hint);
        }
    };
    let JournalInspection { revocations, following, unheeded, lacking } = found;
    let known =
        if *revocations == 1 { "1 revocation".to_owned() } else { format!("{revocations} revocations") };
    if *following == Following::Unknown {
        return Finding::warning(
            check,
            "it does not know this store, which comes from elsewhere: the next daemon suspends every key",
            "put the journal of this store in its place, or release each key with `claviger keys release` afterwards",
        );
    }
    if *unheeded > 0 {
        return Finding::warning(
            check,
            format!("{known}; the store is an older one and does not know {unheeded} of them"),
            "the next daemon lets it obey them: nothing that died comes back",
        );
    }
    if *lacking > 0 {
        return Finding::warning(
            check,
            format!("{known}; it lacks {lacking} that the store knows, as after a kill"),
            "the next daemon writes them",
        );
    }
    Finding::ok(check, format!("{known}, of a store that it follows"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    const SOUND: JournalInspection =
        JournalInspection { revocations: 7, following: Following::Followed, unheeded: 0, lacking: 0 };

    #[test]
    fn what_is_in_a_journal_is_judged() {
        let path = Path::new("/d/claviger.journal");
        for (found, state, part) in [
            (SOUND, State::Ok, "7 revocations"),
            (JournalInspection { revocations: 1, ..SOUND }, State::Ok, "1 revocation,"),
            (JournalInspection { unheeded: 2, ..SOUND }, State::Warning, "does not know 2"),
            (JournalInspection { lacking: 1, ..SOUND }, State::Warning, "lacks 1"),
            (JournalInspection { following: Following::Unknown, ..SOUND }, State::Warning, "from elsewhere"),
        ] {
            let finding = judge_inspection(path, &Ok(Some(found)));
            assert_eq!((finding.state, finding.hint.is_some()), (state, state != State::Ok));
            assert!(finding.detail.contains(part), "{}", finding.detail);
        }
        let finding = judge_inspection(path, &Err(OpenError::Damaged(path.into())));
        assert_eq!(finding.state, State::Wrong);
        assert!(finding.hint.unwrap().contains("mv '/d/claviger.journal' '/d/claviger.journal'.aside"));
    }

    #[test]
    fn a_journal_that_is_gone_is_wrong_where_one_must_have_been() {
        let path = Path::new("/d/claviger.journal");
        for (user, schema, state, part) in [
            (User::None, Some(FIRST_WITH_JOURNAL - 1), State::Ok, "the next daemon makes it"),
            (User::None, Some(FIRST_WITH_JOURNAL), State::Wrong, "suspends every key"),
            (User::None, None, State::Wrong, "suspends every key"),
            (User::Daemon(7), None, State::Wrong, "Do not stop the daemon"),
            (User::Unknown, None, State::Wrong, "another process"),
        ] {
            let finding = judge_missing(path, user, schema);
            assert_eq!(finding.state, state, "{}", finding.detail);
            assert!(finding.detail.contains(part), "{}", finding.detail);
        }
    }
}

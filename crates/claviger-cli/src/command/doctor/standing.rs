//! Owns how a path stands: what it is, whose, with which mode, and whether that is right. Must not look into it.

use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use claviger_daemon::place::{is_loose, quoted};

use super::finding::Fault;
use super::owner::Owner;

/// What stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File,
    Socket,
    Link,
    Other,
}

impl Kind {
    fn wanted(self) -> &'static str {
        match self {
            Self::Directory => "a directory",
            Self::File => "a regular file",
            Self::Socket => "a socket",
            Self::Link | Self::Other => "what it should be",
        }
    }
}

/// A path as it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) kind: Kind,
    pub(super) owner: u32,
    pub(super) group: u32,
    /// The permission bits, those for special treatment included.
    pub(super) mode: u32,
}

/// Looks at a path, and where that is a link, at the link; `None` where nothing is.
pub(super) fn look(path: &Path) -> io::Result<Option<Standing>> {
    found(path.symlink_metadata())
}

/// The same of what a link leads to. Directories may be behind one.
pub(super) fn look_through(path: &Path) -> io::Result<Option<Standing>> {
    found(path.metadata())
}

fn found(metadata: io::Result<std::fs::Metadata>) -> io::Result<Option<Standing>> {
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let is = metadata.file_type();
    let kind = match () {
        () if is.is_dir() => Kind::Directory,
        () if is.is_file() => Kind::File,
        () if is.is_socket() => Kind::Socket,
        () if is.is_symlink() => Kind::Link,
        () => Kind::Other,
    };
    let (owner, group) = (metadata.uid(), metadata.gid());
    Ok(Some(Standing { kind, owner, group, mode: metadata.mode() & 0o7777 }))
}

/// How a path should stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) kind: Kind,
    /// What the mode is best set to.
    pub(super) mode: u32,
    /// What the mode may let others do.
    pub(super) loosest: u32,
}

/// What is wrong with how a path stands; `None` where nothing is.
pub(super) fn judge(path: &Path, standing: Standing, wanted: &Wanted, owner: &Owner) -> Option<Fault> {
    let (shown, quoted) = (path.display(), quoted(path));
    let sudo = owner.sudo();
    if standing.kind != wanted.kind {
        let what = if standing.kind == Kind::Link { "is a link, not" } else { "is not" };
        return Some(Fault {
            detail: format!("{shown} {what} {}", wanted.kind.wanted()),
            hint: format!("{sudo}mv {quoted} {quoted}.aside"),
        });
    }
    let (mut said, mut commands) = (Vec::new(), Vec::new());
    if standing.owner != owner.uid {
        said.push(format!("belongs to uid {}, not to uid {}", standing.owner, owner.uid));
        commands.push(owner.give_back(path, standing.owner, standing.kind));
    }
    let mode = standing.mode;
    // What the owner needs is the same as what the best mode gives the owner.
    let missing = wanted.mode & 0o700 & !mode != 0;
    if is_loose(mode, wanted.loosest) {
        said.push(format!("has mode {mode:04o}, which lets others in"));
    } else if missing {
        said.push(format!("has mode {mode:04o}, which keeps its owner out"));
    }
    if is_loose(mode, wanted.loosest) || missing {
        commands.push(format!("{sudo}chmod {:04o} {quoted}", wanted.mode));
    }
    if said.is_empty() {
        return None;
    }
    Some(Fault { detail: format!("{shown} {}", said.join(" and ")), hint: commands.join(" && ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: Standing = Standing { kind: Kind::File, owner: 1000, group: 1000, mode: 0o600 };
    const FILE: Wanted = Wanted { kind: Kind::File, mode: 0o600, loosest: 0o600 };
    const DIRECTORY: Wanted = Wanted { kind: Kind::Directory, mode: 0o700, loosest: 0o711 };

    #[test]
    fn each_fault_is_named_with_the_command_that_mends_it() {
        let at = |mode| Standing { mode, ..RIGHT };
        let as_directory = |mode| Standing { kind: Kind::Directory, ..at(mode) };
        let path = "/home/ada/a b";
        for (standing, wanted, expected) in [
            (RIGHT, FILE, None),
            (at(0o400), FILE, Some(("has mode 0400, which keeps its owner out", "chmod 0600 PATH"))),
            (at(0o640), FILE, Some(("has mode 0640, which lets others in", "chmod 0600 PATH"))),
            (as_directory(0o711), DIRECTORY, None),
            (as_directory(0o2700), DIRECTORY, None),
            (
                as_directory(0o755),
                DIRECTORY,
                Some(("has mode 0755, which lets others in", "chmod 0700 PATH")),
            ),
            (
                as_directory(0o600),
                DIRECTORY,
                Some(("has mode 0600, which keeps its owner out", "chmod 0700 PATH")),
            ),
            (RIGHT, DIRECTORY, Some(("is not a directory", "mv PATH PATH.aside"))),
            (
                Standing { kind: Kind::Link, mode: 0o777, ..RIGHT },
                FILE,
                Some(("is a link, not a regular file", "mv PATH PATH.aside")),
            ),
            (
                Standing { owner: 7, ..at(0o644) },
                FILE,
                Some((
                    "belongs to uid 7, not to uid 1000 and has mode 0644, which lets others in",
                    "sudo chown 1000 PATH && chmod 0600 PATH",
                )),
            ),
        ] {
            let expected = expected.map(|(detail, hint): (&str, &str)| Fault {
                detail: format!("{path} {detail}"),
                hint: hint.replace("PATH", &format!("'{path}'")),
            });
            assert_eq!(judge(Path::new(path), standing, &wanted, &Owner::sample(1000, 1000)), expected);
        }
    }

    #[test]
    fn who_is_not_the_owner_is_not_told_to_take_anything() {
        for viewer in [0, 5] {
            let judged = |standing| judge(Path::new("/a"), standing, &FILE, &Owner::sample(viewer, 1000));
            assert_eq!(judged(RIGHT), None);
            let hint = judged(Standing { owner: 7, ..RIGHT }).unwrap().hint;
            assert_eq!(hint, "sudo -H -u '#7' claviger --config '/c' doctor");
            let hint = judged(Standing { mode: 0o644, ..RIGHT }).unwrap().hint;
            assert_eq!(hint, if viewer == 0 { "chmod 0600 '/a'" } else { "sudo chmod 0600 '/a'" });
        }
    }

    #[test]
    fn a_link_is_seen_as_one_and_looked_through_where_it_may_be() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(directory.path(), &link).unwrap();
        assert_eq!(look(&link).unwrap().unwrap().kind, Kind::Link);
        assert_eq!(look_through(&link).unwrap().unwrap().kind, Kind::Directory);
        assert!(look(&directory.path().join("none")).unwrap().is_none());
    }
}

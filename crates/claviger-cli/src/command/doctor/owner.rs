//! Owns whose an installation is, and who looks at it. Must not judge how a path stands.

use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use claviger_daemon::place::quoted;
use claviger_daemon::socket::user_name;

use super::finding::{Check, Finding};
use super::standing::{Kind, look_through};
use crate::connection::closest;
use crate::settings::Discovered;

const ROOT: u32 = 0;

/// Whose everything should be, and who looks.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    /// Whose it is: the user of the daemon where one answers.
    pub(super) uid: u32,
    /// Who looks.
    pub(super) viewer: u32,
    /// The viewer's home, where that is really the viewer's.
    home: Option<PathBuf>,
    /// How `claviger` is called for this installation from another home.
    claviger: String,
}

impl Owner {
    /// Finds out whose an installation is. `daemon` is who runs the daemon that answers.
    pub(super) fn find(found: &Discovered, daemon: Option<u32>, claviger: String) -> Self {
        let viewer = rustix::process::geteuid().as_raw();
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| {
            // Service accounts have homes such as /, which are not theirs.
            home.metadata().is_ok_and(|home| home.uid() == viewer)
        });
        let directory = |path: &Option<PathBuf>| {
            let path = path.as_ref()?;
            Some(Directory { uid: uid_of(path)?, is_at_home: is_below(path, home.as_deref()) })
        };
        let uid = choose(daemon, viewer, directory(&found.data_dir), directory(&found.runtime_dir));
        Self { uid, viewer, home, claviger }
    }

    /// Whether another user's installation is looked at, by somebody who is not root.
    pub(super) fn is_another(&self) -> bool {
        self.viewer != ROOT && self.viewer != self.uid
    }

    /// What stands before a command that changes what is the owner's.
    pub(super) fn sudo(&self) -> &'static str {
        if self.is_another() { "sudo " } else { "" }
    }

    /// Tells whose it is where it is another user's.
    pub(super) fn tell(&self) -> Option<Finding> {
        self.is_another().then(|| {
            let name = user_name(self.uid).map(|name| format!("user {name}, ")).unwrap_or_default();
            let detail = format!(
                "belongs to {name}uid {}, and you are uid {}: what is in its store and its journal is not seen from here",
                self.uid, self.viewer
            );
            Finding::ok(Check::Installation, detail).with_hint(self.doctor_of(self.uid))
        })
    }

    /// What is told of what another user has closed.
    pub(super) fn not_yours(&self) -> String {
        let name =
            user_name(self.uid).map_or_else(|| format!("uid {}", self.uid), |name| format!("user {name}"));
        format!("not yours to look at: it belongs to {name}")
    }

    /// What comes of a path that cannot be looked at.
    pub(super) fn unseen(&self, check: Check, path: &Path, error: &io::Error) -> Finding {
        if self.is_another() && error.kind() == ErrorKind::PermissionDenied {
            return Finding::ok(check, self.not_yours());
        }
        let detail = format!("{} cannot be looked at: {error}", path.display());
        Finding::wrong(check, detail, format!("namei -l {}", quoted(path)))
    }

    /// What gives a path back to the owner, or looks as the user who has it where it may be rightly so.
    pub(super) fn give_back(&self, path: &Path, has: u32, kind: Kind) -> String {
        // Below what is the owner's it is the owner's; elsewhere nothing says that it was not meant for who has it.
        let is_owners = || {
            let above = path.parent().and_then(|above| above.metadata().ok());
            self.uid != ROOT && above.is_some_and(|above| above.uid() == self.uid)
        };
        let (path, is_at_home) = (quoted(path), is_below(path, self.home.as_deref()));
        let is_certain = (is_at_home && self.uid == self.viewer) || is_owners();
        match kind {
            _ if !is_certain && has == self.viewer => format!("namei -l {path}"),
            _ if !is_certain => self.doctor_of(has),
            Kind::Directory => format!("sudo chown -R {} {path}", self.uid),
            _ => format!("sudo chown {} {path}", self.uid),
        }
    }

    /// Whether a path is in the home of who looks.
    pub(super) fn has_at_home(&self, path: &Path) -> bool {
        is_below(path, self.home.as_deref())
    }

    /// The doctor as another user, who may see more.
    fn doctor_of(&self, uid: u32) -> String {
        format!("sudo -H -u '#{uid}' {} doctor", self.claviger)
    }
}

/// A directory of the installation that is there.
#[derive(Clone, Copy, Debug)]
struct Directory {
    uid: u32,
    /// Whether it is in the home of who looks.
    is_at_home: bool,
}

/// Only at home is what another user has there to be the viewer's: elsewhere it is whose it is.
fn choose(daemon: Option<u32>, viewer: u32, data: Option<Directory>, runtime: Option<Directory>) -> u32 {
    match (daemon, data.or(runtime)) {
        (Some(daemon), _) => daemon,
        (None, Some(directory)) if viewer == ROOT || !directory.is_at_home => directory.uid,
        (None, _) => viewer,
    }
}

/// Whose a directory is; where it is behind a closed one, whose that is.
fn uid_of(path: &Path) -> Option<u32> {
    match look_through(path) {
        Ok(standing) => standing.map(|standing| standing.owner),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => closest(path).map(|place| place.uid()),
        Err(_) => None,
    }
}

/// Whether a path is below a directory, also where that is behind a link.
fn is_below(path: &Path, directory: Option<&Path>) -> bool {
    directory.is_some_and(|directory| {
        path.starts_with(directory)
            || directory.canonicalize().is_ok_and(|real| {
                path.starts_with(&real) || path.canonicalize().is_ok_and(|path| path.starts_with(&real))
            })
    })
}

#[cfg(test)]
impl Owner {
    /// Who looks, and whose it is.
    pub(super) fn sample(viewer: u32, uid: u32) -> Self {
        Self { uid, viewer, home: Some("/home/ada".into()), claviger: "claviger --config '/c'".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_an_installation_is() {
        let at = |uid, is_at_home| Some(Directory { uid, is_at_home });
        for (daemon, viewer, data, runtime, owner, why) in [
            (Some(992), 1000, at(5, false), at(6, false), 992, "the daemon knows"),
            (None, 1000, None, None, 1000, "nothing is there yet"),
            (None, 1000, at(992, false), at(6, false), 992, "the data directory, wherever it is"),
            (None, 1000, None, at(992, false), 992, "else the runtime directory"),
            (None, 0, at(992, true), None, 992, "root takes nothing"),
            (None, 1000, at(0, true), None, 1000, "at home it is the viewer's, whoever made it"),
            (None, 1000, None, at(0, true), 1000, "the runtime directory too"),
        ] {
            assert_eq!(choose(daemon, viewer, data, runtime), owner, "{why}");
        }
    }

    #[test]
    fn nothing_is_taken_that_may_be_rightly_another_users() {
        let look = |uid| format!("sudo -H -u '#{uid}' claviger --config '/c' doctor");
        for (viewer, owner, path, has, kind, hint) in [
            (1000, 1000, "/home/ada/d", 0, Kind::Directory, "sudo chown -R 1000 '/home/ada/d'".to_owned()),
            (1000, 1000, "/home/ada/d/f", 0, Kind::File, "sudo chown 1000 '/home/ada/d/f'".to_owned()),
            (1000, 1000, "/nowhere/run", 992, Kind::Directory, look(992)),
            (0, 992, "/nowhere/run", 1000, Kind::Directory, look(1000)),
            (1000, 992, "/home/ada/d", 5, Kind::Directory, look(5)),
            (0, 992, "/nowhere/run", 0, Kind::Directory, "namei -l '/nowhere/run'".to_owned()),
        ] {
            assert_eq!(Owner::sample(viewer, owner).give_back(Path::new(path), has, kind), hint, "{path}");
        }
        let directory = tempfile::tempdir().unwrap();
        let uid = directory.path().metadata().unwrap().uid();
        let store = directory.path().join("store");
        let hint = Owner::sample(uid, uid).give_back(&store, 7, Kind::File);
        // Tests that run as root see that root is handed nothing.
        let expected = if uid == ROOT { look(7) } else { format!("sudo chown {uid} {}", quoted(&store)) };
        assert_eq!(hint, expected);
    }

    #[test]
    fn another_users_installation_is_told_once_and_is_not_wrong() {
        let finding = Owner::sample(1000, 4_000_000).tell().unwrap();
        assert_eq!(finding.state, super::super::finding::State::Ok);
        assert!(
            finding.detail.starts_with("belongs to uid 4000000, and you are uid 1000"),
            "{}",
            finding.detail
        );
        assert_eq!(finding.hint.unwrap(), "sudo -H -u '#4000000' claviger --config '/c' doctor");
        assert!(Owner::sample(1000, 0).tell().unwrap().detail.starts_with("belongs to user root, uid 0"));
        for (viewer, owner) in [(1000, 1000), (0, 1000), (0, 0)] {
            assert_eq!(Owner::sample(viewer, owner).tell(), None);
        }
    }

    #[test]
    fn what_another_user_closed_is_not_wrong_and_what_is_closed_to_its_owner_is() {
        let (path, denied) = (Path::new("/d/x"), io::Error::from(ErrorKind::PermissionDenied));
        let another = Owner::sample(1000, 0);
        let finding = another.unseen(Check::Store, path, &denied);
        assert_eq!(finding, Finding::ok(Check::Store, "not yours to look at: it belongs to user root"));
        let broken = io::Error::from(ErrorKind::InvalidInput);
        let owners = Owner::sample(1000, 1000);
        for finding in
            [another.unseen(Check::Store, path, &broken), owners.unseen(Check::Store, path, &denied)]
        {
            assert_eq!(finding.hint.as_deref(), Some("namei -l '/d/x'"), "{}", finding.detail);
        }
    }

    #[test]
    fn a_home_is_known_behind_a_link_too() {
        let place = tempfile::tempdir().unwrap();
        let (real, link) = (place.path().join("real"), place.path().join("link"));
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(is_below(&real.join("d"), Some(&link)) && is_below(&link.join("d"), Some(&link)));
        assert!(!is_below(Path::new("/d"), Some(&link)) && !is_below(&real, None));
    }
}

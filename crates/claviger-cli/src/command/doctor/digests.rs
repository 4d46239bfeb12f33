//! Owns what is said of the digests of proven secrets: where their key lives, or why none are kept. Must not make a key or take
//! one away.

use std::path::Path;

use claviger_daemon::keeping::{Place, Places};
use claviger_daemon::{DigestConfig, Keep};

use super::Site;
use super::finding::{Check, Finding};
use super::store::User;

/// Looks for the key of the store in this directory. `None` where it could not be seen from here.
pub(super) fn examine(
    site: &Site<'_>,
    data_dir: &Path,
    user: User,
    settings: &DigestConfig,
) -> Option<Finding> {
    // Each user has a keyring of their own.
    if site.owner.viewer != site.owner.uid {
        return None;
    }
    let places = Places::of(data_dir, site.runtime_dir?, settings.session_dir.as_deref()).ok()?;
    Some(Finding::ok(Check::Digests, told(places.find().as_ref(), user, settings.keep)))
}

fn told(found: Option<&Place>, user: User, keep: Keep) -> String {
    let none = "none are kept, so that each secret is hashed once after a restart";
    match (found, user, keep) {
        (Some(_), User::None, Keep::Never) => {
            "the next daemon keeps none, and takes their key away: digests.keep is \"never\"".to_owned()
        }
        (Some(Place::Keyring(name)), ..) => format!("their key is in the kernel's keyring, as {name}"),
        (Some(Place::MemoryFile(path)), ..) => format!("their key is in memory, in {}", path.display()),
        (None, _, Keep::Never) => format!("{none}: digests.keep is \"never\""),
        (None, User::None, Keep::Auto) => {
            "their key is gone, as after a start of the machine: the next daemon hashes each secret once"
                .to_owned()
        }
        (None, _, Keep::Auto) => {
            format!("{none}: neither the kernel's keyring nor a tmpfs keeps their key")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_key_lives_is_told_and_why_there_is_none() {
        let keyring = Place::Keyring("claviger:1".to_owned());
        let file = Place::MemoryFile("/dev/shm/d/1".into());
        let daemon = User::Daemon(7);
        for (found, user, keep, part) in [
            (Some(&keyring), daemon, Keep::Auto, "the kernel's keyring, as claviger:1"),
            (Some(&file), daemon, Keep::Auto, "in memory, in /dev/shm/d/1"),
            // The daemon was started before the settings were changed.
            (Some(&keyring), daemon, Keep::Never, "the kernel's keyring, as claviger:1"),
            (Some(&keyring), User::None, Keep::Auto, "the kernel's keyring, as claviger:1"),
            (Some(&keyring), User::None, Keep::Never, "the next daemon keeps none"),
            (None, daemon, Keep::Auto, "neither the kernel's keyring nor a tmpfs"),
            (None, daemon, Keep::Never, "digests.keep is \"never\""),
            (None, User::None, Keep::Auto, "their key is gone"),
            (None, User::None, Keep::Never, "digests.keep is \"never\""),
        ] {
            let detail = told(found, user, keep);
            assert!(detail.contains(part), "{detail}");
        }
    }
}

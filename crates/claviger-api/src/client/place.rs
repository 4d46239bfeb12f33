//! Owns where the daemon's sockets are by default. Must not look whether anything is there, nor read a `config.toml`.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::{ADMIN_SOCKET, VERIFY_SOCKET};

/// Where the socket for verification is: in `$CLAVIGER_RUNTIME_DIR`, else `$XDG_STATE_HOME/claviger/run`, else
/// `~/.local/state/claviger/run`. `None` where none of them is set, and `HOME` neither.
///
/// A daemon of another user, or one whose `config.toml` or flags say otherwise, is elsewhere: take its path as a setting
/// of your own.
#[must_use]
pub fn verify_socket() -> Option<PathBuf> {
    Some(runtime_dir(|name| env::var_os(name))?.join(VERIFY_SOCKET))
}

/// Where the socket for every method is: beside [`verify_socket`].
#[must_use]
pub fn admin_socket() -> Option<PathBuf> {
    Some(runtime_dir(|name| env::var_os(name))?.join(ADMIN_SOCKET))
}

/// The runtime directory in an environment, where a variable that is empty is not set.
fn runtime_dir(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CLAVIGER_RUNTIME_DIR").or_else(|| {
        // A relative one is to be ignored (XDG Base Directory Specification).
        let state = set("XDG_STATE_HOME").filter(|path| path.is_absolute());
        let state = state.or_else(|| Some(set("HOME")?.join(".local/state")))?;
        Some(state.join("claviger/run"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sockets_are_looked_for_where_the_daemon_makes_them() {
        for (set, expected) in [
            (&[("CLAVIGER_RUNTIME_DIR", "/r"), ("XDG_STATE_HOME", "/s"), ("HOME", "/h")][..], Some("/r")),
            (
                &[("CLAVIGER_RUNTIME_DIR", ""), ("XDG_STATE_HOME", "/s"), ("HOME", "/h")],
                Some("/s/claviger/run"),
            ),
            (&[("XDG_STATE_HOME", "s"), ("HOME", "/h")], Some("/h/.local/state/claviger/run")),
            (&[("XDG_STATE_HOME", "s")], None),
            (&[], None),
        ] {
            let variable =
                |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into());
            assert_eq!(runtime_dir(variable), expected.map(PathBuf::from), "{set:?}");
        }
    }
}

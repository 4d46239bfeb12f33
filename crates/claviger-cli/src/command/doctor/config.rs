//! Owns what is checked of `config.toml`. Must not tell a value of it but paths.

use std::path::Path;

use claviger_daemon::SocketConfig;
use claviger_daemon::place::quoted;
use claviger_daemon::socket::group_id;

use super::daemon::leads_to;
use super::finding::{Check, Fault, Finding};
use super::owner::Owner;
use super::standing::{self, Standing};
use crate::failure::Report;
use crate::settings::Discovered;

/// Looks at the file and what it settles.
pub(super) fn examine(found: &Discovered, owner: &Owner) -> Finding {
    let check = Check::Settings;
    let path = match &found.config {
        Ok(Some(path)) => path,
        Ok(None) => return Finding::ok(check, "no config.toml: the defaults hold"),
        Err(failure) => {
            let report = failure.report();
            let said = report.map_or("config.toml cannot be read", Report::message);
            let hint =
                report.and_then(Report::hint).unwrap_or("choose a file that can be read with --config");
            return Finding::wrong(check, format!("{said}. The rest is looked at with defaults"), hint);
        }
    };
    let directories = (found.data_dir.as_deref(), found.runtime_dir.as_deref());
    let fault = judge_settings(&found.sockets, directories, path);
    // A link is looked through: it is as safe as what it leads to.
    let standing = standing::look_through(path).ok().flatten();
    match (fault, standing.and_then(|standing| judge_writers(path, standing, owner))) {
        (Some(fault), _) => Finding::wrong(check, fault.detail, fault.hint),
        (None, Some(fault)) => Finding::warning(check, fault.detail, fault.hint),
        (None, None) => Finding::ok(check, path.display().to_string()),
    }
}

/// Who can write the file can move the sockets and let others verify.
fn judge_writers(path: &Path, standing: Standing, owner: &Owner) -> Option<Fault> {
    let (shown, quoted) = (path.display(), quoted(path));
    if ![0, owner.uid, owner.viewer].contains(&standing.owner) {
        let right = if owner.has_at_home(path) { owner.viewer } else { 0 };
        return Some(Fault {
            detail: format!("{shown} belongs to uid {}, who can change what holds here", standing.owner),
            hint: format!("sudo chown {right} {quoted}"),
        });
    }
    (standing.mode & 0o022 != 0).then(|| Fault {
        detail: format!("{shown} has mode {:04o}: others can change what holds here", standing.mode),
        hint: format!("chmod go-w {quoted}"),
    })
}

/// What is wrong with who may use the sockets; the values themselves are not told.
fn judge_settings(
    sockets: &SocketConfig,
    directories: (Option<&Path>, Option<&Path>),
    config: &Path,
) -> Option<Fault> {
    let file = quoted(config);
    for (setting, group) in [("verify_group", &sockets.verify_group), ("admin_group", &sockets.admin_group)] {
        if group.as_deref().is_some_and(|group| group_id(group).is_none()) {
            return Some(Fault {
                detail: format!("sockets.{setting} names no group of this machine"),
                hint: format!("make the group, or change sockets.{setting} in {file}"),
            });
        }
    }
    let shared = matches!(directories, (Some(data), Some(runtime)) if leads_to(data, runtime));
    (shared && sockets.lets_others_in()).then(|| Fault {
        detail: "the data directory cannot be the runtime directory while others may use a socket".to_owned(),
        hint: format!("choose another runtime_dir in {file}"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::standing::Kind;
    use super::*;

    #[test]
    fn who_else_can_write_the_file_is_told() {
        let at = |owner, mode| Standing { kind: Kind::File, owner, group: 0, mode };
        let (at_home, of_the_system) = (Path::new("/home/ada/c"), Path::new("/c"));
        for (path, standing, hint) in [
            (of_the_system, at(1000, 0o644), None),
            (of_the_system, at(992, 0o644), None),
            (of_the_system, at(0, 0o600), None),
            (of_the_system, at(1000, 0o664), Some("chmod go-w '/c'")),
            (of_the_system, at(1000, 0o606), Some("chmod go-w '/c'")),
            (of_the_system, at(7, 0o600), Some("sudo chown 0 '/c'")),
            (at_home, at(7, 0o600), Some("sudo chown 1000 '/home/ada/c'")),
        ] {
            let fault = judge_writers(path, standing, &Owner::sample(1000, 992));
            assert_eq!(fault.map(|fault| fault.hint).as_deref(), hint, "{standing:?}");
        }
    }

    #[test]
    fn settings_that_no_daemon_can_follow_are_told_without_their_values() {
        let config = Path::new("/c");
        let (one, other) = (Some(Path::new("/d")), Some(Path::new("/r")));
        let open = SocketConfig { verify_mode: 0o666, ..SocketConfig::default() };
        let group = SocketConfig { verify_group: Some("no-such-group".into()), ..SocketConfig::default() };
        let operators = SocketConfig { admin_group: Some("no-such-group".into()), ..SocketConfig::default() };
        let closed = SocketConfig::default();
        let judged = |sockets, directories| judge_settings(sockets, directories, config);
        assert_eq!(judged(&closed, (one, one)), None);
        assert_eq!(judged(&open, (one, other)), None);
        assert_eq!(judged(&open, (None, None)), None);
        assert!(judged(&open, (one, one)).unwrap().hint.contains("runtime_dir in '/c'"));
        for (sockets, setting) in [(&group, "verify_group"), (&operators, "admin_group")] {
            let fault = judged(sockets, (one, other)).unwrap();
            assert!(fault.hint.contains(setting) && !format!("{fault:?}").contains("no-such"), "{fault:?}");
        }
    }
}

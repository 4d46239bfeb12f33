//! Owns systemd's files, for the system, as packages install them, and for one user, with the places of an installation; and
//! which of the two systemds is meant. Must not write any file, or ask either.

use std::path::{Component, Path, PathBuf};

use claviger_daemon::SocketConfig;
use claviger_daemon::run::PASSABLE;

use crate::failure::Failure;
use crate::settings::Settings;

/// The units that are enabled: they start the service.
pub(crate) const SOCKETS: [&str; 2] = ["claviger-admin.socket", "claviger-verify.socket"];
/// The unit of the daemon.
pub(crate) const SERVICE: &str = "claviger.service";

/// The systemd that runs the daemon, listens for it, and is asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    /// That of the whole system.
    System,
    /// That of this user.
    User,
}

impl Manager {
    /// What `systemctl` and `journalctl` are told for it, behind their names.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::System => "",
            Self::User => " --user",
        }
    }
}

/// Where the executable of a package is, which the system's service names.
const PACKAGED: &str = "/usr/bin/claviger";

/// One file, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitFile {
    /// An absolute path.
    pub(crate) path: PathBuf,
    /// All that is in it.
    pub(crate) text: String,
    /// Whose it is once it is there.
    pub(crate) kind: Kind,
}

/// Whose a file is once it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ours: written anew, and taken away.
    Unit,
    /// The operator's: made where there is none, and left alone.
    Settings,
}

/// What stands in the units of a package, which brings the manual page.
const MANUAL: &str = "Documentation=man:claviger(1)\n";

/// The files for the system, with the service of an executable.
///
/// # Errors
/// The executable's path fits into no unit.
pub(crate) fn for_system(executable: &Path) -> Result<Vec<UnitFile>, Failure> {
    let service = include_str!("../../claviger/packaging/systemd/claviger.service");
    let command = format!("ExecStart={PACKAGED} ");
    let service = service.replace(&command, &format!("ExecStart={} ", argument(executable)?));
    let unit = |path: &str, text: &str| UnitFile {
        path: path.into(),
        text: text.replace(MANUAL, ""),
        kind: Kind::Unit,
    };
    let settings = include_str!("../../claviger/packaging/config.toml");
    Ok(vec![
        unit("/etc/systemd/system/claviger.service", &service),
        unit(
            "/etc/systemd/system/claviger-admin.socket",
            include_str!("../../claviger/packaging/systemd/claviger-admin.socket"),
        ),
        unit(
            "/etc/systemd/system/claviger-verify.socket",
            include_str!("../../claviger/packaging/systemd/claviger-verify.socket"),
        ),
        unit("/etc/sysusers.d/claviger.conf", include_str!("../../claviger/packaging/sysusers.conf")),
        unit("/etc/tmpfiles.d/claviger.conf", include_str!("../../claviger/packaging/tmpfiles.conf")),
        UnitFile { path: "/etc/claviger/config.toml".into(), text: settings.into(), kind: Kind::Settings },
    ])
}

/// The files for one user, below the directory of that user's units, with the places of this installation.
///
/// # Errors
/// A path fits into no unit, or there is no data directory.
pub(crate) fn for_user(
    directory: &Path,
    executable: &Path,
    settings: &Settings,
) -> Result<Vec<UnitFile>, Failure> {
    let config = match settings.config_file() {
        Some(file) => format!(" --config {}", argument(file)?),
        None => String::new(),
    };
    let service = include_str!("../../claviger/packaging/systemd/user.service")
        .replace("@EXECUTABLE@", &argument(executable)?)
        .replace("@DATA_DIR@", &argument(settings.data_dir()?)?)
        .replace("@RUNTIME_DIR@", &argument(settings.runtime_dir())?)
        .replace("@CONFIG@", &config);
    let sockets = settings.sockets();
    let socket = |template: &str, path: &Path, mode: u32, group: Option<&str>| -> Result<String, Failure> {
        let group =
            group.map(|group| format!("\nSocketGroup={}", group.replace('%', "%%"))).unwrap_or_default();
        Ok(template
            .replace("@MODE@", &format!("{mode:04o}{group}"))
            .replace("@DIRECTORY_MODE@", &format!("{:04o}", directory_mode(sockets)))
            .replace("@SOCKET@", &specified(plain(path)?)))
    };
    let admin = socket(
        include_str!("../../claviger/packaging/systemd/user-admin.socket"),
        &settings.admin_socket(),
        sockets.admin_mode(),
        sockets.admin_group.as_deref(),
    )?;
    let verify = socket(
        include_str!("../../claviger/packaging/systemd/user-verify.socket"),
        &settings.verify_socket(),
        sockets.verify_mode,
        sockets.verify_group.as_deref(),
    )?;
    let [admin_name, verify_name] = SOCKETS;
    let unit = |name: &str, text| UnitFile { path: directory.join(name), text, kind: Kind::Unit };
    Ok(vec![unit(SERVICE, service), unit(admin_name, admin), unit(verify_name, verify)])
}

/// The files one below the other, each under its path, as `systemctl cat` shows them.
pub(crate) fn printed(files: &[UnitFile]) -> String {
    let texts = files.iter().map(|file| format!("# {}\n{}", file.path.display(), file.text));
    texts.collect::<Vec<_>>().join("\n")
}

fn directory_mode(sockets: &SocketConfig) -> u32 {
    if sockets.lets_others_in() { PASSABLE } else { 0o700 }
}

/// A path as one word of a command (systemd.service(5), "Command lines").
fn argument(path: &Path) -> Result<String, Failure> {
    let text = specified(plain(path)?).replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$");
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:@,%$=~".contains(c));
    Ok(if is_word { text } else { format!("\"{text}\"") })
}

/// A text in which no specifier is filled in (systemd.unit(5), "Specifiers").
fn specified(text: &str) -> String {
    text.replace('%', "%%")
}

/// A path that a line of a unit can hold: it loses blanks at its ends, and must lead straight to where it leads.
fn plain(path: &Path) -> Result<&str, Failure> {
    if path.components().any(|part| part == Component::ParentDir) {
        return Err(Failure::failed(
            "a path of this installation has `..` in it, which systemd does not take",
        )
        .hint("write the path without it, with --data-dir, --runtime-dir or --config"));
    }
    path.to_str().filter(|text| !text.chars().any(char::is_control) && text.trim() == *text).ok_or_else(
        || {
            let message = "a path of this installation is not plain text, so no unit can name it";
            Failure::failed(message).hint("choose others with --data-dir, --runtime-dir and --config")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Places;

    fn settings(places: &[&str; 2], config: &str) -> (tempfile::NamedTempFile, Settings) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), config).unwrap();
        let [data, run] = places;
        let places = Places {
            data_dir: Some(data.into()),
            runtime_dir: Some(run.into()),
            config: Some(file.path().into()),
        };
        let settings = Settings::find(&places).unwrap();
        (file, settings)
    }

    #[test]
    fn every_place_of_a_users_units_is_filled() {
        let (config, settings) = settings(&["/d", "/r"], "");
        let files = for_user(Path::new("/u"), Path::new("/x/claviger"), &settings).unwrap();
        let text = printed(&files);
        assert!(
            !text.contains('@')
                || !text.replace("@system-service", "").replace("@privileged", "").contains('@')
        );
        let command = format!(
            "ExecStart=/x/claviger daemon --data-dir /d --runtime-dir /r --config {}\n",
            config.path().display()
        );
        assert!(text.contains(&command), "{text}");
        assert!(text.contains("# /u/claviger-admin.socket\n[Unit]"), "{text}");
        assert!(
            text.contains("ListenStream=/r/admin.sock\n") && text.contains("ListenStream=/r/verify.sock\n")
        );
        assert!(text.contains("SocketMode=0600\nDirectoryMode=0700\n"), "{text}");
    }

    #[test]
    fn a_users_sockets_let_in_whom_the_settings_do() {
        let sockets = "[sockets]\nverify_mode = \"0660\"\nverify_group = \"gateways\"";
        let (_config, settings) = settings(&["/d", "/r"], sockets);
        let files = for_user(Path::new("/u"), Path::new("/x"), &settings).unwrap();
        let [_, admin, verify] = &files[..] else { panic!("{files:?}") };
        assert!(admin.text.contains("SocketMode=0600\nDirectoryMode=0711\n"), "{}", admin.text);
        assert!(
            verify.text.contains("SocketMode=0660\nSocketGroup=gateways\nDirectoryMode=0711\n"),
            "{}",
            verify.text
        );
    }

    #[test]
    fn paths_mean_themselves_in_a_unit() {
        for (path, word) in [
            ("/usr/bin/claviger", "/usr/bin/claviger"),
            ("/a b", "\"/a b\""),
            ("/100%", "/100%%"),
            ("/$HOME", "/$$HOME"),
            ("/a\"b\\c", "\"/a\\\"b\\\\c\""),
            ("/it's;", "\"/it's;\""),
        ] {
            assert_eq!(argument(Path::new(path)).unwrap(), word);
        }
        for path in ["/a\nb", "/a ", "/a\t", "/a/../b"] {
            assert!(argument(Path::new(path)).is_err(), "{path:?}");
        }
    }

    #[test]
    fn the_systems_service_starts_the_executable_that_is_asked_for() {
        let files = for_system(Path::new("/usr/local/bin/claviger")).unwrap();
        assert!(
            files[0]
                .text
                .contains("\nExecStart=/usr/local/bin/claviger daemon --config /etc/claviger/config.toml\n"),
            "{}",
            files[0].text
        );
        let settings: Vec<_> = files.iter().filter(|file| file.kind == Kind::Settings).collect();
        let [settings] = settings[..] else { panic!("{settings:?}") };
        assert!(files[0].text.contains(settings.path.to_str().unwrap()));
        // Where no package has brought the manual page, no unit may name it.
        assert!(files.iter().all(|file| !file.text.contains("man:claviger")), "{files:?}");
    }

    #[test]
    fn the_systems_settings_and_its_sockets_say_the_same() {
        let files = for_system(Path::new(PACKAGED)).unwrap();
        let text = |name: &str| {
            let file = files.iter().find(|file| file.path.ends_with(name)).unwrap();
            file.text.clone()
        };
        let settings = crate::config_file::parse(&text("config.toml")).unwrap();
        let (sockets, run) = (settings.sockets, settings.runtime_dir.unwrap());
        for (unit, socket, mode, group) in [
            ("claviger-admin.socket", "admin.sock", sockets.admin_mode(), sockets.admin_group.unwrap()),
            ("claviger-verify.socket", "verify.sock", sockets.verify_mode, sockets.verify_group.unwrap()),
        ] {
            let unit = text(unit);
            for line in [
                format!("ListenStream={}\n", run.join(socket).display()),
                format!("SocketMode={mode:04o}\n"),
                format!("SocketGroup={group}\n"),
            ] {
                assert!(unit.contains(&line), "{line} {unit}");
            }
            assert!(text("sysusers.d/claviger.conf").contains(&format!("\ng {group} ")), "{group}");
        }
        let service = text("claviger.service");
        assert!(
            service.contains("StateDirectory=claviger\n") && service.contains("RuntimeDirectory=claviger\n")
        );
        assert_eq!(settings.data_dir.unwrap(), Path::new("/var/lib/claviger"));
    }
}

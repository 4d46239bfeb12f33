//! Owns the tests of systemd's units as they are printed and installed. Must not start a systemd: `just systemd` does.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Home, Output, tell};

/// Writes what was printed to files of their names, and gives those.
fn written(printed: &str, directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for line in printed.lines() {
        match line.strip_prefix("# /") {
            Some(path) => files.push((directory.join(Path::new(path).file_name().unwrap()), String::new())),
            None => {
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    files.into_iter().map(|(path, text)| fs::write(&path, text).map(|()| path).unwrap()).collect()
}

fn units(files: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    files.iter().filter(|path| path.extension().is_some_and(|end| end == "service" || end == "socket"))
}

/// Asks systemd's own reader; `None` where there is none.
fn analysed(arguments: &[&str], files: &[&PathBuf]) -> Option<Output> {
    Command::new("systemd-analyze").arg("--version").output().ok()?;
    let mut command = Command::new("systemd-analyze");
    command.args(arguments).args(files);
    Some(Home::finish(command, ""))
}

#[test]
fn systemd_finds_nothing_wrong_in_the_units_as_they_are_printed() {
    let home = Home::new();
    for arguments in [&["integrate", "systemd"] as &[&str], &["integrate", "systemd", "--system"]] {
        let directory = home.path(&arguments.join("-"));
        fs::create_dir(&directory).unwrap();
        let files = written(&home.run(arguments).success().stdout, &directory);
        let service = units(&files).find(|path| path.ends_with("claviger.service")).unwrap();
        // The reader looks whether the executable is there.
        let text = fs::read_to_string(service).unwrap();
        fs::write(service, text.replace("/usr/local/bin/claviger", env!("CARGO_BIN_EXE_claviger"))).unwrap();
        let units: Vec<_> = units(&files).collect();
        assert_eq!(units.len(), 3, "{files:?}");
        let Some(found) = analysed(&["verify"], &units) else {
            return tell("systemd-analyze is not here: the units were not looked at");
        };
        let about_ours: Vec<_> = found.stderr.lines().filter(|line| line.contains("claviger")).collect();
        assert_eq!((found.status, about_ours), (0, Vec::new()), "{found:?}");
    }
}

#[test]
fn the_systems_service_is_as_closed_as_it_says() {
    const TENTHS: &str = "--threshold=10";
    let home = Home::new();
    let files = written(&home.run(&["integrate", "systemd", "--system"]).success().stdout, &home.path(""));
    let service = files.iter().find(|path| path.ends_with("claviger.service")).unwrap();
    let text = fs::read_to_string(service).unwrap();
    assert!(!text.contains("\nPrivateUsers="), "it would hide who calls");
    let arguments = ["security", "--offline=true", "--no-pager", TENTHS];
    let Some(found) = analysed(&arguments, &[service]) else {
        return tell("systemd-analyze is not here: the service was not looked at");
    };
    assert_eq!(found.status, 0, "{found:?}");
    fs::write(
        service,
        text.replace("NoNewPrivileges=yes", "NoNewPrivileges=no")
            .replace("ProtectSystem=strict", "")
            .replace("SystemCallFilter=@system-service", "")
            .replace("CapabilityBoundingSet=\n", ""),
    )
    .unwrap();
    assert_ne!(analysed(&arguments, &[service]).unwrap().status, 0, "the bound bites");
}

/// A place with a `systemctl` that writes down what it is asked, and whose sockets are not active.
fn with_systemctl(home: &Home) -> Command {
    let bin = home.path("bin");
    fs::create_dir(&bin).unwrap();
    let systemctl = bin.join("systemctl");
    let asked = home.path("asked");
    let script = format!(
        "#!/bin/sh\n[ \"$2\" = is-active ] && exit 3\necho \"$@\" >> {}\n[ ! -e {} ] || [ \"$2\" = --version ] || {{ echo no bus >&2; exit 1; }}\n",
        asked.display(),
        home.path("broken").display()
    );
    fs::write(&systemctl, script).unwrap();
    fs::set_permissions(&systemctl, Permissions::from_mode(0o755)).unwrap();
    let mut command = home.command();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    command.env("PATH", path).env_remove("SUDO_UID").arg("service");
    command
}

fn asked(home: &Home) -> Vec<String> {
    let text = fs::read_to_string(home.path("asked")).unwrap_or_default();
    let looks = ["--version", "show --property=Version"];
    text.lines().filter(|line| !looks.iter().any(|look| line.ends_with(look))).map(str::to_owned).collect()
}

#[test]
fn a_users_service_is_installed_as_it_is_printed_and_uninstalled_whole() {
    const SOCKETS: &str = "claviger-admin.socket claviger-verify.socket";
    let home = Home::new();
    let units = home.path("home/.config/systemd/user");
    let mut install = with_systemctl(&home);
    install.arg("install");
    let told = Home::finish(install, "").success();
    assert!(told.stdout.contains("admin.sock") && told.stdout.contains("loginctl enable-linger"), "{told:?}");
    assert_eq!(
        asked(&home),
        [
            "--user daemon-reload".to_owned(),
            format!("--user enable {SOCKETS}"),
            format!("--user start {SOCKETS}")
        ]
    );
    let printed = home.run(&["integrate", "systemd"]).success().stdout;
    for name in ["claviger.service", "claviger-admin.socket", "claviger-verify.socket"] {
        let text = fs::read_to_string(units.join(name)).unwrap();
        let (mark, rest) = text.split_once('\n').unwrap();
        assert!(mark.contains("systemctl edit") && printed.contains(rest), "{text}");
    }

    fs::remove_file(home.path("asked")).unwrap();
    let mut uninstall = home.command();
    uninstall.env("PATH", format!("{}:/usr/bin:/bin", home.path("bin").display())).args([
        "service",
        "uninstall",
        "--json",
    ]);
    uninstall.env_remove("SUDO_UID");
    let told = Home::finish(uninstall, "").success();
    let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["removed"].as_array().unwrap().len(), 3, "{told}");
    assert_eq!(
        asked(&home),
        [
            "--user disable --now claviger-admin.socket",
            "--user disable --now claviger-verify.socket",
            "--user disable --now claviger.service",
            "--user daemon-reload"
        ]
    );
    assert_eq!(fs::read_dir(&units).unwrap().count(), 0);
}

#[test]
fn where_systemd_cannot_be_asked_nothing_is_written() {
    let home = Home::new();
    fs::write(home.path("broken"), "").unwrap();
    let mut install = with_systemctl(&home);
    install.arg("install");
    let told = Home::finish(install, "");
    assert_eq!(told.status, 1);
    assert!(told.stderr.contains("systemctl --user") && told.stderr.contains("no bus"), "{told:?}");
    assert!(told.stderr.contains("\nhint: "), "{told:?}");
    assert!(!home.path("home/.config").exists());
}

#[test]
fn what_would_keep_the_daemon_from_starting_is_told_before_anything_is_written() {
    let home = Home::new();
    let command = with_systemctl(&home);
    let refused = |arguments: &[&str], reason: &str| {
        let mut install = home.command();
        install.env("PATH", command.get_envs().find(|(name, _)| *name == "PATH").unwrap().1.unwrap());
        install.env_remove("SUDO_UID").args(["service", "install"]).args(arguments);
        let told = Home::finish(install, "");
        assert!([1, 2].contains(&told.status), "{told:?}");
        assert!(told.stderr.contains(reason) && told.stderr.contains("\nhint: "), "{arguments:?} {told:?}");
        assert!(!home.path("home/.config").exists(), "{arguments:?}");
    };
    let long = format!("/tmp/{}", "x".repeat(110));
    refused(&["--runtime-dir", &long], "107");
    refused(&["--runtime-dir", "/tmp/a/../b"], "`..`");
    let loose = home.path("loose");
    fs::create_dir(&loose).unwrap();
    fs::set_permissions(&loose, Permissions::from_mode(0o755)).unwrap();
    refused(&["--runtime-dir", loose.to_str().unwrap()], "0755");
    refused(&["--data-dir", loose.to_str().unwrap()], "0755");
    refused(&["--system", "--data-dir", "/srv"], "--system has its own");
}

#[test]
fn what_is_left_of_a_service_is_uninstalled_whatever_else_is_gone() {
    let home = Home::new();
    let units = home.path("home/.config/systemd/user");
    let mut install = with_systemctl(&home);
    install.arg("install");
    Home::finish(install, "").success();
    let uninstall = || {
        let mut uninstall = home.command();
        uninstall.env("PATH", format!("{}:/usr/bin:/bin", home.path("bin").display()));
        uninstall.env_remove("SUDO_UID").args(["service", "uninstall"]);
        Home::finish(uninstall, "")
    };
    // Neither the settings nor the service's own unit need to be there, and what the operator wrote stays.
    fs::write(home.config(), "x=").unwrap();
    fs::remove_file(units.join("claviger.service")).unwrap();
    fs::create_dir(units.join("claviger.service.d")).unwrap();
    fs::write(home.path("broken"), "").unwrap();
    let told = uninstall();
    assert_eq!(told.status, 1, "systemd could not be asked: {told:?}");
    assert!(told.stderr.contains("no bus") && told.stderr.contains("claviger stop"), "{told:?}");
    assert!(told.stdout.contains("left as it is") && told.stdout.contains("claviger.service.d"), "{told:?}");
    let left: Vec<_> = fs::read_dir(&units).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["claviger.service.d"]);
    fs::remove_file(home.path("broken")).unwrap();
    assert!(uninstall().success().stdout.contains("nothing to uninstall"));
}

#[test]
fn a_daemon_that_runs_already_is_not_pushed_aside() {
    let daemon = Home::new().start();
    let mut install = with_systemctl(&daemon.home);
    install.arg("install");
    let told = Home::finish(install, "");
    assert_eq!(told.status, 1);
    assert!(told.stderr.contains("claviger stop"), "{told:?}");
    assert!(!daemon.home.path("home/.config").exists(), "nothing is written");
    assert!(daemon.admin.answers());
}

#[test]
fn without_systemd_it_is_said() {
    let home = Home::new();
    let mut install = home.command();
    install.env("PATH", home.path("nothing")).env_remove("SUDO_UID").args(["service", "install"]);
    let told = Home::finish(install, "");
    assert_eq!(told.status, 1);
    assert!(told.stderr.contains("systemctl") && told.stderr.contains("claviger daemon"), "{told:?}");
}

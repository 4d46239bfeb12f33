//! Owns the files of a service on the disk: nothing of anybody else's is written over or taken away. Must not know what is in
//! them.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use claviger_daemon::place::quoted;

use crate::failure::Failure;
use crate::systemd::{Kind, UnitFile};

/// Begins each file that is ours.
const MARK: &str =
    "# Written by `claviger service install`, which writes it anew: changes belong into `systemctl edit`.\n";

/// Writes what is to be there, and gives the paths of what was written. Settings that are there already stay as they are.
pub(super) fn write(files: &[UnitFile]) -> Result<Vec<PathBuf>, Failure> {
    let mut wanted = Vec::new();
    for file in files {
        match (file.kind, found(&file.path)?) {
            (_, Found::Nothing) | (Kind::Unit, Found::Ours) => wanted.push(file),
            (Kind::Settings, _) => {}
            (Kind::Unit, Found::Foreign) => return Err(foreign(&file.path)),
        }
    }
    for file in &wanted {
        put(file).map_err(|error| fault("write", &file.path, &error))?;
    }
    Ok(wanted.iter().map(|file| file.path.clone()).collect())
}

/// Which of these are there and ours to take away, and which are there and stay.
pub(super) fn ours(paths: &[(PathBuf, Kind)]) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let (mut ours, mut kept) = (Vec::new(), Vec::new());
    for (path, kind) in paths {
        match (kind, found(path)?) {
            (_, Found::Nothing) => {}
            (Kind::Unit, Found::Ours) => ours.push(path.clone()),
            _ => kept.push(path.clone()),
        }
    }
    Ok((ours, kept))
}

/// What `systemctl edit` has put beside these, which is the operator's.
pub(super) fn drop_ins(paths: &[(PathBuf, Kind)]) -> Vec<PathBuf> {
    let beside = |(path, _): &(PathBuf, Kind)| PathBuf::from(format!("{}.d", path.display()));
    paths.iter().map(beside).filter(|path| path.is_dir()).collect()
}

/// The links by which units were enabled, where they are still there: systemd takes them away itself, if it can be asked.
pub(super) fn wanted_by(paths: &[(PathBuf, Kind)]) -> Vec<PathBuf> {
    const TARGETS: [&str; 3] = ["sockets.target.wants", "default.target.wants", "multi-user.target.wants"];
    let links = |(path, _): &(PathBuf, Kind)| {
        let (directory, name) = (path.parent()?.to_owned(), path.file_name()?.to_owned());
        Some(TARGETS.map(move |target| directory.join(target).join(&name)))
    };
    paths.iter().filter_map(links).flatten().filter(|path| path.is_symlink()).collect()
}

/// Takes files away.
pub(super) fn remove(paths: &[PathBuf]) -> Result<(), Failure> {
    paths.iter().try_for_each(|path| fs::remove_file(path).map_err(|error| fault("remove", path, &error)))
}

/// What is at a path.
enum Found {
    Nothing,
    Ours,
    Foreign,
}

fn found(path: &Path) -> Result<Found, Failure> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) => Err(fault("look at", path, &error)),
        Ok(metadata) if !metadata.is_file() => Ok(Found::Foreign),
        Ok(_) => match fs::read(path) {
            Ok(bytes) if bytes.starts_with(MARK.as_bytes()) => Ok(Found::Ours),
            Ok(_) => Ok(Found::Foreign),
            Err(error) => Err(fault("read", path, &error)),
        },
    }
}

/// Whole or not at all, and for everybody to read: there is no secret in it.
fn put(file: &UnitFile) -> io::Result<()> {
    let directory = file.path.parent().ok_or(ErrorKind::InvalidInput)?;
    make(directory)?;
    let mut made = tempfile::Builder::new()
        .prefix(".claviger-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(directory)?;
    if file.kind == Kind::Unit {
        made.write_all(MARK.as_bytes())?;
    }
    made.write_all(file.text.as_bytes())?;
    // The mask of this process is for what is secret.
    made.as_file().set_permissions(Permissions::from_mode(0o644))?;
    made.persist(&file.path)?;
    Ok(())
}

fn make(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    if let Some(parent) = directory.parent() {
        make(parent)?;
    }
    DirBuilder::new().mode(0o755).create(directory)?;
    fs::set_permissions(directory, Permissions::from_mode(0o755))
}

fn foreign(path: &Path) -> Failure {
    Failure::failed(format!("{} is there, and `claviger service install` did not write it", path.display()))
        .hint(format!("move it away: mv {path} {path}.aside", path = quoted(path)))
}

fn fault(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: PathBuf, text: &str, kind: Kind) -> UnitFile {
        UnitFile { path, text: text.to_owned(), kind }
    }

    #[test]
    fn units_are_written_anew_and_settings_only_where_there_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let (unit, settings) = (dir.path().join("a/b/x.service"), dir.path().join("a/config.toml"));
        let files =
            |text: &str| [file(unit.clone(), text, Kind::Unit), file(settings.clone(), text, Kind::Settings)];
        assert_eq!(write(&files("one")).unwrap(), [unit.clone(), settings.clone()]);
        assert_eq!(write(&files("two")).unwrap(), [&*unit]);
        assert_eq!(fs::read_to_string(&unit).unwrap(), format!("{MARK}two"));
        assert_eq!(fs::read_to_string(&settings).unwrap(), "one");
        for path in [&unit, &settings] {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        }
        assert_eq!(unit.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o755);

        let paths = [(unit.clone(), Kind::Unit), (settings.clone(), Kind::Settings)];
        let (gone, kept) = ours(&paths).unwrap();
        assert_eq!((gone.clone(), kept), (vec![unit.clone()], vec![settings.clone()]));
        remove(&gone).unwrap();
        assert!(!unit.exists() && settings.exists());
    }

    #[test]
    fn drop_ins_are_named_and_links_that_are_left_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [(dir.path().join("a.socket"), Kind::Unit), (dir.path().join("b.socket"), Kind::Unit)];
        assert!(drop_ins(&paths).is_empty() && wanted_by(&paths).is_empty());
        fs::create_dir(dir.path().join("a.socket.d")).unwrap();
        fs::create_dir(dir.path().join("sockets.target.wants")).unwrap();
        let link = dir.path().join("sockets.target.wants/b.socket");
        std::os::unix::fs::symlink("../b.socket", &link).unwrap();
        assert_eq!(drop_ins(&paths), [dir.path().join("a.socket.d")]);
        assert_eq!(wanted_by(&paths), [link]);
    }

    #[test]
    fn what_somebody_else_wrote_stands_in_the_way_and_nothing_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("first"), dir.path().join("second"));
        fs::write(&second, "somebody's").unwrap();
        let files = [file(first.clone(), "x", Kind::Unit), file(second.clone(), "x", Kind::Unit)];
        let failure = format!("{:?}", write(&files).unwrap_err());
        assert!(failure.contains("second") && failure.contains("mv "), "{failure}");
        assert!(!first.exists());
        assert_eq!(fs::read_to_string(&second).unwrap(), "somebody's");
        let paths = [&first, &second].map(|path| (path.clone(), Kind::Unit));
        assert_eq!(ours(&paths).unwrap(), (vec![], vec![second.clone()]));
        fs::remove_file(&second).unwrap();
        std::os::unix::fs::symlink("/nowhere", &second).unwrap();
        assert!(write(&files).is_err() && !first.exists(), "a link is somebody's too");
    }
}

//! Owns a file in memory as a place for a key, in a directory of our own. Must not use what others made or may open, or what
//! a disk is under.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fstat, fstatfs, mkdirat, openat, renameat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;
use zeroize::Zeroizing;

use super::Unusable;
use crate::token::DigestKey;

/// The file systems whose files are in memory (statfs(2)). Those of the first can be swapped.
const TMPFS: i64 = 0x0102_1994;
const RAMFS: i64 = 0x8584_58f6;

impl From<Errno> for Unusable {
    fn from(errno: Errno) -> Self {
        Self::Io(errno.into())
    }
}

/// Where the key of this name is, in a directory of ours inside of this one.
pub(super) fn path(directory: &Path, name: &str) -> PathBuf {
    directory.join(own_name()).join(file_name(name))
}

/// Finds a key. A file that is not just as we leave one is none.
pub(super) fn find(directory: &Path, name: &str) -> Result<Option<DigestKey>, Unusable> {
    match enter(&base(directory)?)? {
        Some(own) => read(&own, &file_name(name)),
        None => Ok(None),
    }
}

/// Writes a key, in the place of any other file of that name.
pub(super) fn keep(directory: &Path, name: &str, key: &DigestKey) -> Result<(), Unusable> {
    let base = base(directory)?;
    match mkdirat(&base, own_name(), Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno.into()),
    }
    let own = enter(&base)?.ok_or(Unusable::NotInMemory)?;
    let (name, unfinished) = (file_name(name), format!("{}.new", file_name(name)));
    // One that was broken off.
    let _ = unlinkat(&own, &unfinished, AtFlags::empty());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = openat(&own, &unfinished, flags, Mode::RUSR | Mode::WUSR)?;
    let written = write(file, key).and_then(|()| Ok(renameat(&own, &unfinished, &own, &name)?));
    if written.is_err() {
        let _ = unlinkat(&own, &unfinished, AtFlags::empty());
    }
    written
}

/// Takes a key away, where there is one, and our directory with the last one.
pub(super) fn forget(directory: &Path, name: &str) {
    let Ok(base) = base(directory) else { return };
    let Ok(Some(own)) = enter(&base) else { return };
    let _ = unlinkat(&own, file_name(name), AtFlags::empty());
    let _ = unlinkat(&base, own_name(), AtFlags::REMOVEDIR);
}

/// The name of our directory, which no other user's daemon has.
fn own_name() -> String {
    format!("claviger-digests-{}", geteuid().as_raw())
}

/// The name of the file: that of the key without what our directory says already.
fn file_name(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

/// The directory in which ours is, where it is in memory.
fn base(directory: &Path) -> Result<OwnedFd, Unusable> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match openat(CWD, directory, flags, Mode::empty()) {
        Ok(base) if is_in_memory(&base)? => Ok(base),
        Ok(_) | Err(Errno::NOENT) => Err(Unusable::NotInMemory),
        Err(errno) => Err(errno.into()),
    }
}

/// Our directory, where it is there: by its descriptor, so that what was looked at is what is used.
fn enter(base: impl AsFd) -> Result<Option<OwnedFd>, Unusable> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let own = match openat(base, own_name(), flags, Mode::empty()) {
        Ok(own) => own,
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::LOOP | Errno::NOTDIR | Errno::ACCESS) => return Err(Unusable::NotOursAlone),
        Err(errno) => return Err(errno.into()),
    };
    if !is_in_memory(&own)? {
        return Err(Unusable::NotInMemory);
    }
    if is_ours_alone(&own, FileType::Directory)? { Ok(Some(own)) } else { Err(Unusable::NotOursAlone) }
}

fn read(own: &OwnedFd, name: &str) -> Result<Option<DigestKey>, Unusable> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match openat(own, name, flags, Mode::empty()) {
        Ok(file) => file,
        // A link, or what cannot be opened, is replaced.
        Err(Errno::NOENT | Errno::LOOP | Errno::ACCESS | Errno::NXIO) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    if !is_in_memory(&file)? || !is_ours_alone(&file, FileType::RegularFile)? {
        return Ok(None);
    }
    // One byte more than there should be tells a longer one.
    let mut bytes = Zeroizing::new([0; DigestKey::LEN + 1]);
    let mut len = 0;
    let mut file = File::from(file);
    loop {
        match file.read(&mut bytes[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut kept = Zeroizing::new([0; DigestKey::LEN]);
    kept.copy_from_slice(&bytes[..DigestKey::LEN]);
    Ok((len == DigestKey::LEN).then(|| DigestKey::from_bytes(kept)))
}

fn write(file: OwnedFd, key: &DigestKey) -> Result<(), Unusable> {
    if !is_in_memory(&file)? {
        return Err(Unusable::NotInMemory);
    }
    Ok(File::from(file).write_all(key.as_bytes())?)
}

fn is_in_memory(open: impl AsFd) -> Result<bool, Errno> {
    Ok(matches!(fstatfs(open)?.f_type, TMPFS | RAMFS))
}

fn is_ours_alone(open: impl AsFd, wanted: FileType) -> Result<bool, Errno> {
    let found = fstat(open)?;
    let is_private = Mode::from_raw_mode(found.st_mode).intersection(Mode::RWXG | Mode::RWXO).is_empty();
    Ok(FileType::from_raw_mode(found.st_mode) == wanted && found.st_uid == geteuid().as_raw() && is_private)
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::super::SHARED_MEMORY;
    use super::*;

    const NAME: &str = "claviger:0123456789abcdef";

    /// A directory in memory that is gone when this is dropped.
    pub(in super::super) fn directory() -> tempfile::TempDir {
        tempfile::tempdir_in(SHARED_MEMORY).unwrap()
    }

    /// A directory that is not in memory, where the machine has one.
    pub(in super::super) fn on_a_disk() -> Option<tempfile::TempDir> {
        let directory = tempfile::tempdir_in("/var/tmp").ok()?;
        let kind = rustix::fs::statfs(directory.path()).ok()?.f_type;
        // tmpfs and ramfs, said once more than above: what is tested must not decide whether it is.
        (![0x0102_1994, 0x8584_58f6].contains(&kind)).then_some(directory)
    }

    fn found(directory: &tempfile::TempDir) -> Option<[u8; DigestKey::LEN]> {
        find(directory.path(), NAME).unwrap().map(|key| *key.as_bytes())
    }

    fn kept(directory: &tempfile::TempDir) -> PathBuf {
        let key = DigestKey::random().unwrap();
        keep(directory.path(), NAME, &key).unwrap();
        assert_eq!(found(directory).as_ref(), Some(key.as_bytes()));
        path(directory.path(), NAME)
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o7777
    }

    #[test]
    fn a_key_is_in_a_file_of_ours_alone_and_nothing_is_left_when_it_is_taken_away() {
        let directory = directory();
        assert_eq!(found(&directory), None);
        let path = kept(&directory);
        assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        forget(directory.path(), NAME);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        forget(directory.path(), NAME);
    }

    #[test]
    fn a_file_that_is_not_as_we_leave_it_is_not_used_and_is_replaced() {
        let directory = directory();
        let path = kept(&directory);
        let loose =
            |mode| move |path: &Path| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        let of_length = |len| move |path: &Path| fs::write(path, vec![7; len]).unwrap();
        let link = |path: &Path| {
            let aside = path.with_extension("aside");
            fs::rename(path, &aside).unwrap();
            symlink(aside, path).unwrap();
        };
        let gone = |path: &Path| fs::remove_file(path).unwrap();
        let damages: [&dyn Fn(&Path); 7] =
            [&loose(0o640), &loose(0o604), &of_length(31), &of_length(33), &of_length(0), &link, &gone];
        for (n, damage) in damages.into_iter().enumerate() {
            damage(&path);
            assert_eq!(found(&directory), None, "{n}");
            assert_eq!(kept(&directory), path);
        }
    }

    #[test]
    fn a_directory_that_others_may_use_or_have_chosen_is_left_alone() {
        let directory = directory();
        let path = kept(&directory);
        let own = path.parent().unwrap();
        let key = DigestKey::random().unwrap();
        let refused = |what: &str| {
            assert!(matches!(find(directory.path(), NAME), Err(Unusable::NotOursAlone)), "{what}");
            assert!(matches!(keep(directory.path(), NAME, &key), Err(Unusable::NotOursAlone)), "{what}");
        };
        for loose in [0o750, 0o701, 0o1777] {
            fs::set_permissions(own, Permissions::from_mode(loose)).unwrap();
            refused("a loose mode");
        }
        fs::set_permissions(own, Permissions::from_mode(0o700)).unwrap();
        let aside = directory.path().join("aside");
        fs::rename(own, &aside).unwrap();
        symlink(&aside, own).unwrap();
        refused("a link");
        fs::remove_file(own).unwrap();
        fs::write(own, "").unwrap();
        refused("a file");
    }

    #[test]
    fn nothing_is_kept_on_a_disk_or_looked_for_there() {
        let Some(disk) = on_a_disk() else { return };
        let key = DigestKey::random().unwrap();
        assert!(matches!(keep(disk.path(), NAME, &key), Err(Unusable::NotInMemory)));
        assert!(matches!(find(disk.path(), NAME), Err(Unusable::NotInMemory)));
        // A link from memory to a disk.
        let memory = directory();
        symlink(disk.path(), memory.path().join("link")).unwrap();
        assert!(matches!(keep(&memory.path().join("link"), NAME, &key), Err(Unusable::NotInMemory)));
        assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0);
    }
}

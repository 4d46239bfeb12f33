//! Owns writing a secret to a file. Must not follow a link or touch a file that is there.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use claviger_api::{KeyId, Secret};

/// How many names are tried before giving up.
const ATTEMPTS: usize = 100;

/// Writes a secret to a new file in the current directory, readable by its owner alone, and says where.
pub(crate) fn write_secret(key_name: &str, key_id: &KeyId, secret: &Secret) -> Result<PathBuf, String> {
    let directory =
        std::env::current_dir().map_err(|error| format!("the current directory is gone ({error})"))?;
    write_in(&directory, &slug(key_name, key_id), secret)
}

/// The name of the file that a secret is written to, unless there is one already.
pub(crate) fn name(key_name: &str, key_id: &KeyId) -> String {
    numbered(&slug(key_name, key_id), 1)
}

/// The names that are tried: the first without a number.
fn numbered(slug: &str, attempt: usize) -> String {
    let number = if attempt == 1 { String::new() } else { format!("-{attempt}") };
    format!("claviger-{slug}{number}.secret")
}

fn write_in(directory: &Path, slug: &str, secret: &Secret) -> Result<PathBuf, String> {
    for attempt in 1..=ATTEMPTS {
        let path = directory.join(numbered(slug, attempt));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = match file {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let written = file
            .write_all(secret.expose().as_bytes())
            .and_then(|()| file.write_all(b"\n"))
            .and_then(|()| file.sync_all());
        return match written {
            Ok(()) => Ok(path),
            Err(error) => {
                // Half a secret is of no use, and the file is ours: it was made a moment ago.
                let _ = std::fs::remove_file(&path);
                Err(format!("{}: {error}", path.display()))
            }
        };
    }
    Err(format!("{ATTEMPTS} files of that name are in {} already", directory.display()))
}

/// The name of a key as a part of a file's name.
fn slug(name: &str, id: &KeyId) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    match slug.trim_matches('-') {
        "" => id.to_string(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_secret_goes_to_a_new_file_of_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = directory.path().join("elsewhere");
        symlink(&elsewhere, directory.path().join("claviger-ci.secret")).unwrap();
        let path = write_in(directory.path(), "ci", &Secret::new("clv_x")).unwrap();
        assert_eq!(path, directory.path().join("claviger-ci-2.secret"), "a link is not followed");
        assert!(!elsewhere.exists());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "clv_x\n");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_name_becomes_part_of_a_path_safely() {
        let id = KeyId::parse("key_AAAAAAAAAAAA").unwrap();
        for (name, expected) in [
            ("CI", "ci"),
            ("../../etc/passwd", "etc-passwd"),
            ("My  key!", "my-key"),
            ("日本", "key_AAAAAAAAAAAA"),
        ] {
            assert_eq!(slug(name, &id), expected);
            assert_eq!(super::name(name, &id), format!("claviger-{expected}.secret"));
        }
    }
}

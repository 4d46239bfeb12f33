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
    write_in(&directory, &stem(key_name, key_id, secret), secret)
}

/// The name of the file that a secret is written to, unless there is one already.
pub(crate) fn name(key_name: &str, key_id: &KeyId, secret: &Secret) -> String {
    numbered(&stem(key_name, key_id, secret), 1)
}

/// The key's name and the end of the secret, which its hint shows too: so each secret of a key has a file of its own.
fn stem(key_name: &str, key_id: &KeyId, secret: &Secret) -> String {
    let text = secret.expose();
    let end = text.len().checked_sub(4).and_then(|at| text.get(at..)).unwrap_or_default();
    let is_plain = end.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let end = if is_plain && !end.is_empty() { format!("-{end}") } else { String::new() };
    format!("{}{end}", slug(key_name, key_id))
}

/// The names that are tried: the first without a number.
fn numbered(stem: &str, attempt: usize) -> String {
    let number = if attempt == 1 { String::new() } else { format!("-{attempt}") };
    format!("claviger-{stem}{number}.secret")
}

fn write_in(directory: &Path, stem: &str, secret: &Secret) -> Result<PathBuf, String> {
    for attempt in 1..=ATTEMPTS {
        let path = directory.join(numbered(stem, attempt));
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
            let file = |secret: &str| super::name(name, &id, &Secret::new(secret));
            assert_eq!(file("clv_AAAAAAAAAAAA_bodyk3Qz"), format!("claviger-{expected}-k3Qz.secret"));
            for hostile in ["", "x", "a/../", "漢字漢字"] {
                assert_eq!(file(hostile), format!("claviger-{expected}.secret"));
            }
        }
    }
}

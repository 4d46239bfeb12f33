//! Owns a small disk for one daemon: a file system in memory that only it and its helpers see. Must not need root.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A disk that is there for as long as this is.
#[derive(Debug)]
pub(crate) struct SmallDisk {
    /// Has the mount in namespaces of its own, and waits.
    holder: Child,
}

impl SmallDisk {
    /// Mounts a disk of so many bytes; `None` on a machine that gives its users no such thing, which a CI must.
    pub(crate) fn mounted_at(place: &Path, bytes: u64) -> Option<Self> {
        let script = "mount -t tmpfs -o size=$1,mode=0700 tmpfs \"$0\" && echo mounted && exec cat";
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
            .arg(place)
            .arg(bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let disk = Self { holder };
        if said == "mounted\n" {
            return Some(disk);
        }
        assert!(std::env::var_os("CI").is_none(), "no file system of one's own: unshare --user --mount");
        None
    }

    /// A command that sees the disk, in place of one that does not.
    pub(crate) fn command(&self, inner: &Command) -> Command {
        let mut command = Command::new("nsenter");
        command.args([
            "--preserve-credentials",
            "--user",
            "--mount",
            "--target",
            &self.holder.id().to_string(),
            "--wd=/",
        ]);
        command.arg(inner.get_program()).args(inner.get_args());
        command.env_clear();
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// A path on the disk, as everybody sees it.
    pub(crate) fn seen(&self, path: &Path) -> PathBuf {
        let root = format!("/proc/{}/root", self.holder.id());
        Path::new(&root).join(path.strip_prefix("/").unwrap())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

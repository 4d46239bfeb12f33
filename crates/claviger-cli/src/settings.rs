//! Owns where settings come from: flags, then the environment, then `config.toml`, then defaults. Must not change
//! what it finds.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use claviger_api::{ADMIN_SOCKET, VERIFY_SOCKET};
use claviger_daemon::{Config, DigestConfig, SocketConfig};
use claviger_tui::Keymap;

use crate::args::Places;
use crate::config_file::{self, ConfigFile};
use crate::failure::Failure;

/// More than this is no configuration.
const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// What every command knows about this installation.
#[derive(Debug)]
pub(crate) struct Settings {
    data_dir: Option<PathBuf>,
    runtime_dir: PathBuf,
    session_dir: Option<PathBuf>,
    config_file: Option<PathBuf>,
    rest: ConfigFile,
}

/// What there is for somebody who only looks: nothing has to be there, and what is wrong with the file is told beside
/// the rest.
#[derive(Debug)]
pub(crate) struct Discovered {
    /// Where the store is; `None` without a home.
    pub(crate) data_dir: Option<PathBuf>,
    /// Where the sockets are; `None` without a home.
    pub(crate) runtime_dir: Option<PathBuf>,
    /// The `config.toml` that was read, where there is one, or what is wrong with it; then defaults stand in for it.
    pub(crate) config: Result<Option<PathBuf>, Failure>,
    /// Who may use the sockets.
    pub(crate) sockets: SocketConfig,
    /// What becomes of the digests of proven secrets.
    pub(crate) digests: DigestConfig,
    /// What flags and variables chose: the flags that call the same installation again from this home.
    pub(crate) chosen: Places,
    /// The flags that call it from another user's home.
    pub(crate) from_elsewhere: Places,
}

impl Settings {
    /// Looks what there is for this process.
    pub(crate) fn discover(places: &Places) -> Result<Discovered, Failure> {
        Self::discover_in(places, |name| std::env::var_os(name))
    }

    /// Looks what there is for an environment. Fails only where the command line itself is not right.
    fn discover_in(places: &Places, env: impl Fn(&str) -> Option<OsString>) -> Result<Discovered, Failure> {
        let env = Environment(&env);
        let (config, rest) = match read_at(env.config_path(places)?) {
            Ok((path, file)) => (Ok(path), file),
            Err(failure) => (Err(failure), ConfigFile::default()),
        };
        let (data_dir, runtime_dir) = env.directories(places, &rest)?;
        let chosen = env.all_chosen(places)?;
        // What the file says it says to everybody; a default is another one in each home.
        let or_default = |chosen: &Option<PathBuf>, in_file: &Option<PathBuf>, found: &Option<PathBuf>| {
            chosen.clone().or_else(|| found.clone().filter(|_| in_file.is_none()))
        };
        let from_elsewhere = Places {
            data_dir: or_default(&chosen.data_dir, &rest.data_dir, &data_dir),
            runtime_dir: or_default(&chosen.runtime_dir, &rest.runtime_dir, &runtime_dir),
            config: chosen.config.clone().or_else(|| config.as_ref().ok().cloned().flatten()),
        };
        let digests = DigestConfig { keep: rest.keep, session_dir: env.session_dir() };
        Ok(Discovered {
            data_dir,
            runtime_dir,
            config,
            sockets: rest.sockets,
            digests,
            chosen,
            from_elsewhere,
        })
    }

    /// Finds out the settings of this process.
    pub(crate) fn find(places: &Places) -> Result<Self, Failure> {
        Self::resolve(places, |name| std::env::var_os(name))
    }

    /// Finds out what can be pressed, for an interface that needs no directories.
    pub(crate) fn find_keymap(places: &Places) -> Result<Keymap, Failure> {
        let path = Environment(&|name: &str| std::env::var_os(name)).config_path(places)?;
        read_at(path).map(|(_, file)| file.keymap)
    }

    /// Finds out the settings for an environment.
    fn resolve(places: &Places, env: impl Fn(&str) -> Option<OsString>) -> Result<Self, Failure> {
        let env = Environment(&env);
        let (config_file, rest) = read_at(env.config_path(places)?)?;
        let (data_dir, runtime_dir) = env.directories(places, &rest)?;
        let runtime_dir =
            runtime_dir.ok_or_else(|| homeless("runtime", "--runtime-dir or CLAVIGER_RUNTIME_DIR"))?;
        Ok(Self { data_dir, runtime_dir, session_dir: env.session_dir(), config_file, rest })
    }

    /// The directory of this user's settings of every program; `None` without a home.
    pub(crate) fn config_base() -> Option<PathBuf> {
        Environment(&|name: &str| std::env::var_os(name)).base("XDG_CONFIG_HOME", ".config")
    }

    /// Who may use the sockets.
    pub(crate) fn sockets(&self) -> &SocketConfig {
        &self.rest.sockets
    }

    /// Where the store is. A client can do without, so only who needs it learns that there is none.
    pub(crate) fn data_dir(&self) -> Result<&Path, Failure> {
        self.data_dir.as_deref().ok_or_else(|| homeless("data", "--data-dir or CLAVIGER_DATA_DIR"))
    }

    /// Where the sockets are.
    pub(crate) fn runtime_dir(&self) -> &Path {
        &self.runtime_dir
    }

    /// The `config.toml` that was read, where there is one.
    pub(crate) fn config_file(&self) -> Option<&Path> {
        self.config_file.as_deref()
    }

    /// The socket for every method.
    pub(crate) fn admin_socket(&self) -> PathBuf {
        self.runtime_dir.join(ADMIN_SOCKET)
    }

    /// The socket for verification.
    pub(crate) fn verify_socket(&self) -> PathBuf {
        self.runtime_dir.join(VERIFY_SOCKET)
    }

    /// What can be pressed in the interface.
    pub(crate) fn keymap(&self) -> &Keymap {
        &self.rest.keymap
    }

    /// What a daemon is told.
    pub(crate) fn daemon(&self) -> Result<Config, Failure> {
        Ok(Config {
            key_prefix: self.rest.key_prefix.clone(),
            hashing: self.rest.hashing,
            sockets: self.rest.sockets.clone(),
            digests: DigestConfig { keep: self.rest.keep, session_dir: self.session_dir.clone() },
            ..Config::new(self.data_dir()?.to_owned(), self.runtime_dir.clone())
        })
    }
}

/// Reads a path from a flag, where relative ones mean the working directory.
fn path_of(source: &str, path: &Path) -> Result<PathBuf, Failure> {
    if path.as_os_str().is_empty() {
        return Err(Failure::usage(format!("{source} must not be empty")));
    }
    std::path::absolute(path)
        .map_err(|error| Failure::failed(format!("cannot make the path of {source} absolute: {error}")))
}

fn homeless(what: &str, choice: &str) -> Failure {
    Failure::failed(format!("there is no {what} directory: HOME is not set"))
        .hint(format!("set HOME, or choose the directory with {choice}"))
}

/// The environment, as a shell means it: a variable that is empty is not set.
struct Environment<'a, F>(&'a F);

impl<F: Fn(&str) -> Option<OsString>> Environment<'_, F> {
    fn get(&self, name: &str) -> Option<PathBuf> {
        self.0(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// Where a `config.toml` must or may be.
    fn config_path(&self, places: &Places) -> Result<Option<(PathBuf, Presence)>, Failure> {
        let named = self.all_chosen(places)?.config;
        let usual = || self.base("XDG_CONFIG_HOME", ".config").map(|base| base.join("claviger/config.toml"));
        Ok(match named {
            Some(path) => Some((path, Presence::Required)),
            None => usual().map(|path| (path, Presence::Optional)),
        })
    }

    /// The data and the runtime directory; `None` for one that only a home would tell.
    fn directories(
        &self,
        places: &Places,
        file: &ConfigFile,
    ) -> Result<(Option<PathBuf>, Option<PathBuf>), Failure> {
        let chosen = self.all_chosen(places)?;
        let data_dir = chosen
            .data_dir
            .or_else(|| file.data_dir.clone())
            .or_else(|| Some(self.base("XDG_DATA_HOME", ".local/share")?.join("claviger")));
        let runtime_dir = chosen
            .runtime_dir
            .or_else(|| file.runtime_dir.clone())
            .or_else(|| Some(self.base("XDG_STATE_HOME", ".local/state")?.join("claviger/run")));
        Ok((data_dir, runtime_dir))
    }

    /// What flags and variables say, as absolute paths.
    fn all_chosen(&self, places: &Places) -> Result<Places, Failure> {
        Ok(Places {
            config: self.chosen("--config", places.config.as_deref(), "CLAVIGER_CONFIG")?,
            data_dir: self.chosen("--data-dir", places.data_dir.as_deref(), "CLAVIGER_DATA_DIR")?,
            runtime_dir: self.chosen(
                "--runtime-dir",
                places.runtime_dir.as_deref(),
                "CLAVIGER_RUNTIME_DIR",
            )?,
        })
    }

    /// A path from a flag, else from a variable.
    fn chosen(&self, flag: &str, given: Option<&Path>, variable: &str) -> Result<Option<PathBuf>, Failure> {
        match (given, self.get(variable)) {
            (Some(path), _) => path_of(flag, path).map(Some),
            (None, Some(path)) => path_of(variable, &path).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The directory of this user's session (XDG base directory specification).
    fn session_dir(&self) -> Option<PathBuf> {
        self.get("XDG_RUNTIME_DIR").filter(|path| path.is_absolute())
    }

    /// A base directory of the XDG specification, which wants relative ones ignored.
    fn base(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let absolute = |name| self.get(name).filter(|path| path.is_absolute());
        absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))
    }
}

/// Whether a `config.toml` may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// Somebody named it.
    Required,
    /// It is where one may be.
    Optional,
}

/// The `config.toml` that holds, and where it is.
fn read_at(place: Option<(PathBuf, Presence)>) -> Result<(Option<PathBuf>, ConfigFile), Failure> {
    let Some((path, presence)) = place else { return Ok((None, ConfigFile::default())) };
    Ok(match read(&path, presence)? {
        Some(file) => (Some(path), file),
        None => (None, ConfigFile::default()),
    })
}

fn read(path: &Path, presence: Presence) -> Result<Option<ConfigFile>, Failure> {
    // A directory of somebody else's home in the way is like no file; a file that is there but closed is not.
    let absent = |error: &io::Error| {
        use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
        matches!(error.kind(), NotFound | NotADirectory | PermissionDenied)
    };
    if presence == Presence::Optional && fs::metadata(path).is_err_and(|error| absent(&error)) {
        return Ok(None);
    }
    let shown = path.display();
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_CONFIG_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| Failure::failed(format!("cannot read {shown}: {error}")))?;
    if text.len() as u64 > MAX_CONFIG_BYTES {
        return Err(Failure::failed(format!("{shown}: too large for a configuration")));
    }
    config_file::parse(&text).map(Some).map_err(|fault| {
        let failure = Failure::failed(format!("{shown}: {}", fault.message));
        match fault.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

#[cfg(test)]
mod tests;

//! Owns the longer texts of the help, each with examples at its end that work as they are printed. Must not know what
//! takes them.

pub(super) mod accounts;
#[cfg(test)]
mod check;
pub(super) mod integrate;
pub(super) mod keys;
pub(super) mod service;

/// No help is wider, whatever the terminal is: what is told in a pipe ends up in one, too.
pub(super) const COLUMNS: usize = 80;

/// Behind the list of commands.
pub(super) const EVERYTHING: &str = "\
Settings come from flags, then CLAVIGER_DATA_DIR, CLAVIGER_RUNTIME_DIR and
CLAVIGER_CONFIG, then config.toml, then defaults.
Keys and accounts are named by id or by exact name.
Exit status: 0 done, 1 failed, 2 usage, 3 UNAUTHORIZED, 4 NOT_FOUND,
5 STORAGE_MODE_REQUIRED, 6 CONFLICT, 7 the daemon cannot be reached.

Examples:
  claviger
  claviger accounts connect \"Everyday Checking\" --id everyday
  umask 077 && claviger keys create \"Budget app\" --account everyday > key
  claviger verify --account everyday < key";

/// Behind `daemon --help`.
pub(super) const DAEMON: &str = "\
Ctrl-C, SIGTERM and `claviger stop` let it finish what is running. The
interface starts a daemon by itself; this is for a service manager.

Examples:
  claviger daemon
  claviger daemon --log-level debug";

/// Behind `demo --help`.
pub(super) const DEMO: &str = "\
Examples:
  claviger demo
  claviger demo --keys 1000000";

/// Behind `status --help`.
pub(super) const STATUS: &str = "\
Exit status: 0 it is up, 7 it cannot be reached.

Examples:
  claviger status
  claviger status --json | jq .storage_mode";

/// Behind `stop --help`.
pub(super) const STOP: &str = "\
Examples:
  claviger stop && claviger daemon";

/// Behind `doctor --help`.
pub(super) const DOCTOR: &str = "\
Checks directories, modes and owners, the store, the sockets, the daemon, the
clock and the clipboard, whether the daemon runs or not. Changes nothing.
Exit status: 0 nothing is wrong (there may be warnings), 1 something is.

Examples:
  claviger doctor
  claviger doctor --json
  claviger doctor --data-dir /srv/claviger --runtime-dir /run/claviger";

/// Behind `backup --help`.
pub(super) const BACKUP: &str = "\
The daemon goes on working meanwhile. The file is for your eyes only (mode
0600), on disk when the command ends, and looked through before it is named.
It holds no secret, but the hashes of all: keep it as you keep the store.

Examples:
  claviger backup ~/claviger-$(date +%F).backup
  claviger backup /mnt/usb/claviger.backup && umount /mnt/usb";

/// Behind `compact --help`.
pub(super) const COMPACT: &str = "\
What was deleted leaves room in the store's file for what comes later; this
gives it back to the disk. A daemon does it by itself where less than three
fifths of a file of 16 MiB or more are in use. Where one runs it is asked: changes wait
until it is done, verifications do not. The disk needs room for the new file
beside the old one. Whatever happens meanwhile, nothing is lost.

Examples:
  claviger compact
  claviger compact --json | jq .after_bytes";

/// Behind `restore --help`.
pub(super) const RESTORE: &str = "\
Shows what will differ, asks, and keeps the store that it replaces. Nothing
that was rotated, deleted, narrowed or disconnected since the backup was made
comes back: the journal beside the store (claviger.journal) knows it. Without
that journal every key is suspended until you release it, one by one.

Examples:
  claviger stop && claviger restore ~/claviger-2026-11-20.backup
  claviger keys release \"Budget app\"";

/// Behind `storage-mode --help`.
pub(super) const STORAGE_MODE: &str = "\
While it is off no key opens anything: a right secret is answered
STORAGE_MODE_REQUIRED. Creating a key turns it on.

Examples:
  claviger storage-mode
  claviger storage-mode off";

/// Behind `verify --help`.
pub(super) const VERIFY: &str = "\
A secret is never an argument: those can be read by others.
Exit status: 0 granted, 3 no living key's secret, 4 the account is out of the
key's scope or absent, 5 Storage Mode is off.

Examples:
  claviger verify < key
  claviger verify --account everyday < key
  sed 's/$/ everyday/' key | claviger verify --lines";

/// Behind `activity --help`.
pub(super) const ACTIVITY: &str = "\
In a pipe there is no header, and tabs stand between SEQ, AT, ACTION, KEY ID,
KEY, ACCOUNT ID, UID, PID and DETAIL.

Examples:
  claviger activity --key \"Budget app\" --limit 5
  claviger activity --follow
  claviger activity | cut -f 2,3,5";

/// Behind `rpc --help`.
pub(super) const RPC: &str = "\
Every method is in docs/protocol.md and in what `rpc.discover` gives.

Examples:
  claviger rpc system.health
  claviger rpc keys.list '{\"limit\": 10}'
  jq -R '{secret: .}' key | claviger rpc keys.verify -";

/// Behind `man --help`.
pub(super) const MAN: &str = "\
Examples:
  claviger man | man -l -";

/// Behind `completions --help`.
pub(super) const COMPLETIONS: &str = "\
Examples:
  source <(claviger completions bash)
  claviger completions fish > ~/.config/fish/completions/claviger.fish";

/// The heading of what every command takes.
pub(super) const EVERYWHERE: &str = "Options of every command";
/// What `--data-dir` is.
pub(super) const DATA_DIR: &str =
    "Where the store is [default: $XDG_DATA_HOME/claviger, else ~/.local/share/claviger]";
/// What `--runtime-dir` is.
pub(super) const RUNTIME_DIR: &str =
    "Where the sockets are [default: $XDG_STATE_HOME/claviger/run, else ~/.local/state/claviger/run]";
/// What `--config` is.
pub(super) const CONFIG: &str =
    "The settings [default: $XDG_CONFIG_HOME/claviger/config.toml, else ~/.config/claviger/config.toml]";

//! Owns the longer texts of the help. Must not know what takes them.

/// Behind the list of commands.
pub(super) const EVERYTHING: &str = "\
Settings come from flags, then CLAVIGER_DATA_DIR, CLAVIGER_RUNTIME_DIR and CLAVIGER_CONFIG, then config.toml, then defaults.
Keys and accounts are named by id or by exact name.
Exit status: 0 done, 1 failed, 2 usage, 3 UNAUTHORIZED, 4 NOT_FOUND, 5 STORAGE_MODE_REQUIRED, 6 CONFLICT, 7 daemon cannot be reached.";

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

/// Behind `restore --help`.
pub(super) const RESTORE: &str = "\
Shows what will differ, asks, and keeps the store that it replaces. Nothing
that was rotated, deleted, narrowed or disconnected since the backup was made
comes back: the journal beside the store (claviger.journal) knows it. Without
that journal every key is suspended until you release it, one by one.

Examples:
  claviger stop && claviger restore ~/claviger-2026-11-20.backup
  claviger keys release \"Budget app\"";

/// Behind `integrate --help`.
pub(super) const INTEGRATE: &str = "\
Each is complete, commented, and for this installation's sockets. A gateway
asks Claviger about every request: /accounts/ID needs a key that may see that
account, every other path a right key. Nothing is let through while the daemon
is away. How to install one: docs/integrations.

Examples:
  claviger integrate nginx > /etc/nginx/conf.d/claviger.conf
  claviger integrate nginx --listen 127.0.0.1:8081 --application 10.0.0.7:80
  claviger integrate caddy > /etc/caddy/Caddyfile
  claviger integrate envoy > /etc/envoy/envoy.yaml
  claviger integrate haproxy > /etc/haproxy/haproxy.cfg
  claviger integrate haproxy --lua > /etc/haproxy/claviger.lua
  claviger integrate systemd";

/// Behind `service --help`.
pub(super) const SERVICE: &str = "\
systemd listens at the sockets, starts the daemon for whoever asks first, and
again when it fails. `claviger integrate systemd` shows what is installed.

Examples:
  claviger service install
  sudo claviger service install --system
  claviger service uninstall";

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

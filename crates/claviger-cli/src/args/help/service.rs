//! Owns the longer texts of the help of `claviger service`. Must not know what takes them.

/// Behind `service --help`.
pub(in crate::args) const ALL: &str = "\
systemd listens at the sockets, starts the daemon for whoever asks first, and
again when it fails. `claviger integrate systemd` shows what is installed.

Examples:
  claviger service install
  sudo claviger service install --system
  claviger service uninstall";

/// Behind `service install --help`.
pub(in crate::args) const INSTALL: &str = "\
Examples:
  claviger service install
  sudo claviger service install --system";

/// Behind `service uninstall --help`.
pub(in crate::args) const UNINSTALL: &str = "\
Examples:
  claviger service uninstall
  sudo claviger service uninstall --system";

//! Owns the longer texts of the help of `claviger keys`. Must not know what takes them.

/// Behind `keys --help`.
pub(in crate::args) const ALL: &str = "\
A key is named by id or by exact name.

Examples:
  umask 077 && claviger keys create \"Budget app\" --account everyday > key
  claviger keys scope \"Budget app\" --all
  claviger keys list";

/// Behind `keys list --help`.
pub(in crate::args) const LIST: &str = "\
In a pipe there is no header, and tabs stand between ID, NAME, SCOPE (`*` is
all, else ids with commas between them), CREATED, ROTATED, LAST USED and STATE.

Examples:
  claviger keys list
  claviger keys list | awk -F '\\t' '$6 == \"\" {print $2, \"was never used\"}'";

/// Behind `keys create --help`.
pub(in crate::args) const CREATE: &str = "\
Turns Storage Mode on. All but the secret goes to standard error.

Examples:
  umask 077 && claviger keys create \"Budget app\" --account everyday > key";

/// Behind `keys rename --help`.
pub(in crate::args) const RENAME: &str = "\
The secret stays as it is.

Examples:
  claviger keys rename \"Budget app\" \"Household budget\"";

/// Behind `keys scope --help`.
pub(in crate::args) const SCOPE: &str = "\
What is given is the whole new scope: accounts that are not named are out.

Examples:
  claviger keys scope \"Budget app\" --account everyday --account savings
  claviger keys scope \"Budget app\" --all";

/// Behind `keys rotate --help`.
pub(in crate::args) const ROTATE: &str = "\
Id, name and scope stay. Asks on a terminal, and needs --yes elsewhere.

Examples:
  claviger keys rotate \"Budget app\" --yes > key";

/// Behind `keys release --help`.
pub(in crate::args) const RELEASE: &str = "\
Asks on a terminal, and needs --yes elsewhere.

Examples:
  claviger keys release \"Budget app\"";

/// Behind `keys delete --help`.
pub(in crate::args) const DELETE: &str = "\
Asks on a terminal, and needs --yes elsewhere.

Examples:
  claviger keys delete \"Budget app\"";

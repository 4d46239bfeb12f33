//! Owns the longer texts of the help of `claviger accounts`. Must not know what takes them.

/// Behind `accounts --help`.
pub(in crate::args) const ALL: &str = "\
An account is named by id or by exact name.

Examples:
  claviger accounts connect \"Everyday Checking\" --id everyday
  claviger accounts list";

/// Behind `accounts list --help`.
pub(in crate::args) const LIST: &str = "\
In a pipe there is no header, and tabs stand between ID, NAME, INSTITUTION,
MASK, KIND and CONNECTED.

Examples:
  claviger accounts list
  claviger accounts list | cut -f 1,2";

/// Behind `accounts connect --help`.
pub(in crate::args) const CONNECT: &str = "\
Keys that share all accounts see it at once, restricted keys never by
themselves.

Examples:
  claviger accounts connect \"Everyday Checking\" --mask 1234 --id everyday";

/// Behind `accounts update --help`.
pub(in crate::args) const UPDATE: &str = "\
Examples:
  claviger accounts update everyday --name \"Daily Checking\" --clear mask";

/// Behind `accounts disconnect --help`.
pub(in crate::args) const DISCONNECT: &str = "\
A restricted key whose last account this was sees nothing from then on.

Examples:
  claviger accounts disconnect everyday";

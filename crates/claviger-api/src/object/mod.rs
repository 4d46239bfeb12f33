//! Owns what answers and events are made of. Must not hold a rule.
//!
//! Names are plain text here, not [`crate::Name`]: they come from a daemon that may be older than its reader, or
//! hostile, and are made safe with [`crate::drawable`] where they are drawn.

mod account;
mod activity;
mod backup;
mod event;
mod key;
mod system;
mod usage;

pub use account::{Account, AccountPage, DisconnectedAccount, VisibleAccounts};
pub use activity::{Action, ActivityPage, Entry};
pub use backup::{BackupPart, Compaction};
pub use event::{Event, EventSettings, KeyUse, Revision};
pub use key::{DeletedKey, Key, KeyIdentity, KeyPage, KeyWithSecret, Verification};
pub use system::{Empty, Health, OpenRpc, Settings, Status, VerificationCounts};
pub use usage::{DayUsage, KeyUsage};

//! Owns what is known of how much the key in the details pane is used. Must not decide when it is asked for.

use claviger_api::Day;
use claviger_api::object::DayUsage;

use super::Detail;

/// How much the key in the details pane was granted on each of the last days in UTC.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub(crate) days: Detail<Vec<DayUsage>>,
    /// Whether the daemon is older than the method. So until it says otherwise: a new connection may be to a newer one.
    pub(crate) is_unknown: bool,
    /// The day on which it was last asked for. Another day makes other last days.
    pub(crate) asked_on: Day,
}

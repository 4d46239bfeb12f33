//! Owns how much a key was used, as answers have it. Must not hold a rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::day::Day;

/// How much a key was used on the last days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyUsage {
    /// The last 14 days in UTC, oldest first, today last.
    #[schemars(length(equal = 14))]
    pub days: Vec<DayUsage>,
}

/// How much a key was used on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayUsage {
    /// The day, from midnight to midnight in UTC.
    pub day: Day,
    /// How often its secret was presented and opened what was asked for.
    pub granted: u64,
}

//! Owns what the daemon says of itself and its settings. Must not hold a rule.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::Timestamp;

/// The settings, with the revision that they hold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Whether keys open anything at all.
    pub storage_mode: bool,
    /// The revision that this answer shows.
    pub revision: u64,
}

/// An answer without content: `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Empty {}

/// How the daemon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The daemon's version.
    pub version: String,
    /// The protocol's version.
    #[schemars(range(min = 1))]
    pub protocol: u32,
    /// The daemon's process id.
    pub pid: u32,
    /// When it began to serve.
    pub started_at: Timestamp,
    /// The newest revision.
    pub revision: u64,
    /// How many keys there are.
    pub keys: u64,
    /// How many accounts there are.
    pub accounts: u64,
    /// Whether keys open anything at all.
    pub storage_mode: bool,
    /// Where the store is.
    pub data_dir: String,
    /// Where the sockets are.
    pub runtime_dir: String,
    /// The size of the store's file. Bytes.
    pub store_bytes: u64,
    /// What was answered since the daemon began.
    pub verifications: VerificationCounts,
}

/// How many verifications were answered since the daemon began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationCounts {
    /// Those that were granted.
    pub granted: u64,
    /// Those that were refused, for whatever reason.
    pub refused: u64,
}

/// That the daemon answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    #[schemars(extend("const" = "ok"))]
    pub status: String,
    /// The daemon's version.
    pub version: String,
}

/// An OpenRPC document, as a socket gives its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpenRpc(pub Value);

impl JsonSchema for OpenRpc {
    fn schema_name() -> Cow<'static, str> {
        "OpenRpc".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "An OpenRPC document, <https://spec.open-rpc.org>",
            "properties": {
                "openrpc": { "type": "string" },
                "info": { "type": "object" },
                "methods": { "type": "array", "items": { "type": "object" } },
                "components": { "type": "object" },
            },
            "required": ["openrpc", "info", "methods"],
        })
    }
}

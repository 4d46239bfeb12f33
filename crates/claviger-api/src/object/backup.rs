//! Owns what is told of the store's file: a copy of it as it travels, and how large it is. Must not know what is in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One part of a copy of the store: all of them one after the other are its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupPart {
    /// The revision that the copy shows; the same in all its parts.
    pub revision: u64,
    /// How long the whole file is, the same in all its parts. Bytes.
    pub total_bytes: u64,
    /// Bytes of the file, from where the part before ended: Base64 (RFC 4648, section 4), with padding.
    #[schemars(length(min = 4, max = 262_144), regex(pattern = r"^[A-Za-z0-9+/]+={0,2}$"), extend("contentEncoding" = "base64"))]
    pub data: String,
    /// Whether another part follows.
    pub more: bool,
}

/// What a compaction came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Compaction {
    /// What the store's file took of the disk. Bytes.
    pub before_bytes: u64,
    /// What it takes now. Bytes.
    pub after_bytes: u64,
}

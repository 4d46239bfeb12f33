//! Owns what must hold of any bytes that stand in a row's place. Must not be part of the product.

use std::fmt::Debug;

use claviger_api::{KeyId, Scope};
use minicbor::{Decoder, Encoder};

use super::record::{
    decode, decode_account, decode_digest, decode_entry, decode_generation, decode_key, encode,
    encode_account, encode_digest, encode_entry, encode_key,
};
use super::revoked::{decode_revocation, encode_revocation};
use super::{State, StoreError};

/// Which rows some bytes read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Reading {
    /// A key.
    pub key: bool,
    /// An account.
    pub account: bool,
    /// An entry of the audit trail.
    pub entry: bool,
    /// The state.
    pub state: bool,
    /// Something that died.
    pub revocation: bool,
    /// The digest of a proven secret.
    pub digest: bool,
}

/// The number of the field that holds a key's scope, and that of the variant for all accounts.
const SCOPE: u32 = 7;
const ALL: u32 = 1;

/// The first number that no field of any row has.
const UNKNOWN: u32 = 10;

/// Reads bytes as each kind of row.
///
/// # Panics
/// What reads does not read the same when it is written again, bytes are left over, a field that is not known or
/// missing changes a scope.
#[must_use]
pub fn record(bytes: &[u8]) -> Reading {
    let id = KeyId::from_body("4fX9aQ2LmN7b").expect("12 of base62");
    let (account, seq) = ("acc_4fX9aQ2LmN7b", 7);
    let reading = Reading {
        key: comes_back(bytes, |row| decode_key(id, row), encode_key),
        account: comes_back(bytes, |row| decode_account(account, row), encode_account),
        entry: comes_back(bytes, |row| decode_entry(seq, row), encode_entry),
        state: comes_back(bytes, |row| decode::<State>(row), encode),
        revocation: comes_back(bytes, decode_revocation, encode_revocation),
        digest: comes_back(bytes, |row| decode_digest(id, row), encode_digest),
    };
    let generation = decode_generation(bytes);
    if let Ok(key) = decode_key(id, bytes) {
        assert_eq!(generation.ok(), Some(key.generation), "its generation reads otherwise by itself");
        let is_all = variants_of_scope(bytes).iter().all(|variant| *variant == ALL);
        assert_eq!(key.scope == Scope::All, is_all, "its scope is not the one that is written");
        let row = encode_key(&key);
        for left_out in 0..UNKNOWN {
            if let Ok(rest) = decode_key(id, &without(&row, left_out)) {
                assert_eq!(rest.scope, key.scope, "its scope changes without field {left_out}");
            }
        }
    }
    reading
}

/// Whether bytes read as one kind of row.
fn comes_back<T: Debug + PartialEq>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, StoreError>,
    encode: impl Fn(&T) -> Vec<u8>,
) -> bool {
    let Ok(value) = decode(bytes) else { return false };
    assert!(decode(&[bytes, &[0]].concat()).is_err(), "what stands behind a row is passed over");
    let row = encode(&value);
    assert_eq!(decode(&row).ok().as_ref(), Some(&value), "it is written otherwise than it was read");
    let later = with_unknown(&row, bytes);
    assert_eq!(decode(&later).ok().as_ref(), Some(&value), "a field that is not known changes it");
    true
}

/// The fields of a row that reads: each with its number and the bytes of its value.
fn fields(row: &[u8]) -> Vec<(u32, &[u8])> {
    let mut decoder = Decoder::new(row);
    let count = decoder.map().ok().flatten().expect("what reads is a map of a fixed length");
    let field = |_| {
        let field = decoder.u32().expect("a field has a number");
        let start = decoder.position();
        decoder.skip().expect("a field has a value");
        (field, &row[start..decoder.position()])
    };
    (0..count).map(field).collect()
}

fn row_of(fields: &[(u32, &[u8])]) -> Vec<u8> {
    let mut row = Vec::new();
    Encoder::new(&mut row).map(fields.len() as u64).expect("memory takes all");
    for (field, value) in fields {
        Encoder::new(&mut row).u32(*field).expect("memory takes all");
        row.extend_from_slice(value);
    }
    row
}

/// The row as one reads it that lacks a field.
fn without(row: &[u8], left_out: u32) -> Vec<u8> {
    let mut fields = fields(row);
    fields.retain(|(field, _)| *field != left_out);
    row_of(&fields)
}

/// The row as a later version could write it: with one field more, whose number and value are the fuzzer's choice.
fn with_unknown(row: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut value = Decoder::new(bytes);
    let is_one = value.skip().is_ok() && value.position() == bytes.len();
    let mut text = Vec::new();
    Encoder::new(&mut text).bytes(bytes).expect("memory takes all");
    let mut fields = fields(row);
    fields.push((UNKNOWN + u32::from(bytes[0]), if is_one { bytes } else { &text }));
    row_of(&fields)
}

/// The variant of each field that is a scope.
fn variants_of_scope(row: &[u8]) -> Vec<u32> {
    let scopes = fields(row).into_iter().filter(|(field, _)| *field == SCOPE);
    let variant = |value| {
        let mut decoder = Decoder::new(value);
        decoder.array().and_then(|_| decoder.u32()).expect("a scope is a variant")
    };
    scopes.map(|(_, value)| variant(value)).collect()
}

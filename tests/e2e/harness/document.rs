//! Owns what the OpenRPC document says of the errors that a test meets. Must not say which error a test expects.

use std::sync::LazyLock;

use claviger_api::{Access, openrpc};
use serde_json::Value;

use super::rpc::RpcError;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openrpc::document(Access::Admin));

/// What a request can be answered with that reaches no method.
const WITHOUT_A_METHOD: [&str; 3] = ["PARSE_ERROR", "INVALID_REQUEST", "METHOD_NOT_FOUND"];

/// Holds an answer's error to those that the document lists for the method.
pub(super) fn assert_listed(method: &str, error: &RpcError) {
    let code = error.data["code"].as_str().unwrap_or_default();
    let reference = format!("#/components/errors/{code}");
    let found = DOCUMENT["methods"].as_array().unwrap().iter().find(|found| found["name"] == method);
    let listed = found.is_some_and(|found| {
        found["errors"].as_array().unwrap().iter().any(|error| error["$ref"] == reference)
    });
    // An error in the words of the library underneath has no code.
    let of_the_library = error.data["code"].is_null();
    let known = listed || WITHOUT_A_METHOD.contains(&code) || of_the_library;
    assert!(known, "the document does not list this for {method}: {}", error.raw);
}

//! Owns `claviger rpc`. Must not know any method.

use claviger_api::Secret;
use serde_json::value::RawValue;

use crate::args::Rpc;
use crate::command::Context;
use crate::failure::Failure;
use crate::{connection, input, output, progress};

/// Makes one raw call and prints its result.
pub(crate) async fn run(context: &Context, rpc: Rpc) -> Result<(), Failure> {
    let params = match rpc.params {
        Some(dash) if dash == "-" => Some(object(&input::params()?)?),
        // Wrapped, so that it is wiped however this ends.
        Some(text) => Some(object(Secret::new(text).expose())?),
        None => None,
    };
    let client = connection::either(&context.settings).await?;
    let answer = {
        let _progress = progress::begin("waiting for the answer");
        client.raw::<Box<RawValue>>(&rpc.method, params).await?
    };
    output::raw_json(&answer)
}

fn object(text: &str) -> Result<Box<RawValue>, Failure> {
    let text = text.trim();
    let value: Option<Box<RawValue>> =
        text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten();
    value.ok_or_else(|| {
        Failure::usage("PARAMS must be a JSON object")
            .hint("such as '{\"limit\": 10}'; `-` reads it from standard input")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_are_one_object_and_never_repeated() {
        assert_eq!(object(" {\"a\": [1]}\n").unwrap().get(), "{\"a\": [1]}");
        for wrong in ["", "S3CR3T", "[\"S3CR3T\"]", "{\"S3CR3T\"", "{} {\"S3CR3T\": 1}", "null"] {
            let failure = object(wrong).unwrap_err();
            assert_eq!(failure.code(), Some("USAGE"));
            assert!(!format!("{failure:?}").contains("S3CR3T"));
        }
    }
}

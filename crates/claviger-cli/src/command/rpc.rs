//! Owns `claviger rpc`. Must not know any method.

use claviger_api::Secret;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::args::Rpc;
use crate::command::Context;
use crate::failure::Failure;
use crate::output::{self, Format};
use crate::{connection, input, progress};

/// Makes one raw call and prints its result.
pub(crate) async fn run(context: &Context, rpc: Rpc) -> Result<(), Failure> {
    let params = match rpc.params {
        Some(dash) if dash == "-" => Some(object(&input::params()?)?),
        // Wrapped, so that it is wiped however this ends.
        Some(text) => {
            let params = object(Secret::new(text).expose())?;
            if context.format == Format::Text && has_secret(&params) {
                output::note(SEEN);
            }
            Some(params)
        }
        None => None,
    };
    let client = connection::either(&context.settings).await?;
    let answer = {
        let _progress = progress::begin("waiting for the answer");
        client.raw::<Box<RawValue>>(&rpc.method, params).await?
    };
    output::raw_json(&answer)
}

/// What is told of a secret where others can see it.
const SEEN: &str = "warning: a secret in an argument can be seen by others: claviger rpc METHOD - reads PARAMS from standard input";

/// Whether parameters have a secret where the protocol's methods take one.
fn has_secret(params: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Params {
        secret: Option<IgnoredAny>,
    }
    // Of two members with one name there is one at least.
    serde_json::from_str::<Params>(params.get()).map_or(true, |params| params.secret.is_some())
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
    fn a_secret_is_seen_at_the_top_and_nowhere_else() {
        for (params, expected) in [
            (r#"{"secret": "s"}"#, true),
            (r#"{"account": "a", "s\u0065cret": "s"}"#, true),
            (r#"{"secret": "s", "secret": "t"}"#, true),
            (r"{}", false),
            (r#"{"secrets": "s", "scope": {"secret": "s"}, "name": "secret"}"#, false),
        ] {
            assert_eq!(has_secret(&object(params).unwrap()), expected, "{params}");
        }
    }

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

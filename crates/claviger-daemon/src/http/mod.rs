//! Owns what is HTTP: the bodies of calls, the interface for gateways, plain refusals. Must not know methods.

mod answer;
mod answered;
mod authorize;
mod bytes;
mod call;
mod plain;
mod question;

use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use jsonrpsee::server::HttpBody;
use serde::Serialize;

pub use answered::{Answered, Waiting};
pub use authorize::{authorize, authorize_at_once};
pub use bytes::Outbox;
pub use call::{BODY_LIMIT, call_at_once, read_call};
pub use plain::{Ask, Plain, Then};

/// The true status of an answer to a gateway, also where it is sent another one.
const STATUS: HeaderName = HeaderName::from_static("x-claviger-status");

/// What the body of an answer is.
const JSON: &str = "application/json; charset=utf-8";

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// JSON-RPC.
    Rpc,
    /// The question of a gateway.
    Authorize,
    /// Whether the daemon answers.
    Health,
    /// Nothing.
    Nowhere,
}

impl Route {
    /// Finds what a path leads to. Below `/authorize` everything is that: some gateways append the client's own path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match path {
            "/" => Self::Rpc,
            "/authorize" => Self::Authorize,
            "/healthz" => Self::Health,
            other if other.starts_with("/authorize/") => Self::Authorize,
            _ => Self::Nowhere,
        }
    }
}

/// Says that the daemon answers.
#[must_use]
pub fn health(method: &Method) -> Response<HttpBody> {
    if method != Method::GET && method != Method::HEAD {
        return refusal(
            StatusCode::METHOD_NOT_ALLOWED,
            "INVALID_REQUEST",
            "GET asks whether the daemon answers",
        );
    }
    let mut answer = Response::new(HttpBody::from("ok".to_owned()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(STATUS, HeaderValue::from(StatusCode::OK.as_u16()));
    answer
}

/// A refusal of something that is no JSON-RPC at all.
#[must_use]
pub fn refusal(status: StatusCode, code: &str, message: &str) -> Response<HttpBody> {
    json(status, refusal_text(code, message))
}

/// The body of a refusal.
fn refusal_text(code: &str, message: &str) -> String {
    #[derive(Serialize)]
    struct Refused<'a> {
        error: Why<'a>,
    }
    #[derive(Serialize)]
    struct Why<'a> {
        code: &'a str,
        message: &'a str,
    }
    serde_json::to_string(&Refused { error: Why { code, message } }).unwrap_or_default()
}

/// An answer after which the connection is closed.
#[must_use]
pub fn hung_up(mut answer: Response<HttpBody>) -> Response<HttpBody> {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn json(status: StatusCode, body: String) -> Response<HttpBody> {
    let mut answer = Response::new(HttpBody::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_one_thing() {
        for (path, route) in [
            ("/", Route::Rpc),
            ("/authorize", Route::Authorize),
            ("/authorize/", Route::Authorize),
            ("/authorize/v1/accounts", Route::Authorize),
            ("/authorizer", Route::Nowhere),
            ("/Authorize", Route::Nowhere),
            ("//authorize", Route::Nowhere),
            ("/authorize%2fx", Route::Nowhere),
            ("/healthz", Route::Health),
            ("/healthz/", Route::Nowhere),
            ("", Route::Nowhere),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }
}

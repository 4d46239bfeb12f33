//! Owns the interface for gateways: a secret and an account in a request's head, a verdict in a status. Must not hold a rule.

use std::borrow::Cow;

use claviger_api::id::PresentedAccountId;
use claviger_api::object::Verification;
use claviger_api::{Access, Code, Error, Secret};
use http::header::{AUTHORIZATION, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use jsonrpsee::server::HttpBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{STATUS, json, refusal};
use crate::service::{Service, Verdict, stopwatch};
use crate::store::Author;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const ACCOUNT_ID: HeaderName = HeaderName::from_static("x-account-id");

const KEY_ID: HeaderName = HeaderName::from_static("x-claviger-key-id");
const KEY_NAME: HeaderName = HeaderName::from_static("x-claviger-key-name");
const ACCOUNT: HeaderName = HeaderName::from_static("x-claviger-account");

/// What stands in a name as it is (RFC 3986, section 2.3, "unreserved").
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What a gateway asks.
struct Question {
    /// Empty where there is none: that is no key's secret either.
    secret: Secret,
    account: Option<PresentedAccountId>,
}

/// How a refusal is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statuses {
    /// As it is.
    True,
    /// As nginx's `auth_request` takes it: what it would turn into 500 is 403.
    ForNginx,
}

/// Answers one question that came over a socket. The request's body is not read: some gateways send the client's own.
pub async fn authorize(
    service: &Service,
    socket: Access,
    peer: Author,
    request: &Parts,
) -> Response<HttpBody> {
    let took = stopwatch!(TRACE);
    let verdict = decide(service, peer, request).await;
    tracing::trace!(
        path = %"/authorize",
        socket = %socket.text(),
        uid = peer.uid,
        code = %verdict.as_ref().map_or_else(|error| error.code.text(), |_| "OK"),
        took_us = took.us(),
        "answered"
    );
    match verdict {
        Ok(granted) => answer(granted),
        Err(error) => refused(request, &error),
    }
}

async fn decide(service: &Service, peer: Author, request: &Parts) -> Result<Verification, Error> {
    let question = read(request)?;
    match service.verify(peer, &question.secret, question.account.as_ref()).await? {
        Verdict::Granted(granted) => Ok(granted),
        Verdict::Refused(refusal) => Err(refusal.into()),
    }
}

fn read(request: &Parts) -> Result<Question, Error> {
    let secret = secret(&request.headers)?;
    let account = account(&request.headers, request.uri.query().unwrap_or_default())?;
    Ok(Question { secret, account: account.map(|id| PresentedAccountId::new(&id)) })
}

fn secret(headers: &HeaderMap) -> Result<Secret, Error> {
    let mut presented = headers.get_all(AUTHORIZATION).iter().chain(headers.get_all(API_KEY));
    let (first, more) = (presented.next(), presented.next().is_some());
    if more {
        let message = "the secret is there twice: send one of `Authorization: Bearer` and `X-API-Key`, once";
        return Err(Error::new(Code::InvalidParams, message).at("secret"));
    }
    // What is no text, or of another scheme, is no key's secret.
    let text = first.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = if headers.contains_key(AUTHORIZATION) { bearer(text) } else { text };
    Ok(Secret::new(text))
}

/// The token after `Bearer`, whose case does not count (RFC 7235, section 2.1); empty where there is none.
fn bearer(text: &str) -> &str {
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start_matches(' '),
        _ => "",
    }
}

/// The account that is asked for, in the header, in the query, or the same in both. One that is there but empty is an
/// unset variable of a gateway's configuration, and must not pass for none.
fn account<'a>(headers: &'a HeaderMap, query: &'a str) -> Result<Option<Cow<'a, str>>, Error> {
    let refused = |message: &'static str| Err(Error::new(Code::InvalidParams, message).at("account"));
    let in_headers =
        headers.get_all(ACCOUNT_ID).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let in_query =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "account").map(|(_, id)| id);
    let mut found: Option<Cow<'_, str>> = None;
    for id in in_headers.chain(in_query) {
        if id.is_empty() {
            return refused("the account is there but empty: name one, or leave it out");
        }
        if found.as_ref().is_some_and(|found| *found != id) {
            return refused("two accounts are there: name one");
        }
        found = Some(id);
    }
    Ok(found)
}

fn statuses(request: &Parts) -> Statuses {
    let query = request.uri.query().unwrap_or_default();
    let for_nginx =
        form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "compat" && value == "nginx");
    if for_nginx { Statuses::ForNginx } else { Statuses::True }
}

fn answer(granted: Verification) -> Response<HttpBody> {
    let body = serde_json::to_string(&granted).unwrap_or_default();
    let mut answer = json(StatusCode::OK, body);
    let account = granted.account.map(|account| account.id.to_string()).unwrap_or_default();
    let name = utf8_percent_encode(&granted.key.name, NAME).to_string();
    for (header, value) in [(KEY_ID, granted.key.id.to_string()), (KEY_NAME, name), (ACCOUNT, account)] {
        // Ids and what is percent-encoded are plain ASCII.
        let value = HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""));
        answer.headers_mut().insert(header, value);
    }
    told(answer, StatusCode::OK)
}

fn refused(request: &Parts, error: &Error) -> Response<HttpBody> {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let folded =
        matches!(status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::SERVICE_UNAVAILABLE);
    let sent = match statuses(request) {
        Statuses::ForNginx if folded => StatusCode::FORBIDDEN,
        _ => status,
    };
    let mut answer = refusal(sent, error.code.text(), &error.message);
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(ms) = error.retry_after_ms {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(ms.div_ceil(1000)));
    }
    told(answer, status)
}

fn told(mut answer: Response<HttpBody>, status: StatusCode) -> Response<HttpBody> {
    answer.headers_mut().insert(STATUS, HeaderValue::from(status.as_u16()));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_secret_is_a_bearer_token_or_an_api_key_and_never_both() {
        for (lines, expected) in [
            (&[] as &[(&str, &str)], Some("")),
            (&[("authorization", "Bearer s")], Some("s")),
            (&[("authorization", "bearer  s")], Some("s")),
            (&[("authorization", "BEARER s x")], Some("s x")),
            (&[("authorization", "Bearer")], Some("")),
            (&[("authorization", "Bearers s")], Some("")),
            (&[("authorization", "Basic czpz")], Some("")),
            (&[("authorization", "s")], Some("")),
            (&[("x-api-key", "s")], Some("s")),
            (&[("x-api-key", "Bearer s")], Some("Bearer s")),
            (&[("x-api-key", "")], Some("")),
            (&[("authorization", "Bearer s"), ("x-api-key", "s")], None),
            (&[("authorization", "Basic czpz"), ("x-api-key", "s")], None),
            (&[("authorization", "Bearer s"), ("authorization", "Bearer s")], None),
            (&[("x-api-key", "s"), ("x-api-key", "s")], None),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in lines {
                map.append(*name, HeaderValue::from_static(value));
            }
            let found = secret(&map);
            assert_eq!(found.as_ref().ok().map(Secret::expose), expected, "{lines:?}");
            assert!(found.err().is_none_or(|error| error.code == Code::InvalidParams));
        }
        let mut odd = HeaderMap::new();
        odd.insert("x-api-key", HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(secret(&odd).unwrap().expose(), "");
    }

    #[test]
    fn an_account_is_one_and_never_empty() {
        for (lines, query, expected) in [
            (&[] as &[(&'static str, &'static str)], "", Some(None)),
            (&[], "other=1&accounts=x", Some(None)),
            (&[], "account=a", Some(Some("a"))),
            (&[], "x=1&account=a%5Fb&y", Some(Some("a_b"))),
            (&[("x-account-id", "a")], "", Some(Some("a"))),
            (&[("x-account-id", "a")], "account=a", Some(Some("a"))),
            (&[], "account=a&account=a", Some(Some("a"))),
            (&[], "account=", None),
            (&[], "account", None),
            (&[("x-account-id", "")], "", None),
            (&[("x-account-id", "")], "account=a", None),
            (&[("x-account-id", "a")], "account=", None),
            (&[("x-account-id", "a")], "account=b", None),
            (&[], "account=a&account=b", None),
        ] {
            let headers = headers(lines);
            let found = account(&headers, query);
            let told = found.as_ref().ok().map(|id| id.as_deref());
            assert_eq!(told, expected, "{lines:?} {query}");
        }
    }

    #[test]
    fn a_name_in_a_header_is_percent_encoded() {
        assert_eq!(utf8_percent_encode("CI: Zoë/é~_.-", NAME).to_string(), "CI%3A%20Zo%C3%AB%2F%C3%A9~_.-");
    }
}

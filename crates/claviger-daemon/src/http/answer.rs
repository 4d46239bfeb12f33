//! Owns the answer to a gateway: a verdict as status, headers and body, for hyper or as bytes. Must not find the verdict.

use std::borrow::Cow;

use claviger_api::Error;
use claviger_api::object::Verification;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use jsonrpsee::server::HttpBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::bytes::{Outbox, head};
use super::question::Statuses;
use super::{JSON, STATUS, refusal_text};

const KEY_ID: HeaderName = HeaderName::from_static("x-claviger-key-id");
const KEY_NAME: HeaderName = HeaderName::from_static("x-claviger-key-name");
const ACCOUNT: HeaderName = HeaderName::from_static("x-claviger-account");

/// What stands in a name as it is (RFC 3986, section 2.3, "unreserved").
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How many headers an answer has at most.
const HEADERS: usize = 6;

/// An answer to a gateway, before it is known who sends it.
pub(super) struct Answer<'a> {
    status: StatusCode,
    /// In the order in which they are sent. The values are plain ASCII.
    headers: Vec<(HeaderName, Cow<'static, str>)>,
    body: Cow<'a, str>,
}

impl<'a> Answer<'a> {
    fn new(status: StatusCode, body: Cow<'a, str>) -> Self {
        let mut headers = Vec::with_capacity(HEADERS);
        headers.push((CONTENT_TYPE, JSON.into()));
        Self { status, headers, body }
    }

    /// The answer to a secret that opens what was asked for: what is granted, and its text.
    pub(super) fn granted(granted: &Verification, text: impl Into<Cow<'a, str>>) -> Self {
        let mut answer = Self::new(StatusCode::OK, text.into());
        let name = utf8_percent_encode(&granted.key.name, NAME).to_string();
        let account = granted.account.as_ref().map(|account| account.id.to_string()).unwrap_or_default();
        answer.headers.push((KEY_ID, granted.key.id.to_string().into()));
        answer.headers.push((KEY_NAME, name.into()));
        answer.headers.push((ACCOUNT, account.into()));
        answer.told("200")
    }

    /// The answer to anything else.
    pub(super) fn refused(error: &Error, statuses: Statuses) -> Self {
        let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let folded = matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::SERVICE_UNAVAILABLE
        );
        let sent = match statuses {
            Statuses::ForNginx if folded => StatusCode::FORBIDDEN,
            _ => status,
        };
        let mut answer = Self::new(sent, refusal_text(error.code.text(), &error.message).into());
        if status == StatusCode::UNAUTHORIZED {
            answer.headers.push((WWW_AUTHENTICATE, "Bearer".into()));
        }
        if let Some(ms) = error.retry_after_ms {
            answer.headers.push((RETRY_AFTER, ms.div_ceil(1000).to_string().into()));
        }
        answer.told(status.as_str().to_owned())
    }

    fn told(mut self, status: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((STATUS, status.into()));
        self.headers.push((CACHE_CONTROL, "no-store".into()));
        self
    }

    /// The answer as hyper takes it.
    pub(super) fn into_response(self) -> Response<HttpBody> {
        let mut response = Response::new(HttpBody::from(self.body.into_owned()));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            let value = match value {
                Cow::Borrowed(value) => HeaderValue::from_static(value),
                Cow::Owned(value) => HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("")),
            };
            response.headers_mut().insert(name, value);
        }
        response
    }

    /// What hyper would send before the date.
    pub(super) fn head(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), &**value));
        head(self.status, headers, self.body.len())
    }

    /// Writes the answer as hyper would send it.
    pub(super) fn write(&self, out: &mut Outbox) {
        out.put(&self.head(), &self.body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_header_is_percent_encoded() {
        assert_eq!(utf8_percent_encode("CI: Zoë/é~_.-", NAME).to_string(), "CI%3A%20Zo%C3%AB%2F%C3%A9~_.-");
    }
}

//! Owns what a gateway asks: a secret and an account, out of a request's head. Must not answer.

use std::borrow::Cow;

use claviger_api::id::PresentedAccountId;
use claviger_api::{Code, Error, Secret};
use http::HeaderValue;
use http::request::Parts;

/// A header that a question can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The secret behind the word `Bearer`.
    Authorization,
    /// The secret by itself.
    ApiKey,
    /// The account that is asked for.
    AccountId,
}

impl Field {
    /// Its name, in lower case.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::ApiKey => "x-api-key",
            Self::AccountId => "x-account-id",
        }
    }
}

/// What of a request's head a question is made of.
pub(super) trait Head {
    /// The values of a header, in the order in which they came.
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]>;

    /// What stands behind the path's question mark; empty where there is none.
    fn query(&self) -> &str;
}

impl Head for Parts {
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        self.headers.get_all(field.name()).iter().map(HeaderValue::as_bytes)
    }

    fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }
}

/// What a gateway asks.
pub(super) struct Question {
    /// Empty where there is none: that is no key's secret either.
    pub(super) secret: Secret,
    pub(super) account: Option<PresentedAccountId>,
}

/// How a refusal is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statuses {
    /// As it is.
    True,
    /// As nginx's `auth_request` takes it: what it would turn into 500 is 403.
    ForNginx,
}

impl Question {
    /// Reads the question of a head.
    ///
    /// # Errors
    /// [`Code::InvalidParams`]: secret or account are not there as they have to be.
    pub(super) fn read(head: &impl Head) -> Result<Self, Error> {
        let secret = secret(head)?;
        let account = account(head)?;
        Ok(Self { secret, account: account.map(|id| PresentedAccountId::new(&id)) })
    }
}

impl Statuses {
    /// Reads how a head wants refusals.
    pub(super) fn read(head: &impl Head) -> Self {
        let query = head.query();
        let for_nginx = form_urlencoded::parse(query.as_bytes())
            .any(|(name, value)| name == "compat" && value == "nginx");
        if for_nginx { Self::ForNginx } else { Self::True }
    }
}

fn secret(head: &impl Head) -> Result<Secret, Error> {
    // What is no text, or of another scheme, is no key's secret.
    let mut presented =
        head.values(Field::Authorization).map(bearer).chain(head.values(Field::ApiKey).map(text));
    let (first, more) = (presented.next(), presented.next().is_some());
    if more {
        let message = "the secret is there twice: send one of `Authorization: Bearer` and `X-API-Key`, once";
        return Err(Error::new(Code::InvalidParams, message).at("secret"));
    }
    Ok(Secret::new(first.unwrap_or_default()))
}

/// A header's value as text; empty where it is none.
fn text(value: &[u8]) -> &str {
    let is_plain = value.iter().all(|byte| (b' '..=b'~').contains(byte) || *byte == b'\t');
    if is_plain { std::str::from_utf8(value).unwrap_or_default() } else { "" }
}

/// The token after `Bearer`, whose case does not count (RFC 7235, section 2.1); empty where there is none.
fn bearer(value: &[u8]) -> &str {
    match text(value).split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start_matches(' '),
        _ => "",
    }
}

/// The account that is asked for, in the header, in the query, or the same in both. One that is there but empty is an
/// unset variable of a gateway's configuration, and must not pass for none.
fn account(head: &impl Head) -> Result<Option<Cow<'_, str>>, Error> {
    let refused = |message: &'static str| Err(Error::new(Code::InvalidParams, message).at("account"));
    let in_headers = head.values(Field::AccountId).map(String::from_utf8_lossy);
    let in_query = form_urlencoded::parse(head.query().as_bytes())
        .filter(|(name, _)| name == "account")
        .map(|(_, id)| id);
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

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    /// A head with these headers, and this behind the path's question mark.
    fn head(lines: &[(&'static str, &'static str)], query: &str) -> Parts {
        let uri = if query.is_empty() { "/authorize".to_owned() } else { format!("/authorize?{query}") };
        let request =
            lines.iter().fold(Request::get(uri), |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
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
            let head = head(lines, "");
            let found = secret(&head);
            assert_eq!(found.as_ref().ok().map(Secret::expose), expected, "{lines:?}");
            assert!(found.err().is_none_or(|error| error.code == Code::InvalidParams));
        }
        let mut odd = head(&[], "");
        odd.headers.insert("x-api-key", HeaderValue::from_bytes(b"\xff").unwrap());
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
            let head = head(lines, query);
            let found = account(&head);
            let told = found.as_ref().ok().map(|id| id.as_deref());
            assert_eq!(told, expected, "{lines:?} {query}");
        }
    }
}

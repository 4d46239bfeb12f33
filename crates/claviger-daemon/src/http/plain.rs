//! Owns which requests are so plain that nothing about their meaning is left to hyper, and what such a request asks. Must not
//! answer, nor read any other.
//!
//! Plain is: HTTP/1.1, a path as it is sent by everybody, no body or one with a length, and no header that says more about
//! the connection than that it stays or ends. It is parsed by httparse, as hyper does, and everything else is left to hyper.

use std::mem::MaybeUninit;

use httparse::{Header, Request, Status};

use super::Route;
use super::question::{Field, Head};

/// How many headers a plain request has at most.
const HEADERS: usize = 32;

/// How often a header that matters can be there in a plain request: once more than it may, so that this is seen.
const TIMES: usize = 2;

/// What bytes are that came on a connection.
pub enum Plain<'a> {
    /// The beginning of a request whose head is not there whole.
    Head,
    /// A head, the rest of whose body has not come.
    Body,
    /// No plain request.
    Other,
    /// A plain request, with how many bytes it takes, and what comes after its answer.
    Whole(Ask<'a>, usize, Then),
}

/// What comes after an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// The next request.
    #[default]
    Stays,
    /// Nothing.
    Ends,
}

/// What a plain request asks.
pub enum Ask<'a> {
    /// The question of a gateway.
    Gateway(PlainHead<'a>),
    /// A call, or whatever stands in its place.
    Call(&'a [u8]),
}

/// The head of a gateway's question.
#[derive(Default)]
pub struct PlainHead<'a> {
    query: &'a str,
    authorization: Values<'a>,
    api_key: Values<'a>,
    account: Values<'a>,
}

type Values<'a> = [Option<&'a [u8]>; TIMES];

impl Head for PlainHead<'_> {
    fn values(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        let values = match field {
            Field::Authorization => &self.authorization,
            Field::ApiKey => &self.api_key,
            Field::AccountId => &self.account,
        };
        values.iter().copied().flatten()
    }

    fn query(&self) -> &str {
        self.query
    }
}

/// What a head says of its body.
#[derive(Clone, Copy, Default)]
struct Length<'a> {
    bytes: Option<usize>,
    kind: Option<&'a [u8]>,
}

impl<'a> Plain<'a> {
    /// Looks what bytes begin with.
    #[must_use]
    pub fn read(come: &'a [u8]) -> Self {
        let mut headers = [MaybeUninit::uninit(); HEADERS];
        let mut request = Request::new(&mut []);
        let head = match request.parse_with_uninit_headers(come, &mut headers) {
            Ok(Status::Complete(head)) => head,
            Ok(Status::Partial) => return Self::Head,
            Err(_) => return Self::Other,
        };
        let (Some(1), Some(method), Some(target)) = (request.version, request.method, request.path) else {
            return Self::Other;
        };
        let Some((head_of, length, then)) = sorted(request.headers) else { return Self::Other };
        if !target.bytes().all(is_usual) {
            return Self::Other;
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        match (Route::of(path), method) {
            (Route::Authorize, "GET" | "POST" | "PUT" | "PATCH" | "DELETE")
                if length.bytes.is_none_or(|bytes| bytes == 0) =>
            {
                Self::Whole(Ask::Gateway(PlainHead { query, ..head_of }), head, then)
            }
            (Route::Rpc, "POST") if length.kind.is_some_and(is_json) => match length.bytes {
                Some(bytes) => match come.get(head..).and_then(|rest| rest.get(..bytes)) {
                    Some(body) => Self::Whole(Ask::Call(body), head + bytes, then),
                    None => Self::Body,
                },
                None => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

/// Sorts the headers that matter; `None` where one says what only hyper is to understand.
fn sorted<'a>(headers: &[Header<'a>]) -> Option<(PlainHead<'a>, Length<'a>, Then)> {
    let (mut head, mut length, mut then) = (PlainHead::default(), Length::default(), Then::default());
    for Header { name, value } in headers {
        let is = |header: &str| name.eq_ignore_ascii_case(header);
        // By its length first: most headers are none of these.
        match name.len() {
            13 if is(Field::Authorization.name()) => put(&mut head.authorization, value)?,
            9 if is(Field::ApiKey.name()) => put(&mut head.api_key, value)?,
            12 if is(Field::AccountId.name()) => put(&mut head.account, value)?,
            12 if is("content-type") => match length.kind {
                None => length.kind = Some(value),
                Some(_) => return None,
            },
            14 if is("content-length") => match length.bytes {
                None => length.bytes = Some(number(value)?),
                Some(_) => return None,
            },
            // Whoever says both is hung up on.
            10 if is("connection") && value.eq_ignore_ascii_case(b"close") => then = Then::Ends,
            10 if is("connection") && !value.eq_ignore_ascii_case(b"keep-alive") => return None,
            6 if is("expect") => return None,
            7 if is("upgrade") => return None,
            17 if is("transfer-encoding") => return None,
            _ => {}
        }
    }
    Some((head, length, then))
}

fn put<'a>(values: &mut Values<'a>, value: &'a [u8]) -> Option<()> {
    *values.iter_mut().find(|place| place.is_none())? = Some(value);
    Some(())
}

/// A length of at most five digits.
fn number(value: &[u8]) -> Option<usize> {
    let is_number = (1..=5).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    is_number.then(|| value.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

fn is_json(kind: &[u8]) -> bool {
    [&b"application/json"[..], b"application/json; charset=utf-8"]
        .iter()
        .any(|json| kind.eq_ignore_ascii_case(json))
}

/// What stands in the target of a request as it is usually sent.
fn is_usual(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/?&=-._~%+:,@".contains(&byte)
}

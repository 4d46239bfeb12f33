//! Owns the interface for gateways: a question in a request's head, a verdict in a status. Must not hold a rule.

use std::sync::Arc;

use claviger_api::{Access, Error};
use http::Response;
use http::request::Parts;
use jsonrpsee::server::HttpBody;

use super::answer::Answer;
use super::bytes::{Date, write};
use super::plain::PlainHead;
use super::question::{Question, Statuses};
use crate::rpc::granted_text;
use crate::service::{Form, Grant, Service, Verdict, stopwatch};
use crate::store::Author;

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
        Ok(grant) => granted(&grant).into_response(),
        Err(error) => Answer::refused(&error, Statuses::read(request)).into_response(),
    }
}

fn granted(grant: &Grant) -> Answer<'_> {
    Answer::granted(grant.verification(), grant.text(Form::Body, granted_text))
}

async fn decide(service: &Service, peer: Author, request: &Parts) -> Result<Arc<Grant>, Error> {
    let question = Question::read(request)?;
    match service.verify(peer, &question.secret, question.account.as_ref()).await? {
        Verdict::Granted(grant) => Ok(grant),
        Verdict::Refused(refusal) => Err(refusal.into()),
    }
}

/// Answers the question of a plain head in the same bytes, where the answer is known at once. Says whether it is.
#[must_use]
pub fn authorize_at_once(
    service: &Service,
    peer: Author,
    head: &PlainHead<'_>,
    date: &mut Date,
    out: &mut Vec<u8>,
) -> bool {
    let refused = |error: &Error| Answer::refused(error, Statuses::read(head));
    match Question::read(head) {
        Err(error) => refused(&error).write(date, out),
        Ok(question) => match service.verify_at_once(peer, &question.secret, question.account.as_ref()) {
            Some(Verdict::Granted(grant)) => {
                let head = grant.text(Form::Head, |_| granted(&grant).head());
                write(head, grant.text(Form::Body, granted_text), date, out);
            }
            Some(Verdict::Refused(refusal)) => refused(&refusal.into()).write(date, out),
            None => return false,
        },
    }
    true
}

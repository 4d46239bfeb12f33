//! Owns the interface for gateways: a question in a request's head, a verdict in a status. Must not hold a rule.

use std::sync::Arc;

use claviger_api::{Access, Error};
use http::Response;
use http::request::Parts;
use jsonrpsee::server::HttpBody;

use super::answer::Answer;
use super::answered::{Answered, Waiting};
use super::bytes::Outbox;
use super::plain::PlainHead;
use super::question::{Question, Statuses};
use crate::rpc::granted_text;
use crate::service::{self, Form, Grant, Service, Verdict, stopwatch};
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

/// Answers the question of a plain head in the same bytes, where the answer is known at once.
#[must_use]
pub fn authorize_at_once(
    service: &Service,
    peer: Author,
    head: &PlainHead<'_>,
    out: &mut Outbox,
) -> Answered {
    match Question::read(head) {
        Err(error) => Answer::refused(&error, Statuses::read(head)).write(out),
        Ok(question) => match service.verify_at_once(peer, &question.secret, question.account.as_ref()) {
            Some(Verdict::Granted(grant)) => write_granted(&grant, out),
            Some(Verdict::Refused(refusal)) => {
                Answer::refused(&refusal.into(), Statuses::read(head)).write(out);
            }
            None => return Answered::Later(Waiting::gateway(question, Statuses::read(head))),
        },
    }
    Answered::Now
}

/// Writes a verdict as hyper would send it.
pub(super) fn write_verdict(
    verdict: Result<Verdict<Arc<Grant>>, service::Error>,
    statuses: Statuses,
    out: &mut Outbox,
) {
    let error = match verdict {
        Ok(Verdict::Granted(grant)) => return write_granted(&grant, out),
        Ok(Verdict::Refused(refusal)) => Error::from(refusal),
        Err(error) => Error::from(error),
    };
    Answer::refused(&error, statuses).write(out);
}

fn write_granted(grant: &Grant, out: &mut Outbox) {
    let head = grant.text(Form::Head, |_| granted(grant).head());
    out.put(head, grant.text(Form::Body, granted_text));
}

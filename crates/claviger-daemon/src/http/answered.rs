//! Owns what becomes of a plain request: it is answered at once, or waited for, or the long way's. Must not find a verdict.

use super::authorize::write_verdict;
use super::bytes::Outbox;
use super::call::write_answer;
use super::question::{Question, Statuses};
use crate::rpc::{Peer, VerifyCall};
use crate::service::Service;

/// What became of a plain request.
pub enum Answered {
    /// Its answer is written.
    Now,
    /// Only the slow hash can decide, or something has failed. Nothing was done yet.
    Later(Waiting),
    /// It is nothing that is answered here.
    Elsewhere,
}

/// What is asked by a request whose answer has to be waited for.
pub struct Waiting(Asked);

enum Asked {
    Gateway(Question, Statuses),
    Call(VerifyCall<'static>),
}

impl Waiting {
    pub(super) fn gateway(question: Question, statuses: Statuses) -> Self {
        Self(Asked::Gateway(question, statuses))
    }

    pub(super) fn call(call: VerifyCall<'static>) -> Self {
        Self(Asked::Call(call))
    }

    /// Waits for the answer, and writes it in the bytes in which the long way would. Nothing is written before.
    pub async fn answer(&self, service: &Service, peer: Peer, out: &mut Outbox) {
        match &self.0 {
            Asked::Gateway(question, statuses) => {
                let verdict = service.verify_later(peer, &question.secret, question.account.as_ref()).await;
                write_verdict(verdict, *statuses, out);
            }
            Asked::Call(call) => write_answer(&call.answer_later(service, peer).await, out),
        }
    }
}

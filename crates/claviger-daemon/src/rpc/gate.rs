//! Owns what stands before every call: limits of depth and number, and errors in the contract's form where jsonrpsee
//! would answer in its own. Must not know what a method does.

use std::borrow::Cow;

use claviger_api::method::{Backups, Events, Method, Revisions, Subscription, Visitor, visit};
use claviger_api::param::{Fields, Param, Rule, depth_of, elements_of, text_of};
use claviger_api::{Access, Code, Error};
use jsonrpsee::server::BatchResponseBuilder;
use jsonrpsee::server::middleware::rpc::{Batch, BatchEntry, MethodResponse, Notification, RpcServiceT};
use jsonrpsee::types::{Id, Request};
use serde_json::value::RawValue;
use tower::Layer;
use tracing::Level;

use super::Peer;
use super::error::error_object;
use crate::service::stopwatch;

/// How many calls a batch may have.
const BATCH_CALLS: usize = 50;

/// How deep a request may be nested.
pub const DEPTH: usize = 64;

/// How large an answer of a socket may be, in bytes. A page of keys whose scopes name thousands of accounts is large;
/// verifiers get no such page.
#[must_use]
pub fn max_answer(socket: Access) -> u32 {
    const MIB: u32 = 1024 * 1024;
    match socket {
        Access::Admin => 256 * MIB,
        Access::Verify => 32 * MIB,
    }
}

/// jsonrpsee's code for more subscriptions on a connection than it may have.
const TOO_MANY_SUBSCRIPTIONS: i32 = jsonrpsee::types::error::TOO_MANY_SUBSCRIPTIONS_CODE;

/// Marks an answer that is none: nothing but calls without an id came.
#[derive(Clone, Copy, Debug)]
pub struct NoAnswer;

/// Marks the calls of a WebSocket, in the request's extensions.
#[derive(Clone, Copy, Debug)]
pub struct OverWebSocket;

/// Stands before jsonrpsee's own dispatch.
#[derive(Clone, Debug)]
pub struct Gate<S> {
    service: S,
    socket: Access,
}

/// Puts the gate before the service of one socket.
#[derive(Clone, Copy, Debug)]
pub struct GateLayer(pub Access);

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, service: S) -> Gate<S> {
        Gate { service, socket: self.0 }
    }
}

impl<S> Gate<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Clone + Send + Sync + 'static,
{
    /// Lets a call pass, and logs what came of it.
    async fn answer(self, request: Request<'_>) -> MethodResponse {
        let took = stopwatch!(TRACE);
        let Some(call) = tracing::enabled!(Level::TRACE).then(|| Called::of(&request)) else {
            return self.pass(request).await;
        };
        let socket = self.socket;
        let response = self.pass(request).await;
        tracing::trace!(
            method = call.method.map(display),
            socket = %socket.text(),
            uid = call.uid,
            code = %response.as_error_code().map_or("OK", code_text),
            took_us = took.us(),
            "answered"
        );
        response
    }

    async fn pass(self, mut request: Request<'_>) -> MethodResponse {
        let id = request.id.clone().into_owned();
        let depth = 1 + request.params.as_ref().map_or(0, |params| depth_of(params.get()));
        if depth > DEPTH {
            return refuse(id, Code::InvalidRequest, "the request is nested too deep: 64 levels at most");
        }
        let subscription = self.subscription(&request.method);
        if subscription.is_some() && request.extensions.get::<OverWebSocket>().is_none() {
            let message = "subscriptions need a WebSocket: GET / with an upgrade";
            return refuse(id, Code::InvalidRequest, message);
        }
        if subscription.is_some_and(|found| found.unsubscribe == request.method) {
            // jsonrpsee takes the id by position only, and logs what it cannot read.
            match read_subscription(request.params.as_ref().map(|params| params.get())) {
                Ok(params) => request.params = Some(Cow::Owned(params)),
                Err(error) => return MethodResponse::error(id, error_object(error)),
            }
        }
        let response = self.service.call(request).await;
        match response.as_error_code() {
            Some(code) if code == Code::MethodNotFound.number() => refuse(
                id,
                Code::MethodNotFound,
                "no such method on this socket: rpc.discover lists those that are",
            ),
            Some(TOO_MANY_SUBSCRIPTIONS) => {
                let message =
                    "this connection has 16 subscriptions already: end one, or open another connection";
                refuse(id, Code::InvalidRequest, message)
            }
            _ => response,
        }
    }

    /// The subscription of this socket that a method begins or ends.
    fn subscription(&self, method: &str) -> Option<&'static Subscribing> {
        SUBSCRIPTIONS.iter().find(|found| {
            (found.subscribe == method || found.unsubscribe == method)
                && (self.socket == Access::Admin || found.access == Access::Verify)
        })
    }
}

/// What the log says of a call.
struct Called {
    /// A name of the table. What somebody made up is not repeated.
    method: Option<&'static str>,
    uid: Option<u32>,
}

impl Called {
    fn of(request: &Request<'_>) -> Self {
        let uid = request.extensions.get::<Peer>().map(|peer| peer.uid);
        Self { method: name_in_table(&request.method), uid }
    }
}

/// The table's own copy of a method's name; `None` where it has no such method.
fn name_in_table(method: &str) -> Option<&'static str> {
    struct Search<'a>(&'a str, Option<&'static str>);

    impl Visitor for Search<'_> {
        fn method<M: Method>(&mut self) {
            self.1 = self.1.or((M::NAME == self.0).then_some(M::NAME));
        }

        fn subscription<S: Subscription>(&mut self) {
            let name = [S::NAME, S::UNSUBSCRIBE].into_iter().find(|name| *name == self.0);
            self.1 = self.1.or(name);
        }
    }

    let mut search = Search(method, None);
    visit(&mut search);
    search.1
}

/// The text of an error's number. Another number than the contract's is a fault of ours, as the client takes it.
fn code_text(number: i32) -> &'static str {
    Code::from_number(number).unwrap_or(Code::InternalError).text()
}

/// The methods of one subscription.
struct Subscribing {
    subscribe: &'static str,
    unsubscribe: &'static str,
    access: Access,
}

impl Subscribing {
    const fn of<S: Subscription>() -> Self {
        Self { subscribe: S::NAME, unsubscribe: S::UNSUBSCRIBE, access: S::ACCESS }
    }
}

/// Those of the table.
const SUBSCRIPTIONS: [Subscribing; 3] =
    [Subscribing::of::<Events>(), Subscribing::of::<Revisions>(), Subscribing::of::<Backups>()];

/// Reads `{"subscription": ID}`, or `[ID]` as JSON-RPC's other servers have it, into `[ID]`.
fn read_subscription(params: Option<&str>) -> Result<Box<RawValue>, Error> {
    let by_position = params.and_then(|params| elements_of(params).ok());
    let id = match by_position.as_deref() {
        Some([id]) => SubscriptionId::read(id.get()).map_err(|rule| {
            Error::new(Code::InvalidParams, format!("`subscription` {rule}")).at("subscription")
        }),
        _ => Fields::parse(params.unwrap_or("{}"), &["subscription"])
            .and_then(|fields| fields.required::<SubscriptionId>("subscription")),
    }?;
    RawValue::from_string(format!("[{}]", id.0))
        .map_err(|_| Error::new(Code::InvalidParams, "`subscription` is not JSON").at("subscription"))
}

/// The id of a subscription as JSON: a whole number, or a text.
struct SubscriptionId(String);

impl Param for SubscriptionId {
    fn read(json: &str) -> Result<Self, Rule> {
        if u64::read(json).is_ok() || text_of(json).is_ok() {
            Ok(Self(json.to_owned()))
        } else {
            Err(Rule::text("must be what the subscribing call gave: a whole number or a text"))
        }
    }
}

impl<S> RpcServiceT for Gate<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse> + Clone + Send + Sync + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.clone().answer(request)
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let gate = self.clone();
        async move {
            if batch.is_empty() {
                return refuse(Id::Null, Code::InvalidRequest, "the batch is empty");
            }
            if batch.len() > BATCH_CALLS {
                let message = "the batch has more than 50 calls: nothing was done, send it in parts";
                return refuse(Id::Null, Code::InvalidRequest, message);
            }
            let mut answers = BatchResponseBuilder::new_with_limit(max_answer(gate.socket) as usize);
            for entry in batch {
                let answer = match entry {
                    // jsonrpsee would answer it twice.
                    Ok(BatchEntry::Call(request)) if gate.subscription(&request.method).is_some() => {
                        let message = "subscriptions come one at a time, not in a batch";
                        refuse(request.id.into_owned(), Code::InvalidRequest, message)
                    }
                    Ok(BatchEntry::Call(request)) => gate.clone().answer(request).await,
                    // A call without an id is not carried out: nobody would learn what became of it.
                    Ok(BatchEntry::Notification(_)) => continue,
                    Err(invalid) => {
                        let (_, id) = invalid.into_parts();
                        refuse(id.into_owned(), Code::InvalidRequest, NOT_A_CALL)
                    }
                };
                // A batch is long work: others get their turn between its calls.
                tokio::task::yield_now().await;
                if let Err(too_large) = answers.append(answer) {
                    return too_large;
                }
            }
            if answers.is_empty() {
                return no_answer();
            }
            MethodResponse::from_batch(answers.finish())
        }
    }

    fn notification<'a>(&self, _: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        // Nobody would learn what became of it, so it is not carried out: a secret that nobody sees, least of all.
        std::future::ready(no_answer())
    }
}

fn no_answer() -> MethodResponse {
    let mut answer = MethodResponse::notification();
    answer.extensions_mut().insert(NoAnswer);
    answer
}

/// What is wrong with a member of a batch, or a whole request, that is JSON but no call.
pub const NOT_A_CALL: &str =
    "not a JSON-RPC 2.0 call: it needs \"jsonrpc\": \"2.0\", \"method\", \"params\" as an object, and \"id\"";

fn refuse(id: Id<'static>, code: Code, message: &str) -> MethodResponse {
    MethodResponse::error(id, error_object(Error::new(code, message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_of_the_table_is_known_by_name_and_nothing_else_is() {
        for name in ["keys.create", "events.subscribe", "events.unsubscribe", "backup.subscribe"] {
            assert_eq!(name_in_table(name), Some(name));
        }
        for other in ["", "keys.create ", "KEYS.CREATE", "S3CRET"] {
            assert_eq!(name_in_table(other), None);
        }
    }

    #[test]
    fn every_subscription_of_the_table_is_known() {
        struct Known;
        impl Visitor for Known {
            fn method<M: Method>(&mut self) {}

            fn subscription<S: Subscription>(&mut self) {
                let found = SUBSCRIPTIONS.iter().find(|found| found.subscribe == S::NAME);
                let found = found.unwrap_or_else(|| panic!("{} is not", S::NAME));
                assert_eq!((found.unsubscribe, found.access), (S::UNSUBSCRIBE, S::ACCESS));
            }
        }
        visit(&mut Known);
    }

    #[test]
    fn a_subscription_is_named_or_the_only_element() {
        for (params, expected) in
            [(r#"{"subscription": 7}"#, "[7]"), (r#"{"subscription": "abc"}"#, r#"["abc"]"#), ("[7]", "[7]")]
        {
            assert_eq!(read_subscription(Some(params)).unwrap().get(), expected);
        }
    }

    #[test]
    fn what_names_no_subscription_is_refused_and_not_repeated() {
        for params in [
            None,
            Some(r#"{"secret": "S3CRET"}"#),
            Some(r#"{"subscription": {"S3CRET": 1}}"#),
            Some(r#"[["S3CRET"]]"#),
            Some(r#"["S3CRET", 2]"#),
            Some("[]"),
            Some("null"),
        ] {
            let error = read_subscription(params).unwrap_err();
            assert_eq!(error.code, Code::InvalidParams);
            assert!(!error.message.contains("S3CRET"), "{error}");
        }
    }
}

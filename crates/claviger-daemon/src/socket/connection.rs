//! Owns one connection: HTTP/1.1 with deadlines, and the way from a request to JSON-RPC. Must not know methods.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use claviger_api::Access;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::server::http::is_json;
use jsonrpsee::server::middleware::rpc::RpcServiceBuilder;
use jsonrpsee::server::ws::is_upgrade_request;
use jsonrpsee::server::{
    BatchRequestConfig, HttpBody, Methods, ServerConfig, StopHandle, TowerService, TowerServiceBuilder,
};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::time::timeout_at;
use tower::Service as _;
use tower::layer::util::{Identity, Stack};
use tracing::Level;

use super::calls::{Answering, AtOnce};
use super::deadline::{DEADLINE, Paced, Progress};
use super::shortcut::{self, Left};
use super::stay::Stay;
use super::ticks::Ticks;
use crate::http::{BODY_LIMIT, Route, authorize, health, hung_up, read_call, refusal};
use crate::rpc::{GateLayer, NoAnswer, OverWebSocket, Peer, max_answer, verify_at_once};
use crate::service::{FaultId, Service};

/// How many subscriptions a connection may have.
const SUBSCRIPTIONS: u32 = 16;

/// How many messages wait for a reader before its subscriptions wait too.
const WAITING_MESSAGES: u32 = 64;

type Gated = Stack<GateLayer, Identity>;

/// Keeps a connection's stay until its last user is gone: a WebSocket outlives the HTTP connection that it came from.
#[derive(Clone)]
struct Place {
    _stay: Arc<Stay>,
}

/// What answers the calls of one socket.
#[derive(Clone)]
pub struct Server {
    builder: TowerServiceBuilder<Gated, Identity>,
    methods: Methods,
    service: Arc<Service>,
    socket: Access,
    stop: StopHandle,
    ticks: Ticks,
}

impl Server {
    /// Answers the calls of one socket with these methods, and gateways with this service, until `stop` says so.
    #[must_use]
    pub fn new(
        socket: Access,
        methods: impl Into<Methods>,
        service: Arc<Service>,
        stop: StopHandle,
        ticks: Ticks,
    ) -> Self {
        let config = ServerConfig::builder()
            .max_request_body_size(BODY_LIMIT)
            .max_response_body_size(max_answer(socket))
            .max_subscriptions_per_connection(SUBSCRIPTIONS)
            .set_message_buffer_capacity(WAITING_MESSAGES)
            // Counted where connections are taken in, and by the gate.
            .max_connections(u32::MAX)
            .set_batch_request_config(BatchRequestConfig::Unlimited)
            .build();
        let builder = jsonrpsee::server::Server::builder()
            .set_config(config)
            .set_rpc_middleware(RpcServiceBuilder::new().layer(GateLayer(socket)))
            .to_service_builder();
        Self { builder, methods: methods.into(), service, socket, stop, ticks }
    }

    /// By what its connections see that their time is over.
    pub(super) fn ticks(&self) -> &Ticks {
        &self.ticks
    }

    /// What verifies.
    pub(super) fn service(&self) -> &Service {
        &self.service
    }
}

/// Serves one connection to its end.
pub(super) async fn serve(
    mut stream: UnixStream,
    peer: Peer,
    server: &Server,
    mut stop: watch::Receiver<bool>,
    stay: Stay,
) {
    let Left::Rest(come) = shortcut::serve(&mut stream, peer, server, &mut stop).await else { return };
    let rpc = server.builder.clone().build(server.methods.clone(), server.stop.clone());
    let place = Place { _stay: Arc::new(stay) };
    let progress = Progress::begun(come.since);
    let service = service_fn(|request: Request<Incoming>| {
        let (rpc, place, progress) = (rpc.clone(), place.clone(), progress.clone());
        async move {
            let answer = match Route::of(request.uri().path()) {
                Route::Rpc => answer_call(request, peer, rpc, place, &progress).await,
                other => answer_at(other, request, peer, server).await,
            };
            progress.answered();
            Ok::<_, Infallible>(answer)
        }
    });
    let stream = Paced::after(come.bytes, stream, progress.clone());
    let stream = Answering::new(stream, progress.clone(), at_once(server, peer));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(DEADLINE)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        biased;
        // First, so that what the short way has left is under way when the daemon stops, and is answered.
        ended = &mut connection => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// What answers a message of a WebSocket on the short way. Where the log says something of each call in turn, it says it on the
/// long one.
fn at_once(server: &Server, peer: Peer) -> Option<AtOnce> {
    let service = Arc::clone(&server.service);
    let answer = move |message: &[u8]| verify_at_once(&service, peer, message);
    (!tracing::enabled!(Level::TRACE)).then(|| Box::new(answer) as AtOnce)
}

/// Answers one request that came over no connection.
#[cfg(any(test, feature = "fuzz"))]
pub(super) async fn answer_alone(
    request: Request<Full<Bytes>>,
    peer: Peer,
    server: &Server,
) -> Response<HttpBody> {
    let rpc = server.builder.clone().build(server.methods.clone(), server.stop.clone());
    let permit = Arc::new(tokio::sync::Semaphore::new(1)).acquire_owned().await;
    let permit = permit.expect("nobody closes the semaphore");
    let place = Place { _stay: Arc::new(Stay::begin(server.socket, peer, permit)) };
    match Route::of(request.uri().path()) {
        Route::Rpc => answer_call(request, peer, rpc, place, &Progress::default()).await,
        other => answer_at(other, request, peer, server).await,
    }
}

/// Answers what is no JSON-RPC.
async fn answer_at<B: Body>(
    route: Route,
    request: Request<B>,
    peer: Peer,
    server: &Server,
) -> Response<HttpBody> {
    match route {
        Route::Authorize => {
            // What is left unread cannot be followed by another request.
            let is_whole = request.body().is_end_stream();
            let answer = authorize(&server.service, server.socket, peer, &request.into_parts().0).await;
            if is_whole { answer } else { hung_up(answer) }
        }
        Route::Health => health(request.method()),
        Route::Rpc | Route::Nowhere => {
            let message = "nothing is here: JSON-RPC is at /, and gateways ask at /authorize";
            refusal(StatusCode::NOT_FOUND, "NOT_FOUND", message)
        }
    }
}

async fn answer_call<B>(
    request: Request<B>,
    peer: Peer,
    mut rpc: TowerService<Gated, Identity>,
    place: Place,
    progress: &Progress,
) -> Response<HttpBody>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut request = if is_upgrade_request(&request) {
        let mut request = request.map(HttpBody::new);
        request.extensions_mut().insert(OverWebSocket);
        request.extensions_mut().insert(place);
        request
    } else if request.method() == Method::POST && !is_json(request.headers().get(CONTENT_TYPE)) {
        let message = "the content type must be application/json";
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "INVALID_REQUEST", message);
    } else if request.method() == Method::POST {
        let (head, body) = request.into_parts();
        let call = match timeout_at(progress.deadline(), read_call(body)).await {
            Ok(Ok(call)) => call,
            Ok(Err(answer)) => return *answer,
            Err(_) => {
                let message = "the request was not there whole within 10 s";
                return hung_up(refusal(StatusCode::REQUEST_TIMEOUT, "INVALID_REQUEST", message));
            }
        };
        Request::from_parts(head, HttpBody::new(Full::new(call)))
    } else {
        let message = "POST a JSON-RPC call, or GET with an upgrade for a WebSocket";
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "INVALID_REQUEST", message);
    };
    request.extensions_mut().insert(peer);
    let wants_upgrade = request.extensions().get::<OverWebSocket>().is_some();
    match rpc.call(request).await {
        Ok(answer) if wants_upgrade && answer.status() != StatusCode::SWITCHING_PROTOCOLS => {
            let message = "the WebSocket handshake is not as RFC 6455 has it";
            refusal(StatusCode::BAD_REQUEST, "INVALID_REQUEST", message)
        }
        Ok(answer) if wants_upgrade => {
            progress.upgraded();
            answer
        }
        Ok(answer) if answer.extensions().get::<NoAnswer>().is_some() => {
            let mut nothing = Response::new(HttpBody::default());
            *nothing.status_mut() = StatusCode::NO_CONTENT;
            nothing
        }
        Ok(answer) => answer,
        Err(error) => {
            let fault = FaultId::log(&error);
            let message = format!("internal error {fault}: the daemon's log says more under this id");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", &message)
        }
    }
}

pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that whoever could stop us is gone, which is the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

//! Owns the bare hyper: HTTP/1.1 as the daemon serves it, with one constant answer. Must not read a request further than
//! hyper does.

use std::convert::Infallible;
use std::path::Path;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;
use tokio::runtime::Builder;

use crate::Outcome;

/// A verdict as the daemon would give one, so that as many bytes travel.
const VERDICT: &[u8] = br#"{"key":{"id":"key_4fX9aQ2LmN7b","name":"measured 10"},"scope":{"type":"only","accounts":["acc_checking"]},"account":{"id":"acc_checking","name":"Checking","institution":null,"mask":null,"kind":null,"connected_at":"2026-01-01T00:00:00.000Z","version":1},"revision":1082}"#;

/// Serves until the process ends, on one thread: the least that hyper costs.
///
/// # Errors
/// The socket cannot be bound, or taking connections fails.
pub fn serve(path: &Path) -> Outcome<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = UnixListener::bind(path)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            // The driver hangs up when it has asked enough.
            tokio::spawn(async { connection.await.unwrap_or(()) });
        }
    })
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut answer = Response::new(Full::new(Bytes::from_static(VERDICT)));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    Ok(answer)
}

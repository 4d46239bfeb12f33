//! Owns the loop that takes connections in: who is let in, and what those are told who are not.

use std::io;
use std::time::Duration;

use claviger_api::Access;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::yield_now;

use super::admission::{Admission, Standing, is_member};
use super::connection::{Server, serve};
use super::limit::Connections;
use super::stay::Stay;
use crate::rpc::Peer;

/// How long to wait when the operating system has no descriptor left: those who are served go on, and nothing spins.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// How long somebody who is turned away may take to read why.
const FAREWELL: Duration = Duration::from_millis(250);

/// One bound socket, and who may use it.
pub struct Listener {
    /// Where connections come from.
    pub socket: UnixListener,
    /// Which of the two it is.
    pub access: Access,
    /// Who may use it.
    pub admission: Admission,
}

/// Takes connections in until `stop` says so. `alive` is dropped when the last of them is gone.
pub async fn accept(
    listener: Listener,
    server: Server,
    connections: Connections,
    mut stop: watch::Receiver<bool>,
    alive: mpsc::Sender<()>,
) {
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            accepted = listener.socket.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection in");
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
                continue;
            }
        };
        // Whose credentials are unknown is nobody's friend.
        let Ok(credentials) = stream.peer_cred() else { continue };
        let peer = Peer { uid: credentials.uid(), pid: credentials.pid() };
        let standing = listener.admission.of(peer.uid, credentials.gid());
        if standing == Standing::Refused {
            forbid(stream, peer, &connections);
            continue;
        }
        let Some(place) = connections.take(listener.access) else {
            let socket = listener.access.text();
            tracing::debug!(%socket, uid = peer.uid, pid = peer.pid, "turned away: too many connections");
            turn_away(
                stream,
                connections.farewell(),
                "503 Service Unavailable",
                "BUSY",
                "too many connections: try again shortly",
            );
            continue;
        };
        let (server, stop, alive) = (server.clone(), stop.clone(), alive.clone());
        let (connections, socket) = (connections.clone(), listener.access);
        tokio::spawn(async move {
            if is_admitted(standing).await {
                serve(stream, peer, &server, stop, Stay::begin(socket, peer, place)).await;
            } else {
                forbid(stream, peer, &connections);
            }
            drop(alive);
        });
        // Where a thousand come at once, whoever is in already does not wait until all of them are.
        yield_now().await;
    }
}

async fn is_admitted(standing: Standing) -> bool {
    match standing {
        Standing::Admitted => true,
        Standing::Refused => false,
        Standing::MemberOf { uid, group } => {
            tokio::task::spawn_blocking(move || is_member(uid, group)).await.unwrap_or(false)
        }
    }
}

fn forbid(stream: UnixStream, peer: Peer, connections: &Connections) {
    tracing::warn!(uid = peer.uid, pid = peer.pid, "refused on the admin socket");
    let place = connections.farewell();
    turn_away(stream, place, "403 Forbidden", "FORBIDDEN", "this uid may not administer keys");
}

/// Says why in one write that never waits, then hangs up.
fn turn_away(
    stream: UnixStream,
    place: Option<OwnedSemaphorePermit>,
    status: &str,
    code: &str,
    message: &str,
) {
    let body = format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"{message}\"}}}}");
    let retry = if code == "BUSY" { "retry-after: 1\r\n" } else { "" };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{retry}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.try_write(answer.as_bytes());
    // Who is still sending when we hang up sees a broken pipe instead of the answer. A few are waited for.
    let Some(place) = place else { return };
    tokio::spawn(async move {
        let mut unread = [0; 4096];
        let drained = async {
            while stream.readable().await.is_ok() {
                match stream.try_read(&mut unread) {
                    Ok(0) => break,
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => break,
                    _ => {}
                }
            }
        };
        let _ = tokio::time::timeout(FAREWELL, drained).await;
        drop(place);
    });
}

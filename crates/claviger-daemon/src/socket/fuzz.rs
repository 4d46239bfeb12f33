//! Owns what must hold of any bytes that come as the body of a request, or as WebSocket frames. Must not be part of the
//! product.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use claviger_api::method::ConnectAccount;
use claviger_api::{Access, AccountId, Code, Name, Scope, Secret, Timestamp};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use jsonrpsee::server::{ServerHandle, stop_channel};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use super::connection::answer_alone;
use super::frames::Frames;
use super::{Server, Ticks};
use crate::rpc::{About, Context, Newsroom, Peer, module, verify_at_once};
use crate::service::{Clock, Service};
use crate::store::Store;
use crate::token::{BODY_LEN, HashingCost, KeyPrefix, Presented};

pub(super) const PEER: Peer = Peer { uid: 1000, pid: None };
const NOW: i64 = 1_795_396_080_000;

/// In how many strings of one body a secret is planted, one after the other.
const PLANTS: usize = 16;

/// What stands in a body for the id and the secret of the key that is there: both are random.
const KEY: &[u8] = b"<key>";
const SECRET: &[u8] = b"<secret>";

/// Kept from one body to the next for as long as none has changed anything.
static DAEMON: Mutex<Option<Daemon>> = Mutex::new(None);

/// Sends a body to both sockets: as it is, then with a living secret in each of its strings and behind its end. Says
/// whether it is one call that `admin.sock` carries out.
///
/// # Panics
/// An answer is not well-formed, has a fault of ours, or repeats the secret; `verify.sock` changes something.
pub fn request(body: &[u8]) -> bool {
    check_frames(body);
    let mut kept = DAEMON.lock().unwrap_or_else(PoisonError::into_inner);
    for access in [Access::Verify, Access::Admin] {
        for string in strings(body).into_iter().take(PLANTS) {
            send(&mut kept, access, |secret| [&body[..string.start], secret, &body[string.end..]].concat());
        }
        send(&mut kept, access, |secret| [body, secret].concat());
    }
    send(&mut kept, Access::Verify, |_| body.to_vec());
    send(&mut kept, Access::Admin, |_| body.to_vec())
}

/// Where the contents of a JSON text's strings are, also in one that is not well-formed.
fn strings(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut is_escaped) = (None, false);
    for (at, byte) in text.iter().enumerate() {
        match (byte, start) {
            _ if is_escaped => is_escaped = false,
            (b'\\', Some(_)) => is_escaped = true,
            (b'"', Some(from)) => {
                found.push(from..at);
                start = None;
            }
            (b'"', None) => start = Some(at + 1),
            _ => {}
        }
    }
    found.extend(start.map(|from| from..text.len()));
    found
}

fn send(kept: &mut Option<Daemon>, access: Access, body: impl Fn(&[u8]) -> Vec<u8>) -> bool {
    let daemon = kept.get_or_insert_with(Daemon::new);
    let is_done = daemon.answer(access, &body(daemon.secret.expose().as_bytes()));
    if daemon.is_changed() {
        assert_eq!(access, Access::Admin, "verify.sock changed something");
        daemon.finish();
        *kept = None;
    }
    is_done
}

/// A daemon without sockets, with an account more than its one key may see.
pub(super) struct Daemon {
    service: Arc<Service>,
    admin: Server,
    verify: Server,
    runtime: Runtime,
    key: String,
    secret: Secret,
    revision: u64,
    _rpc: ServerHandle,
}

#[cfg(test)]
impl Daemon {
    /// What answers on `verify.sock`.
    pub(super) fn verify(&self) -> &Server {
        &self.verify
    }

    /// The id of its key.
    pub(super) fn key_id(&self) -> &str {
        &self.key
    }

    /// The living secret.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What its tasks run on.
    pub(super) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The same after a restart, so that its key is cold.
    pub(super) fn restarted(directory: &std::path::Path) -> Self {
        let store = || Store::open(&directory.join(crate::store::FILE_NAME)).expect("a store");
        let before = Self::on(store());
        before.finish();
        let (key, secret) = (before.key.clone(), before.secret.expose().to_owned());
        drop(before);
        Self::serving(runtime(), start(store()), key, Secret::new(secret))
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn start(store: Store) -> Arc<Service> {
    let cost = HashingCost::new(8, 1, 1).expect("within its bounds");
    Service::start(store, Clock::new(|| NOW), KeyPrefix::default(), cost).expect("a service")
}

impl Daemon {
    pub(super) fn new() -> Self {
        Self::on(Store::memory().expect("a store in memory"))
    }

    /// On a store that is empty.
    fn on(store: Store) -> Self {
        let (runtime, service) = (runtime(), start(store));
        let id = |text| AccountId::parse(text).expect("an account's id");
        let name = |text| Name::parse(text).expect("a name");
        let made = runtime.block_on(async {
            for account in ["checking", "savings"] {
                let (institution, mask, kind) = (None, None, None);
                let account =
                    ConnectAccount { name: name(account), institution, mask, kind, id: Some(id(account)) };
                service.connect_account(PEER, account).await.expect("a new account");
            }
            let scope = [id("checking")].into_iter().collect::<Scope>();
            service.create_key(PEER, name("Restricted"), scope, None).await.expect("a new key")
        });
        Self::serving(runtime, service, made.key.id.to_string(), made.secret)
    }

    fn serving(runtime: Runtime, service: Arc<Service>, key: String, secret: Secret) -> Self {
        let about = About {
            started_at: Timestamp::from_millis(NOW),
            data_dir: PathBuf::new(),
            runtime_dir: PathBuf::new(),
        };
        let news = runtime.block_on(async { Newsroom::of(&service) });
        let context = Arc::new(Context { service: Arc::clone(&service), news, about });
        let (stop, rpc) = stop_channel();
        let ticks = Ticks::begin(runtime.handle());
        let server = |access| {
            let methods = module(&context, access).expect("the table of methods");
            Server::new(access, methods, Arc::clone(&context.service), stop.clone(), ticks.clone())
        };
        let (admin, verify) = (server(Access::Admin), server(Access::Verify));
        let mut daemon = Self { service, admin, verify, runtime, key, secret, revision: 0, _rpc: rpc };
        daemon.revision = daemon.revision_now();
        daemon
    }

    fn revision_now(&self) -> u64 {
        self.service.settings().expect("a store in memory reads").revision
    }

    fn is_changed(&self) -> bool {
        self.revision_now() != self.revision
    }

    /// Ends the writer's thread.
    pub(super) fn finish(&self) {
        self.runtime.block_on(self.service.finish());
    }

    /// Sends a body and looks at what comes. Whether it is one result.
    fn answer(&self, access: Access, body: &[u8]) -> bool {
        let body = replaced(body, KEY, self.key.as_bytes());
        let body = replaced(&body, SECRET, self.secret.expose().as_bytes());
        let request = Request::post("/")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::copy_from_slice(&body)))
            .expect("a request");
        let server = if access == Access::Admin { &self.admin } else { &self.verify };
        let at_once = verify_at_once(&self.service, PEER, &body);
        let (status, answer) = self.runtime.block_on(async {
            let answer = answer_alone(request, PEER, server).await;
            let status = answer.status();
            (status, answer.into_body().collect().await.expect("an answer is there whole").to_bytes())
        });
        if let Some(at_once) = at_once {
            assert_eq!(at_once.as_bytes(), &answer[..], "the short way answers otherwise than the long one");
        }
        if status == StatusCode::NO_CONTENT {
            assert!(answer.is_empty(), "no answer has a body");
            return false;
        }
        match serde_json::from_slice(&answer).expect("an answer is JSON") {
            Value::Array(answers) => {
                assert!(!answers.is_empty(), "a batch has no answers");
                for answer in answers {
                    self.check(answer);
                }
                false
            }
            answer => self.check(answer),
        }
    }

    /// Holds one answer to JSON-RPC 2.0, section 5, and to our own form of errors. Whether it is a result.
    fn check(&self, mut answer: Value) -> bool {
        let members = answer.as_object_mut().expect("an answer is an object");
        assert_eq!(members.get("jsonrpc"), Some(&Value::from("2.0")));
        // The caller's own, whatever it is: the one thing that is repeated.
        let id = members.remove("id").expect("an answer has an id");
        assert!(
            id.is_null() || id.is_u64() || id.is_i64() || id.is_string(),
            "an id is a text, a number or null"
        );
        assert_eq!(members.len(), 2, "an answer has a result or an error");
        if let Some(error) = members.get("error") {
            let code = Code::ALL.into_iter().find(|code| error["code"] == code.number());
            let code = code.expect("an error is one of the table");
            assert_eq!(error["data"]["code"], code.text(), "an error has data of its own code");
            assert_ne!(code, Code::InternalError, "a fault of ours");
        } else {
            assert!(members.contains_key("result"), "an answer has a result or an error");
        }
        let text = answer.to_string();
        let presented = Presented::parse(self.secret.expose()).expect("it was minted");
        // The body alone is secret; in halves, so that a part of it is seen too.
        let (first, last) = presented.body().split_at(BODY_LEN / 2);
        assert!(!text.contains(first) && !text.contains(last), "an answer repeats a secret");
        answer.get("result").is_some()
    }
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (taken, put) =
            if rest.starts_with(from) { (from.len(), to) } else { (1, std::slice::from_ref(first)) };
        made.extend_from_slice(put);
        rest = &rest[taken..];
    }
    made
}

/// Where messages end does not depend on how their bytes are cut.
fn check_frames(bytes: &[u8]) {
    let (mut whole, mut cut) = (Frames::default(), Frames::default());
    whole.take(bytes);
    bytes.chunks(3).for_each(|part| cut.take(part));
    assert_eq!(whole.unfinished(), cut.unfinished());
}

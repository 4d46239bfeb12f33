//! Owns what every test starts from: a daemon in a directory of its own, and the ways to talk to it. Must not hold a
//! rule of the product.

mod application;
mod caller;
mod command;
mod daemon;
mod digest_key;
mod disk;
mod document;
mod effort;
mod gateway;
mod home;
mod http;
mod late_news;
mod presenting;
mod process;
mod rpc;
mod screen;
mod secret;
mod service_manager;
mod start;
mod wait;
mod websocket;

pub(crate) use application::Seen;
pub(crate) use caller::Caller;
pub(crate) use command::{Output, Process};
pub(crate) use daemon::{Daemon, Minted};
pub(crate) use digest_key::DigestKey;
pub(crate) use effort::{effort, tell};
pub(crate) use gateway::{Gateway, Kind};
pub(crate) use home::Home;
pub(crate) use http::{Answer, exchange, read_message};
pub(crate) use late_news::LateNews;
pub(crate) use presenting::{Presented, present_all};
pub(crate) use process::{Memory, processor_time, raise_own_limit};
pub(crate) use rpc::{RpcError, Socket, assert_code};
pub(crate) use screen::{OpenedFor, Screen};
pub(crate) use secret::SecretParts;
pub(crate) use service_manager::ServiceManager;
pub(crate) use wait::{PATIENCE, eventually, soon};
pub(crate) use websocket::WebSocket;

//! Owns those whose input is bad or whose connections break off. Must not bring anything that is taken.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::json;

use super::World;
use super::tally::Kind;
use crate::harness::{WebSocket, exchange};

/// Does one bad thing after another.
pub(super) fn make(world: &World<'_>) {
    let (admin, verify) = (&world.daemon.admin, &world.daemon.verify);
    let secret = &world.steady[0].secret;
    world.again(Duration::from_millis(5), |n| {
        match n % 10 {
            0 => assert_eq!(admin.post_json("{\"jsonrpc\"")["error"]["code"], -32700),
            1 => assert_eq!(verify.post_json("[]")["error"]["code"], -32600),
            2 => drop(verify.refused("keys.delete", &json!({"id": "x"}), "METHOD_NOT_FOUND")),
            3 => drop(admin.refused("keys.rename", &json!({"id": 7, "nom": "x"}), "INVALID_PARAMS")),
            4 => {
                let both = format!(
                    "GET /authorize HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-api-key: {secret}\r\n\
                     authorization: Bearer {secret}\r\n\r\n"
                );
                assert_eq!(exchange(verify.path(), both.as_bytes()).unwrap().status, 400);
            }
            // Hangs up before the request is whole, before its answer, before a frame is whole, before anything.
            5 => break_off(world, b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-len"),
            6 => break_off(world, b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 70000\r\n\r\n"),
            7 => {
                let call = format!("GET /authorize HTTP/1.1\r\nhost: localhost\r\nx-api-key: {secret}\r\n\r\n");
                break_off(world, call.as_bytes());
            }
            8 => WebSocket::open(verify).send("{"),
            _ => break_off(world, b""),
        }
        world.tally.add(Kind::Bad);
    });
}

fn break_off(world: &World<'_>, bytes: &[u8]) {
    let mut stream = UnixStream::connect(world.daemon.verify.path()).unwrap();
    stream.write_all(bytes).unwrap();
}

//! Owns those who listen and those who list: subscribers that come, sleep and go, and what interfaces ask for. Must not change
//! anything.

use std::time::Duration;

use serde_json::json;

use super::World;
use super::tally::Kind;
use crate::harness::WebSocket;

/// How many events somebody waits for before he goes.
const EVENTS: usize = 5;

/// How many subscribers sleep at a time.
const ASLEEP: usize = 4;

/// Subscribes, hears the state and some changes, and goes: in order, at once, or after a sleep in which nothing is read.
pub(super) fn listen(world: &World<'_>) {
    let mut asleep = Vec::new();
    world.again(Duration::from_millis(50), |n| {
        let mut socket = WebSocket::open(&world.daemon.admin);
        let subscription = socket.subscribe("events.subscribe");
        let mut revision = loop {
            let part = socket.event();
            assert_eq!(part["type"], "snapshot");
            if part["more"] == false {
                break part["revision"].as_u64().unwrap();
            }
        };
        for _ in 0..EVENTS {
            let event = socket.event();
            assert_eq!((&event["type"], &event["revision"]), (&json!("changed"), &json!(revision + 1)));
            revision += 1;
            world.tally.add(Kind::Heard);
        }
        match n % 3 {
            0 => drop(socket.call("events.unsubscribe", &json!([subscription])).unwrap()),
            1 => {}
            _ => asleep.push(socket),
        }
        if asleep.len() > ASLEEP {
            asleep.remove(0);
        }
        let mut socket = WebSocket::open(&world.daemon.verify);
        socket.subscribe("revision.subscribe");
        let first = socket.notification("revision")["revision"].as_u64().unwrap();
        let next = socket.notification("revision")["revision"].as_u64().unwrap();
        assert!(next > first, "{next} after {first}");
        world.tally.add(Kind::Heard);
    });
}

/// Asks for what an interface shows.
pub(super) fn read(world: &World<'_>) {
    let mut socket = WebSocket::open(&world.daemon.admin);
    let steady = &world.steady[0].id;
    world.again(Duration::from_millis(10), |n| {
        let (method, params) = match n % 8 {
            0 => ("keys.list", json!({"limit": 50})),
            1 => ("accounts.list", json!({})),
            2 => ("activity.list", json!({"limit": 50})),
            3 => ("activity.list", json!({"key": steady, "limit": 10})),
            4 => ("keys.get", json!({"id": steady})),
            5 => ("keys.usage", json!({"id": steady})),
            6 => ("system.status", json!({})),
            _ => ("rpc.discover", json!({})),
        };
        socket.call(method, &params).unwrap();
        world.tally.add(Kind::Listed);
    });
}

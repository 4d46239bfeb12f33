//! Owns the tests of what a client says that only the gateway may say. Must not test paths.

use super::{World, bearer};
use crate::harness::Kind;

pub(super) fn what_a_client_says_in_the_gateways_name_is_dropped(kind: Kind) {
    let Some(world) = World::start(kind) else { return };
    let mut caller = world.caller();
    let bearer = bearer(&world.restricted);
    let spoofed = [
        ("authorization", bearer.as_str()),
        ("X-Claviger-Key-Id", "key_spoofed"),
        ("x-claviger-key-id", "key_spoofed"),
        ("X-Claviger-Key-Name", "spoofed"),
        ("X-Claviger-Account", "other-spoofed"),
        ("X-Claviger-Status", "spoofed"),
        ("X-Account-Id", "other-spoofed"),
        ("X_Claviger_Key_Id", "key_spoofed"),
        ("X_Claviger_Account", "other-spoofed"),
        ("X-Claviger_Account", "other-spoofed"),
        ("X_Account_Id", "other-spoofed"),
        ("Http_x_claviger_account", "other-spoofed"),
        ("SCRIPT_NAME", "/spoofed"),
        ("PATH_INFO", "/accounts/other-spoofed"),
        ("Proxy-Authorization", "Bearer spoofed"),
        ("X-Original-URL", "/accounts/other-spoofed"),
        ("X-Rewrite-URL", "/accounts/other-spoofed"),
        ("Connection", "keep-alive, x-claviger-key-id, x-claviger-account, x-account-id"),
    ];
    for (target, account) in [("/accounts/mine?account=other", Some("mine")), ("/?account=other", None)] {
        let answer = caller.get(target, &spoofed);
        assert_eq!(answer.status, 200, "{answer:?} {}", world.gateway.said());
        let seen = world.seen_once();
        assert_eq!(seen.target, target);
        assert_eq!(seen.all("x-claviger-key-id"), [&world.restricted.id]);
        assert_eq!(seen.all("x-claviger-account").first().copied().filter(|id| !id.is_empty()), account);
        assert!(seen.all("x-claviger-account").len() <= 1, "{seen:?}");
        assert!(!format!("{seen:?}").contains("spoofed"), "{seen:?}");
        // Whoever is behind would drop what it names.
        assert!(seen.all("connection").iter().all(|names| !names.contains("x-")), "{seen:?}");
    }
}

pub(super) fn the_application_learns_who_asks_from_the_gateway(kind: Kind) {
    const SPOOFED: &str = "203.0.113.7";

    let Some(world) = World::start(kind) else { return };
    let bearer = bearer(&world.restricted);
    let headers =
        [("authorization", bearer.as_str()), ("X-Forwarded-For", SPOOFED), ("x-forwarded-for", SPOOFED)];
    assert_eq!(world.caller().get("/", &headers).status, 200);
    let seen = world.seen_once();
    let told = seen.all("x-forwarded-for").join(",");
    match kind {
        Kind::Caddy | Kind::Haproxy => assert_eq!(told, "127.0.0.1", "{seen:?}"),
        // They append, so that only the last one is theirs.
        Kind::Nginx | Kind::Envoy => {
            assert!(told.starts_with(SPOOFED), "{seen:?}");
            assert_eq!(told.rsplit(',').next().map(str::trim), Some("127.0.0.1"), "{seen:?}");
        }
    }
}

/// A connection that is given away is asked about no more.
pub(super) fn no_connection_is_given_away(kind: Kind) {
    let Some(world) = World::start(kind) else { return };
    let bearer = bearer(&world.restricted);
    for protocol in ["websocket", "h2c"] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("connection", "upgrade, http2-settings"),
            ("upgrade", protocol),
            ("http2-settings", "AAMAAABkAAQAAP__"),
        ];
        let answer = world.caller().get("/", &headers);
        if answer.status == 200 {
            let seen = world.seen_once();
            assert!(seen.all("upgrade").is_empty(), "{seen:?}");
        } else {
            assert!([400, 403].contains(&answer.status), "{answer:?}");
        }
    }
}

//! Owns the tests of real gateways on the configurations that `claviger integrate` prints. Must not edit what is printed:
//! where a program is not installed, nothing is tested.

mod paths;
mod spoofed;

use serde_json::json;

use crate::harness::{Answer, Caller, Daemon, Gateway, Home, Kind, Minted, Seen};

/// A gateway before an application, and two keys: one sees the account `mine`, one sees all.
struct World {
    // Dropped before the daemon.
    gateway: Gateway,
    daemon: Daemon,
    restricted: Minted,
    open: Minted,
}

impl World {
    fn start(kind: Kind) -> Option<Self> {
        Self::start_in(kind, Home::with_config(kind.settings()))
    }

    fn start_in(kind: Kind, home: Home) -> Option<Self> {
        let daemon = home.start();
        let gateway = Gateway::start(kind, &daemon.home)?;
        daemon.connect("mine");
        daemon.connect("other");
        let (restricted, open) = (daemon.create_for("Budget: Zoë", &["mine"]), daemon.create_for_all("open"));
        Some(Self { gateway, daemon, restricted, open })
    }

    fn caller(&self) -> Caller {
        Caller::new(self.gateway.address())
    }

    /// The requests that have reached the application since this was last asked.
    fn seen(&self) -> Vec<Seen> {
        self.gateway.application.take()
    }

    fn seen_once(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?} {}", self.gateway.said());
        seen.remove(0)
    }

    #[track_caller]
    fn assert_refused(&self, answer: &Answer, status: u16) {
        assert_eq!(answer.status, status, "{answer:?} {}", self.gateway.said());
        assert!(self.seen().is_empty(), "the application saw what was refused");
        assert!(!answer.text().contains("the application"), "{answer:?}");
    }
}

fn bearer(key: &Minted) -> String {
    format!("Bearer {}", key.secret)
}

fn without_date(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    answer.headers.retain(|(name, _)| name != "date");
    answer
}

fn a_right_key_passes_and_the_application_learns_whose_it_is(kind: Kind) {
    let Some(world) = World::start(kind) else { return };
    let mut caller = world.caller();
    let bearer = bearer(&world.restricted);
    for (header, value) in [("authorization", &bearer), ("X-API-Key", &world.restricted.secret)] {
        let target = "/accounts/mine/transactions?page=2&q=%2e%2e%2f//";
        let answer = caller.get(target, &[(header, value), ("accept", "x/y")]);
        assert_eq!((answer.status, answer.text().as_str()), (200, "the application"), "{answer:?}");
        assert_eq!(answer.header("x-of-application"), Some("yes"));
        let seen = world.seen_once();
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", target));
        assert_eq!(seen.all("x-claviger-key-id"), [&world.restricted.id]);
        assert_eq!(seen.all("x-claviger-key-name"), ["Budget%3A%20Zo%C3%AB"]);
        assert_eq!(seen.all("x-claviger-account"), ["mine"]);
        assert_eq!(seen.all("accept"), ["x/y"]);
        assert!(seen.all("x-account-id").is_empty(), "what the daemon is asked is no business of others");
        assert!(!format!("{seen:?}").contains(&world.restricted.secret), "the key is passed on: {seen:?}");
    }
    let answer = caller.get("/reports/", &[("authorization", &bearer)]);
    assert_eq!(answer.status, 200);
    let seen = world.seen_once();
    assert_eq!(seen.all("x-claviger-key-id"), [&world.restricted.id]);
    assert!(seen.all("x-claviger-account").iter().all(|account| account.is_empty()), "{seen:?}");
    let body = b"0123456789".repeat(40_000);
    for method in ["POST", "PUT", "DELETE"] {
        let answer = caller.send(method, "/accounts/mine", &[("authorization", &bearer)], &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = world.seen_once();
        assert_eq!(seen.method, method);
        assert!(seen.body == body, "{} of {} bytes arrived", seen.body.len(), body.len());
    }
    assert_eq!(caller.connected(), 1);
    assert!(!world.gateway.said().contains(&world.restricted.secret), "the key is in a log");
}

fn what_the_daemon_refuses_is_refused_with_its_status(kind: Kind) {
    let Some(world) = World::start(kind) else { return };
    let mut caller = world.caller();
    let (right, key) = (bearer(&world.restricted), world.restricted.secret.as_str());
    let none = caller.get("/accounts/mine", &[]);
    world.assert_refused(&none, 401);
    assert_eq!(none.header("www-authenticate"), Some("Bearer"), "{none:?}");
    for secret in ["Bearer wrong", "Basic czpz", &right[..right.len() - 1]] {
        for target in ["/accounts/mine", "/accounts/other", "/accounts/absent", "/"] {
            let answer = caller.get(target, &[("authorization", secret)]);
            world.assert_refused(&answer, 401);
            assert_eq!(without_date(&answer), without_date(&none));
        }
    }
    let absent = caller.get("/accounts/absent/x", &[("authorization", &right)]);
    world.assert_refused(&absent, 404);
    for target in ["/accounts/other/x", "/accounts/MINE", "/accounts/mine.", "/accounts/mine:other"] {
        let answer = caller.get(target, &[("authorization", &right)]);
        world.assert_refused(&answer, 404);
        assert_eq!(without_date(&answer), without_date(&absent), "{target}");
    }
    for twice in [
        [("authorization", right.as_str()), ("x-api-key", key)],
        [("x-api-key", key), ("x-api-key", "wrong")],
        [("authorization", right.as_str()), ("authorization", right.as_str())],
    ] {
        world.assert_refused(&caller.get("/accounts/mine", &twice), 400);
    }
    world.daemon.set_storage_mode(false);
    let off = caller.get("/accounts/other", &[("authorization", &right)]);
    world.assert_refused(&off, 403);
    world.assert_refused(&caller.get("/", &[("authorization", "Bearer wrong")]), 401);
}

fn without_a_daemon_nothing_passes(kind: Kind) {
    let Some(mut world) = World::start(kind) else { return };
    let mut caller = world.caller();
    let bearer = bearer(&world.open);
    assert_eq!(caller.get("/", &[("authorization", &bearer)]).status, 200);
    world.seen();
    world.daemon.stop();
    for target in ["/", "/accounts/mine"] {
        for method in ["GET", "POST"] {
            let answer = caller.send(method, target, &[("authorization", &bearer)], b"");
            world.assert_refused(&answer, 503);
            let answer = caller.send(method, target, &[("x-api-key", &world.open.secret)], b"");
            world.assert_refused(&answer, 503);
        }
    }
    assert!(!world.gateway.said().contains(&world.open.secret), "the key is in a log");
    world.daemon.start_again();
    assert_eq!(caller.get("/", &[("authorization", &bearer)]).status, 200, "{}", world.gateway.said());
}

fn a_change_binds_the_very_next_request(kind: Kind) {
    let Some(world) = World::start(kind) else { return };
    let mut caller = world.caller();
    let (restricted, open) = (bearer(&world.restricted), bearer(&world.open));
    let mut get = |target: &str, secret: &str| caller.get(target, &[("authorization", secret)]).status;
    for (seen, other) in [("mine", "other"), ("other", "mine"), ("mine", "other")] {
        let scope = json!({"accounts": [seen]});
        world.daemon.admin.ok("keys.set_scope", &json!({"id": world.restricted.id, "scope": scope}));
        assert_eq!(get(&format!("/accounts/{seen}"), &restricted), 200);
        assert_eq!(get(&format!("/accounts/{other}"), &restricted), 404);
    }
    assert_eq!(get("/accounts/other", &open), 200);
    let rotated = world.daemon.rotate(&world.open.id);
    assert_eq!(get("/accounts/other", &open), 401);
    assert_eq!(get("/accounts/other", &bearer(&rotated)), 200);
    world.daemon.admin.ok("keys.delete", &json!({"id": world.open.id}));
    assert_eq!(get("/", &bearer(&rotated)), 401);
    assert_eq!(caller.connected(), 1, "the connection was kept");
}

/// The same tests for each gateway.
macro_rules! held_to_it {
    ($($module:ident: $kind:expr),*) => {$(
        mod $module {
            use crate::harness::Kind;

            #[test]
            fn a_right_key_passes_and_the_application_learns_whose_it_is() {
                super::a_right_key_passes_and_the_application_learns_whose_it_is($kind);
            }

            #[test]
            fn what_the_daemon_refuses_is_refused_with_its_status() {
                super::what_the_daemon_refuses_is_refused_with_its_status($kind);
            }

            #[test]
            fn without_a_daemon_nothing_passes() {
                super::without_a_daemon_nothing_passes($kind);
            }

            #[test]
            fn a_change_binds_the_very_next_request() {
                super::a_change_binds_the_very_next_request($kind);
            }

            #[test]
            fn what_a_client_says_in_the_gateways_name_is_dropped() {
                super::spoofed::what_a_client_says_in_the_gateways_name_is_dropped($kind);
            }

            #[test]
            fn the_application_learns_who_asks_from_the_gateway() {
                super::spoofed::the_application_learns_who_asks_from_the_gateway($kind);
            }

            #[test]
            fn no_connection_is_given_away() {
                super::spoofed::no_connection_is_given_away($kind);
            }

            #[test]
            fn no_path_is_judged_as_another_than_the_application_sees() {
                super::paths::no_path_is_judged_as_another_than_the_application_sees($kind);
            }

            #[test]
            fn the_socket_may_be_anywhere() {
                super::paths::the_socket_may_be_anywhere($kind);
            }
        }
    )*};
}

held_to_it!(nginx: Kind::Nginx, caddy: Kind::Caddy, envoy: Kind::Envoy, haproxy: Kind::Haproxy);

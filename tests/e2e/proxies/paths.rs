//! Owns the tests of paths that have two readings, and of sockets whose paths are odd. Must not test keys.

use super::{World, bearer};
use crate::harness::{Home, Kind};

/// Paths that somebody might read as another account than somebody else, and what they get with the key of `mine`.
const TRICKS: [(&str, u16); 42] = [
    ("/accounts/mine/../other", 400),
    ("/accounts/other/../mine", 400),
    ("/accounts/mine/..", 400),
    ("/accounts/./other", 400),
    ("/accounts/mine/.", 400),
    ("/x/../accounts/other", 400),
    ("/./accounts/other", 400),
    ("/../accounts/other", 400),
    ("/accounts/mine/..;/other", 400),
    ("/accounts/%6dine", 400),
    ("/accounts/%6Fther", 400),
    ("/%61ccounts/other", 400),
    ("/%41ccounts/other", 400),
    ("/accounts%2fother", 400),
    ("/accounts%2Fother", 400),
    ("/accounts%5cother", 400),
    ("/accounts/mine%2f..%2fother", 400),
    ("/accounts/mine%252f..%252fother", 400),
    ("/accounts/other/..%2fmine", 400),
    ("/accounts/other/%2e%2e/mine", 400),
    ("/accounts/mine/%2e%2e/other", 400),
    ("/accounts/mine/%c0%ae%c0%ae/other", 400),
    ("/accounts/mine%00/../other", 400),
    ("/accounts/mine%3f", 400),
    ("/accounts/other%3fx/mine", 400),
    ("/accounts/other%23", 400),
    ("/accounts//other", 400),
    ("//accounts/other", 400),
    ("/accounts///", 400),
    ("/accounts/mine//", 400),
    ("/accounts;x/other", 400),
    ("/accounts/other;/mine", 400),
    ("/accounts/mine;x=/../other", 400),
    ("/accounts\\other", 400),
    ("/accounts/mine\\..\\other", 400),
    ("/accounts/other#/accounts/mine", 400),
    ("/Accounts/other", 404),
    ("/ACCOUNTS/other/x", 404),
    ("/accounts/other?/accounts/mine", 404),
    ("/accounts/other/accounts/mine", 404),
    ("/accounts/other?account=mine", 404),
    ("http://gateway/accounts/other", 404),
];

pub(super) fn no_path_is_judged_as_another_than_the_application_sees(kind: Kind) {
    let Some(world) = World::start(kind) else { return };
    let (restricted, open) = (bearer(&world.restricted), bearer(&world.open));
    for (target, status) in TRICKS {
        // What a gateway itself takes for no HTTP ends the connection.
        let answer = world.caller().get(target, &[("authorization", &restricted)]);
        assert_eq!(answer.status, status, "{target}: {answer:?}");
        world.assert_refused(&answer, status);
        let answer = world.caller().get(target, &[("authorization", &open)]);
        assert_eq!(answer.status, if status == 400 { 400 } else { 200 }, "{target}: {answer:?}");
        for seen in world.seen() {
            assert_eq!(seen.all("x-claviger-account"), ["other"], "{target}: {seen:?}");
            let lower = seen.target.to_ascii_lowercase();
            assert!(lower.starts_with("/accounts/other"), "{target}: {seen:?}");
        }
    }
    for target in ["*", "http://gateway", "http://gateway?/accounts/other", "accounts/other", "gateway:80"] {
        let answer = world.caller().get(target, &[("authorization", &restricted)]);
        let seen = world.seen();
        let only_root =
            seen.iter().all(|seen| !seen.target.contains("other/") && seen.target.starts_with("/?"));
        assert!(only_root || seen.iter().all(|seen| seen.target == "/"), "{target}: {answer:?} {seen:?}");
    }
    for target in ["/", "/accounts", "/accounts/", "/accounts?x", "/v1/a.b/~c:d@e/", "/accounts.json"] {
        let answer = world.caller().get(target, &[("authorization", &restricted)]);
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        assert_eq!(world.seen_once().target, target);
    }
}

pub(super) fn the_socket_may_be_anywhere(kind: Kind) {
    let mut home = Home::with_config(kind.settings());
    home.run = home.path(match kind {
        Kind::Nginx | Kind::Envoy => "a \"b\" 'c' $d {e} #f \\g",
        // It takes no braces in an address.
        Kind::Caddy => "a \"b\" 'c' $d #f \\g",
        // It fills in what a dollar sign names.
        Kind::Haproxy => "a \"b\" 'c' {e} #f \\g",
    });
    let Some(world) = World::start_in(kind, home) else { return };
    let bearer = bearer(&world.restricted);
    assert_eq!(world.caller().get("/accounts/mine", &[("authorization", &bearer)]).status, 200);
    assert_eq!(world.caller().get("/accounts/other", &[("authorization", &bearer)]).status, 404);
}

//! Owns requests in all their forms, right and wrong, which the short way and the long one must answer in the same bytes. Must not
//! know the answers.

use proptest::prelude::*;

use super::*;

fn bodies() -> impl Strategy<Value = String> {
    let params = prop::sample::select(vec![
        r#"{"secret":"SECRET"}"#,
        r#"{"secret":"SECRET","account":"checking"}"#,
        r#"{"account":"savings","secret":"SECRET"}"#,
        r#"{"secret":"SECRET","account":"none"}"#,
        r#"{"secret":"FORGED","account":"checking"}"#,
        r#"{"secret":"FORGED"}"#,
        r#"{"secret":"x"}"#,
        r#"{"secret":"SECRET","secret":"SECRET"}"#,
        r#"{"secret":"SECRET","account":null}"#,
        r#"{"secret":"SECRET","account":""}"#,
        r#"{"secret":"SECRET","account":"\u0063hecking"}"#,
        r#"{"secret":"SECRET","account":"[{"}"#,
        r#"{"secret":["SECRET"]}"#,
        r#"{"secret":"SECRET","more":1}"#,
        r#"["SECRET"]"#,
        "null",
        "{}",
    ]);
    let form = prop::sample::select(vec![
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":P}"#,
        r#" {"jsonrpc":"2.0","id":"é\n\"","method":"keys.verify","params":P} "#,
        r#"{"params":P,"method":"keys.verify","id":null,"jsonrpc":"2.0"}"#,
        r#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"keys\u002everify","params":P}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"2.0","id":-1,"method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"2.0","method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":1,"method":"keys.verify","params":P}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":P,"x":[[[[]]]]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":P}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"accounts.visible","params":P}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"keys.list","params":P}"#,
        r#"[{"jsonrpc":"2.0","id":1,"method":"keys.verify","params":P}]"#,
        r#"["2.0",1,"keys.verify",P]"#,
        "P",
    ]);
    (form, params).prop_map(|(form, params)| form.replace('P', params))
}

fn requests() -> impl Strategy<Value = String> {
    let line = (
        prop::sample::select(vec!["GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get"]),
        prop::sample::select(vec![
            "/authorize",
            "/authorize?account=checking",
            "/authorize/v1/x?account=savings&compat=nginx",
            "/authorize?account=none",
            "/authorize?account=",
            "/authorize?account=%63hecking",
            "/authorize?compat=nginx&account=a&account=b",
            "/authorize#account=savings",
            "http://host/authorize",
            "/authorizer",
            "/",
            "*",
        ]),
        prop::sample::select(vec!["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0"]),
    );
    let header = prop::sample::select(vec![
        "Authorization: Bearer SECRET",
        "authorization:bearer  SECRET",
        "Authorization: Bearer FORGED",
        "Authorization: Basic czpz",
        "X-API-Key: SECRET",
        "x-api-key: é",
        "X-Account-Id: checking",
        "X-Account-Id: savings",
        "X-Account-Id: ",
        "x-account-id: \u{e9}",
        "Host: localhost",
        "Connection: keep-alive",
        "Connection: close",
        "Connection: upgrade",
        "Upgrade: websocket",
        "Content-Length: 0",
        "Content-Length: 00",
        "Content-Length: +0",
        "Transfer-Encoding: chunked\r\n\r\n0",
        "Expect: 100-continue",
        "Content-Type: application/json",
        "no colon",
        " folded",
    ]);
    let gateway =
        (line, prop::collection::vec(header, 0..4)).prop_map(|((method, target, version), headers)| {
            let headers: String = headers.iter().flat_map(|header| [header, "\r\n"]).collect();
            format!("{method} {target} {version}\r\n{headers}\r\n")
        });
    let plain = prop::sample::select(vec![
        "GET /authorize HTTP/1.1\r\nAuthorization: Bearer SECRET\r\n\r\n",
        "GET /authorize?account=checking HTTP/1.1\r\nX-API-Key: SECRET\r\nConnection: Keep-Alive\r\n\r\n",
        "POST /authorize HTTP/1.1\r\nAuthorization: Bearer FORGED\r\ncontent-length: 0\r\n\r\n",
        "GET /authorize HTTP/1.1\r\nX-API-Key: SECRET\r\nX-Account-Id: savings\r\nX-Account-Id: checking\r\n\r\n",
        "GET /authorize HTTP/1.1\r\nX-API-Key: FORGED\r\nX-API-Key: SECRET\r\n\r\n",
        "GET /authorize HTTP/1.1\r\nAuthorization: Basic x\r\nAuthorization: Bearer SECRET\r\n\r\n",
    ]);
    prop_oneof![gateway, plain.prop_map(str::to_owned), bodies().prop_map(|body| post(&body))]
}

#[test]
fn whatever_comes_is_answered_as_on_the_long_way() {
    let daemon = Daemon::new();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(requests in prop::collection::vec(requests(), 1..4))| {
        let bytes = filled(&daemon, &requests.concat());
        let (short, long) = daemon.runtime().block_on(async {
            (answers(&daemon, b"", &bytes).await, answers(&daemon, LONG_WAY, &bytes).await)
        });
        prop_assert_eq!(short, long, "{}", requests.concat());
    });
    daemon.finish();
}

//! Owns that docs/protocol.md and the document say the same. Must not mend either.

use std::collections::BTreeSet;

use super::page::{self, Answer, Section, Shown, outside_parentheses, quoted};
use super::*;
use crate::object::Action;
use crate::page::Limit;

type Names<'a> = BTreeSet<&'a str>;

fn method<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    methods(document).iter().find(|method| method["name"] == name)
}

/// The texts of a method's errors.
fn errors_of(method: &Value) -> Names<'_> {
    let references = method["errors"].as_array().unwrap().iter();
    references.map(|error| error["$ref"].as_str().unwrap().rsplit('/').next().unwrap()).collect()
}

/// The members of what a method gives.
fn members<'a>(document: &'a Value, method: &'a Value) -> Names<'a> {
    let schema = &method["result"]["schema"];
    let schema = schema["$ref"].as_str().and_then(|path| document.pointer(&path[1..])).unwrap_or(schema);
    schema["properties"]
        .as_object()
        .map(|members| members.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

/// The methods of the document that are described by a section of their own: all but what ends a subscription.
fn described(document: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let ends = |name: &str| name.ends_with(".unsubscribe");
    methods(document)
        .iter()
        .map(|method| (method["name"].as_str().unwrap(), method))
        .filter(move |(name, _)| !ends(name))
}

/// The parameters that a section states: in a table, or in a sentence.
fn stated_params(section: &Section<'_>) -> BTreeSet<String> {
    let rows = section.rows();
    let from_rows = rows.iter().flat_map(|row| quoted(row[0])).map(str::to_owned);
    let sentence = section.sentence("Params ").or_else(|| section.sentence("Param ")).unwrap_or_default();
    let from_sentence = quoted(&sentence).into_iter().map(str::to_owned);
    from_rows.chain(from_sentence).collect()
}

/// The members that `{key, secret}` or `{"days": [{"day", "granted"}]}` names, without what is inside of them.
fn shape(text: &str) -> Names<'_> {
    let mut depth = 0_usize;
    let mut begins = true;
    let mut names = BTreeSet::new();
    for (at, c) in text.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ',' if depth == 1 => begins = true,
            _ if begins && depth == 1 && (c.is_alphanumeric()) => {
                let rest = &text[at..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                names.insert(&rest[..end]);
                begins = false;
            }
            _ => {}
        }
    }
    names
}

#[test]
fn every_method_has_its_section_and_no_section_or_word_names_another() {
    let (page, document) = (page::text(), document(Access::Admin));
    for (name, _) in described(&document) {
        let _ = page::section(&page, name);
    }
    let known: Names<'_> = names(&document).into_iter().collect();
    let families: Names<'_> = known.iter().map(|name| name.split('.').next().unwrap()).collect();
    let headings = page::sections(&page);
    let headings = headings.iter().map(|section| section.heading);
    for word in quoted(&page).into_iter().chain(headings) {
        let of_a_family = word.split_once('.').is_some_and(|(family, rest)| {
            families.contains(family) && rest.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        });
        assert!(!of_a_family || known.contains(word), "the page names {word}");
    }
}

#[test]
fn the_page_and_the_document_agree_on_parameters_and_which_may_be_left_out() {
    let (page, document) = (page::text(), document(Access::Admin));
    for (name, method) in described(&document) {
        let mark = |param: &Value| {
            let optional = if param["required"] == true { "" } else { "?" };
            format!("{}{optional}", param["name"].as_str().unwrap())
        };
        let expected: BTreeSet<String> = method["params"].as_array().unwrap().iter().map(mark).collect();
        assert_eq!(stated_params(&page::section(&page, name)), expected, "{name}");
    }
}

#[test]
fn the_page_names_the_parameters_that_take_null() {
    let document = document(Access::Admin);
    let params = methods(&document).iter().flat_map(|method| method["params"].as_array().unwrap());
    let nullable: Names<'_> = params
        .filter(|param| faults(&document, &param["schema"], &Value::Null).is_empty())
        .map(|param| param["name"].as_str().unwrap())
        .collect();
    let page = page::text();
    let stated = page::section(&page, "Choices").sentence("Only ").unwrap();
    let stated: Names<'_> = quoted(&stated).into_iter().filter(|word| *word != "null").collect();
    assert_eq!(stated, nullable);
}

#[test]
fn the_page_and_the_document_agree_on_what_methods_give() {
    let (page, document) = (page::text(), document(Access::Admin));
    for (name, method) in described(&document).filter(|(_, method)| method["x-notification"].is_null()) {
        let section = page::section(&page, name);
        let given = section.sentence("Gives ").unwrap_or_else(|| panic!("{name}: gives what?"));
        let given = given.trim_start_matches("a ").trim_start_matches("the ");
        if let Some(text) = given.strip_prefix('`') {
            let stated = text.split('`').next().unwrap();
            assert_eq!(shape(stated), members(&document, method), "{name}");
        } else if name != "rpc.discover" {
            let object: String = given.chars().take_while(|c| c.is_alphabetic()).collect();
            let reference = format!("#/components/schemas/{object}");
            assert_eq!(method["result"]["schema"]["$ref"], reference, "{name}");
        }
    }
}

#[test]
fn the_page_and_the_document_agree_on_the_errors_of_every_method() {
    let (page, document) = (page::text(), document(Access::Admin));
    for (name, method) in described(&document) {
        let section = page::section(&page, name);
        let sentence = section.sentence("Errors").unwrap_or_default();
        let stated = outside_parentheses(&sentence);
        let stated: Names<'_> = quoted(&stated).into_iter().collect();
        let subscribes = method["x-notification"].is_object();
        let always: &[Code] = if subscribes { &SUBSCRIBING } else { &EVERYWHERE };
        let beside = always.iter().map(|code| code.text()).collect();
        assert_eq!(stated, errors_of(method).difference(&beside).copied().collect(), "{name}");

        let params: Names<'_> = method["params"]
            .as_array()
            .unwrap()
            .iter()
            .map(|param| param["name"].as_str().unwrap())
            .collect();
        for field in quoted(&sentence).into_iter().filter(|word| !stated.contains(word)) {
            assert!(params.contains(field), "{name} has no parameter {field}");
        }
    }
}

#[test]
fn the_page_says_of_each_subscription_what_it_sends_and_what_ends_it() {
    let (page, document) = (page::text(), document(Access::Admin));
    for (name, method) in described(&document).filter(|(_, method)| method["x-notification"].is_object()) {
        let prose = page::section(&page, name).prose();
        let told = method["x-notification"]["name"].as_str().unwrap();
        assert!(prose.contains(&format!("named `{told}`")), "{name}");
        let ended = format!("Ended by `{}`", name.replace(".subscribe", ".unsubscribe"));
        assert!(prose.contains(&ended), "{name}");
    }
}

#[test]
fn the_page_and_the_document_agree_on_what_the_verify_socket_has() {
    let (page, admin, verify) = (page::text(), document(Access::Admin), document(Access::Verify));
    let section = page::section(&page, "Sockets");
    let rows = section.rows();
    let row = rows.iter().find(|row| row[0] == "`verify.sock`").unwrap();
    let stated: Names<'_> = quoted(row.last().unwrap()).into_iter().collect();
    assert_eq!(stated, names(&verify).into_iter().collect());
    for (name, _) in described(&admin) {
        let both = page::section(&page, name).prose().contains("Both sockets.");
        assert_eq!(both, method(&verify, name).is_some(), "{name}");
    }
}

#[test]
fn the_pages_table_of_errors_is_the_documents() {
    let (page, document) = (page::text(), document(Access::Admin));
    let section = page::section(&page, "Errors");
    let row = |row: &Vec<&str>| {
        let number: i64 = row[0].parse().unwrap();
        let status: u64 = row[2].parse().unwrap();
        (quoted(row[1])[0].to_owned(), number, status)
    };
    let stated: BTreeSet<_> = section.rows().iter().map(row).collect();
    let error = |(code, error): (&String, &Value)| {
        assert_eq!(error["data"]["code"], *code);
        (code.clone(), error["code"].as_i64().unwrap(), error["data"]["status"].as_u64().unwrap())
    };
    let expected: BTreeSet<_> =
        document["components"]["errors"].as_object().unwrap().iter().map(error).collect();
    assert_eq!(stated, expected);
}

#[test]
fn the_page_lists_the_actions_and_the_bounds_of_a_page() {
    let page = page::text();
    let actions = page::section(&page, "activity.list").sentence("`action` is one of ").unwrap();
    assert_eq!(quoted(&actions), Action::ALL.map(Action::text));
    let section = page::section(&page, "Limits");
    let rows = section.rows();
    let row = rows.iter().find(|row| row[0] == "items in a page").unwrap();
    let (most, usual) = (Limit::MAX, Limit::default().get());
    assert_eq!(row[1], format!("1 to {most}, {usual} where `limit` is left out"));
}

/// Holds an error to the document: its form, its numbers, and whether the method lists it.
fn hold_error(document: &Value, method: Option<&Value>, error: &Value) {
    let code = error["data"]["code"].as_str().unwrap();
    let component = &document["components"]["errors"][code];
    assert_eq!(error["code"], component["code"], "{error}");
    assert_eq!(error["data"]["status"], component["data"]["status"], "{error}");
    assert!(faults(document, &document["x-error-data"], &error["data"]).is_empty(), "{error}");
    if let Some(method) = method {
        assert!(errors_of(method).contains(code), "{} lists no {code}", method["name"]);
    }
}

/// Holds a call and its answer to the document of their socket. Says whether it was granted.
fn hold_call(document: &Value, call: &Value, answer: &Answer) -> bool {
    let name = call["method"].as_str().unwrap();
    let method = method(document, name).unwrap_or_else(|| panic!("the socket has no {name}"));
    let params = call.get("params").cloned().unwrap_or_else(|| json!({}));
    let answer = match answer {
        Answer::Whole(answer) => answer,
        Answer::Cut(text) => {
            let whole = json!({ "jsonrpc": "2.0", "id": call["id"], "result": document }).to_string();
            let result = text.split_once("\"result\":").unwrap().1;
            assert!(name == "rpc.discover" && whole.contains(result), "{text}");
            return true;
        }
    };
    assert_eq!(answer["id"], call["id"], "{name}");
    let error = answer.get("error");
    if let Some(error) = error {
        hold_error(document, Some(method), error);
    }
    let refused = error.is_some_and(|error| error["code"] == Code::InvalidParams.number());
    let result = answer.get("result");
    let by_type = Typed::faults(name, &params, result);
    let by_schema = faults(document, &method["x-params"], &params);
    assert_eq!(
        (by_type.is_empty(), by_schema.is_empty()),
        (!refused, !refused),
        "{call} {by_type:?} {by_schema:?}"
    );
    if let Some(result) = result {
        let by_schema = faults(document, &method["result"]["schema"], result);
        assert!(by_schema.is_empty(), "{name}: {by_schema:?}");
    }
    assert!(error.is_some() != result.is_some(), "{answer}");
    result.is_some()
}

#[test]
fn every_exchange_on_the_page_is_one_that_the_document_allows() {
    let (page, [admin, verify]) = (page::text(), documents().map(|(_, document)| document));
    let mut granted = BTreeSet::new();
    let mut told = BTreeSet::new();
    for shown in page::shown(&page) {
        match shown {
            Shown::Call { socket, call, answer } => {
                let document = if socket == Some(Access::Verify) { &verify } else { &admin };
                if hold_call(document, &call, &answer) {
                    granted.insert(call["method"].as_str().unwrap().to_owned());
                }
            }
            Shown::Notification(message) => {
                let name = message["method"].as_str().unwrap();
                let item = &message["params"]["result"];
                let by_type = Typed::faults(name, &json!({}), Some(item));
                let sent = |method: &&Value| method["x-notification"]["name"] == name;
                let method = methods(&admin).iter().find(sent).unwrap();
                let by_schema = faults(&admin, &method["x-notification"]["schema"], item);
                assert!(by_type.is_empty() && by_schema.is_empty(), "{message} {by_type:?} {by_schema:?}");
                told.insert(name.to_owned());
            }
            Shown::Alone(answer) => hold_error(&admin, None, &answer["error"]),
            Shown::Object { name, value } => {
                let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
                assert_eq!(faults(&admin, &schema, &value), Vec::<String>::new(), "{value}");
            }
            Shown::Body(body) => hold_body(&verify, &body),
        }
    }
    assert_eq!(granted, described(&admin).map(|(name, _)| name.to_owned()).collect());
    assert_eq!(told, ["backup", "events", "revision"].map(str::to_owned).into());
}

/// The one code that plain HTTP has beside those of JSON-RPC: this uid may not use the socket.
const FORBIDDEN: &str = "FORBIDDEN";

/// Holds a body of plain HTTP: a verdict is what `keys.verify` gives, a refusal has one of the codes.
fn hold_body(document: &Value, body: &Value) {
    if let Some(error) = body.get("error") {
        let code = error["code"].as_str().unwrap();
        let known = document["components"]["errors"].get(code).is_some() || code == FORBIDDEN;
        assert!(known && error["message"].is_string(), "{body}");
        return;
    }
    let secret = json!({ "secret": "SECRET" });
    assert_eq!(Typed::faults("keys.verify", &secret, Some(body)), Vec::<String>::new(), "{body}");
    let schema = &method(document, "keys.verify").unwrap()["result"]["schema"];
    assert_eq!(faults(document, schema, body), Vec::<String>::new(), "{body}");
}

//! Owns what must be true of the examples in the document. Must not tell a story of its own.

use std::collections::BTreeSet;

use super::*;

/// The `params` of an example as a call has them.
fn params(example: &Value) -> Value {
    let params = example["params"].as_array().unwrap().iter();
    params.map(|param| (param["name"].as_str().unwrap().to_owned(), param["value"].clone())).collect()
}

fn some(list: &Value) -> &Vec<Value> {
    let list = list.as_array().unwrap();
    assert!(!list.is_empty());
    list
}

/// Every text in a value.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(members) => members.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

#[test]
fn every_method_shows_calls_that_its_reader_takes_and_answers_that_its_type_gives() {
    for (_, document) in documents() {
        for method in methods(&document) {
            let name = method["name"].as_str().unwrap();
            for example in some(&method["examples"]) {
                let (params, result) = (params(example), &example["result"]["value"]);
                let by_type = Typed::faults(name, &params, Some(result));
                assert!(by_type.is_empty(), "{name}: {by_type:?}");
                let by_schema = [
                    faults(&document, &method["x-params"], &params),
                    faults(&document, &method["result"]["schema"], result),
                ];
                assert!(by_schema.iter().all(Vec::is_empty), "{name}: {by_schema:?}");
            }
        }
    }
}

#[test]
fn parameters_by_themselves_are_those_that_are_taken_together() {
    for method in methods(&document(Access::Admin)) {
        let one_by_one: Map<String, Value> = method["params"]
            .as_array()
            .unwrap()
            .iter()
            .map(|param| (param["name"].as_str().unwrap().to_owned(), param["schema"].clone()))
            .collect();
        assert_eq!(Value::Object(one_by_one), method["x-params"]["properties"], "{}", method["name"]);
    }
}

#[test]
fn every_subscription_shows_notifications_of_its_type() {
    for (_, document) in documents() {
        let subscriptions = methods(&document).iter().filter(|method| method["x-notification"].is_object());
        for method in subscriptions {
            let told = &method["x-notification"];
            for item in some(&told["examples"]) {
                let by_type = Typed::faults(told["name"].as_str().unwrap(), &json!({}), Some(item));
                let by_schema = faults(&document, &told["schema"], item);
                assert!(by_type.is_empty() && by_schema.is_empty(), "{by_type:?} {by_schema:?}");
            }
        }
    }
}

#[test]
fn events_show_each_kind_of_notification() {
    let document = document(Access::Admin);
    let events = methods(&document).iter().find(|method| method["name"] == "events.subscribe").unwrap();
    let kinds: BTreeSet<&str> = some(&events["x-notification"]["examples"])
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, BTreeSet::from(["changed", "snapshot", "used"]));
}

#[test]
fn every_secret_in_the_document_says_that_it_is_none() {
    let mut found = Vec::new();
    let document = document(Access::Admin);
    texts(&document, &mut found);
    let secrets: Vec<&str> =
        found.into_iter().filter(|text| text.starts_with("clv_") && !text.contains('…')).collect();
    assert!(secrets.len() >= 5);
    for secret in secrets {
        let parts: Vec<&str> = secret.split('_').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [3, 12, 49], "{secret}");
        assert!(secret.contains("EXAMPLE") && secret.contains("ThisIsNotARealSecret"), "{secret}");
    }
}

#[test]
fn a_hint_in_an_example_is_that_of_the_secret_beside_it() {
    let document = document(Access::Admin);
    let results = methods(&document).iter().flat_map(|method| some(&method["examples"]));
    let with_secret: Vec<&Value> = results
        .map(|example| &example["result"]["value"])
        .filter(|result| result["secret"].is_string())
        .collect();
    assert_eq!(with_secret.len(), 2);
    for result in with_secret {
        let (hint, secret) = (result["key"]["hint"].as_str().unwrap(), result["secret"].as_str().unwrap());
        let (begin, end) = hint.split_once('…').unwrap();
        assert!(secret.starts_with(begin) && secret.ends_with(end), "{hint} {secret}");
        assert_eq!(begin.split('_').nth(1), result["key"]["id"].as_str().unwrap().strip_prefix("key_"));
    }
}

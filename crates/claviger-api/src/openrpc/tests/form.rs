//! Owns the form of the document: OpenRPC's own schema, references, the committed copy. Must not look at examples.

use jsonschema::{Registry, Validator};

use super::*;

/// OpenRPC's meta-schema, which refers to another for the schemas in a document. Where both are from, `schemas/README.md` says.
fn meta_schema() -> Validator {
    let open_rpc: Value = serde_json::from_str(include_str!("schemas/open-rpc-1.3.json")).unwrap();
    let json_schema: Value =
        serde_json::from_str(include_str!("schemas/json-schema-tools-1.8.0.json")).unwrap();
    // It is referred to with and without the slash, which are two addresses.
    let addresses = ["https://meta.json-schema.tools", "https://meta.json-schema.tools/"];
    let known = addresses.map(|address| (address, json_schema.clone()));
    let registry = Registry::new().extend(known).unwrap().prepare().unwrap();
    jsonschema::draft7::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&open_rpc)
        .unwrap()
}

#[test]
fn both_documents_are_valid_by_the_meta_schema_of_openrpc() {
    let meta_schema = meta_schema();
    for (socket, document) in documents() {
        let faults: Vec<String> = meta_schema
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{socket:?}: {faults:#?}");
    }
}

#[test]
fn the_meta_schema_refuses_what_openrpc_does_not_know() {
    let meta_schema = meta_schema();
    for (at, value) in [
        ("/openrpc", json!("1.9.0")),
        ("/methods/0/errors/0", json!({ "code": "-32602", "message": "" })),
        ("/methods/0/params/0/schema/$ref", json!(7)),
        ("/methods/0/result", json!({ "name": "result", "schema": { "type": "text" } })),
        ("/methods/0/examples/0/params", json!({})),
        ("/components/schemas/Key/properties/version", json!({ "minimum": "1" })),
        ("/info", json!({ "title": "", "version": "", "licence": "" })),
    ] {
        let mut document = document(Access::Admin);
        *document.pointer_mut(at).unwrap() = value;
        assert!(!meta_schema.is_valid(&document), "{at}");
    }
}

#[test]
fn the_verify_socket_knows_the_methods_of_verification_only() {
    assert_eq!(
        names(&document(Access::Verify)),
        [
            "keys.verify",
            "accounts.visible",
            "system.health",
            "rpc.discover",
            "revision.subscribe",
            "revision.unsubscribe"
        ]
    );
}

#[test]
fn every_reference_is_defined() {
    for (_, document) in documents() {
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }
}

#[test]
fn every_schema_that_is_defined_is_referred_to() {
    for (_, document) in documents() {
        let text = document.to_string();
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name}");
        }
    }
}

#[test]
fn what_must_be_there_comes_before_what_may_be_left_out() {
    for method in methods(&document(Access::Admin)) {
        let required = method["params"].as_array().unwrap().iter().map(|param| param["required"] == true);
        assert!(required.is_sorted_by(|before, after| before >= after), "{}", method["name"]);
    }
}

#[test]
fn every_code_is_a_component_and_every_method_lists_those_of_every_call() {
    for (_, document) in documents() {
        let errors = document["components"]["errors"].as_object().unwrap();
        assert_eq!(errors.len(), Code::ALL.len());
        for code in Code::ALL {
            let error = &errors[code.text()];
            assert_eq!(error["code"], code.number());
            assert!(faults(&document, &document["x-error-data"], &error["data"]).is_empty());
        }
        for method in methods(&document) {
            let listed: Vec<&str> = method["errors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|error| error["$ref"].as_str().unwrap())
                .collect();
            for code in EVERYWHERE {
                let reference = format!("#/components/errors/{}", code.text());
                assert_eq!(
                    listed.iter().filter(|listed| **listed == reference).count(),
                    1,
                    "{}",
                    method["name"]
                );
            }
        }
    }
}

#[test]
fn what_a_reader_of_params_refuses_its_schema_refuses_as_far_as_it_can() {
    let document = document(Access::Admin);
    let refused = |method: &str, params: Value| {
        let found = methods(&document).iter().find(|found| found["name"] == method).unwrap();
        let by_schema = faults(&document, &found["x-params"], &params);
        let by_reader = Typed::faults(method, &params, None);
        assert_eq!(
            by_schema.is_empty(),
            by_reader.is_empty(),
            "{method} {params}: {by_schema:?} {by_reader:?}"
        );
        !by_schema.is_empty()
    };
    let key = "key_EXAMPLEkey01";
    for (method, right) in [
        ("keys.list", json!({})),
        ("keys.list", json!({ "limit": 1000, "cursor": "6b" })),
        ("keys.create", json!({ "name": "x", "scope": { "accounts": ["a"] } })),
        ("keys.rename", json!({ "id": key, "name": "x", "expected_version": 0 })),
        ("accounts.connect", json!({ "name": "x", "mask": null })),
        ("keys.verify", json!({ "secret": "", "account": "" })),
    ] {
        assert!(!refused(method, right.clone()), "{method} {right}");
    }
    for (method, wrong) in [
        ("keys.list", json!({ "limit": 0 })),
        ("keys.list", json!({ "limit": 1001 })),
        ("keys.list", json!({ "limit": null })),
        ("keys.list", json!({ "cursor": "6" })),
        ("keys.list", json!({ "cursor": "6b".repeat(1025) })),
        ("keys.list", json!({ "offset": 0 })),
        ("keys.list", json!([])),
        ("keys.get", json!({})),
        ("keys.get", json!({ "id": "key_" })),
        ("keys.create", json!({ "name": "" })),
        ("keys.create", json!({ "name": "x".repeat(65) })),
        ("keys.create", json!({ "name": "x", "scope": { "accounts": [] } })),
        ("keys.create", json!({ "name": "x", "scope": { "accounts": ["a", "a"] } })),
        ("keys.create", json!({ "name": "x", "scope": "everything" })),
        ("keys.create", json!({ "name": "x", "scope": null })),
        ("keys.create", json!({ "name": "x", "request_id": "" })),
        ("keys.create", json!({ "name": "x", "request_id": "x".repeat(65) })),
        ("keys.rename", json!({ "id": key, "name": "x", "expected_version": -1 })),
        ("accounts.connect", json!({ "name": "x", "id": "a b" })),
        ("accounts.connect", json!({ "name": "x", "id": "x".repeat(65) })),
        ("keys.verify", json!({ "secret": "x", "account": null })),
        ("settings.set_storage_mode", json!({ "enabled": "on" })),
        ("events.subscribe", json!({ "from": 1 })),
        ("events.unsubscribe", json!({})),
    ] {
        assert!(refused(method, wrong.clone()), "{method} {wrong}");
    }
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openrpc.json");
    let generated = format!("{:#}\n", document(Access::Admin));
    if std::env::var_os("CLAVIGER_BLESS").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == generated, "docs/openrpc.json is stale: run `just openrpc` and read the difference");
}

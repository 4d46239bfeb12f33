//! Owns the OpenRPC document, made from the table of methods and their types. Must not be written by hand anywhere.
//!
//! Format: OpenRPC 1.3, <https://spec.open-rpc.org>.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::error::{Code, ErrorData};
use crate::method::{Access, Method, Subscription, Visitor, visit};

/// The document of one socket.
#[must_use]
pub fn document(socket: Access) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut collect = Collect { socket, generator: settings.into_generator(), methods: Vec::new() };
    visit(&mut collect);
    let error_data = value_of(collect.generator.subschema_for::<ErrorData>());
    let schemas = Value::Object(collect.generator.take_definitions(true));
    let title = match socket {
        Access::Admin => "Claviger, admin.sock",
        Access::Verify => "Claviger, verify.sock",
    };
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": "JSON-RPC 2.0 over a Unix socket: POST / for calls and batches, GET / with an upgrade for a WebSocket with subscriptions. Parameters are named.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "methods": collect.methods,
        "components": { "schemas": schemas, "errors": errors(), },
        "x-error-data": error_data,
    })
}

/// The errors that any call can be answered with.
const EVERYWHERE: [Code; 2] = [Code::InvalidParams, Code::InternalError];

fn errors() -> Value {
    let error = |code: Code| {
        let object = json!({
            "code": code.number(),
            "message": code.text(),
            "data": { "code": code.text(), "status": code.status() },
        });
        (code.text().to_owned(), object)
    };
    Value::Object(Code::ALL.into_iter().map(error).collect())
}

struct Collect {
    socket: Access,
    generator: SchemaGenerator,
    methods: Vec<Value>,
}

impl Collect {
    fn has(&self, access: Access) -> bool {
        self.socket == Access::Admin || access == Access::Verify
    }
}

impl Visitor for Collect {
    fn method<M: Method>(&mut self) {
        if !self.has(M::ACCESS) {
            return;
        }
        let codes = EVERYWHERE.iter().chain(M::ERRORS);
        let errors: Vec<Value> =
            codes.map(|code| json!({ "$ref": format!("#/components/errors/{}", code.text()) })).collect();
        self.methods.push(json!({
            "name": M::NAME,
            "summary": M::SUMMARY,
            "paramStructure": "by-name",
            "params": params::<M::Params>(),
            "result": { "name": "result", "schema": value_of(self.generator.subschema_for::<M::Result>()) },
            "errors": errors,
        }));
        for (name, schema) in definitions::<M::Params>() {
            self.generator.definitions_mut().entry(name).or_insert(schema);
        }
    }

    fn subscription<S: Subscription>(&mut self) {
        if !self.has(S::ACCESS) {
            return;
        }
        let id = json!({ "description": "Names the subscription", "type": ["string", "integer"] });
        self.methods.push(json!({
            "name": S::NAME,
            "summary": S::SUMMARY,
            "description": "Over a WebSocket only.",
            "paramStructure": "by-name",
            "params": [],
            "result": { "name": "subscription", "schema": id },
            "x-notification": {
                "name": S::NOTIFICATION,
                "schema": value_of(self.generator.subschema_for::<S::Item>()),
            },
        }));
        self.methods.push(json!({
            "name": S::UNSUBSCRIBE,
            "summary": format!("Ends what {} began", S::NAME),
            "description": "Over a WebSocket only. The id may also stand alone, by position.",
            "paramStructure": "either",
            "params": [{ "name": "subscription", "required": true, "schema": id }],
            "result": { "name": "ended", "schema": { "type": "boolean" } },
        }));
    }
}

fn value_of(schema: Schema) -> Value {
    schema.to_value()
}

fn generator_for_params() -> SchemaGenerator {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    settings.into_generator()
}

/// The definitions that a method's parameters refer to, without the struct of the parameters itself.
fn definitions<P: JsonSchema>() -> Map<String, Value> {
    let mut generator = generator_for_params();
    let _root = P::json_schema(&mut generator);
    generator.take_definitions(true)
}

fn params<P: JsonSchema>() -> Vec<Value> {
    let mut generator = generator_for_params();
    let root = value_of(P::json_schema(&mut generator));
    let required = |name: &str| {
        root["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
    };
    let Some(properties) = root["properties"].as_object() else { return Vec::new() };
    let descriptor = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let summary = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        json!({ "name": name, "summary": summary, "required": required(name), "schema": schema })
    };
    properties.iter().map(descriptor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verify_socket_knows_the_methods_of_verification_only() {
        let document = document(Access::Verify);
        let names: Vec<&str> = document["methods"]
            .as_array()
            .unwrap()
            .iter()
            .map(|method| method["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
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
        let document = document(Access::Admin);
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
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
        assert!(
            committed == generated,
            "docs/openrpc.json is stale: run `just openrpc` and read the difference"
        );
    }
}

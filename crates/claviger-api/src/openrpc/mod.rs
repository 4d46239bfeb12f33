//! Owns the OpenRPC document, made from the table of methods and their types. Must not be written by hand anywhere.
//!
//! Format: OpenRPC 1.3, <https://spec.open-rpc.org>. 1.4 has nothing that is used here, and the meta-schema that npm
//! has for tools, `@open-rpc/meta-schema`, refuses a document that names it; `tests/schemas/README.md` says more.

mod story;
#[cfg(test)]
mod tests;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use self::story::{Scene, Story};
use crate::error::{Code, ErrorData};
use crate::method::{Access, Method, NoParams, Subscription, Visitor, visit};
use crate::param::{Parameter, Params, Presence};

/// The version of OpenRPC that the documents are of.
pub const VERSION: &str = "1.3.2";

/// What a reader of the document must know of every method.
const DESCRIPTION: &str = "JSON-RPC 2.0 over a Unix socket: POST / for calls and batches, GET / with an upgrade for \
    a WebSocket with subscriptions. Parameters are named, and one that is not known is refused; `x-params` is the \
    schema of all of them together. PARSE_ERROR, INVALID_REQUEST and METHOD_NOT_FOUND answer requests that reach no \
    method, so only subscriptions list one of them.";

/// The document of one socket.
#[must_use]
pub fn document(socket: Access) -> Value {
    // Answers as they are written: a member that can be null is always there.
    let settings = SchemaSettings::draft07().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let story = Story::told();
    let mut collect = Collect { socket, generator: settings.into_generator(), story, methods: Vec::new() };
    visit(&mut collect);
    let error_data = collect.generator.subschema_for::<ErrorData>();
    let schemas = Value::Object(collect.generator.take_definitions(true));
    let title = match socket {
        Access::Admin => "Claviger, admin.sock",
        Access::Verify => "Claviger, verify.sock",
    };
    json!({
        "openrpc": VERSION,
        "info": {
            "title": title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "methods": collect.methods,
        "components": { "schemas": schemas, "errors": errors() },
        "x-error-data": error_data,
    })
}

/// The errors that any call can be answered with.
const EVERYWHERE: [Code; 2] = [Code::InvalidParams, Code::InternalError];

/// What beginning and ending a subscription can be answered with beside: over POST, in a batch, too many of them.
const SUBSCRIBING: [Code; 3] = [Code::InvalidRequest, Code::InvalidParams, Code::InternalError];

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

/// What a method lists of its errors.
fn references(always: &[Code], beside: &[Code]) -> Vec<Value> {
    let codes = always.iter().chain(beside);
    codes.map(|code| json!({ "$ref": format!("#/components/errors/{}", code.text()) })).collect()
}

/// What names a subscription.
#[derive(Clone, Copy, Debug)]
struct SubscriptionId;

impl JsonSchema for SubscriptionId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SubscriptionId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Names a subscription of this connection",
            "anyOf": [{ "type": "integer", "format": "uint64", "minimum": 0 }, { "type": "string" }],
        })
    }
}

struct Collect {
    socket: Access,
    generator: SchemaGenerator,
    story: Story,
    methods: Vec<Value>,
}

impl Collect {
    fn has(&self, access: Access) -> bool {
        self.socket == Access::Admin || access == Access::Verify
    }

    fn params<P: Params>(&mut self) -> Vec<Parameter> {
        let mut params = P::describe(&mut self.generator);
        // OpenRPC wants those that may be left out behind those that must be there.
        params.sort_by_key(|param| param.presence == Presence::Optional);
        params
    }

    fn examples(&self, method: &str, params: &[Parameter]) -> Vec<Value> {
        self.story.scenes(method).map(|scene| pairing(scene, params)).collect()
    }
}

impl Visitor for Collect {
    fn method<M: Method>(&mut self) {
        if !self.has(M::ACCESS) {
            return;
        }
        let params = self.params::<M::Params>();
        let method = json!({
            "name": M::NAME,
            "summary": M::SUMMARY,
            "paramStructure": "by-name",
            "params": descriptors(&params),
            "x-params": together(&params),
            "result": { "name": "result", "schema": self.generator.subschema_for::<M::Result>() },
            "errors": references(&EVERYWHERE, M::ERRORS),
            "examples": self.examples(M::NAME, &params),
        });
        self.methods.push(method);
    }

    fn subscription<S: Subscription>(&mut self) {
        if !self.has(S::ACCESS) {
            return;
        }
        let id = self.generator.subschema_for::<SubscriptionId>();
        let none = self.params::<NoParams>();
        let begin = json!({
            "name": S::NAME,
            "summary": S::SUMMARY,
            "description": "Over a WebSocket only.",
            "paramStructure": "by-name",
            "params": descriptors(&none),
            "x-params": together(&none),
            "result": { "name": "subscription", "schema": id.clone() },
            "errors": references(&SUBSCRIBING, S::ERRORS),
            "examples": self.examples(S::NAME, &none),
            "x-notification": {
                "name": S::NOTIFICATION,
                "schema": self.generator.subschema_for::<S::Item>(),
                "examples": self.story.notifications(S::NOTIFICATION),
            },
        });
        let params = vec![Parameter {
            name: "subscription",
            summary: "What the subscribing call gave.".to_owned(),
            presence: Presence::Required,
            schema: id,
        }];
        let end = json!({
            "name": S::UNSUBSCRIBE,
            "summary": format!("Ends what {} began", S::NAME),
            "description": "Over a WebSocket only. The id may also stand alone, by position. Gives whether this connection had such a subscription.",
            "paramStructure": "either",
            "params": descriptors(&params),
            "x-params": together(&params),
            "result": { "name": "ended", "schema": { "type": "boolean" } },
            "errors": references(&SUBSCRIBING, &[]),
            "examples": self.examples(S::UNSUBSCRIBE, &params),
        });
        self.methods.extend([begin, end]);
    }
}

/// Each parameter by itself, as OpenRPC has them.
fn descriptors(params: &[Parameter]) -> Vec<Value> {
    let descriptor = |param: &Parameter| {
        json!({
            "name": param.name,
            "summary": param.summary,
            "required": param.presence == Presence::Required,
            "schema": param.schema,
        })
    };
    params.iter().map(descriptor).collect()
}

/// The `params` of a call as one object: that no others are taken, descriptors cannot say.
fn together(params: &[Parameter]) -> Value {
    let properties: Map<String, Value> =
        params.iter().map(|param| (param.name.to_owned(), param.schema.clone().to_value())).collect();
    let required: Vec<&str> =
        params.iter().filter(|param| param.presence == Presence::Required).map(|param| param.name).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A call and its answer, as OpenRPC has them: the parameters in the order of the method's.
fn pairing(scene: &Scene, params: &[Parameter]) -> Value {
    let given = params.iter().filter_map(|param| {
        let value = scene.params.get(param.name)?;
        Some(json!({ "name": param.name, "value": value }))
    });
    json!({
        "name": scene.title,
        "params": given.collect::<Vec<_>>(),
        "result": { "name": "result", "value": scene.result },
    })
}

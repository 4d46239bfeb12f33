//! Owns what must be true of the document. Must not make one.

mod examples;
mod form;
mod page;
mod protocol;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::error::Error;
use crate::param::Fields;

/// Both documents.
fn documents() -> [(Access, Value); 2] {
    [Access::Admin, Access::Verify].map(|socket| (socket, document(socket)))
}

/// The methods of a document.
fn methods(document: &Value) -> &Vec<Value> {
    document["methods"].as_array().unwrap()
}

fn names(document: &Value) -> Vec<&str> {
    methods(document).iter().map(|method| method["name"].as_str().unwrap()).collect()
}

/// What a value breaks of a schema inside a document; nothing where it is right.
fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let whole = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::draft7::options().should_validate_formats(true).build(&whole).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// What the types themselves say of a call and its answer, beside the schemas that are made of them.
struct Typed<'a> {
    name: &'a str,
    params: &'a Value,
    result: Option<&'a Value>,
    faults: Option<Vec<String>>,
}

impl<'a> Typed<'a> {
    /// What is wrong; a method that the table does not have is wrong, too.
    fn faults(name: &'a str, params: &'a Value, result: Option<&'a Value>) -> Vec<String> {
        let mut typed = Self { name, params, result, faults: None };
        visit(&mut typed);
        typed.faults.unwrap_or_else(|| vec![format!("{name} is in no table")])
    }

    fn hold<P: Params, R: Serialize + DeserializeOwned>(&mut self, name: &str) {
        if name != self.name {
            return;
        }
        let mut faults = Vec::new();
        if let Err(error) = P::read(Some(&self.params.to_string())) {
            faults.push(error.message);
        }
        if let Some(result) = self.result {
            faults.extend(differs::<R>(result));
        }
        self.faults = Some(faults);
    }
}

/// In what a value is not the one that it becomes by its type.
fn differs<T: Serialize + DeserializeOwned>(value: &Value) -> Option<String> {
    match serde_json::from_value::<T>(value.clone()) {
        Ok(read) => {
            let again = serde_json::to_value(read).unwrap();
            (again != *value).then(|| format!("{value} is read as {again}"))
        }
        Err(error) => Some(error.to_string()),
    }
}

/// The parameters of an `…unsubscribe`, whose reader is the daemon's.
struct Subscribed;

impl Params for Subscribed {
    const NAMES: &'static [&'static str] = &["subscription"];

    fn take(fields: &Fields<'_>) -> Result<Self, Error> {
        fields.required::<u64>("subscription").map(|_| Self)
    }

    fn describe(_: &mut SchemaGenerator) -> Vec<Parameter> {
        Vec::new()
    }
}

impl Visitor for Typed<'_> {
    fn method<M: Method>(&mut self) {
        self.hold::<M::Params, M::Result>(M::NAME);
    }

    fn subscription<S: Subscription>(&mut self) {
        self.hold::<NoParams, u64>(S::NAME);
        self.hold::<Subscribed, bool>(S::UNSUBSCRIBE);
        // A notification takes nothing and is what it tells.
        self.hold::<NoParams, S::Item>(S::NOTIFICATION);
    }
}

//! Owns how parameters are read: by name, strictly, and without repeating what was sent. Must not know any method.
//!
//! serde's derived readers accept a positional array for a struct, ignore members they do not know, and put the
//! offending value into the error text. A secret in the wrong field would then be in an answer or a log, so requests
//! are read here instead.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Code, Error};

/// The rule that a value broke, as the end of a sentence that begins with the parameter's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule(Cow<'static, str>);

impl Rule {
    /// A fixed rule.
    #[must_use]
    pub const fn text(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// A rule with numbers in it. It must hold nothing that was sent.
    #[must_use]
    pub fn owned(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value that a request can carry. `json` is the raw text of one JSON value.
pub trait Param: Sized {
    /// Reads the value, or says which rule it breaks.
    fn read(json: &str) -> Result<Self, Rule>;

    /// What [`Param::read`] takes, as far as a schema can say it. That of answers, unless they can hold more.
    fn schema(generator: &mut SchemaGenerator) -> Schema
    where
        Self: JsonSchema,
    {
        generator.subschema_for::<Self>()
    }
}

/// One parameter, as a document describes it.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: String,
    /// Whether it may be left out.
    pub presence: Presence,
    /// What it can be, where it is there; `null` included, where that is read.
    pub schema: Schema,
}

/// Whether a parameter may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It may be left out.
    Optional,
}

/// The parameters of one method: a struct that is read by name.
pub trait Params: Sized {
    /// The names that the method knows.
    const NAMES: &'static [&'static str];

    /// Takes the values out of `fields`.
    fn take(fields: &Fields<'_>) -> Result<Self, Error>;

    /// Describes each parameter, in the order of [`Params::NAMES`].
    fn describe(generator: &mut SchemaGenerator) -> Vec<Parameter>;

    /// Reads the `params` member of a call; a missing one counts as `{}`.
    ///
    /// # Errors
    /// [`Code::InvalidParams`], with the field at fault where there is one.
    fn read(json: Option<&str>) -> Result<Self, Error> {
        Self::take(&Fields::parse(json.unwrap_or("{}"), Self::NAMES)?)
    }
}

/// The members of a `params` object, each known and present at most once.
pub struct Fields<'a>(Vec<(&'static str, &'a str)>);

impl<'a> Fields<'a> {
    /// Splits an object into its members.
    ///
    /// # Errors
    /// Not an object; a member that is not in `known`; a member that comes twice.
    pub fn parse(json: &'a str, known: &'static [&'static str]) -> Result<Self, Error> {
        if !json.trim_start().starts_with('{') {
            return Err(invalid("parameters are named: params must be an object"));
        }
        let members: Members<'a> =
            serde_json::from_str(json).map_err(|_| invalid("params is not a well-formed object"))?;
        let mut fields: Vec<(&'static str, &'a str)> = Vec::with_capacity(members.0.len());
        for (name, value) in members.0 {
            let Some(name) = known.iter().copied().find(|known| *known == name) else {
                return Err(invalid(unknown_member(known)));
            };
            if fields.iter().any(|(seen, _)| *seen == name) {
                return Err(invalid(format!("`{name}` is given twice")).at(name));
            }
            fields.push((name, value.get()));
        }
        Ok(Self(fields))
    }

    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(member, _)| *member == name).map(|(_, value)| *value)
    }

    /// Takes a value that must be there.
    pub fn required<T: Param>(&self, name: &'static str) -> Result<T, Error> {
        self.optional(name)?.ok_or_else(|| invalid(format!("`{name}` is missing")).at(name))
    }

    /// Takes a value that may be left out. `null` is not leaving it out: an unset variable must never loosen a check.
    pub fn optional<T: Param>(&self, name: &'static str) -> Result<Option<T>, Error> {
        let Some(json) = self.raw(name) else { return Ok(None) };
        if json == "null" {
            return Err(invalid(format!("`{name}` is null: give a value or leave it out")).at(name));
        }
        T::read(json).map(Some).map_err(|rule| invalid(format!("`{name}` {rule}")).at(name))
    }

    /// Takes a value that may be left out (`None`) or be `null` (`Some(None)`).
    pub fn nullable<T: Param>(&self, name: &'static str) -> Result<Option<Option<T>>, Error> {
        if self.raw(name) == Some("null") {
            return Ok(Some(None));
        }
        Ok(self.optional(name)?.map(Some))
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidParams, message)
}

fn unknown_member(known: &[&str]) -> String {
    if known.is_empty() {
        return "params has a member, but this method takes none".to_owned();
    }
    format!("params has a member that this method does not know; it knows {}", known.join(", "))
}

/// An object's members in order, duplicates kept, values unread.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A string that borrows from the input where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads a JSON string, borrowing it where it has no escapes.
///
/// # Errors
/// The value is not a string.
pub fn text_of(json: &str) -> Result<Cow<'_, str>, Rule> {
    serde_json::from_str::<Text<'_>>(json).map(|text| text.0).map_err(|_| Rule::text("must be a string"))
}

/// Splits a JSON array into the raw texts of its elements.
///
/// # Errors
/// The value is not an array.
pub fn elements_of(json: &str) -> Result<Vec<&RawValue>, Rule> {
    serde_json::from_str(json).map_err(|_| Rule::text("must be an array"))
}

/// How deep arrays and objects are nested in a JSON text; `1` for `{}`.
#[must_use]
pub fn depth_of(json: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl Param for bool {
    fn read(json: &str) -> Result<Self, Rule> {
        match json {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Rule::text("must be true or false")),
        }
    }
}

impl Param for u64 {
    fn read(json: &str) -> Result<Self, Rule> {
        json.parse().map_err(|_| Rule::text("must be a whole number, 0 or more"))
    }
}

/// Declares the parameters of a method: the struct, its strict reader, and what a document says of them.
///
/// `Required<T>` must be there, `Optional<T>` may be left out, `Nullable<T>` may also be `null`.
macro_rules! params {
    ($(#[$meta:meta])* pub struct $name:ident { $( $(#[doc = $doc:literal])+ $field:ident: $kind:ident<$type:ty> ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Serialize)]
        pub struct $name {
            $( $(#[doc = $doc])+ #[serde(skip_serializing_if = "crate::param::Absent::is_absent")] pub $field: crate::param::$kind<$type> ),*
        }

        impl crate::param::Params for $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];

            fn take(#[allow(unused_variables, reason = "a method without parameters")] fields: &crate::param::Fields<'_>) -> Result<Self, crate::error::Error> {
                Ok(Self { $( $field: crate::param::params!(@take fields $kind $field) ),* })
            }

            fn describe(#[allow(unused_variables, reason = "a method without parameters")] generator: &mut schemars::SchemaGenerator) -> Vec<crate::param::Parameter> {
                vec![$( crate::param::Parameter {
                    name: stringify!($field),
                    summary: concat!($($doc),+).trim().to_owned(),
                    presence: crate::param::params!(@presence $kind),
                    schema: crate::param::params!(@schema generator $kind $type),
                } ),*]
            }
        }
    };
    (@take $fields:ident Required $field:ident) => { $fields.required(stringify!($field))? };
    (@take $fields:ident Optional $field:ident) => { $fields.optional(stringify!($field))? };
    (@take $fields:ident Nullable $field:ident) => { $fields.nullable(stringify!($field))? };
    (@presence Required) => { crate::param::Presence::Required };
    (@presence $other:ident) => { crate::param::Presence::Optional };
    (@schema $generator:ident Nullable $type:ty) => { crate::param::or_null(&<$type as crate::param::Param>::schema($generator)) };
    (@schema $generator:ident $other:ident $type:ty) => { <$type as crate::param::Param>::schema($generator) };
}
pub(crate) use params;

/// A parameter that must be there.
pub type Required<T> = T;
/// A parameter that may be left out.
pub type Optional<T> = Option<T>;
/// A parameter that may be left out (`None`) or be null (`Some(None)`).
pub type Nullable<T> = Option<Option<T>>;

/// The schema of a value that may also be null.
pub(crate) fn or_null(schema: &Schema) -> Schema {
    json_schema!({ "anyOf": [schema, { "type": "null" }] })
}

/// Whether a parameter is left out when a request is written.
pub(crate) trait Absent {
    fn is_absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

/// Says that a type is always written.
macro_rules! always_present {
    ($($type:ty),*) => { $( impl $crate::param::Absent for $type { fn is_absent(&self) -> bool { false } } )* };
}
always_present!(
    bool,
    crate::id::KeyId,
    crate::id::AccountId,
    crate::id::RequestId,
    crate::name::Name,
    crate::scope::Scope,
    crate::secret::Secret
);

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["id", "limit"];

    fn message(json: &str) -> String {
        Fields::parse(json, KNOWN).and_then(|fields| fields.optional::<u64>("limit")).unwrap_err().message
    }

    #[test]
    fn members_are_read_by_name() {
        let fields = Fields::parse(r#"{"limit": 7}"#, KNOWN).unwrap();
        assert_eq!(fields.required::<u64>("limit"), Ok(7));
        assert_eq!(fields.optional::<u64>("id"), Ok(None));
    }

    #[test]
    fn what_is_refused_is_named_but_never_repeated() {
        for (json, expected) in [
            (r#"["SECRET"]"#, "parameters are named: params must be an object"),
            (r#""SECRET""#, "parameters are named: params must be an object"),
            ("null", "parameters are named: params must be an object"),
            (r#"{"SECRET": 1}"#, "params has a member that this method does not know; it knows id, limit"),
            (r#"{"limit": "SECRET"}"#, "`limit` must be a whole number, 0 or more"),
            (r#"{"limit": null}"#, "`limit` is null: give a value or leave it out"),
            (r#"{"limit": 1, "limit": 2}"#, "`limit` is given twice"),
            (r#"{"limit": -1}"#, "`limit` must be a whole number, 0 or more"),
            (r#"{"limit": 1e3}"#, "`limit` must be a whole number, 0 or more"),
            (r#"{"limit": 99999999999999999999}"#, "`limit` must be a whole number, 0 or more"),
        ] {
            assert_eq!(message(json), expected, "{json}");
        }
    }

    #[test]
    fn null_and_absent_differ_only_where_a_field_can_be_cleared() {
        let fields = Fields::parse(r#"{"limit": null}"#, KNOWN).unwrap();
        assert_eq!(fields.nullable::<u64>("limit"), Ok(Some(None)));
        assert_eq!(fields.nullable::<u64>("id"), Ok(None));
    }

    #[test]
    fn depth_ignores_brackets_in_strings() {
        assert_eq!(depth_of(r#"{"a": "[[[\"[[", "b": [1, {"c": 2}]}"#), 3);
        assert_eq!(depth_of("1"), 0);
    }
}

//! Owns the scope of a key: all accounts, or these and no others. Must not know which accounts exist.

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::AccountId;
use crate::param::{Fields, Param, Rule, elements_of};

/// Which accounts a key may see. "All" and "these" are different values everywhere, so an emptied list is never
/// taken for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every account, those connected later included.
    All,
    /// These accounts and no others; with none left, nothing.
    Only(BTreeSet<AccountId>),
}

impl Scope {
    /// Whether the scope has this account in it. It says nothing about whether the account exists.
    #[must_use]
    pub fn allows(&self, account: &AccountId) -> bool {
        match self {
            Self::All => true,
            Self::Only(accounts) => accounts.contains(account),
        }
    }
}

impl FromIterator<AccountId> for Scope {
    /// Restricts to the given accounts.
    fn from_iter<I: IntoIterator<Item = AccountId>>(accounts: I) -> Self {
        Self::Only(accounts.into_iter().collect())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Only<'a> {
            accounts: &'a BTreeSet<AccountId>,
        }
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Only(accounts) => Only { accounts }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Scope {
    /// Reads a scope from an answer, where an empty list can stand. Requests are read by [`Param::read`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Word(String),
            Only { accounts: BTreeSet<AccountId> },
        }
        match Wire::deserialize(deserializer)? {
            Wire::Word(word) if word == "all" => Ok(Self::All),
            Wire::Word(_) => Err(serde::de::Error::custom("scope is neither \"all\" nor a list of accounts")),
            Wire::Only { accounts } => Ok(Self::Only(accounts)),
        }
    }
}

const FORM: Rule = Rule::text("must be \"all\" or {\"accounts\": [\"acc_…\"]}");

impl Param for Scope {
    /// Reads a scope from a request: an empty list and an account named twice are refused.
    fn read(json: &str) -> Result<Self, Rule> {
        if json == "\"all\"" {
            return Ok(Self::All);
        }
        let fields = Fields::parse(json, &["accounts"]).map_err(|_| FORM)?;
        let accounts = fields
            .required::<Accounts>("accounts")
            .map_err(|error| Rule::owned(format!("is not a scope: {}", error.message)))?;
        Ok(Self::Only(accounts.0))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<RequestedScope>()
    }
}

/// The schema of a scope in a request, which names at least one account where it is not all.
struct RequestedScope;

impl JsonSchema for RequestedScope {
    fn schema_name() -> Cow<'static, str> {
        "RequestedScope".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let description = "\"all\": every account, those connected later included; or these accounts and no others, at least one, none twice";
        scope_schema(generator, description, 1)
    }
}

/// Both schemas of a scope, which differ in how many accounts they name at least.
fn scope_schema(generator: &mut SchemaGenerator, description: &str, at_least: u32) -> Schema {
    let account = generator.subschema_for::<AccountId>();
    let mut accounts = json_schema!({ "type": "array", "items": account, "uniqueItems": true });
    if at_least > 0 {
        accounts.insert("minItems".to_owned(), at_least.into());
    }
    json_schema!({
        "description": description,
        "oneOf": [
            { "type": "string", "const": "all" },
            {
                "type": "object",
                "properties": { "accounts": accounts },
                "required": ["accounts"],
                "additionalProperties": false,
            },
        ],
    })
}

/// A list of accounts in a request: at least one, none twice.
struct Accounts(BTreeSet<AccountId>);

impl Param for Accounts {
    fn read(json: &str) -> Result<Self, Rule> {
        let elements = elements_of(json)?;
        if elements.is_empty() {
            return Err(Rule::text("must name at least one account; for every account, scope is \"all\""));
        }
        let mut accounts = BTreeSet::new();
        for element in elements {
            let account = AccountId::read(element.get())
                .map_err(|rule| Rule::owned(format!("has an id that {rule}")))?;
            if !accounts.insert(account) {
                return Err(Rule::text("names an account twice"));
            }
        }
        Ok(Self(accounts))
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let description = "\"all\": every account, those connected later included; or these accounts and no others; with none left, nothing";
        scope_schema(generator, description, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Scope {
        ids.iter().map(|id| AccountId::parse(id).unwrap()).collect()
    }

    #[test]
    fn a_request_names_all_or_at_least_one_account_once() {
        assert_eq!(Scope::read("\"all\""), Ok(Scope::All));
        assert_eq!(Scope::read(r#"{"accounts": ["b", "a"]}"#), Ok(ids(&["a", "b"])));
        for wrong in [
            "null",
            "\"ALL\"",
            "\"*\"",
            "[]",
            "[\"a\"]",
            "{}",
            r#"{"accounts": []}"#,
            r#"{"accounts": null}"#,
            r#"{"accounts": "all"}"#,
            r#"{"accounts": ["a", "a"]}"#,
            r#"{"accounts": ["*"]}"#,
            r#"{"accounts": [""]}"#,
            r#"{"accounts": [1]}"#,
            r#"{"accounts": ["a"], "all": true}"#,
        ] {
            assert!(Scope::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_emptied_scope_stays_restricted_to_nothing() {
        let emptied = ids(&[]);
        assert_eq!(serde_json::to_string(&emptied).unwrap(), r#"{"accounts":[]}"#);
        assert_eq!(serde_json::from_str::<Scope>(r#"{"accounts":[]}"#).unwrap(), emptied);
        assert!(!emptied.allows(&AccountId::parse("a").unwrap()));
    }
}

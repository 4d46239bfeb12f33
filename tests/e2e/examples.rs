//! Owns that the examples of the OpenRPC document are what a daemon answers. Must not look at their form, which the
//! document's own tests do.

use serde_json::{Map, Value, json};

use crate::harness::{Daemon, WebSocket};

/// The scenes in the order of the story, as far as it goes without a restore: each a method, and which of its examples.
const STORY: [(&str, usize); 21] = [
    ("accounts.connect", 0),
    ("accounts.connect", 1),
    ("keys.create", 0),
    ("keys.acknowledge", 0),
    ("keys.list", 0),
    ("keys.get", 0),
    ("accounts.list", 0),
    ("keys.verify", 0),
    ("keys.verify", 1),
    ("accounts.visible", 0),
    ("keys.usage", 0),
    ("keys.rename", 0),
    ("keys.set_scope", 0),
    ("keys.rotate", 0),
    ("accounts.update", 0),
    ("activity.list", 0),
    ("settings.get", 0),
    ("settings.set_storage_mode", 0),
    ("settings.set_storage_mode", 1),
    ("system.status", 0),
    ("system.health", 0),
];

/// What differs from one machine and one moment to the next.
const OF_THE_MOMENT: [&str; 6] = ["pid", "uid", "data_dir", "runtime_dir", "store_bytes", "day"];

fn example(document: &Value, method: &str, which: usize) -> (Value, Value) {
    let found = document["methods"].as_array().unwrap().iter().find(|found| found["name"] == method).unwrap();
    let example = &found["examples"][which];
    let params: Map<String, Value> = example["params"]
        .as_array()
        .unwrap()
        .iter()
        .map(|param| (param["name"].as_str().unwrap().to_owned(), param["value"].clone()))
        .collect();
    (Value::Object(params), example["result"]["value"].clone())
}

/// The names that a daemon made in the place of the story's.
#[derive(Default)]
struct Names(Vec<(String, String)>);

impl Names {
    fn learn(&mut self, told: &Value, made: &Value) {
        for (told, made) in told.as_str().into_iter().zip(made.as_str()) {
            self.0.push((told.to_owned(), made.to_owned()));
        }
    }

    fn put_into(&self, value: &Value) -> Value {
        let text = self.0.iter().fold(value.to_string(), |text, (told, made)| text.replace(told, made));
        serde_json::from_str(&text).unwrap()
    }
}

/// A value without what is of the moment. The days of a key's use are one, since midnight may come between.
fn lasting(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !OF_THE_MOMENT.contains(&name.as_str()));
            kept.map(|(name, value)| {
                (name.clone(), if name == "days" { total(value) } else { lasting(value) })
            })
            .collect()
        }
        Value::Array(values) => values.iter().map(lasting).collect(),
        Value::String(text) if text.len() == 20 && text.starts_with("20") && text.ends_with('Z') => {
            json!("a time")
        }
        other => other.clone(),
    }
}

fn total(days: &Value) -> Value {
    let days = days.as_array().unwrap();
    json!([days.len(), days.iter().map(|day| day["granted"].as_u64().unwrap()).sum::<u64>()])
}

#[test]
fn the_documents_examples_are_what_a_daemon_answers() {
    let daemon = Daemon::start();
    let document = daemon.admin.ok("rpc.discover", &json!({}));
    let mut names = Names::default();
    for (method, which) in STORY {
        let (params, told) = example(&document, method, which);
        let made = daemon.admin.ok(method, &names.put_into(&params));
        match method {
            "accounts.connect" => names.learn(&told["id"], &made["id"]),
            "keys.create" | "keys.rotate" => {
                names.learn(&told["secret"], &made["secret"]);
                names.learn(&told["key"]["id"], &made["key"]["id"]);
                names.learn(&told["key"]["hint"], &made["key"]["hint"]);
            }
            _ => {}
        }
        let told = names.put_into(&told);
        assert_eq!(lasting(&made), lasting(&told), "{method}");
    }
    let (params, told) = example(&document, "accounts.disconnect", 0);
    assert_eq!(daemon.admin.ok("accounts.disconnect", &params), names.put_into(&told));
}

#[test]
fn the_documents_subscriptions_begin_and_end_as_a_daemons_do() {
    let daemon = Daemon::start();
    let document = daemon.admin.ok("rpc.discover", &json!({}));
    for family in ["events", "revision", "backup"] {
        let mut connection = WebSocket::open(&daemon.admin);
        let (params, id) = example(&document, &format!("{family}.subscribe"), 0);
        assert!(id.is_u64());
        let id = connection.call(&format!("{family}.subscribe"), &params).unwrap();
        assert!(id.is_u64());
        connection.notification(family);
        let (mut params, _) = example(&document, &format!("{family}.unsubscribe"), 0);
        params["subscription"] = id;
        assert!(connection.call(&format!("{family}.unsubscribe"), &params).unwrap().is_boolean());
    }
}

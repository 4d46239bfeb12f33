//! Owns the examples of the document: one small story of two accounts and a key, told in typed values. Must not hold a
//! secret that could be taken for a real one.

mod cast;
mod chapters;

use serde::Serialize;
use serde_json::{Map, Value, json};

use self::cast::Cast;
use crate::method::{Method, NoParams, Subscription};

/// One call and its answer.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    method: &'static str,
    pub(super) title: &'static str,
    pub(super) params: Map<String, Value>,
    pub(super) result: Value,
}

/// What happens, in its order.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    scenes: Vec<Scene>,
    notifications: Vec<(&'static str, Value)>,
}

impl Story {
    /// The whole story. A test sees that none of its ids and names breaks its rule, which would leave it empty.
    pub(super) fn told() -> Self {
        Cast::new().and_then(|cast| chapters::tell(&cast)).unwrap_or_default()
    }

    /// The scenes with a method.
    pub(super) fn scenes(&self, method: &str) -> impl Iterator<Item = &Scene> {
        self.scenes.iter().filter(move |scene| scene.method == method)
    }

    /// What a subscriber is told under a name.
    pub(super) fn notifications(&self, name: &str) -> Vec<&Value> {
        self.notifications.iter().filter(|(told, _)| *told == name).map(|(_, item)| item).collect()
    }

    fn call<M: Method>(&mut self, title: &'static str, params: M::Params, result: M::Result) -> Option<()> {
        self.scene(M::NAME, title, params, result)
    }

    /// A subscription from its begin to its end, with what it told meanwhile.
    fn subscription<S: Subscription>(&mut self, id: u64, told: Vec<S::Item>) -> Option<()> {
        self.scene(S::NAME, "Subscribe", NoParams {}, id)?;
        for item in told {
            self.notifications.push((S::NOTIFICATION, value(item)?));
        }
        self.scene(S::UNSUBSCRIBE, "End it", json!({ "subscription": id }), true)
    }

    fn scene(
        &mut self,
        method: &'static str,
        title: &'static str,
        params: impl Serialize,
        result: impl Serialize,
    ) -> Option<()> {
        let Value::Object(params) = value(params)? else { return None };
        self.scenes.push(Scene { method, title, params, result: value(result)? });
        Some(())
    }
}

fn value(of: impl Serialize) -> Option<Value> {
    serde_json::to_value(of).ok()
}

//! Owns the objects of one kind: finding one by its id, and walking them in each order. Must not know what they are,
//! nor what a filter leaves of them.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use claviger_api::name::fold;
use claviger_api::{Account, AccountId, Key, KeyId, Timestamp};

use super::Order;

/// What a catalog can hold.
pub(crate) trait Listed {
    type Id: Clone + fmt::Debug + Eq + Hash + Ord;

    fn id(&self) -> &Self::Id;
    fn name(&self) -> &str;
    fn created_at(&self) -> Timestamp;
    fn last_used_at(&self) -> Option<Timestamp>;
    fn version(&self) -> u64;
}

impl Listed for Key {
    type Id = KeyId;

    fn id(&self) -> &KeyId {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn last_used_at(&self) -> Option<Timestamp> {
        self.last_used_at
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Listed for Account {
    type Id = AccountId;

    fn id(&self) -> &AccountId {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn created_at(&self) -> Timestamp {
        self.connected_at
    }

    fn last_used_at(&self) -> Option<Timestamp> {
        None
    }

    fn version(&self) -> u64 {
        self.version
    }
}

/// Where an object lies in its catalog: the same for as long as it is there.
pub(crate) type Place = usize;

/// Objects by id, kept in every order at once: an order is a list of places, and a change moves only what changed.
#[derive(Debug)]
pub(crate) struct Catalog<T: Listed> {
    /// By place; a place without an object waits for the next one.
    held: Vec<Option<Held<T>>>,
    /// By place, beside the objects so that listing them reads nothing else.
    ids: Vec<T::Id>,
    free: Vec<Place>,
    places: HashMap<T::Id, Place>,
    /// One list of places for each [`Order`].
    orders: [Vec<Place>; ORDERS.len()],
}

const ORDERS: [Order; 3] = [Order::Name, Order::Created, Order::LastUsed];

#[derive(Debug)]
struct Held<T> {
    object: T,
    /// Its name without case, by which it is ordered.
    folded: Box<str>,
}

/// What decides the order: by time the newest first and those without one last; then the name; then the id.
type Rank<'a, Id> = (Reverse<Option<Timestamp>>, &'a str, &'a Id);

impl<T: Listed> Default for Catalog<T> {
    fn default() -> Self {
        Self {
            held: Vec::new(),
            ids: Vec::new(),
            free: Vec::new(),
            places: HashMap::new(),
            orders: Default::default(),
        }
    }
}

impl<T: Listed> Catalog<T> {
    pub(crate) fn get(&self, id: &T::Id) -> Option<&T> {
        self.at(*self.places.get(id)?)
    }

    pub(crate) fn contains_key(&self, id: &T::Id) -> bool {
        self.places.contains_key(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// All of them, in no order that means anything.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.held.iter().flatten().map(|held| &held.object)
    }

    #[cfg(test)]
    pub(crate) fn into_values(self) -> impl Iterator<Item = T> {
        self.held.into_iter().flatten().map(|held| held.object)
    }

    /// What lies at a place.
    pub(crate) fn at(&self, place: Place) -> Option<&T> {
        self.held.get(place)?.as_ref().map(|held| &held.object)
    }

    /// One more than the highest place there is.
    pub(crate) fn places(&self) -> usize {
        self.held.len()
    }

    /// The ids of those at the places that are wanted, in an order.
    pub(crate) fn ordered(&self, order: Order, mut wanted: impl FnMut(Place) -> bool) -> Vec<T::Id> {
        let mut ids = Vec::with_capacity(self.len());
        let places = &self.orders[order as usize];
        ids.extend(places.iter().filter(|place| wanted(**place)).map(|place| self.ids[*place].clone()));
        ids
    }

    /// Of those at the places that are wanted, the one whose name a text fits best: the text is all of it, its
    /// beginning or a part of it, ignoring case. Of those alike the first in the order; none where it is in no name.
    pub(crate) fn best_named(
        &self,
        order: Order,
        wanted: impl Fn(Place) -> bool,
        text: &str,
    ) -> Option<T::Id> {
        let text = fold(text);
        let (mut best, mut most) = (None, 0);
        for place in self.orders[order as usize].iter().filter(|place| wanted(**place)) {
            let name = self.held[*place].as_ref().map_or("", |held| &*held.folded);
            let fits = match () {
                () if *name == *text => 3,
                () if name.starts_with(&text) => 2,
                () if name.contains(&text) => 1,
                () => 0,
            };
            if fits > most {
                (best, most) = (Some(*place), fits);
            }
            if most == 3 {
                break;
            }
        }
        best.map(|place| self.ids[place].clone())
    }

    /// Forgets what there was and takes these.
    pub(crate) fn replace(&mut self, objects: Vec<T>) {
        *self = Self {
            held: Vec::with_capacity(objects.len()),
            ids: Vec::with_capacity(objects.len()),
            places: HashMap::with_capacity(objects.len()),
            ..Self::default()
        };
        self.edit(|edit| {
            for object in objects {
                edit.put(object);
            }
        });
    }

    /// Changes objects, and brings the orders up to date once that is done. Gives the places that were touched.
    pub(crate) fn edit(&mut self, change: impl FnOnce(&mut Edit<'_, T>)) -> Vec<Place> {
        let mut edit = Edit { catalog: self, touched: Vec::new(), moved: Default::default() };
        change(&mut edit);
        let Edit { touched, moved, .. } = edit;
        for (order, moved) in ORDERS.into_iter().zip(moved) {
            self.settle(order, moved);
        }
        touched
    }

    fn rank(&self, order: Order, place: Place) -> Option<Rank<'_, T::Id>> {
        let held = self.held.get(place)?.as_ref()?;
        let time = match order {
            Order::Name => None,
            Order::Created => Some(held.object.created_at()),
            Order::LastUsed => held.object.last_used_at(),
        };
        Some((Reverse(time), &*held.folded, held.object.id()))
    }

    /// Takes these places out of an order and puts those that hold something where they belong now.
    fn settle(&mut self, order: Order, mut moved: Vec<Place>) {
        if moved.is_empty() {
            return;
        }
        moved.sort_unstable();
        moved.dedup();
        let mut is_moved = vec![false; self.held.len()];
        for place in &moved {
            is_moved[*place] = true;
        }
        let mut kept = std::mem::take(&mut self.orders[order as usize]);
        kept.retain(|place| !is_moved[*place]);
        let mut coming: Vec<(Rank<'_, T::Id>, Place)> =
            moved.into_iter().filter_map(|place| Some((self.rank(order, place)?, place))).collect();
        coming.sort_unstable();
        let mut settled = Vec::with_capacity(kept.len() + coming.len());
        let mut rest = &kept[..];
        for (rank, place) in &coming {
            let before = rest.partition_point(|other| self.rank(order, *other).as_ref() < Some(rank));
            settled.extend_from_slice(&rest[..before]);
            settled.push(*place);
            rest = &rest[before..];
        }
        settled.extend_from_slice(rest);
        self.orders[order as usize] = settled;
    }
}

/// Changes to a catalog whose orders are brought up to date at their end.
pub(crate) struct Edit<'a, T: Listed> {
    catalog: &'a mut Catalog<T>,
    touched: Vec<Place>,
    /// For each order the places that may no longer be where they belong.
    moved: [Vec<Place>; ORDERS.len()],
}

impl<T: Listed> Edit<'_, T> {
    /// Takes an object, and gives the one that had its id before.
    pub(crate) fn put(&mut self, object: T) -> Option<T> {
        let catalog = &mut *self.catalog;
        let new = Held { folded: fold(object.name()).into(), object };
        if let Some(place) = catalog.places.get(new.object.id()).copied() {
            let old = catalog.held[place].replace(new)?;
            self.touched.push(place);
            self.compare(place, &old.folded, old.object.created_at(), old.object.last_used_at());
            return Some(old.object);
        }
        let id = new.object.id().clone();
        let place = catalog.free.pop().unwrap_or(catalog.held.len());
        catalog.places.insert(id.clone(), place);
        if place == catalog.held.len() {
            catalog.held.push(Some(new));
            catalog.ids.push(id);
        } else {
            catalog.held[place] = Some(new);
            catalog.ids[place] = id;
        }
        self.moves(place);
        None
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, id: &T::Id) -> Option<T> {
        let place = self.catalog.places.remove(id)?;
        let held = self.catalog.held[place].take()?;
        self.catalog.free.push(place);
        self.moves(place);
        Some(held.object)
    }

    /// Changes an object in its place, but neither its id nor its name.
    pub(crate) fn amend(&mut self, id: &T::Id, change: impl FnOnce(&mut T)) {
        let Some(place) = self.catalog.places.get(id).copied() else { return };
        let Some(held) = &mut self.catalog.held[place] else { return };
        let (created, used) = (held.object.created_at(), held.object.last_used_at());
        change(&mut held.object);
        self.touched.push(place);
        self.compare_times(place, created, used);
    }

    fn moves(&mut self, place: Place) {
        self.touched.push(place);
        for moved in &mut self.moved {
            moved.push(place);
        }
    }

    /// Notes the orders in which an object may have moved, from what it was before.
    fn compare(&mut self, place: Place, folded: &str, created: Timestamp, used: Option<Timestamp>) {
        let is_renamed = self.catalog.held[place].as_ref().is_some_and(|held| *held.folded != *folded);
        if is_renamed {
            for moved in &mut self.moved {
                moved.push(place);
            }
        } else {
            self.compare_times(place, created, used);
        }
    }

    fn compare_times(&mut self, place: Place, created: Timestamp, used: Option<Timestamp>) {
        let Some(Held { object, .. }) = &self.catalog.held[place] else { return };
        if object.created_at() != created {
            self.moved[Order::Created as usize].push(place);
        }
        if object.last_used_at() != used {
            self.moved[Order::LastUsed as usize].push(place);
        }
    }
}

#[cfg(test)]
impl<T: Listed> std::ops::Index<&T::Id> for Catalog<T> {
    type Output = T;

    fn index(&self, id: &T::Id) -> &T {
        self.get(id).unwrap_or_else(|| panic!("nothing has the id {id:?}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::update::tests::sample::{key, key_id};
    use claviger_api::Scope;

    #[derive(Clone, Debug)]
    enum Change {
        Put(char, String, i64, Option<i64>),
        Remove(char),
        Use(char, Option<i64>),
    }

    fn change() -> impl Strategy<Value = Change> {
        let letter = || prop::char::range('A', 'L');
        prop_oneof![
            4 => (letter(), "[a-cA-C]{1,2}", 0..4_i64, prop::option::of(0..4_i64))
                .prop_map(|(letter, name, created, used)| Change::Put(letter, name, created, used)),
            2 => letter().prop_map(Change::Remove),
            2 => (letter(), prop::option::of(0..4_i64)).prop_map(|(letter, used)| Change::Use(letter, used)),
        ]
    }

    proptest! {
        /// What is kept up to date bit by bit is what sorting everything anew would give.
        #[test]
        fn every_order_is_kept(batches in prop::collection::vec(prop::collection::vec(change(), 1..8), 1..8)) {
            let mut catalog = Catalog::default();
            let mut plain = std::collections::BTreeMap::new();
            for batch in batches {
                catalog.edit(|edit| {
                    for change in batch {
                        match change {
                            Change::Put(letter, name, created, used) => {
                                let key = key(letter, &name, Scope::All, created, used);
                                assert_eq!(edit.put(key.clone()), plain.insert(key.id, key));
                            }
                            Change::Remove(letter) => {
                                let id = key_id(letter);
                                assert_eq!(edit.remove(&id), plain.remove(&id));
                            }
                            Change::Use(letter, used) => {
                                let id = key_id(letter);
                                let used = used.map(crate::update::tests::sample::minutes_ago);
                                edit.amend(&id, |key| key.last_used_at = used);
                                plain.entry(id).and_modify(|key| key.last_used_at = used);
                            }
                        }
                    }
                });
                prop_assert_eq!(catalog.len(), plain.len());
                for order in ORDERS {
                    let mut sorted: Vec<&Key> = plain.values().collect();
                    sorted.sort_by_key(|key| {
                        let time = match order {
                            Order::Name => None,
                            Order::Created => Some(key.created_at),
                            Order::LastUsed => key.last_used_at,
                        };
                        (Reverse(time), fold(&key.name), key.id)
                    });
                    let sorted: Vec<KeyId> = sorted.into_iter().map(|key| key.id).collect();
                    prop_assert_eq!(catalog.ordered(order, |_| true), sorted);
                }
                prop_assert!(plain.values().all(|key| catalog.get(&key.id) == Some(key)));
                prop_assert_eq!(catalog.values().count(), plain.len());
            }
        }
    }
}

//! Owns which steps are tried, and how often each. Must not know what they lead to.

use claviger_api::{AccountId, Scope};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use super::model::Model;
use super::step::{ABSENT, ACCOUNTS, Act, Expected, Journal, Mask, NAMES, Presented, Step};

/// The uids that ask.
const UIDS: [u32; 2] = [1000, 1001];

const HOUR_MS: i64 = 3_600_000;

/// How many stores are kept at most to be put in the place of another.
const BACKUPS: usize = 6;

/// The next step of a history that has come to `model`.
pub(super) fn steps(model: &Model) -> BoxedStrategy<Step> {
    let clock_ms = prop_oneof![
        4 => Just(0),
        4 => 1_i64..5_000,
        2 => Just(HOUR_MS),
        1 => Just(30 * HOUR_MS),
        1 => Just(-24 * HOUR_MS),
    ];
    (clock_ms, select(&UIDS), acts(model))
        .prop_map(|(clock_ms, uid, act)| Step { clock_ms, uid, act })
        .boxed()
}

fn acts(model: &Model) -> Union<BoxedStrategy<Act>> {
    let creates = (key_names(), scopes(model), requests()).prop_map(|(name, scope, request)| Act::Create {
        name,
        scope,
        request,
    });
    let connects = (accounts(), account_names()).prop_map(|(account, name)| Act::Connect { account, name });
    let mut acts = vec![
        (if model.store.keys.is_empty() { 12 } else { 6 }, creates.boxed()),
        (5, connects.boxed()),
        (2, updates()),
        (3, disconnects()),
        (2, any::<bool>().prop_map(|enabled| Act::StorageMode { enabled }).boxed()),
        (1, (0_u8..2).prop_map(|request| Act::Acknowledge { request }).boxed()),
        (1, Just(Act::Verify { secret: Presented::Malformed, account: None }).boxed()),
        (1, Just(Act::SaveUse).boxed()),
        (2, Just(Act::Restart).boxed()),
        (2, Just(Act::Crash).boxed()),
    ];
    if model.made() > 0 {
        acts.extend(acts_on_keys(model));
    }
    acts.extend(acts_on_backups(model));
    Union::new_weighted(acts)
}

fn acts_on_keys(model: &Model) -> [(u32, BoxedStrategy<Act>); 8] {
    let is_any_suspended = model.store.keys.values().any(|key| key.row.suspended_at.is_some());
    let renames = (keys(model), key_names(), expected()).prop_map(|(key, name, expected)| Act::Rename {
        key,
        name,
        expected,
    });
    let releases = (keys(model), expected()).prop_map(|(key, expected)| Act::Release { key, expected });
    let verifies =
        (presented(model), some_account()).prop_map(|(secret, account)| Act::Verify { secret, account });
    [
        (3, renames.boxed()),
        (4, rescopes(keys(model), model)),
        (4, rotates(keys(model))),
        (2, deletes(keys(model))),
        (if is_any_suspended { 6 } else { 1 }, releases.boxed()),
        (6, verifies.boxed()),
        (2, presented(model).prop_map(|secret| Act::Visible { secret }).boxed()),
        (3, overtaken(model)),
    ]
}

/// A backup is made sooner or later, and mostly of a store with keys; that one comes back is rare.
fn acts_on_backups(model: &Model) -> Vec<(u32, BoxedStrategy<Act>)> {
    let backups = model.backups.len();
    let mut acts = Vec::new();
    if backups < BACKUPS {
        let weight = match (model.store.keys.len(), backups) {
            (0, _) => 1,
            (_, 0) => 6,
            _ => 3,
        };
        acts.push((weight, Just(Act::BackUp).boxed()));
        if model.made() > 0 {
            acts.push((1, elsewhere(model)));
        }
    }
    if backups > 0 {
        let restored = replaced(backups).prop_map(|(backup, journal)| Act::Restore { backup, journal });
        let copied = replaced(backups).prop_map(|(backup, journal)| Act::CopyOver { backup, journal });
        acts.extend([(3, restored.boxed()), (1, copied.boxed())]);
    }
    acts
}

fn overtaken(model: &Model) -> BoxedStrategy<Act> {
    let scopes = scopes(model);
    (keys(model), some_account())
        .prop_flat_map(move |(key, account)| {
            let rescopes = (scopes.clone(), expected()).prop_map(move |(scope, expected)| Act::SetScope {
                key,
                scope,
                expected,
            });
            let by = prop_oneof![
                3 => rotates(Just(key)),
                1 => deletes(Just(key)),
                2 => rescopes,
                2 => disconnects(),
                1 => Just(Act::StorageMode { enabled: false }),
            ];
            by.prop_map(move |by| Act::Overtaken { key, account, by: Box::new(by) })
        })
        .boxed()
}

/// What takes something away, whatever else died under the same revision, and in whatever order it is told.
fn elsewhere(model: &Model) -> BoxedStrategy<Act> {
    let act = prop_oneof![
        1 => rotates(keys(model)),
        1 => deletes(keys(model)),
        1 => disconnects(),
        1 => Just(Act::StorageMode { enabled: false }),
    ];
    act.prop_map(|act| Act::Elsewhere(Box::new(act))).boxed()
}

fn rescopes(keys: impl Strategy<Value = usize> + 'static, model: &Model) -> BoxedStrategy<Act> {
    (keys, scopes(model), expected())
        .prop_map(|(key, scope, expected)| Act::SetScope { key, scope, expected })
        .boxed()
}

fn rotates(keys: impl Strategy<Value = usize> + 'static) -> BoxedStrategy<Act> {
    (keys, expected(), requests())
        .prop_map(|(key, expected, request)| Act::Rotate { key, expected, request })
        .boxed()
}

fn deletes(keys: impl Strategy<Value = usize> + 'static) -> BoxedStrategy<Act> {
    (keys, expected()).prop_map(|(key, expected)| Act::Delete { key, expected }).boxed()
}

/// What takes the store's place: mostly what is newest, and mostly beside the journal that was there.
fn replaced(backups: usize) -> impl Strategy<Value = (usize, Journal)> {
    let journal = prop_oneof![3 => Just(Journal::Kept), 1 => Just(Journal::Lost)];
    (prop_oneof![1 => Just(backups - 1), 2 => 0..backups], journal)
}

fn updates() -> BoxedStrategy<Act> {
    let mask =
        prop_oneof![Just(Mask::Stays), Just(Mask::Goes), select(&["0042", "1137"]).prop_map(Mask::Becomes),];
    (accounts(), prop::option::of(account_names()), mask, expected())
        .prop_map(|(account, name, mask, expected)| Act::Update { account, name, mask, expected })
        .boxed()
}

fn disconnects() -> BoxedStrategy<Act> {
    accounts().prop_map(|account| Act::Disconnect { account }).boxed()
}

/// Any key that was ever made, but mostly one that is there.
fn keys(model: &Model) -> BoxedStrategy<usize> {
    let there: Vec<usize> = model.store.keys.keys().copied().collect();
    let made = 0..model.made();
    if there.is_empty() { made.boxed() } else { prop_oneof![1 => made, 3 => select(there)].boxed() }
}

fn presented(model: &Model) -> BoxedStrategy<Presented> {
    prop_oneof![
        6 => (keys(model), prop_oneof![2 => Just(0), 1 => 1_usize..4])
            .prop_map(|(key, age)| Presented::Minted { key, age }),
        // In the prefix, the id, the body and the tag.
        1 => (keys(model), select(&[1_usize, 8, 30, 64])).prop_map(|(key, place)| Presented::Forged { key, place }),
    ]
    .boxed()
}

/// Any accounts, but mostly those that are connected.
fn scopes(model: &Model) -> BoxedStrategy<Scope> {
    let connected: Vec<&str> = model.store.accounts.keys().copied().collect();
    let any = subsequence(&ACCOUNTS, 1..=3).boxed();
    let ids = match connected.len() {
        0 => any,
        all => prop_oneof![1 => any, 3 => subsequence(connected, 1..=all)].boxed(),
    };
    prop_oneof![
        1 => Just(Scope::All),
        2 => ids.prop_map(|ids| ids.into_iter().map(|id| AccountId::parse(id).unwrap()).collect()),
    ]
    .boxed()
}

fn expected() -> impl Strategy<Value = Expected> {
    prop_oneof![4 => Just(Expected::Any), 2 => Just(Expected::Right), 1 => Just(Expected::Stale)]
}

fn requests() -> impl Strategy<Value = Option<u8>> {
    prop::option::weighted(0.3, 0_u8..2)
}

fn accounts() -> impl Strategy<Value = &'static str> {
    select(&ACCOUNTS)
}

fn some_account() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![2 => Just(None), 6 => accounts().prop_map(Some), 1 => Just(Some(ABSENT))]
}

fn key_names() -> impl Strategy<Value = &'static str> {
    select(&NAMES).prop_map(|(name, _)| name)
}

fn account_names() -> impl Strategy<Value = &'static str> {
    select(&["Checking", "savings", "Card"])
}

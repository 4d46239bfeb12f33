//! Owns what can happen in a history, and how often each is tried. Must not know what it leads to.

use claviger_api::{AccountId, Scope};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use super::model::Model;

/// The ids that accounts come and go under.
pub(super) const ACCOUNTS: [&str; 4] = ["a", "b", "c", "d"];

/// An id that no account ever has.
pub(super) const ABSENT: &str = "absent";

/// The names that keys come by, each with the one that it counts as.
pub(super) const NAMES: [(&str, &str); 8] = [
    ("CI", "ci"),
    ("ci", "ci"),
    ("Straße", "strasse"),
    ("STRASSE", "strasse"),
    ("Backup", "backup"),
    ("Production", "production"),
    ("gateway", "gateway"),
    ("Zoë", "zoë"),
];

/// The uids that ask.
pub(super) const UIDS: [u32; 2] = [1000, 1001];

const HOUR_MS: i64 = 3_600_000;

/// One step of a history.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// How far the clock is set on, or back, before it.
    pub(super) clock_ms: i64,
    /// Who asks.
    pub(super) uid: u32,
    /// What is done.
    pub(super) act: Act,
}

/// What is done. Keys are named by their number: the first that was ever made is 0.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Create {
        name: &'static str,
        scope: Scope,
        request: Option<u8>,
    },
    Rename {
        key: usize,
        name: &'static str,
        expected: Expected,
    },
    SetScope {
        key: usize,
        scope: Scope,
        expected: Expected,
    },
    Rotate {
        key: usize,
        expected: Expected,
        request: Option<u8>,
    },
    Acknowledge {
        request: u8,
    },
    Delete {
        key: usize,
        expected: Expected,
    },
    Connect {
        account: &'static str,
        name: &'static str,
    },
    Update {
        account: &'static str,
        name: Option<&'static str>,
        mask: Mask,
        expected: Expected,
    },
    Disconnect {
        account: &'static str,
    },
    StorageMode {
        enabled: bool,
    },
    Verify {
        secret: Presented,
        account: Option<&'static str>,
    },
    Visible {
        secret: Presented,
    },
    /// Notes of use are written.
    SaveUse,
    /// The daemon finishes, and another one starts.
    Restart,
    /// The daemon ends without finishing, and another one starts from what is in the file.
    Crash,
    /// After a restart a key's secret is presented; while its slow hash runs, something else is done.
    Overtaken {
        key: usize,
        account: Option<&'static str>,
        by: Box<Act>,
    },
}

/// What becomes of an account's mask.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mask {
    Stays,
    Goes,
    Becomes(&'static str),
}

/// Which version an edit expects.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    Any,
    Right,
    Stale,
}

/// Which secret is presented.
#[derive(Clone, Copy, Debug)]
pub(super) enum Presented {
    /// A key's newest secret, or the one so many before it. The key may be deleted.
    Minted { key: usize, age: usize },
    /// A key's newest secret with another character at this place.
    Forged { key: usize, place: usize },
    /// What has not the form of a secret.
    Malformed,
}

impl Act {
    /// The greatest number of a key that this names.
    pub(super) fn key(&self) -> Option<usize> {
        match self {
            Self::Rename { key, .. }
            | Self::SetScope { key, .. }
            | Self::Rotate { key, .. }
            | Self::Delete { key, .. }
            | Self::Verify {
                secret: Presented::Minted { key, .. } | Presented::Forged { key, .. }, ..
            }
            | Self::Visible { secret: Presented::Minted { key, .. } | Presented::Forged { key, .. } } => {
                Some(*key)
            }
            Self::Overtaken { key, by, .. } => by.key().max(Some(*key)),
            _ => None,
        }
    }
}

/// The next step of a history that has come to `model`.
pub(super) fn steps(model: &Model) -> BoxedStrategy<Step> {
    let clock_ms = prop_oneof![
        4 => Just(0),
        4 => 1_i64..5_000,
        2 => Just(HOUR_MS),
        1 => Just(30 * HOUR_MS),
        1 => Just(-24 * HOUR_MS),
    ];
    (clock_ms, select(&UIDS), acts(model.made()))
        .prop_map(|(clock_ms, uid, act)| Step { clock_ms, uid, act })
        .boxed()
}

fn acts(made: usize) -> Union<BoxedStrategy<Act>> {
    let mut acts = vec![
        (
            6,
            (key_names(), scopes(), requests())
                .prop_map(|(name, scope, request)| Act::Create { name, scope, request })
                .boxed(),
        ),
        (5, (accounts(), account_names()).prop_map(|(account, name)| Act::Connect { account, name }).boxed()),
        (2, updates()),
        (3, disconnects()),
        (2, any::<bool>().prop_map(|enabled| Act::StorageMode { enabled }).boxed()),
        (1, (0_u8..2).prop_map(|request| Act::Acknowledge { request }).boxed()),
        (1, Just(Act::Verify { secret: Presented::Malformed, account: None }).boxed()),
        (1, Just(Act::SaveUse).boxed()),
        (2, Just(Act::Restart).boxed()),
        (2, Just(Act::Crash).boxed()),
    ];
    if made > 0 {
        acts.extend([
            (
                3,
                (0..made, key_names(), expected())
                    .prop_map(|(key, name, expected)| Act::Rename { key, name, expected })
                    .boxed(),
            ),
            (4, rescopes(0..made)),
            (4, rotates(0..made)),
            (2, deletes(0..made)),
            (
                6,
                (presented(made), some_account())
                    .prop_map(|(secret, account)| Act::Verify { secret, account })
                    .boxed(),
            ),
            (2, presented(made).prop_map(|secret| Act::Visible { secret }).boxed()),
            (3, overtaken(made)),
        ]);
    }
    Union::new_weighted(acts)
}

fn overtaken(made: usize) -> BoxedStrategy<Act> {
    (0..made, some_account())
        .prop_flat_map(|(key, account)| {
            let by = prop_oneof![
                3 => rotates(key..=key),
                1 => deletes(key..=key),
                2 => rescopes(key..=key),
                2 => disconnects(),
                1 => Just(Act::StorageMode { enabled: false }),
            ];
            by.prop_map(move |by| Act::Overtaken { key, account, by: Box::new(by) })
        })
        .boxed()
}

fn rescopes(keys: impl Strategy<Value = usize> + 'static) -> BoxedStrategy<Act> {
    (keys, scopes(), expected())
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

fn presented(made: usize) -> impl Strategy<Value = Presented> {
    prop_oneof![
        6 => (0..made, prop_oneof![2 => Just(0), 1 => 1_usize..4])
            .prop_map(|(key, age)| Presented::Minted { key, age }),
        // In the prefix, the id, the body and the tag.
        1 => (0..made, select(&[1_usize, 8, 30, 64])).prop_map(|(key, place)| Presented::Forged { key, place }),
    ]
}

fn scopes() -> impl Strategy<Value = Scope> {
    let only = subsequence(&ACCOUNTS, 1..=3);
    prop_oneof![
        1 => Just(Scope::All),
        2 => only.prop_map(|ids| ids.into_iter().map(|id| AccountId::parse(id).unwrap()).collect()),
    ]
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

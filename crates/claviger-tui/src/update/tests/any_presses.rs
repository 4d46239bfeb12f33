//! Owns the properties that hold whatever is pressed. Must not know a dialog's details.

use proptest::prelude::*;

use super::*;
use crate::dialog::{Button, Purpose};
use crate::state::Store;
use crate::view::view;

/// Presses that do something somewhere, and a few letters.
fn press() -> impl Strategy<Value = Press> {
    let bound: Vec<Press> = crate::keymap::Keymap::default().presses().collect();
    prop_oneof![
        8 => proptest::sample::select(bound),
        2 => proptest::sample::select(presses("backupyr D<Enter><Tab>")),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        30 => press().prop_map(Happening::Press),
        2 => Just(Happening::Secret),
        1 => Just(Happening::Lost),
        1 => Just(Happening::Done),
        2 => (1..4_u64, any::<bool>()).prop_map(|(version, all)| Happening::Answered(version, all)),
        1 => Just(Happening::Away),
        2 => Just(Happening::Back),
        1 => Just(Happening::Gone),
        2 => Just(Happening::Restored),
        1 => Just(Happening::Released),
        3 => Just(Happening::Pause),
        2 => (any::<bool>(), prop::collection::vec(any::<u64>(), 0..20))
            .prop_map(|(is_known, granted)| Happening::Usage(is_known, granted)),
        1 => Just(Happening::Used),
        1 => ((1..140_u16), (1..40_u16)).prop_map(|(width, height)| Happening::Resized(width, height)),
    ]
}

/// The beginnings of what is grave, which presses at random would seldom find.
fn beginning() -> impl Strategy<Value = Vec<Happening>> {
    let scripts = [
        "s ",
        "s <C-s>",
        "r",
        "r<Tab>",
        "R",
        "R<Tab>",
        "Dbackup",
        "Dbackup<Tab>",
        "m",
        "2D",
        "1jjs",
        "s<Tab> <C-s>",
    ];
    proptest::sample::select(scripts.to_vec())
        .prop_map(|script| presses(script).into_iter().map(Happening::Press).collect())
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = happening().prop_map(|happening| vec![happening]);
    let some = prop_oneof![10 => one, 1 => beginning()];
    prop::collection::vec(some, 1..120).prop_map(|some| some.concat())
}

#[derive(Clone, Debug)]
enum Happening {
    Press(Press),
    Secret,
    Lost,
    Done,
    /// The version and whether the scope is everything.
    Answered(u64, bool),
    Away,
    Back,
    Gone,
    Restored,
    Released,
    Pause,
    Usage(bool, Vec<u64>),
    Used,
    Resized(u16, u16),
}

/// Whether the state stands where one Enter or `y` may do what cannot be taken back.
fn is_confirming(state: &State, press: Press) -> bool {
    let Some(Dialog::Form(form)) = state.dialogs.last() else { return false };
    let on_button = form.button() == Some(Button::Go) && press.is_enter();
    match &form.purpose {
        Purpose::DeleteKey(key) => on_button && form.text("Name").trim() == key.name,
        Purpose::RotateKey(_)
        | Purpose::ReleaseKey(_)
        | Purpose::DisconnectAccount(_)
        | Purpose::ShareAll(_)
        | Purpose::StorageMode => on_button || press == Press::char('y'),
        _ => false,
    }
}

/// Whether an effect kills a secret, takes an account away, stops all keys, lets a suspended one open again, or shows a
/// restricted key every account.
fn is_grave(store: &Store, effect: &Effect) -> bool {
    let Effect::Call { call, .. } = effect else { return false };
    match call {
        Call::DeleteKey { .. }
        | Call::RotateKey { .. }
        | Call::ReleaseKey { .. }
        | Call::DisconnectAccount { .. } => true,
        Call::SetStorageMode { enabled } => !enabled,
        Call::SetScope { id, scope: Scope::All, .. } => {
            store.key(id).is_some_and(|key| key.scope != Scope::All)
        }
        _ => false,
    }
}

/// Whether an effect gives a key accounts that it did not see.
fn widens(store: &Store, effect: &Effect) -> bool {
    let Effect::Call { call: Call::SetScope { id, scope: Scope::Only(after), .. }, .. } = effect else {
        return false;
    };
    matches!(store.key(id).map(|key| &key.scope), Some(Scope::Only(before)) if !after.is_subset(before))
}

/// Whether a press saves the scope of a key in its dialog.
fn saves_scope(state: &State, press: Press) -> bool {
    let Some(Dialog::Form(form)) = state.dialogs.last() else { return false };
    let on_button = form.button() == Some(Button::Go) && press.is_enter();
    matches!(form.purpose, Purpose::EditScope(_)) && (on_button || press == Press::ctrl('s'))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn never_panic_and_never_destroy_or_widen_unconfirmed(happenings in happenings()) {
        let mut stage = Stage::live();
        let mut epoch = 1;
        let mut last_call = None;
        for happening in happenings {
            stage.effects.clear();
            let answer = |outcome| last_call.map(|call| Msg::Answered { call, outcome });
            match happening {
                Happening::Press(press) => {
                    let confirming = is_confirming(&stage.state, press);
                    let saving = saves_scope(&stage.state, press);
                    stage.tell(Msg::Press(press));
                    let store = &stage.state.store;
                    prop_assert!(confirming || !stage.effects.iter().any(|effect| is_grave(store, effect)), "{press:?}");
                    prop_assert!(saving || !stage.effects.iter().any(|effect| widens(store, effect)), "{press:?}");
                    let empty = |effect: &Effect| matches!(effect, Effect::Call {
                        call: Call::CreateKey { scope: Scope::Only(ids), .. } | Call::SetScope { scope: Scope::Only(ids), .. }, ..
                    } if ids.is_empty());
                    prop_assert!(!stage.effects.iter().any(empty), "an empty list was sent");
                    let idle = |effect: &Effect| matches!(effect, Effect::Call { call: Call::ReleaseKey { id, .. }, .. }
                        if store.key(id).is_none_or(|key| key.suspended_at.is_none()));
                    prop_assert!(!stage.effects.iter().any(idle), "a key was released that is not suspended");
                }
                Happening::Secret => {
                    let made = KeyWithSecret { key: key('N', "New", Scope::All, 0, None), secret: Secret::new(SECRET) };
                    if let Some(msg) = answer(Ok(Answer::Secret(Box::new(made)))) { stage.tell(msg); }
                }
                Happening::Lost => if let Some(msg) = answer(Err(Failure::Lost)) { stage.tell(msg); },
                Happening::Done => if let Some(msg) = answer(Ok(Answer::Done)) { stage.tell(msg); },
                Happening::Answered(n, all) => {
                    let scope = if all { Scope::All } else { only(&["acc_chk"]) };
                    let changed = version(key('B', "backup", scope, 3_000, None), n);
                    if let Some(msg) = answer(Ok(changed.into())) { stage.tell(msg); }
                }
                Happening::Away => { stage.tell(Msg::Link(Link::Retrying { until: NOW, why: "gone".into() })); }
                Happening::Back => {
                    epoch += 1;
                    stage.tell(Msg::Feed(sample::snapshot())).tell(Msg::Link(Link::Live { epoch }));
                }
                Happening::Pause => { stage.later(1); }
                Happening::Restored => { stage.tell(Msg::Feed(sample::restored())); }
                Happening::Released => { stage.tell(Msg::Feed(sample::snapshot())); }
                Happening::Gone => { stage.changed(vec![], &['B', 'C']); }
                Happening::Usage(is_known, granted) => {
                    let unknown = Failure::Refused(Error::new(Code::MethodNotFound, "no such method"));
                    let days = sample::days(&granted);
                    let outcome = if is_known { Ok(claviger_api::object::KeyUsage { days }) } else { Err(unknown) };
                    stage.tell(Msg::Usage { key: key_id('B'), outcome });
                }
                Happening::Used => {
                    let used = |id| claviger_api::KeyUse { id, last_used_at: Some(NOW), retired_secret_seen_at: None };
                    stage.tell(Msg::Feed(Feed::Used(['A', 'B', 'Z'].map(key_id).map(used).to_vec())));
                }
                Happening::Resized(width, height) => { stage.tell(Msg::Resized { width, height }); }
            }
            for effect in &stage.effects {
                if let Effect::Call { id, .. } = effect { last_call = Some(*id); }
            }
            let Size { width, height } = stage.state.size;
            let backend = ratatui::backend::TestBackend::new(width, height);
            ratatui::Terminal::new(backend).unwrap().draw(|frame| view(&stage.state, frame)).unwrap();
            stage.tell(Msg::Drawn);
        }
    }
}

//! Owns what presses do in dialogs, and how dialogs open. Must not know how the daemon answers.

use claviger_api::Timestamp;

use super::able::{Able, with_daemon};
use super::replies;
use crate::dialog::{Button, Dialog, Form, Pending, Phase, Purpose, Release, Stop};
use crate::effects::{Call, CopyOf, Effect};
use crate::keymap::{Action, Step};
use crate::state::{Left, State, Tab, Tone};

/// How long Enter does nothing once a secret is shown. Milliseconds.
pub(super) const JUST_OPENED: i64 = 700;

/// How soon an Enter follows another one when it is held down. Milliseconds; terminals repeat after 30 or so.
const HELD_DOWN: i64 = 200;

/// A time this much later. Milliseconds.
pub(super) fn deaf_until(now: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_millis(now.as_millis() + ms)
}

pub(super) fn open(state: &mut State, action: Action) -> Vec<Effect> {
    let store = &state.store;
    let form = match (action, state.tab) {
        (Action::StorageMode, _) => match store.storage_mode {
            Some(true) => Some(Form::storage_mode_off(store)),
            Some(false) => {
                let id = state.tickets.call();
                return vec![Effect::Call { id, call: Call::SetStorageMode { enabled: true } }];
            }
            None => None,
        },
        (Action::Create, Tab::Keys) => Some(Form::create_key(store)),
        (Action::Create, _) => Some(Form::connect_account()),
        (Action::Edit, Tab::Keys) => state.selected_key().map(Form::rename_key),
        (Action::Edit, _) => state.selected_account().map(Form::edit_account),
        (Action::Scope, _) => state.selected_key().map(|key| Form::edit_scope(key, store)),
        (Action::Rotate, _) => state.selected_key().map(|key| Form::rotate_key(key, store)),
        (Action::Release, _) => state.selected_key().map(|key| Form::release_key(key, store)),
        (Action::Delete, Tab::Keys) => state.selected_key().map(Form::delete_key),
        (Action::Delete, _) => {
            state.selected_account().map(|account| Form::disconnect_account(account, store))
        }
        _ => None,
    };
    if let Some(form) = form {
        show(state, form);
    }
    vec![]
}

/// Puts a form in front.
fn show(state: &mut State, form: Form) {
    state.dialogs.push(Dialog::Form(form));
    state.is_unseen = true;
}

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match state.dialogs.last_mut() {
        Some(Dialog::Secret(_)) => {
            act_on_secret(state, action);
            vec![]
        }
        Some(Dialog::Form(_)) => act_on_form(state, action),
        None => vec![],
    }
}

fn act_on_form(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(Dialog::Form(form)) = state.dialogs.last_mut() else { return vec![] };
    match action {
        Action::NextStop => form.next(),
        Action::PreviousStop => form.previous(),
        Action::NextRow => walk(form, Step::Down),
        Action::PreviousRow => walk(form, Step::Up),
        Action::Toggle => toggle(form),
        Action::Activate => match form.button() {
            Some(Button::Go) => return submit(state),
            Some(Button::Cancel) => return cancel(state),
            None => form.next(),
        },
        Action::Confirm | Action::Save => return submit(state),
        Action::Cancel => return cancel(state),
        Action::Reload => reload(state),
        Action::MarkAll | Action::FilterBoxes | Action::EndBoxFilter | Action::ClearBoxFilter => {
            if let Some(boxes) = form.boxes_mut() {
                match action {
                    Action::MarkAll => boxes.mark_all(),
                    Action::FilterBoxes => boxes.typing = true,
                    Action::ClearBoxFilter => {
                        boxes.typing = false;
                        boxes.filter().clear();
                        boxes.refilter();
                    }
                    _ => boxes.typing = false,
                }
            }
        }
        _ => {}
    }
    vec![]
}

/// Goes a row up or down in the accounts, and from their end to the next field.
fn walk(form: &mut Form, step: Step) {
    if form.stop() == Stop::Boxes
        && let Some(boxes) = form.boxes_mut()
    {
        boxes.typing = false;
        if boxes.go(step) {
            return;
        }
    }
    match step {
        Step::Down => form.next(),
        _ => form.previous(),
    }
}

fn toggle(form: &mut Form) {
    use crate::dialog::Field;
    match form.fields.get_mut(form.focus) {
        Some(Field::ShareAll(on)) => *on = !*on,
        Some(Field::Accounts(boxes)) => boxes.toggle(),
        _ => {}
    }
}

/// Sends what the form is for, or says why it can't be sent.
fn submit(state: &mut State) -> Vec<Effect> {
    let (epoch, since) = (state.epoch(), state.now);
    let able = with_daemon(state);
    let request_id = state.tickets.request();
    let id = state.tickets.call();
    let Some(Dialog::Form(form)) = state.dialogs.last_mut() else { return vec![] };
    let Some(request_id) = request_id else { return vec![] };
    if form.waiting().is_some() {
        return vec![];
    }
    match (form.release(request_id), able) {
        (Err(obstacle), _) => {
            form.phase = Phase::Failed(obstacle.reason);
            if let Some(field) = obstacle.field {
                form.focus = field;
            }
        }
        (Ok(_), Able::Because(why)) => form.phase = Phase::Failed(why),
        (Ok(Release::ShareAllQuestion(key)), _) => {
            if matches!(form.phase, Phase::Failed(_)) {
                form.phase = Phase::Asking;
            }
            let question = Form::share_all(key, &state.store);
            show(state, question);
        }
        (Ok(Release::Call(call)), _) => {
            let pending =
                Pending { id, call: call.clone(), epoch, since, resent: false, lost: false, quitting: false };
            if let Some(form) = waiter(state) {
                form.phase = Phase::Waiting(Box::new(pending));
                return vec![Effect::Call { id, call }];
            }
        }
    }
    vec![]
}

/// The form that waits for what the one in front has released: that one itself, or `Edit scope`, to which the
/// question on top of it only held back the call.
fn waiter(state: &mut State) -> Option<&mut Form> {
    if let Some(Dialog::Form(Form { purpose: Purpose::ShareAll(question), .. })) = state.dialogs.last() {
        let key = question.id;
        state.dialogs.pop();
        let is_asker = |form: &Form| matches!(&form.purpose, Purpose::EditScope(asker) if asker.id == key);
        return form_in_front(state).filter(|form| is_asker(form));
    }
    form_in_front(state)
}

fn form_in_front(state: &mut State) -> Option<&mut Form> {
    match state.dialogs.last_mut() {
        Some(Dialog::Form(form)) => Some(form),
        _ => None,
    }
}

fn cancel(state: &mut State) -> Vec<Effect> {
    if let Some(Dialog::Form(form)) = state.dialogs.pop()
        && let Some(pending) = form.waiting()
    {
        let (notice, request_id) = (replies::unknown(&form), pending.call.request_id().cloned());
        super::elsewhere::expect(state, pending);
        state.insist(notice.clone());
        state.left.push(Left { call: pending.id, epoch: pending.epoch, request_id, notice });
    }
    vec![]
}

fn reload(state: &mut State) {
    // The question on top of `Edit scope` was about what is no longer so.
    state.dialogs.pop_if(
        |dialog| matches!(dialog, Dialog::Form(form) if matches!(form.purpose, Purpose::ShareAll(_))),
    );
    let Some(Dialog::Form(form)) = state.dialogs.last_mut() else { return };
    if let Some(reloaded) = form.reloaded(&state.store) {
        *form = reloaded;
        state.notify(Tone::Info, "this is the state that the daemon has now");
    }
}

fn act_on_secret(state: &mut State, action: Action) {
    let Some(Dialog::Secret(secret)) = state.dialogs.last_mut() else { return };
    if matches!(action, Action::NextStop | Action::PreviousStop) {
        secret.is_unasked = false;
        secret.said = None;
    }
    if action != Action::Activate {
        return;
    }
    if secret.is_unasked {
        secret.said = Some(replies::UNASKED.to_owned());
        return;
    }
    match secret.deaf_until {
        Some(until) if state.now < until => {
            secret.deaf_until = Some(until.max(deaf_until(state.now, HELD_DOWN)));
        }
        // Dropping the dialog wipes the secret.
        _ => {
            state.dialogs.pop();
        }
    }
}

pub(super) fn secret(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(Dialog::Secret(dialog)) = state.dialogs.last_mut() else { return vec![] };
    let (key, secret) = (&dialog.key, dialog.secret.clone());
    match action {
        Action::CopySecret => vec![Effect::Copy { what: CopyOf::Secret, text: secret }],
        // Another copy would be one more to take care of.
        Action::WriteSecret if dialog.written.is_some() => {
            dialog.said = Some("it is in that file already".to_owned());
            vec![]
        }
        Action::WriteSecret => {
            vec![Effect::WriteSecret { key_name: key.name.clone(), key_id: key.id, secret }]
        }
        _ => {
            dialog.said =
                Some("this closes only by the button below: the secret cannot be had again".to_owned());
            vec![]
        }
    }
}

//! Owns how the state changes. Must not read a clock, touch a socket or wait: a message comes in, effects go out.

mod able;
mod activity;
mod dialogs;
mod elsewhere;
mod feed;
mod lists;
mod meant;
mod replies;
#[cfg(test)]
pub(crate) mod tests;
mod usage;

use std::path::PathBuf;

use crate::dialog::{Dialog, Phase, SecretDialog};
use crate::effects::{Copied, CopyOf, Effect};
use crate::input::Input;
use crate::keymap::{Action, Mode, Step};
use crate::message::Msg;
use crate::press::Press;
use crate::state::{Help, Paging, Size, State, Tab, Tone};

pub(crate) use able::{Able, able};

/// What is said to a Ctrl-C that would lose a secret.
const QUITS: &str = "a secret would be lost: Ctrl-C once more quits";

/// Takes a message into the state and says what is to be done.
pub(crate) fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let mut effects = match msg {
        Msg::Time(now) => {
            state.now = now;
            state.notices.retain(|notice| notice.until.is_none_or(|until| until > now));
            vec![]
        }
        Msg::Press(press) => pressed(state, press),
        // Nobody acts on what cannot be seen.
        Msg::Paste(_) | Msg::Wheel(_) if state.layout().is_none() => vec![],
        Msg::Paste(text) => {
            go_to_name(state);
            mend(state);
            if let Some(line) = line(state) {
                line.paste(&text);
                lists::refilter(state);
            }
            vec![]
        }
        Msg::Wheel(rows) => {
            let step = if rows < 0 { Step::Up } else { Step::Down };
            let lists = [Mode::Keys, Mode::Accounts, Mode::Activity, Mode::Filter, Mode::Help];
            if lists.contains(&state.mode()) {
                lists::go(state, step);
            }
            vec![]
        }
        Msg::Click { column, row } => {
            if matches!(state.mode(), Mode::Keys | Mode::Accounts | Mode::Activity | Mode::Filter) {
                lists::click(state, column, row);
            }
            vec![]
        }
        Msg::Resized { width, height } => {
            state.size = Size { width, height };
            lists::rescroll(state);
            vec![]
        }
        Msg::Drawn => {
            state.is_unseen = false;
            vec![]
        }
        Msg::NotSuspended => {
            state.notify(Tone::Problem, "not suspended: no shell started this that could bring it back");
            vec![]
        }
        Msg::Link(link) => feed::link(state, link),
        Msg::Loading(keys) => {
            state.loading = keys;
            vec![]
        }
        Msg::Daemon { version } => {
            feed::compare_versions(state, &version);
            vec![]
        }
        Msg::Feed(feed) => {
            feed::feed(state, feed);
            vec![]
        }
        Msg::Answered { call, outcome } => replies::answered(state, call, outcome),
        Msg::Activity { trail, outcome } => {
            activity::loaded(state, &trail, outcome);
            vec![]
        }
        Msg::Usage { key, outcome } => {
            usage::loaded(state, key, outcome);
            vec![]
        }
        Msg::Copied { what, by } => {
            copied(state, what, by);
            vec![]
        }
        Msg::Written(outcome) => {
            written(state, outcome);
            vec![]
        }
    };
    effects.extend(activity::wanted(state));
    effects.extend(usage::wanted(state));
    effects
}

fn pressed(state: &mut State, press: Press) -> Vec<Effect> {
    let mode = state.mode();
    if state.activity.paging == Paging::Failed {
        state.activity.paging = Paging::Idle;
    }
    let action = state.look.keymap.action(mode, press);
    if action != Some(Action::Interrupt) {
        calm(state);
    }
    if !meant::is_meant(state, action) {
        return vec![];
    }
    if !press.is_enter()
        && let Some(secret) = secret_in_front(state)
    {
        secret.deaf_until = None;
    }
    if state.layout().is_none() && !action.is_some_and(acts_unseen) {
        return vec![];
    }
    let Some(action) = action else {
        if let Some(c) = press.typed() {
            typed(state, c);
        }
        return vec![];
    };
    attempt(state, action)
}

/// Takes an action where it can be taken, and says why where not.
fn attempt(state: &mut State, action: Action) -> Vec<Effect> {
    if meant::answers_unseen(state, action) {
        return vec![];
    }
    match able(state, action) {
        Able::Now => act(state, action),
        Able::No => vec![],
        Able::Because(why) => {
            state.notify(Tone::Problem, why);
            vec![]
        }
    }
}

/// Does what the marked row of the help says, in the place below. What ends a dialog is left to the dialog: nothing is
/// confirmed from a list of presses.
fn run_help(state: &mut State) -> Vec<Effect> {
    let marked = state.marked_help();
    state.help = None;
    match marked {
        None => vec![],
        Some((Action::Confirm | Action::Activate | Action::Save, press)) => {
            state.notify(Tone::Info, format!("{press} does that here"));
            vec![]
        }
        Some((action, _)) => attempt(state, action),
    }
}

/// Whether an action is taken while the terminal is too small to show what it would do.
fn acts_unseen(action: Action) -> bool {
    matches!(action, Action::Quit | Action::Interrupt | Action::Redraw | Action::Suspend)
}

fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => vec![Effect::Quit],
        Action::Interrupt => interrupt(state),
        Action::Redraw => vec![Effect::Redraw],
        Action::Retry => vec![Effect::Retry],
        Action::Suspend => vec![Effect::Suspend],
        Action::Help => {
            state.help = Some(Help::default());
            vec![]
        }
        Action::RunHelp => run_help(state),
        Action::CloseHelp => {
            state.help = None;
            vec![]
        }
        Action::Type(edit) => {
            mend(state);
            if let Some(line) = line(state) {
                line.edit(edit);
                lists::refilter(state);
            }
            vec![]
        }
        Action::Go(step) => {
            lists::go(state, step);
            vec![]
        }
        Action::Show(_)
        | Action::NextTab
        | Action::PreviousTab
        | Action::Filter
        | Action::EndFilter
        | Action::ClearFilter
        | Action::NextOrder
        | Action::CopyId => lists::act(state, action),
        Action::Create
        | Action::Edit
        | Action::Scope
        | Action::Rotate
        | Action::Release
        | Action::Delete
        | Action::StorageMode => dialogs::open(state, action),
        Action::CopySecret | Action::WriteSecret | Action::KeepSecret => dialogs::secret(state, action),
        _ => dialogs::act(state, action),
    }
}

/// The line that presses are typed into.
fn line(state: &mut State) -> Option<&mut Input> {
    if let Some(help) = &mut state.help {
        return Some(&mut help.search);
    }
    match state.dialogs.last_mut() {
        Some(Dialog::Form(form)) if form.waiting().is_none() => form.line(),
        Some(_) => None,
        None => match state.tab {
            Tab::Keys => state.keys.typing.then_some(&mut state.keys.filter),
            Tab::Accounts => state.accounts.typing.then_some(&mut state.accounts.filter),
            Tab::Activity => state.activity.list.typing.then_some(&mut state.activity.list.filter),
        },
    }
}

/// In `Delete key` text goes to the name, wherever the focus is.
fn go_to_name(state: &mut State) {
    if state.mode() == Mode::DeleteButton
        && let Some(Dialog::Form(form)) = state.dialogs.last_mut()
    {
        form.focus = 0;
    }
}

/// Takes back why a form could not be sent: what is typed may have mended it.
fn mend(state: &mut State) {
    if let Some(Dialog::Form(form)) = state.dialogs.last_mut()
        && matches!(form.phase, Phase::Failed(_))
    {
        form.phase = Phase::Asking;
    }
}

fn typed(state: &mut State, c: char) {
    go_to_name(state);
    mend(state);
    if let Some(line) = line(state) {
        line.insert(c);
        lists::refilter(state);
    }
}

/// Quits, but asks once more where a secret would be lost.
fn interrupt(state: &mut State) -> Vec<Effect> {
    let mut sure = true;
    for dialog in &mut state.dialogs {
        match dialog {
            Dialog::Secret(SecretDialog { quitting, said, .. }) if !*quitting => {
                *quitting = true;
                *said = Some("the secret cannot be had again: Ctrl-C once more quits without it".to_owned());
                sure = false;
            }
            Dialog::Form(form) => {
                if let Some(pending) = form.waiting_mut()
                    && pending.call.request_id().is_some()
                    && !pending.quitting
                {
                    pending.quitting = true;
                    sure = false;
                }
            }
            Dialog::Secret(_) => {}
        }
    }
    if sure {
        return vec![Effect::Quit];
    }
    state.notify(Tone::Problem, QUITS);
    vec![]
}

/// Takes back that Ctrl-C was pressed, and that it was said what the next one does.
fn calm(state: &mut State) {
    for dialog in &mut state.dialogs {
        match dialog {
            Dialog::Secret(secret) => {
                if std::mem::take(&mut secret.quitting) {
                    secret.said = None;
                }
            }
            Dialog::Form(form) => {
                if let Some(pending) = form.waiting_mut() {
                    pending.quitting = false;
                }
            }
        }
    }
    state.notices.retain(|notice| notice.text != QUITS);
}

fn copied(state: &mut State, what: CopyOf, by: Result<Copied, String>) {
    if let (CopyOf::Secret, Ok(_), Some(secret)) = (what, &by, secret_in_front(state)) {
        secret.is_copied = true;
    }
    let said = match by {
        Ok(Copied::Tmux) => "copied to tmux's buffer (paste with its prefix and ])".to_owned(),
        Ok(Copied::WlCopy) => "copied to the clipboard by wl-copy".to_owned(),
        Ok(Copied::Xclip) => "copied to the clipboard by xclip".to_owned(),
        Ok(Copied::Osc52) => {
            "sent to the terminal's clipboard by OSC 52, which some terminals refuse".to_owned()
        }
        Err(why) => format!("not copied: {why}"),
    };
    match what {
        CopyOf::Id => state.notify(Tone::Info, format!("id {said}")),
        CopyOf::Secret => say_of_secret(state, said),
    }
}

fn written(state: &mut State, outcome: Result<PathBuf, String>) {
    let (is_written, text) = match outcome {
        Ok(path) => (true, format!("written to {} for you alone to read", path.display())),
        Err(why) => (false, format!("nothing was written: {why}")),
    };
    match secret_in_front(state) {
        Some(secret) if is_written => (secret.written, secret.said) = (Some(text), None),
        Some(secret) => secret.said = Some(text),
        None => state.notify(Tone::Info, text),
    }
}

fn say_of_secret(state: &mut State, text: String) {
    match secret_in_front(state) {
        Some(secret) => secret.said = Some(text),
        None => state.notify(Tone::Info, text),
    }
}

fn secret_in_front(state: &mut State) -> Option<&mut SecretDialog> {
    state.dialogs.iter_mut().rev().find_map(|dialog| match dialog {
        Dialog::Secret(secret) => Some(secret),
        Dialog::Form(_) => None,
    })
}

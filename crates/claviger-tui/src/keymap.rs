//! Owns the one table of what can be pressed where. Must not carry anything out.
//!
//! Presses, the footer and the help overlay all come from [`BINDINGS`], so they cannot disagree.

use crossterm::event::KeyCode;

use crate::input::Edit;
use crate::press::Press;
use crate::state::Tab;

/// Where a press lands: computed from the state, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    Keys,
    Accounts,
    Activity,
    /// Typing a list's filter.
    Filter,
    /// A text field of a form.
    Text,
    /// The checkbox `Share all accounts`.
    Check,
    /// The list of accounts in a form.
    Boxes,
    /// Typing the filter of that list.
    BoxFilter,
    /// A button of a form.
    Button,
    /// A button of `Delete key`, where letters still go to the name.
    DeleteButton,
    /// A question with nothing to fill in.
    Confirm,
    /// A dialog that waits for the daemon.
    Waiting,
    /// `Copy your secret`.
    Secret,
    /// The help overlay, where letters search.
    Help,
}

/// A step through a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
    First,
    Last,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
}

/// What a press asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Edit,
    Scope,
    Rotate,
    Delete,
    StorageMode,
    CopyId,
    Filter,
    EndFilter,
    ClearFilter,
    NextOrder,
    Go(Step),
    Show(Tab),
    NextTab,
    PreviousTab,
    Help,
    CloseHelp,
    Quit,
    Interrupt,
    Redraw,
    Suspend,
    Type(Edit),
    NextStop,
    PreviousStop,
    NextRow,
    PreviousRow,
    Toggle,
    MarkAll,
    FilterBoxes,
    EndBoxFilter,
    ClearBoxFilter,
    Activate,
    Confirm,
    Save,
    Reload,
    Cancel,
    CopySecret,
    WriteSecret,
    KeepSecret,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Binding {
    /// Where it holds.
    pub(crate) modes: &'static [Mode],
    /// What is pressed; any of these.
    pub(crate) presses: &'static [Press],
    /// How the presses are written.
    pub(crate) label: &'static str,
    /// The footer's word for it; empty where the footer leaves it out.
    pub(crate) short: &'static str,
    /// What it does, for the help overlay.
    pub(crate) help: &'static str,
    /// What it asks for.
    pub(crate) action: Action,
}

use Action as A;
use KeyCode as C;
use Mode as M;

const LISTS: &[Mode] = &[M::Keys, M::Accounts, M::Activity];
const OBJECTS: &[Mode] = &[M::Keys, M::Accounts];
const MOVING: &[Mode] = &[M::Keys, M::Accounts, M::Activity, M::Help];
const TYPING: &[Mode] = &[M::Filter, M::Text, M::BoxFilter, M::Help];
const STOPS: &[Mode] = &[M::Text, M::Check, M::Boxes, M::BoxFilter, M::Button, M::DeleteButton, M::Confirm];
const BUTTONS: &[Mode] = &[M::Button, M::DeleteButton, M::Confirm];
const FORMS: &[Mode] = &[M::Text, M::Check, M::Boxes, M::BoxFilter, M::Button];
const ASKING: &[Mode] = &[M::Text, M::Check, M::Boxes, M::Button, M::DeleteButton, M::Confirm];
/// In dialogs, but not in their texts.
const IN_DIALOGS: &[Mode] = &[M::Check, M::Boxes, M::Button, M::Confirm, M::Waiting, M::Secret];
const NOT_TEXT: &[Mode] =
    &[M::Keys, M::Accounts, M::Activity, M::Check, M::Boxes, M::Button, M::Confirm, M::Waiting, M::Secret];
/// Every mode there is.
pub(crate) const EVERYWHERE: &[Mode] = &[
    M::Keys,
    M::Accounts,
    M::Activity,
    M::Filter,
    M::Text,
    M::Check,
    M::Boxes,
    M::BoxFilter,
    M::Button,
    M::DeleteButton,
    M::Confirm,
    M::Waiting,
    M::Secret,
    M::Help,
];

const fn row(
    modes: &'static [Mode],
    presses: &'static [Press],
    label: &'static str,
    short: &'static str,
    help: &'static str,
    action: Action,
) -> Binding {
    Binding { modes, presses, label, short, help, action }
}

const fn c(c: char) -> Press {
    Press::char(c)
}

const fn ctrl(c: char) -> Press {
    Press::ctrl(c)
}

const fn n(code: KeyCode) -> Press {
    Press::named(code)
}

/// What can be pressed where. The footer shows the rows of a mode in this order, so the most wanted come first.
#[rustfmt::skip]
pub(crate) const BINDINGS: &[Binding] = &[
    row(&[M::Keys], &[c('n')], "n", "create", "Create a key", A::Create),
    row(&[M::Accounts], &[c('n')], "n", "connect", "Connect an account", A::Create),
    row(&[M::Keys], &[c('e')], "e", "rename", "Rename the key", A::Edit),
    row(&[M::Accounts], &[c('e')], "e", "edit", "Edit the account", A::Edit),
    row(&[M::Keys], &[c('s')], "s", "scope", "Edit which accounts the key can see", A::Scope),
    row(&[M::Keys], &[c('r')], "r", "rotate", "Rotate the key: a new secret, and the old one dies", A::Rotate),
    row(&[M::Keys], &[c('D')], "D", "delete", "Delete the key for good", A::Delete),
    row(&[M::Accounts], &[c('D')], "D", "disconnect", "Disconnect the account", A::Delete),
    row(LISTS, &[c('/')], "/", "filter", "Filter as you type", A::Filter),
    row(LISTS, &[n(C::Esc)], "Esc", "clear", "Clear the filter, or a notice", A::ClearFilter),
    row(OBJECTS, &[c('o')], "o", "order", "Next order: name, created, last used", A::NextOrder),
    row(OBJECTS, &[c('y')], "y", "copy id", "Copy the id", A::CopyId),

    row(&[M::Filter], &[n(C::Enter)], "Enter", "keep", "Keep the filter and go back to the list", A::EndFilter),
    row(&[M::Filter], &[n(C::Esc)], "Esc", "clear", "Clear the filter", A::ClearFilter),
    row(&[M::Filter], &[n(C::Up)], "↑", "", "The row above", A::Go(Step::Up)),
    row(&[M::Filter], &[n(C::Down)], "↓", "", "The row below", A::Go(Step::Down)),
    row(&[M::Filter], &[n(C::PageUp)], "PgUp", "", "A page up", A::Go(Step::PageUp)),
    row(&[M::Filter], &[n(C::PageDown)], "PgDn", "", "A page down", A::Go(Step::PageDown)),

    row(&[M::Secret], &[c('c')], "c", "copy", "Copy the secret", A::CopySecret),
    row(&[M::Secret], &[c('w')], "w", "to a file", "Write the secret to a new file that only you can read", A::WriteSecret),
    row(&[M::Secret], &[n(C::Esc)], "Esc", "", "Says how this closes", A::KeepSecret),
    row(&[M::Secret], &[n(C::Enter)], "Enter", "close", "I have saved it: close", A::Activate),

    row(&[M::Check, M::Boxes], &[c(' ')], "Space", "check", "Check or uncheck", A::Toggle),
    row(&[M::Boxes], &[c('/')], "/", "filter", "Filter the accounts as you type", A::FilterBoxes),
    row(&[M::Boxes], &[c('a')], "a", "all/none", "Check all that are shown, or none", A::MarkAll),
    row(&[M::BoxFilter], &[n(C::Enter)], "Enter", "keep", "End the typing and keep the filter", A::EndBoxFilter),
    row(&[M::BoxFilter], &[n(C::Esc)], "Esc", "clear", "Clear the filter of the accounts", A::ClearBoxFilter),
    row(&[M::Text, M::Check, M::Boxes], &[n(C::Enter)], "Enter", "", "Next field", A::Activate),
    row(BUTTONS, &[n(C::Enter)], "Enter", "press", "Press the button", A::Activate),
    row(&[M::Confirm], &[c('y')], "y", "yes", "Go on", A::Confirm),
    row(STOPS, &[n(C::Tab)], "Tab", "next", "Next field or button", A::NextStop),
    row(STOPS, &[n(C::BackTab)], "Shift-Tab", "", "Previous field or button", A::PreviousStop),
    row(STOPS, &[n(C::Down)], "↓", "", "Next field, row or button", A::NextRow),
    row(STOPS, &[n(C::Up)], "↑", "", "Previous field, row or button", A::PreviousRow),
    row(BUTTONS, &[n(C::Right)], "→", "", "Next button", A::NextStop),
    row(BUTTONS, &[n(C::Left)], "←", "", "Previous button", A::PreviousStop),
    row(FORMS, &[ctrl('s')], "Ctrl-S", "save", "Save from anywhere in the form", A::Save),
    row(ASKING, &[ctrl('r')], "Ctrl-R", "new state", "Begin again from what the daemon has now", A::Reload),
    row(ASKING, &[n(C::Esc)], "Esc", "cancel", "Cancel", A::Cancel),
    row(&[M::Waiting], &[n(C::Esc)], "Esc", "give up", "Stop waiting for a daemon that is away or slow", A::Cancel),

    row(TYPING, &[n(C::Left)], "←", "", "Left", A::Type(Edit::Left)),
    row(TYPING, &[n(C::Right)], "→", "", "Right", A::Type(Edit::Right)),
    row(&[M::Filter, M::Text, M::BoxFilter], &[n(C::Home), ctrl('a')], "Home, Ctrl-A", "", "To the start of the text", A::Type(Edit::Home)),
    row(&[M::Filter, M::Text, M::BoxFilter], &[n(C::End), ctrl('e')], "End, Ctrl-E", "", "To the end of the text", A::Type(Edit::End)),
    row(TYPING, &[n(C::Backspace)], "Backspace", "", "Delete the character before", A::Type(Edit::DeleteBefore)),
    row(TYPING, &[n(C::Delete)], "Delete", "", "Delete the character after", A::Type(Edit::DeleteAfter)),
    row(&[M::Filter, M::Text, M::BoxFilter], &[ctrl('u')], "Ctrl-U", "", "Delete to the start", A::Type(Edit::DeleteToStart)),
    row(TYPING, &[ctrl('w')], "Ctrl-W", "", "Delete the word before", A::Type(Edit::DeleteWord)),

    row(&[M::Help], &[n(C::Esc), n(C::Enter), n(C::F(1))], "Esc", "close", "Close the help", A::CloseHelp),
    row(LISTS, &[c('k'), n(C::Up)], "↑ k", "", "The row above", A::Go(Step::Up)),
    row(LISTS, &[c('j'), n(C::Down)], "↓ j", "", "The row below", A::Go(Step::Down)),
    row(&[M::Help], &[n(C::Up)], "↑", "", "Scroll up", A::Go(Step::Up)),
    row(&[M::Help], &[n(C::Down)], "↓", "", "Scroll down", A::Go(Step::Down)),
    row(LISTS, &[c('g'), n(C::Home)], "g Home", "", "The first row", A::Go(Step::First)),
    row(LISTS, &[c('G'), n(C::End)], "G End", "", "The last row", A::Go(Step::Last)),
    row(MOVING, &[n(C::PageUp)], "PgUp", "", "A page up", A::Go(Step::PageUp)),
    row(MOVING, &[n(C::PageDown)], "PgDn", "", "A page down", A::Go(Step::PageDown)),
    row(MOVING, &[ctrl('u')], "Ctrl-U", "", "Half a page up", A::Go(Step::HalfUp)),
    row(MOVING, &[ctrl('d')], "Ctrl-D", "", "Half a page down", A::Go(Step::HalfDown)),
    row(LISTS, &[c('1')], "1", "", "Keys", A::Show(Tab::Keys)),
    row(LISTS, &[c('2')], "2", "", "Accounts", A::Show(Tab::Accounts)),
    row(LISTS, &[c('3')], "3", "", "Activity", A::Show(Tab::Activity)),
    row(LISTS, &[n(C::Tab)], "Tab", "", "The next tab", A::NextTab),
    row(LISTS, &[n(C::BackTab)], "Shift-Tab", "", "The tab before", A::PreviousTab),
    row(LISTS, &[c('m')], "m", "storage mode", "Turn Storage Mode on, or off after a question", A::StorageMode),
    row(IN_DIALOGS, &[c('m')], "m", "", "Turn Storage Mode on, or off after a question", A::StorageMode),
    row(EVERYWHERE, &[ctrl('l')], "Ctrl-L", "", "Draw the screen anew", A::Redraw),
    row(EVERYWHERE, &[ctrl('z')], "Ctrl-Z", "", "Suspend", A::Suspend),
    row(EVERYWHERE, &[ctrl('c')], "Ctrl-C", "", "Quit", A::Interrupt),
    row(LISTS, &[c('q')], "q", "quit", "Quit", A::Quit),
    row(NOT_TEXT, &[c('?'), n(C::F(1))], "?", "help", "Help for this place", A::Help),
];

/// What a press asks for in a mode.
pub(crate) fn action(mode: Mode, press: Press) -> Option<Action> {
    rows(mode).find(|binding| binding.presses.contains(&press)).map(|binding| binding.action)
}

/// The rows of a mode, in the table's order.
pub(crate) fn rows(mode: Mode) -> impl Iterator<Item = &'static Binding> {
    BINDINGS.iter().filter(move |binding| binding.modes.contains(&mode))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_press_means_two_things_in_one_mode() {
        for mode in EVERYWHERE {
            let mut seen = HashMap::new();
            for binding in rows(*mode) {
                for press in binding.presses {
                    let before = seen.insert(*press, binding.action);
                    assert_eq!(before, None, "{press:?} in {mode:?}: also {:?}", binding.action);
                }
            }
        }
    }

    #[test]
    fn no_letter_is_taken_from_a_text() {
        for mode in [Mode::Filter, Mode::Text, Mode::BoxFilter, Mode::DeleteButton, Mode::Help] {
            let taken: Vec<_> = rows(mode)
                .flat_map(|binding| binding.presses)
                .filter(|press| press.typed().is_some())
                .collect();
            assert!(taken.is_empty(), "{mode:?} takes {taken:?}");
        }
    }

    #[test]
    fn every_row_says_what_it_does() {
        for binding in BINDINGS {
            assert!(!binding.help.is_empty() && !binding.label.is_empty() && !binding.presses.is_empty());
        }
    }
}

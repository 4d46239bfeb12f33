//! Owns the table of what can be pressed where, as it is before anybody rebinds it. Must not carry anything out.

use crossterm::event::KeyCode;

use super::{Action, Mode, Step};
use crate::input::Edit;
use crate::press::Press;
use crate::state::Tab;

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Binding {
    /// Where it holds.
    pub(crate) modes: &'static [Mode],
    /// What is pressed; any of these.
    pub(crate) presses: &'static [Press],
    /// What `[keys]` in `config.toml` calls it; rows of one name are rebound together.
    pub(crate) name: Option<&'static str>,
    /// The footer's word for it; empty where the footer leaves it out.
    pub(crate) short: &'static str,
    /// What it does, for the help overlay and the documentation.
    pub(crate) help: &'static str,
    /// What it asks for.
    pub(crate) action: Action,
}

use Action as A;
use KeyCode as C;
use Mode as M;

const LISTS: &[Mode] = &[M::Keys, M::Accounts, M::Activity];
const OBJECTS: &[Mode] = &[M::Keys, M::Accounts];
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

/// A row whose presses `[keys]` can replace, by this name.
const fn row(
    modes: &'static [Mode],
    presses: &'static [Press],
    name: &'static str,
    short: &'static str,
    help: &'static str,
    action: Action,
) -> Binding {
    Binding { modes, presses, name: Some(name), short, help, action }
}

/// A row that stays as it is: without it a dialog, a text or the whole interface could not be left or used.
const fn fixed(
    modes: &'static [Mode],
    presses: &'static [Press],
    short: &'static str,
    help: &'static str,
    action: Action,
) -> Binding {
    Binding { modes, presses, name: None, short, help, action }
}

const fn c(c: char) -> Press {
    Press::char(c)
}

const fn ctrl(c: char) -> Press {
    Press::ctrl(c)
}

const fn alt(c: char) -> Press {
    Press::alt(c)
}

const fn n(code: KeyCode) -> Press {
    Press::named(code)
}

/// What can be pressed where. The footer shows the rows of a mode in this order, so the most wanted come first.
#[rustfmt::skip]
pub(crate) const BINDINGS: &[Binding] = &[
    row(&[M::Keys], &[c('n')], "create", "create", "Create a key", A::Create),
    row(&[M::Accounts], &[c('n')], "create", "connect", "Connect an account", A::Create),
    row(&[M::Keys], &[c('R')], "release", "release", "Release the suspended key, so that it opens again", A::Release),
    row(&[M::Keys], &[c('e')], "edit", "rename", "Rename the key", A::Edit),
    row(&[M::Accounts], &[c('e')], "edit", "edit", "Edit the account", A::Edit),
    row(&[M::Keys], &[c('s')], "scope", "scope", "Edit which accounts the key can see", A::Scope),
    row(&[M::Keys], &[c('r')], "rotate", "rotate", "Rotate the key: a new secret, and the old one dies", A::Rotate),
    row(&[M::Keys], &[c('D')], "delete", "delete", "Delete the key for good", A::Delete),
    row(&[M::Accounts], &[c('D')], "delete", "disconnect", "Disconnect the account", A::Delete),
    row(LISTS, &[ctrl('r')], "retry", "try now", "Try to connect now", A::Retry),
    row(LISTS, &[c('/')], "filter", "filter", "Filter as you type", A::Filter),
    fixed(LISTS, &[n(C::Esc)], "clear", "Clear the filter, or a notice", A::ClearFilter),
    row(OBJECTS, &[c('o')], "order", "order", "Next order: name, created, last used", A::NextOrder),
    row(OBJECTS, &[c('y')], "copy_id", "copy id", "Copy the id", A::CopyId),

    fixed(&[M::Filter], &[n(C::Enter)], "keep", "Keep the filter and go back to the list", A::EndFilter),
    fixed(&[M::Filter], &[n(C::Esc)], "clear", "Clear the filter", A::ClearFilter),
    fixed(&[M::Filter], &[n(C::Up)], "", "The row above", A::Go(Step::Up)),
    fixed(&[M::Filter], &[n(C::Down)], "", "The row below", A::Go(Step::Down)),
    fixed(&[M::Filter], &[n(C::PageUp)], "", "A page up", A::Go(Step::PageUp)),
    fixed(&[M::Filter], &[n(C::PageDown)], "", "A page down", A::Go(Step::PageDown)),

    row(&[M::Secret], &[c('c')], "copy_secret", "copy", "Copy the secret", A::CopySecret),
    row(&[M::Secret], &[c('w')], "write_secret", "to a file", "Write the secret to a new file that only you can read", A::WriteSecret),
    fixed(&[M::Secret], &[n(C::Tab), n(C::Up), n(C::Down)], "", "Goes to the button", A::NextStop),
    fixed(&[M::Secret], &[n(C::BackTab)], "", "Goes to the button", A::PreviousStop),
    fixed(&[M::Secret], &[n(C::Esc)], "", "Says how this closes", A::KeepSecret),
    fixed(&[M::Secret], &[n(C::Enter)], "close", "I have saved it: close", A::Activate),

    row(&[M::Check, M::Boxes], &[c(' ')], "toggle", "check", "Check or uncheck", A::Toggle),
    row(&[M::Boxes], &[c('/')], "filter_accounts", "filter", "Filter the accounts as you type", A::FilterBoxes),
    row(&[M::Boxes], &[c('a')], "mark_all", "all/none", "Check all in the list, or none", A::MarkAll),
    fixed(&[M::BoxFilter], &[n(C::Enter)], "keep", "End the typing and keep the filter", A::EndBoxFilter),
    fixed(&[M::BoxFilter], &[n(C::Esc)], "clear", "Clear the filter of the accounts", A::ClearBoxFilter),
    fixed(&[M::Text, M::Check, M::Boxes], &[n(C::Enter)], "", "Next field", A::Activate),
    fixed(BUTTONS, &[n(C::Enter)], "press", "Press the button", A::Activate),
    row(&[M::Confirm], &[c('y')], "confirm", "yes", "Go on", A::Confirm),
    fixed(STOPS, &[n(C::Tab)], "next", "Next field or button", A::NextStop),
    fixed(STOPS, &[n(C::BackTab)], "", "Previous field or button", A::PreviousStop),
    fixed(STOPS, &[n(C::Down)], "", "Next field, row or button", A::NextRow),
    fixed(STOPS, &[n(C::Up)], "", "Previous field, row or button", A::PreviousRow),
    fixed(BUTTONS, &[n(C::Right)], "", "Next button", A::NextStop),
    fixed(BUTTONS, &[n(C::Left)], "", "Previous button", A::PreviousStop),
    row(FORMS, &[ctrl('s')], "save", "save", "Save from anywhere in the form", A::Save),
    row(ASKING, &[ctrl('r')], "reload", "new state", "Begin again from what the daemon has now", A::Reload),
    fixed(ASKING, &[n(C::Esc)], "cancel", "Cancel", A::Cancel),
    fixed(&[M::Waiting], &[n(C::Esc)], "give up", "Stop waiting for a daemon that is away or slow", A::Cancel),

    fixed(TYPING, &[n(C::Left), ctrl('b')], "", "A character to the left", A::Type(Edit::Left)),
    fixed(TYPING, &[n(C::Right), ctrl('f')], "", "A character to the right", A::Type(Edit::Right)),
    fixed(TYPING, &[alt('b'), n(C::Left).with_ctrl(), n(C::Left).with_alt()], "", "A word to the left", A::Type(Edit::WordLeft)),
    fixed(TYPING, &[alt('f'), n(C::Right).with_ctrl(), n(C::Right).with_alt()], "", "A word to the right", A::Type(Edit::WordRight)),
    fixed(TYPING, &[n(C::Home), ctrl('a')], "", "To the start of the text", A::Type(Edit::Home)),
    fixed(TYPING, &[n(C::End), ctrl('e')], "", "To the end of the text", A::Type(Edit::End)),
    fixed(TYPING, &[n(C::Backspace), ctrl('h')], "", "Delete the character before", A::Type(Edit::DeleteBefore)),
    fixed(TYPING, &[n(C::Delete), ctrl('d')], "", "Delete the character after", A::Type(Edit::DeleteAfter)),
    fixed(TYPING, &[ctrl('w')], "", "Delete back to the last blank", A::Type(Edit::DeleteWord)),
    fixed(TYPING, &[n(C::Backspace).with_alt(), n(C::Backspace).with_ctrl()], "", "Delete the word before", A::Type(Edit::DeleteWordBefore)),
    fixed(TYPING, &[alt('d'), n(C::Delete).with_ctrl()], "", "Delete the word after", A::Type(Edit::DeleteWordAfter)),
    fixed(TYPING, &[ctrl('u')], "", "Delete to the start", A::Type(Edit::DeleteToStart)),
    fixed(TYPING, &[ctrl('k')], "", "Delete to the end", A::Type(Edit::DeleteToEnd)),

    fixed(&[M::Help], &[n(C::Enter)], "do it", "Do what the marked row says", A::RunHelp),
    fixed(&[M::Help], &[n(C::Esc), n(C::F(1))], "close", "Close the help", A::CloseHelp),
    fixed(&[M::Help], &[n(C::Up)], "", "The row above", A::Go(Step::Up)),
    fixed(&[M::Help], &[n(C::Down)], "", "The row below", A::Go(Step::Down)),
    fixed(&[M::Help], &[n(C::PageUp)], "", "A page up", A::Go(Step::PageUp)),
    fixed(&[M::Help], &[n(C::PageDown)], "", "A page down", A::Go(Step::PageDown)),

    row(LISTS, &[n(C::Up), c('k')], "up", "", "The row above", A::Go(Step::Up)),
    row(LISTS, &[n(C::Down), c('j')], "down", "", "The row below", A::Go(Step::Down)),
    row(LISTS, &[c('g'), n(C::Home)], "first", "", "The first row", A::Go(Step::First)),
    row(LISTS, &[c('G'), n(C::End)], "last", "", "The last row", A::Go(Step::Last)),
    row(LISTS, &[n(C::PageUp)], "page_up", "", "A page up", A::Go(Step::PageUp)),
    row(LISTS, &[n(C::PageDown)], "page_down", "", "A page down", A::Go(Step::PageDown)),
    row(LISTS, &[ctrl('u')], "half_page_up", "", "Half a page up", A::Go(Step::HalfUp)),
    row(LISTS, &[ctrl('d')], "half_page_down", "", "Half a page down", A::Go(Step::HalfDown)),
    row(LISTS, &[c('1')], "keys", "", "Shows the keys", A::Show(Tab::Keys)),
    row(LISTS, &[c('2')], "accounts", "", "Shows the accounts", A::Show(Tab::Accounts)),
    row(LISTS, &[c('3')], "activity", "", "Shows the activity", A::Show(Tab::Activity)),
    row(LISTS, &[n(C::Tab)], "next_tab", "", "The next tab", A::NextTab),
    row(LISTS, &[n(C::BackTab)], "previous_tab", "", "The tab before", A::PreviousTab),
    row(LISTS, &[c('m')], "storage_mode", "storage mode", "Turn Storage Mode on, or off after a question", A::StorageMode),
    row(IN_DIALOGS, &[c('m')], "storage_mode", "", "Turn Storage Mode on, or off after a question", A::StorageMode),
    row(EVERYWHERE, &[ctrl('l')], "redraw", "", "Draw the screen anew", A::Redraw),
    row(EVERYWHERE, &[ctrl('z')], "suspend", "", "Suspend", A::Suspend),
    fixed(EVERYWHERE, &[ctrl('c')], "", "Quit", A::Interrupt),
    row(LISTS, &[c('q')], "quit", "quit", "Quit", A::Quit),
    row(NOT_TEXT, &[c('?'), n(C::F(1))], "help", "help", "Help for this place", A::Help),
];

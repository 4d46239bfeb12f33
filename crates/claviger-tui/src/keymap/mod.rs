//! Owns what a press asks for where it lands. Must not carry anything out.
//!
//! Presses, the footer, the help overlay and the tables of the documentation all come from one table, so they cannot
//! disagree.

mod rebind;
pub(crate) mod table;

use crate::input::Edit;
use crate::press::Press;
use crate::state::Tab;

pub use rebind::RebindError;
use table::BINDINGS;
pub(crate) use table::Binding;

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

impl Mode {
    /// Whether letters are typed here.
    pub(crate) const fn takes_text(self) -> bool {
        matches!(self, Self::Filter | Self::Text | Self::BoxFilter | Self::DeleteButton | Self::Help)
    }

    /// What a person calls this place.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Keys => "the keys",
            Self::Accounts => "the accounts",
            Self::Activity => "the activity",
            Self::Filter => "a list's filter",
            Self::Text => "a text field",
            Self::Check => "a checkbox",
            Self::Boxes => "a dialog's accounts",
            Self::BoxFilter => "the filter of a dialog's accounts",
            Self::Button => "a button",
            Self::DeleteButton => "a button of Delete key",
            Self::Confirm => "a question",
            Self::Waiting => "a dialog that waits",
            Self::Secret => "Copy your secret",
            Self::Help => "the help",
        }
    }
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
    Release,
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
    RunHelp,
    Quit,
    Interrupt,
    Redraw,
    Retry,
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

/// What can be pressed where: the table, with what `[keys]` in `config.toml` puts in its place.
#[derive(Clone, Debug)]
pub struct Keymap {
    rows: Vec<Row>,
}

/// A row of the table with the presses that hold.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) binding: &'static Binding,
    presses: Vec<Press>,
}

impl Row {
    /// How its presses are written, all of them.
    pub(crate) fn label(&self) -> String {
        self.presses.iter().map(Press::to_string).collect::<Vec<_>>().join(" ")
    }

    /// How the first of its presses is written.
    pub(crate) fn press(&self) -> String {
        self.presses.first().map(Press::to_string).unwrap_or_default()
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let row = |binding: &'static Binding| Row { binding, presses: binding.presses.to_vec() };
        Self { rows: BINDINGS.iter().map(row).collect() }
    }
}

impl Keymap {
    /// What a press asks for in a mode.
    pub(crate) fn action(&self, mode: Mode, press: Press) -> Option<Action> {
        self.rows(mode).find(|row| row.presses.contains(&press)).map(|row| row.binding.action)
    }

    /// The rows of a mode, in the table's order.
    pub(crate) fn rows(&self, mode: Mode) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.binding.modes.contains(&mode))
    }

    /// How the press for an action is written, for sentences that name it.
    pub(crate) fn press_for(&self, action: Action) -> String {
        self.rows.iter().find(|row| row.binding.action == action).map(Row::press).unwrap_or_default()
    }

    /// Every press that does something somewhere.
    #[cfg(test)]
    pub(crate) fn presses(&self) -> impl Iterator<Item = Press> {
        self.rows.iter().flat_map(|row| row.presses.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::table::EVERYWHERE;
    use super::*;

    #[test]
    fn no_press_means_two_things_in_one_mode() {
        let keymap = Keymap::default();
        for mode in EVERYWHERE {
            let mut seen = HashMap::new();
            for row in keymap.rows(*mode) {
                for press in &row.presses {
                    let before = seen.insert(*press, row.binding.action);
                    assert_eq!(before, None, "{press} in {mode:?}: also {:?}", row.binding.action);
                }
            }
        }
    }

    #[test]
    fn no_letter_is_taken_from_a_text() {
        let keymap = Keymap::default();
        for mode in EVERYWHERE.iter().copied().filter(|mode| mode.takes_text()) {
            let taken: Vec<_> = keymap
                .rows(mode)
                .flat_map(|row| &row.presses)
                .filter(|press| press.typed().is_some())
                .collect();
            assert!(taken.is_empty(), "{mode:?} takes {taken:?}");
        }
    }

    #[test]
    fn every_row_says_what_it_does_and_its_presses_are_read_as_they_are_written() {
        for binding in BINDINGS {
            assert!(!binding.help.is_empty() && !binding.presses.is_empty());
            for press in binding.presses {
                assert_eq!(press.to_string().parse(), Ok(*press));
            }
        }
    }
}

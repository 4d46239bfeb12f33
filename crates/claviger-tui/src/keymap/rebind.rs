//! Owns how `[keys]` in `config.toml` replaces presses, and what it must not do. Must not read a file.

use std::collections::BTreeMap;

use super::table::{BINDINGS, EVERYWHERE};
use super::{Keymap, Mode, Row};
use crate::press::Press;

/// Opening one of these asks something, so what confirms must be another press: a key that is held down repeats.
const OPENERS: [&str; 5] = ["rotate", "release", "delete", "storage_mode", "save"];
/// What answers such a question with yes.
const CONFIRM: &str = "confirm";

/// Why presses cannot be replaced so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebindError {
    /// No action has this name.
    #[error("keys.{name} is no action: the actions are {}", Keymap::names().join(", "))]
    UnknownAction {
        /// The name that was given.
        name: String,
    },
    /// What is bound to the action is no press.
    #[error(
        "keys.{name} must be a press, such as \"R\", \"Ctrl-R\", \"Alt-R\" or \"F5\", or a list of presses"
    )]
    NotAPress {
        /// The action.
        name: &'static str,
    },
    /// The action would have no press at all.
    #[error("keys.{name} must have at least one press")]
    NoPress {
        /// The action.
        name: &'static str,
    },
    /// One press would mean two things.
    #[error("{press} would mean both {one} and {other} in {place}: keys.{name} must be another press")]
    Clash {
        /// The press.
        press: Press,
        /// An action that was rebound.
        name: &'static str,
        /// The first meaning.
        one: &'static str,
        /// The second meaning.
        other: &'static str,
        /// Where.
        place: &'static str,
    },
    /// The press would both ask and answer.
    #[error(
        "{press} would mean both {opener} and {CONFIRM}: a press that opens a question must not answer it"
    )]
    Unasked {
        /// The press.
        press: Press,
        /// What opens the question.
        opener: &'static str,
    },
    /// The press is a letter that is typed where the action holds.
    #[error("keys.{name} must not be {press}, which is typed as text in {place}: hold Ctrl or Alt with it")]
    Typed {
        /// The press.
        press: Press,
        /// The action.
        name: &'static str,
        /// Where.
        place: &'static str,
    },
}

impl Keymap {
    /// The names of the actions that can be rebound, in the table's order.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let mut names = Vec::new();
        for name in BINDINGS.iter().filter_map(|binding| binding.name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The table with other presses for some actions, by their names.
    ///
    /// # Errors
    /// See [`RebindError`].
    pub fn rebound(changes: &BTreeMap<String, Vec<String>>) -> Result<Self, RebindError> {
        let mut keymap = Self::default();
        for (name, texts) in changes {
            let Some(name) = Self::names().into_iter().find(|known| known == name) else {
                return Err(RebindError::UnknownAction { name: name.clone() });
            };
            let mut presses = Vec::new();
            for text in texts {
                let press = text.parse().map_err(|_| RebindError::NotAPress { name })?;
                if !presses.contains(&press) {
                    presses.push(press);
                }
            }
            if presses.is_empty() {
                return Err(RebindError::NoPress { name });
            }
            for row in keymap.rows.iter_mut().filter(|row| row.binding.name == Some(name)) {
                row.presses.clone_from(&presses);
            }
        }
        let is_changed = |row: &Row| row.binding.name.is_some_and(|name| changes.contains_key(name));
        for mode in EVERYWHERE {
            keymap.check(*mode, is_changed)?;
        }
        keymap.check_questions()?;
        Ok(keymap)
    }

    /// Whether each press has one meaning in a mode, and none is taken from a text.
    fn check(&self, mode: Mode, is_changed: impl Fn(&Row) -> bool) -> Result<(), RebindError> {
        let rows: Vec<&Row> = self.rows(mode).collect();
        let presses = |row: &Row| row.presses.clone();
        for (at, row) in rows.iter().enumerate() {
            for press in presses(row) {
                if let Some(name) = row.binding.name
                    && mode.takes_text()
                    && press.typed().is_some()
                {
                    return Err(RebindError::Typed { press, name, place: mode.title() });
                }
                let Some(other) = rows[..at].iter().find(|other| other.presses.contains(&press)) else {
                    continue;
                };
                let name =
                    [row, other].into_iter().find(|row| is_changed(row)).and_then(|row| row.binding.name);
                return Err(RebindError::Clash {
                    press,
                    name: name.unwrap_or_default(),
                    one: called(other),
                    other: called(row),
                    place: mode.title(),
                });
            }
        }
        Ok(())
    }

    /// Whether no press that opens a question also answers it.
    fn check_questions(&self) -> Result<(), RebindError> {
        for opener in OPENERS {
            let press =
                self.presses_of(opener).find(|press| self.presses_of(CONFIRM).any(|yes| yes == *press));
            if let Some(press) = press {
                return Err(RebindError::Unasked { press, opener });
            }
        }
        Ok(())
    }
}

impl Keymap {
    fn presses_of(&self, name: &'static str) -> impl Iterator<Item = Press> {
        let rows = self.rows.iter().filter(move |row| row.binding.name == Some(name));
        rows.flat_map(|row| row.presses.iter().copied())
    }
}

/// An action's name, or what a row does that has none.
fn called(row: &Row) -> &'static str {
    row.binding.name.unwrap_or(row.binding.help)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keymap::Action;

    fn rebound(changes: &[(&str, &[&str])]) -> Result<Keymap, String> {
        let list = |presses: &[&str]| presses.iter().map(ToString::to_string).collect();
        let changes = changes.iter().map(|(name, presses)| (name.to_string(), list(presses))).collect();
        Keymap::rebound(&changes).map_err(|error| error.to_string())
    }

    #[test]
    fn an_action_takes_other_presses_wherever_it_holds() {
        let keymap =
            rebound(&[("rotate", &["T", "Ctrl-T"]), ("release", &["r"]), ("storage_mode", &["M"])]).unwrap();
        let action = |mode, press: &str| keymap.action(mode, press.parse().unwrap());
        assert_eq!(action(Mode::Keys, "T"), Some(Action::Rotate));
        assert_eq!(action(Mode::Keys, "Ctrl-T"), Some(Action::Rotate));
        assert_eq!(action(Mode::Keys, "r"), Some(Action::Release));
        assert_eq!(action(Mode::Keys, "R"), None);
        for mode in [Mode::Keys, Mode::Activity, Mode::Confirm, Mode::Secret] {
            assert_eq!(action(mode, "M"), Some(Action::StorageMode), "{mode:?}");
        }
        assert!(rebound(&[("rotate", &["s"]), ("scope", &["r"])]).is_ok(), "two can change places");
    }

    #[test]
    fn a_fault_names_what_is_at_fault() {
        for (changes, named) in [
            (&[("rotat", &["R"][..])][..], &["keys.rotat ", "rotate"][..]),
            (&[("rotate", &["Ctrl-Shift-Hyper-R"])], &["keys.rotate", "Ctrl-R"]),
            (&[("rotate", &[])], &["keys.rotate", "at least one"]),
            (&[("rotate", &["s"])], &["rotate", "scope", "the keys", "s would"]),
            (&[("rotate", &["R"])], &["rotate", "release", "the keys"]),
            (&[("release", &["y"])], &["release", "copy_id"]),
            (&[("rotate", &["Tab"])], &["rotate", "next_tab", "the keys"]),
            (&[("rotate", &["Ctrl-C"])], &["rotate", "Quit", "Ctrl-C"]),
            (&[("confirm", &["r"])], &["rotate", "confirm"]),
            (&[("confirm", &["R"])], &["release", "confirm"]),
            (&[("confirm", &["Ctrl-S"])], &["save", "confirm"]),
            (&[("save", &["S"])], &["keys.save", "a text field"]),
            (&[("cancel", &["x"])], &["keys.cancel"]),
        ] {
            let said = rebound(changes).unwrap_err();
            assert!(named.iter().all(|name| said.contains(name)), "{changes:?}: {said}");
        }
    }

    fn press() -> impl Strategy<Value = Press> {
        proptest::sample::select(Keymap::default().presses().collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_means_one_thing_in_one_place(
            name in proptest::sample::select(Keymap::names()),
            other in proptest::sample::select(Keymap::names()),
            presses in prop::collection::vec(press(), 2..4),
        ) {
            let text = |press: &Press| press.to_string();
            let mut changes = BTreeMap::from([(name.to_owned(), vec![text(&presses[0])])]);
            changes.insert(other.to_owned(), presses[1..].iter().map(text).collect());
            let Ok(keymap) = Keymap::rebound(&changes) else { return Ok(()) };
            for mode in EVERYWHERE {
                for press in keymap.presses() {
                    let meanings = keymap.rows(*mode).filter(|row| row.presses.contains(&press)).count();
                    prop_assert!(meanings <= 1, "{press} in {mode:?}");
                    prop_assert!(meanings == 0 || !mode.takes_text() || press.typed().is_none());
                }
                prop_assert_eq!(keymap.action(*mode, Press::ctrl('c')), Some(Action::Interrupt));
            }
        }
    }
}

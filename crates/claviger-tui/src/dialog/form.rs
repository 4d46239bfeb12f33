//! Owns a form: its fields, its two buttons, where the focus is, and how far it has come. Must not know the daemon.

use claviger_api::Timestamp;

use super::{Boxes, Findings, Purpose};
use crate::effects::{Call, CallId};
use crate::input::Input;

/// A dialog with fields and two buttons. A question is a form without fields.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) purpose: Purpose,
    pub(crate) fields: Vec<Field>,
    /// A place among the fields, then the buttons.
    pub(crate) focus: usize,
    pub(crate) phase: Phase,
    pub(crate) findings: Findings,
}

/// How much a form shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    All,
    Some,
    Nothing,
}

/// A field.
#[derive(Debug)]
pub(crate) enum Field {
    Text(TextField),
    /// `Share all accounts`.
    ShareAll(bool),
    Accounts(Box<Boxes>),
}

/// A line to type in.
#[derive(Debug)]
pub(crate) struct TextField {
    pub(crate) label: &'static str,
    /// Stands in the line while it is empty.
    pub(crate) hint: &'static str,
    pub(crate) input: Input,
}

/// One of a form's two buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Button {
    /// Does what the form is for.
    Go,
    Cancel,
}

/// How far a form has come.
#[derive(Debug)]
pub(crate) enum Phase {
    Asking,
    Waiting(Box<Pending>),
    /// It was refused, for this reason, and asks again.
    Failed(String),
    /// It was refused because its subject was changed elsewhere. Asking again helps only from the new state.
    Outdated,
}

/// The call that a form waits for.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) id: CallId,
    pub(crate) call: Call,
    /// The connection that it was sent over.
    pub(crate) epoch: u64,
    /// When its button was pressed.
    pub(crate) since: Timestamp,
    /// Whether it was sent more than once.
    pub(crate) resent: bool,
    /// Whether its connection is gone, so that it must be sent again.
    pub(crate) lost: bool,
    /// Whether Ctrl-C was pressed and the next one quits.
    pub(crate) quitting: bool,
}

/// What has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Text,
    ShareAll,
    Boxes,
    Button,
}

impl Pending {
    /// How long an answer may take before the dialog can be left without it. Milliseconds.
    const PATIENCE: i64 = 2000;

    /// From when on the dialog can be left though the daemon is there.
    pub(crate) fn late_at(&self) -> Timestamp {
        Timestamp::from_millis(self.since.as_millis() + Self::PATIENCE)
    }
}

impl Form {
    /// A form with the focus on its first field, or on Cancel where something would be lost.
    pub(crate) fn new(purpose: Purpose, fields: Vec<Field>) -> Self {
        let focus = if purpose.saves() { 0 } else { fields.len() + 1 };
        let mut form = Self { purpose, fields, focus, phase: Phase::Asking, findings: Findings::None };
        if !form.reachable(focus) {
            form.next();
        }
        form
    }

    /// The button that has the focus.
    pub(crate) fn button(&self) -> Option<Button> {
        match self.focus.checked_sub(self.fields.len()) {
            Some(0) => Some(Button::Go),
            Some(_) => Some(Button::Cancel),
            None => None,
        }
    }

    pub(crate) fn stop(&self) -> Stop {
        match self.fields.get(self.focus) {
            Some(Field::Text(_)) => Stop::Text,
            Some(Field::ShareAll(_)) => Stop::ShareAll,
            Some(Field::Accounts(_)) => Stop::Boxes,
            None => Stop::Button,
        }
    }

    pub(crate) fn waiting(&self) -> Option<&Pending> {
        match &self.phase {
            Phase::Waiting(pending) => Some(pending),
            _ => None,
        }
    }

    pub(crate) fn waiting_mut(&mut self) -> Option<&mut Pending> {
        match &mut self.phase {
            Phase::Waiting(pending) => Some(pending),
            _ => None,
        }
    }

    /// Whether letters go to the name wherever the focus is.
    pub(crate) fn wants_name_typed(&self) -> bool {
        matches!(self.purpose, Purpose::DeleteKey(_))
    }

    pub(crate) fn next(&mut self) {
        self.walk(1);
    }

    pub(crate) fn previous(&mut self) {
        self.walk(self.stops() - 1);
    }

    fn walk(&mut self, by: usize) {
        if let Some(boxes) = self.boxes_mut() {
            boxes.typing = false;
        }
        for _ in 0..self.stops() {
            self.focus = (self.focus + by) % self.stops();
            if self.reachable(self.focus) {
                break;
            }
        }
    }

    fn stops(&self) -> usize {
        self.fields.len() + 2
    }

    /// Whether the focus can be there: not on the accounts while all are shared, or while there is none.
    fn reachable(&self, stop: usize) -> bool {
        match self.fields.get(stop) {
            Some(Field::Accounts(boxes)) => {
                let nothing_to_check = boxes.list.rows.is_empty() && boxes.list.filter.is_empty();
                !self.shares_all() && !nothing_to_check
            }
            _ => true,
        }
    }

    /// Moves the focus off a field that can no longer have it.
    pub(crate) fn settle_focus(&mut self) {
        if !self.reachable(self.focus) {
            self.next();
        }
    }

    pub(crate) fn shares_all(&self) -> bool {
        self.fields.iter().any(|field| matches!(field, Field::ShareAll(true)))
    }

    pub(crate) fn sharing(&self) -> Sharing {
        match self.boxes() {
            _ if self.shares_all() => Sharing::All,
            Some(boxes) if !boxes.checked.is_empty() => Sharing::Some,
            _ => Sharing::Nothing,
        }
    }

    pub(crate) fn boxes(&self) -> Option<&Boxes> {
        self.fields.iter().find_map(|field| match field {
            Field::Accounts(boxes) => Some(&**boxes),
            _ => None,
        })
    }

    pub(crate) fn boxes_mut(&mut self) -> Option<&mut Boxes> {
        self.fields.iter_mut().find_map(|field| match field {
            Field::Accounts(boxes) => Some(&mut **boxes),
            _ => None,
        })
    }

    /// The line that presses are typed into.
    pub(crate) fn line(&mut self) -> Option<&mut Input> {
        match self.fields.get_mut(self.focus)? {
            Field::Text(text) => Some(&mut text.input),
            Field::Accounts(boxes) if boxes.typing => Some(boxes.filter()),
            _ => None,
        }
    }

    /// What stands in the text field with this label.
    pub(crate) fn text(&self, label: &str) -> &str {
        let mut texts = self.fields.iter().filter_map(|field| match field {
            Field::Text(text) if text.label == label => Some(text.input.text()),
            _ => None,
        });
        texts.next().unwrap_or_default()
    }
}

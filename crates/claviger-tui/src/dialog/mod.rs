//! Owns the dialogs: what they ask, what is filled in, what they would release. Must not carry anything out or draw.

mod boxes;
mod form;
mod opening;
mod request;

use claviger_api::{Key, Secret, Timestamp};

pub(crate) use boxes::Boxes;
pub(crate) use form::{Button, Field, Form, Pending, Phase, Purpose, Stop, TextField};

/// A dialog.
#[derive(Debug)]
pub(crate) enum Dialog {
    Form(Form),
    Secret(SecretDialog),
}

/// `Copy your secret`. It holds the only copy of the secret, which is wiped when the dialog is dropped.
#[derive(Debug)]
pub(crate) struct SecretDialog {
    pub(crate) key: Key,
    pub(crate) secret: Secret,
    /// Whether the button has the focus. It has not at first: the Enter that made the key must not close this.
    pub(crate) on_button: bool,
    /// When Enter was last pressed here: one that is held down must not press the button.
    pub(crate) entered_at: Option<Timestamp>,
    /// What was last done or refused here.
    pub(crate) said: Option<String>,
    /// Whether Ctrl-C was pressed and the next one quits.
    pub(crate) quitting: bool,
}

impl SecretDialog {
    /// What its only button says.
    pub(crate) const BUTTON: &'static str = "I have saved it";

    pub(crate) fn new(key: Key, secret: Secret) -> Self {
        Self { key, secret, on_button: false, entered_at: None, said: None, quitting: false }
    }
}

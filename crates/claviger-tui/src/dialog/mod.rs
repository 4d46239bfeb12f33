//! Owns the dialogs: what they ask, what is filled in, what they would release. Must not carry anything out or draw.

mod boxes;
mod change;
mod findings;
mod form;
mod opening;
mod purpose;
mod request;
mod window;

use claviger_api::{Key, Secret, Timestamp};

pub(crate) use boxes::{Boxes, Listed, searched};
pub(crate) use change::{Change, Names};
pub(crate) use findings::{Findings, Heard};
pub(crate) use form::{Button, Field, Form, Pending, Phase, Sharing, Stop, TextField};
pub(crate) use purpose::{Purpose, Subject};
pub(crate) use request::Release;
pub(crate) use window::{Line, Window};

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
    /// Until when Enter does nothing: the one that made the key, held down or pressed again in impatience, must not
    /// close this. Any other press shows that somebody is here, and ends it.
    pub(crate) deaf_until: Option<Timestamp>,
    /// Whether it came while something else was in front. Then nothing that was meant for that may close it: Tab or an
    /// arrow must come first.
    pub(crate) is_unasked: bool,
    /// Why the secret opens nothing any more; lasts as long as that.
    pub(crate) warning: Option<&'static str>,
    /// Whether it was handed to a clipboard.
    pub(crate) is_copied: bool,
    /// Where it was last written to.
    pub(crate) written: Option<String>,
    /// What was last done or refused here.
    pub(crate) said: Option<String>,
    /// Whether Ctrl-C was pressed and the next one quits.
    pub(crate) quitting: bool,
}

impl SecretDialog {
    /// What its only button says.
    pub(crate) const BUTTON: &'static str = "I have saved it";

    pub(crate) fn new(key: Key, secret: Secret, deaf_until: Timestamp) -> Self {
        Self {
            key,
            secret,
            deaf_until: Some(deaf_until),
            is_unasked: false,
            warning: None,
            is_copied: false,
            written: None,
            said: None,
            quitting: false,
        }
    }

    /// Compares the secret's key with what the daemon has now.
    pub(crate) fn compare(&mut self, key: &Key) {
        let is_rotated = key.rotated_at > self.key.rotated_at;
        self.warning =
            is_rotated.then_some("the key was rotated elsewhere: this secret opens nothing any more");
    }

    /// Takes that the daemon has the key no more.
    pub(crate) fn bereave(&mut self) {
        self.warning = Some("the key was deleted elsewhere: this secret opens nothing any more");
    }
}

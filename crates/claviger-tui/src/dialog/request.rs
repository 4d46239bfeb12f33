//! Owns what a form asks of the daemon when its button is pressed, and why it can't yet. Must not send it.

use claviger_api::{AccountId, KeyId, Name, RequestId, Scope};

use super::form::{Field, Form, Sharing};
use super::opening::{ID, INSTITUTION, KIND, MASK, NAME};
use super::{Change, Purpose, Subject};
use crate::effects::{Call, Facts};

/// Why a form cannot be sent, and the field at fault where one is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    pub(crate) field: Option<usize>,
    pub(crate) reason: String,
}

/// What pressing a form's button leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// This is asked of the daemon.
    Call(Call),
    /// A person is asked first whether this key is to get every account.
    ShareAllQuestion(Subject<KeyId>),
}

impl Obstacle {
    fn new(reason: &str) -> Self {
        Self { field: None, reason: reason.to_owned() }
    }
}

impl Form {
    /// What the button releases. `request_id` names the call where it makes a secret.
    pub(crate) fn release(&self, request_id: RequestId) -> Result<Release, Obstacle> {
        match (&self.purpose, self.change()) {
            (Purpose::EditScope(key), Some(Change::Widens(_))) => Ok(Release::ShareAllQuestion(key.clone())),
            _ => self.request(request_id).map(Release::Call),
        }
    }

    fn request(&self, request_id: RequestId) -> Result<Call, Obstacle> {
        Ok(match &self.purpose {
            Purpose::CreateKey => Call::CreateKey { name: self.name()?, scope: self.scope()?, request_id },
            Purpose::RenameKey(key) => {
                Call::RenameKey { id: key.id, name: self.name()?, expected_version: key.version }
            }
            Purpose::EditScope(key) => {
                Call::SetScope { id: key.id, scope: self.scope()?, expected_version: key.version }
            }
            Purpose::ShareAll(key) => {
                Call::SetScope { id: key.id, scope: Scope::All, expected_version: key.version }
            }
            Purpose::RotateKey(key) => {
                Call::RotateKey { id: key.id, expected_version: key.version, request_id }
            }
            Purpose::ReleaseKey(key) => Call::ReleaseKey { id: key.id, expected_version: key.version },
            Purpose::DeleteKey(key) => {
                self.named_exactly(&key.name)?;
                Call::DeleteKey { id: key.id, expected_version: key.version }
            }
            Purpose::ConnectAccount => {
                Call::ConnectAccount { name: self.name()?, facts: self.facts()?, id: self.account_id()? }
            }
            Purpose::EditAccount(account) => Call::UpdateAccount {
                id: account.id.clone(),
                name: self.name()?,
                facts: self.facts()?,
                expected_version: account.version,
            },
            Purpose::DisconnectAccount(account) => Call::DisconnectAccount { id: account.id.clone() },
            Purpose::StorageMode => Call::SetStorageMode { enabled: false },
        })
    }

    /// Why the button can't be pressed now, where only the form has to be looked at.
    pub(crate) fn obstacle(&self) -> Option<String> {
        match &self.purpose {
            Purpose::DeleteKey(key) => self.named_exactly(&key.name).err(),
            Purpose::CreateKey | Purpose::EditScope(_) if self.sharing() == Sharing::Nothing => {
                Some(Self::nothing_checked())
            }
            _ => None,
        }
        .map(|obstacle| obstacle.reason)
    }

    fn named_exactly(&self, name: &str) -> Result<(), Obstacle> {
        let typed = Name::parse(self.text(NAME));
        let same = typed.is_ok_and(|typed| typed.as_str() == name);
        same.then_some(()).ok_or_else(|| Obstacle::new("type the name exactly as it is above"))
    }

    /// All accounts only when the box says so; never because nothing is checked.
    fn scope(&self) -> Result<Scope, Obstacle> {
        match (self.sharing(), self.boxes()) {
            (Sharing::All, _) => Ok(Scope::All),
            (Sharing::Some, Some(boxes)) => Ok(Scope::Only(boxes.checked.clone())),
            _ => Err(Self::nothing_checked()),
        }
    }

    fn nothing_checked() -> Obstacle {
        Obstacle::new("check an account, or share them all")
    }

    fn name(&self) -> Result<Name, Obstacle> {
        Name::parse(self.text(NAME)).map_err(|error| self.at(NAME, &error.to_string()))
    }

    fn facts(&self) -> Result<Facts, Obstacle> {
        Ok(Facts {
            institution: self.optional(INSTITUTION)?,
            mask: self.optional(MASK)?,
            kind: self.optional(KIND)?,
        })
    }

    fn optional(&self, label: &str) -> Result<Option<Name>, Obstacle> {
        match self.text(label) {
            blank if blank.trim().is_empty() => Ok(None),
            text => Name::parse(text).map(Some).map_err(|error| self.at(label, &error.to_string())),
        }
    }

    fn account_id(&self) -> Result<Option<AccountId>, Obstacle> {
        match self.text(ID).trim() {
            "" => Ok(None),
            text => AccountId::parse(text)
                .map(Some)
                .ok_or_else(|| self.at(ID, "must have 1 to 64 characters of A-Z a-z 0-9 _ -")),
        }
    }

    fn at(&self, label: &str, rule: &str) -> Obstacle {
        let field =
            self.fields.iter().position(|field| matches!(field, Field::Text(text) if text.label == label));
        Obstacle { field, reason: format!("{label} {rule}") }
    }
}

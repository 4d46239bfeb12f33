//! Owns how each dialog looks when it opens, from the state at that moment. Must not ask anything of the daemon.

use claviger_api::{Account, AccountId, Key, KeyId, Scope};

use super::form::{Field, Form, TextField};
use super::{Boxes, Purpose, Subject};
use crate::input::Input;
use crate::state::Store;

/// The label of the field that every form with a name has.
pub(crate) const NAME: &str = "Name";
pub(crate) const INSTITUTION: &str = "Institution";
pub(crate) const MASK: &str = "Mask";
pub(crate) const KIND: &str = "Kind";
pub(crate) const ID: &str = "Id";

impl Subject<KeyId> {
    fn of(key: &Key) -> Self {
        Self { id: key.id, name: key.name.clone(), version: key.version }
    }
}

impl Subject<AccountId> {
    fn of(account: &Account) -> Self {
        Self { id: account.id.clone(), name: account.name.clone(), version: account.version }
    }
}

impl Form {
    pub(crate) fn create_key(store: &Store) -> Self {
        let fields = vec![
            text(NAME, "what will use it", ""),
            Field::ShareAll(true),
            Field::Accounts(Box::new(Boxes::new(None, store))),
        ];
        Self::new(Purpose::CreateKey, fields)
    }

    pub(crate) fn rename_key(key: &Key) -> Self {
        Self::new(Purpose::RenameKey(Subject::<KeyId>::of(key)), vec![text(NAME, "", &key.name)])
    }

    pub(crate) fn edit_scope(key: &Key, store: &Store) -> Self {
        let all = key.scope == Scope::All;
        let boxes = Boxes::new(Some(key.scope.clone()), store);
        let fields = vec![Field::ShareAll(all), Field::Accounts(Box::new(boxes))];
        Self::new(Purpose::EditScope(Subject::<KeyId>::of(key)), fields)
    }

    /// The question that comes before a restricted key gets every account.
    pub(crate) fn share_all(key: Subject<KeyId>, store: &Store) -> Self {
        Self::question(Purpose::ShareAll(key), store)
    }

    /// A form without fields.
    fn question(purpose: Purpose, store: &Store) -> Self {
        let mut form = Self::new(purpose, vec![]);
        form.look_again(store);
        form
    }

    pub(crate) fn rotate_key(key: &Key, store: &Store) -> Self {
        Self::question(Purpose::RotateKey(Subject::<KeyId>::of(key)), store)
    }

    pub(crate) fn release_key(key: &Key, store: &Store) -> Self {
        Self::question(Purpose::ReleaseKey(Subject::<KeyId>::of(key)), store)
    }

    pub(crate) fn delete_key(key: &Key) -> Self {
        Self::new(
            Purpose::DeleteKey(Subject::<KeyId>::of(key)),
            vec![text(NAME, "type the name of the key", "")],
        )
    }

    pub(crate) fn connect_account() -> Self {
        let mut fields = account_fields("", [None, None, None]);
        fields.push(text(ID, "made for you when left empty", ""));
        Self::new(Purpose::ConnectAccount, fields)
    }

    pub(crate) fn edit_account(account: &Account) -> Self {
        let facts = [account.institution.as_deref(), account.mask.as_deref(), account.kind.as_deref()];
        Self::new(
            Purpose::EditAccount(Subject::<AccountId>::of(account)),
            account_fields(&account.name, facts),
        )
    }

    pub(crate) fn disconnect_account(account: &Account, store: &Store) -> Self {
        Self::question(Purpose::DisconnectAccount(Subject::<AccountId>::of(account)), store)
    }

    pub(crate) fn storage_mode_off(store: &Store) -> Self {
        Self::question(Purpose::StorageMode, store)
    }

    /// The same form begun again from what the daemon has now; `None` where its subject is gone.
    pub(crate) fn reloaded(&self, store: &Store) -> Option<Self> {
        let key = self.purpose.key().and_then(|key| store.key(&key.id));
        let account = self.purpose.account().and_then(|account| store.account(&account.id));
        Some(match &self.purpose {
            Purpose::CreateKey => Self::create_key(store),
            Purpose::RenameKey(_) => Self::rename_key(key?),
            Purpose::EditScope(_) => Self::edit_scope(key?, store),
            // It has no state of its own to begin again from.
            Purpose::ShareAll(_) => return None,
            Purpose::RotateKey(_) => Self::rotate_key(key?, store),
            Purpose::ReleaseKey(_) => Self::release_key(key?, store),
            Purpose::DeleteKey(_) => Self::delete_key(key?),
            Purpose::ConnectAccount => Self::connect_account(),
            Purpose::EditAccount(_) => Self::edit_account(account?),
            Purpose::DisconnectAccount(_) => Self::disconnect_account(account?, store),
            Purpose::StorageMode => Self::storage_mode_off(store),
        })
    }

    /// Why there is nothing left to do: the subject is gone, or what this is for was done elsewhere.
    pub(crate) fn is_moot(&self, store: &Store) -> Option<String> {
        if let Some(key) = self.purpose.key() {
            let known = store.key(&key.id);
            let is_released = matches!(self.purpose, Purpose::ReleaseKey(_))
                && known.is_some_and(|key| key.suspended_at.is_none());
            return match known {
                None => Some(format!("the key {} is gone", key.name)),
                Some(_) if is_released => Some(format!("the key {} is no longer suspended", key.name)),
                Some(_) => None,
            };
        }
        let account = self.purpose.account()?;
        let is_gone = !store.accounts.contains_key(&account.id);
        is_gone.then(|| format!("the account {} is gone", account.name))
    }

    /// Whether the subject is no longer what it was when this was opened.
    pub(crate) fn is_outdated(&self, store: &Store) -> bool {
        let key = self.purpose.key().and_then(|key| Some(store.key(&key.id)?.version != key.version));
        let account = self
            .purpose
            .account()
            .and_then(|account| Some(store.account(&account.id)?.version != account.version));
        key.or(account).unwrap_or(false)
    }
}

fn text(label: &'static str, hint: &'static str, content: &str) -> Field {
    Field::Text(TextField { label, hint, input: Input::of(content) })
}

fn account_fields(name: &str, [institution, mask, kind]: [Option<&str>; 3]) -> Vec<Field> {
    vec![
        text(NAME, "what people call it", name),
        text(INSTITUTION, "who holds it (may stay empty)", institution.unwrap_or_default()),
        text(MASK, "its last digits (may stay empty)", mask.unwrap_or_default()),
        text(KIND, "checking, savings, credit … (may stay empty)", kind.unwrap_or_default()),
    ]
}

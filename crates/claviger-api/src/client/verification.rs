//! Owns what a program asks that only verifies. Must not keep a verdict or decide one.

use super::{CallError, Client};
use crate::error::{Code, Error};
use crate::id::PresentedAccountId;
use crate::method::{AccountsVisible, KeysVerify, ListVisible, VerifySecret};
use crate::object::{Account, Verification};
use crate::secret::Secret;

impl Client {
    /// Asks whose a secret is. This is no verdict on an account: look at the answer's `scope`, or ask with
    /// [`verify_account`](Self::verify_account).
    ///
    /// # Errors
    /// [`CallError::Refused`] where it is no living key's secret, or Storage Mode is off; everything else that is no
    /// grant likewise is an error.
    pub async fn verify(&self, secret: &Secret) -> Result<Verification, CallError> {
        let verdict = self.call::<KeysVerify>(VerifySecret { secret: secret.clone(), account: None }).await?;
        about(verdict, None)
    }

    /// Asks whose a secret is, and whether it may see an account, by its id.
    ///
    /// # Errors
    /// As [`verify`](Self::verify); and [`Code::NotFound`] where the account is out of the key's scope or absent, which
    /// nobody can tell apart. An empty account is refused before anything is sent: a variable that was not set must never
    /// skip the check.
    pub async fn verify_account(&self, secret: &Secret, account: &str) -> Result<Verification, CallError> {
        if account.is_empty() {
            let error = Error::new(Code::InvalidParams, "the account is empty").at("account");
            return Err(CallError::Refused(error));
        }
        let account = PresentedAccountId::new(account);
        let params = VerifySecret { secret: secret.clone(), account: Some(account.clone()) };
        about(self.call::<KeysVerify>(params).await?, Some(&account))
    }

    /// Lists the accounts that the key of a secret may see.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn visible(&self, secret: &Secret) -> Result<Vec<Account>, CallError> {
        Ok(self.call::<AccountsVisible>(ListVisible { secret: secret.clone() }).await?.accounts)
    }
}

/// Takes a verdict only where it speaks of what was asked.
fn about(verdict: Verification, asked: Option<&PresentedAccountId>) -> Result<Verification, CallError> {
    let granted = verdict.account.as_ref().map(|account| &account.id);
    let speaks_of_it = match asked {
        None => granted.is_none(),
        Some(asked) => granted.is_some() && granted == asked.as_id(),
    };
    if speaks_of_it { Ok(verdict) } else { Err(CallError::BadAnswer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(account: Option<&str>) -> Verification {
        let account = account.map(|id| {
            serde_json::json!({"id": id, "name": id, "institution": null, "mask": null, "kind": null,
                "connected_at": "2026-11-23T08:49:03Z", "version": 1})
        });
        let key = serde_json::json!({"id": "key_4fX9aQ2LmN7b", "name": "CI"});
        let json = serde_json::json!({"key": key, "scope": "all", "account": account, "revision": 3});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_verdict_on_something_else_grants_nothing() {
        for (granted, asked, is_taken) in [
            (None, None, true),
            (Some("a"), Some("a"), true),
            (Some("a"), None, false),
            (None, Some("a"), false),
            (Some("b"), Some("a"), false),
            (None, Some("no id"), false),
            (Some("a"), Some("no id"), false),
        ] {
            let taken = about(verdict(granted), asked.map(PresentedAccountId::new).as_ref());
            assert_eq!(taken.is_ok(), is_taken, "{granted:?} for {asked:?}");
        }
    }
}

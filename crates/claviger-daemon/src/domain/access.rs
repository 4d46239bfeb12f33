//! Owns what a proven key may see.

use claviger_api::{Account, Scope};

/// Why a right secret opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// Storage Mode is off.
    StorageModeOff,
    /// The account does not exist, or the key may not see it: the two are one answer.
    NoSuchAccount,
}

/// Gives the account that a key asked for, if it exists and the scope has it.
///
/// # Errors
/// One answer for an absent account and for one out of scope.
pub fn visible(scope: &Scope, account: Option<Account>) -> Result<Account, Denial> {
    account.filter(|account| scope.allows(&account.id)).ok_or(Denial::NoSuchAccount)
}

#[cfg(test)]
mod tests {
    use claviger_api::AccountId;

    use super::super::sample::account;
    use super::*;

    #[test]
    fn out_of_scope_and_absent_are_one_answer() {
        let scope: Scope = [AccountId::parse("a").unwrap()].into_iter().collect();
        assert_eq!(visible(&scope, Some(account("a"))), Ok(account("a")));
        assert_eq!(visible(&scope, Some(account("b"))), Err(Denial::NoSuchAccount));
        assert_eq!(visible(&scope, None), Err(Denial::NoSuchAccount));
        assert_eq!(visible(&Scope::All, None), Err(Denial::NoSuchAccount));
    }

    #[test]
    fn a_scope_of_nothing_sees_nothing() {
        assert_eq!(visible(&Scope::Only([].into()), Some(account("a"))), Err(Denial::NoSuchAccount));
    }
}

//! Owns how somebody agrees to what cannot be undone. Must not say what that is.

use claviger_api::client::Client;

use crate::command::Context;
use crate::failure::Failure;
use crate::{connection, input};

/// How somebody agrees.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Consent {
    /// By `--yes`.
    Given,
    /// By an answer on the terminal.
    Asked,
}

impl Consent {
    /// Finds out how the agreement to `command` is to be had.
    pub(crate) fn new(yes: bool, command: &str) -> Result<Self, Failure> {
        match (yes, input::can_ask()) {
            (true, _) => Ok(Self::Given),
            (false, true) => Ok(Self::Asked),
            (false, false) => {
                Err(Failure::usage(format!("`{command}` needs --yes where nobody can be asked"))
                    .hint("on a terminal it asks instead"))
            }
        }
    }

    /// Asks, where that is how; fails where the answer is no.
    pub(crate) fn get(self, question: impl FnOnce() -> String) -> Result<(), Failure> {
        match self {
            Self::Given => Ok(()),
            Self::Asked => input::confirm(&question()),
        }
    }

    /// A person may have taken longer to answer than the daemon keeps an idle connection.
    pub(crate) async fn refresh(self, context: &Context, client: Client) -> Result<Client, Failure> {
        match self {
            Self::Given => Ok(client),
            Self::Asked => connection::admin(&context.settings).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_consent_must_be_given() {
        assert!(matches!(Consent::new(true, "keys delete"), Ok(Consent::Given)));
        if !input::can_ask() {
            let refused = Consent::new(false, "keys delete").err();
            assert_eq!(refused.and_then(|failure| failure.code()), Some("USAGE"));
        }
    }
}

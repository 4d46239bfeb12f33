//! Owns `claviger verify`. Must not take a secret from an argument, nor tell one.

use claviger_api::id::PresentedAccountId;
use claviger_api::method::{KeysVerify, VerifySecret};

use crate::args::Verify;
use crate::command::Context;
use crate::failure::Failure;
use crate::output::{self, Format, Reader};
use crate::{connection, input, phrase};

/// Reads a secret and says whose it is.
pub(crate) async fn run(context: &Context, verify: Verify) -> Result<(), Failure> {
    let account = match verify.account.as_deref() {
        // An unset variable must not skip the check.
        Some("") => {
            return Err(Failure::usage("--account must not be empty: leave it out to check no account"));
        }
        account => account.map(PresentedAccountId::new),
    };
    let secret = input::secret()?;
    let client = connection::verify(&context.settings).await?;
    let verdict = client.call::<KeysVerify>(VerifySecret { secret, account }).await?;
    if context.format == Format::Json {
        return output::json(&verdict);
    }
    let mut facts = vec![
        ("Key", format!("{} ({})", verdict.key.name, verdict.key.id)),
        ("Scope", phrase::scope(&verdict.scope, Reader::Person)),
    ];
    if let Some(account) = verdict.account {
        facts.push(("Account", format!("{} ({})", account.name, account.id)));
    }
    output::text(&phrase::facts(&facts))
}

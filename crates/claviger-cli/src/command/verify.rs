//! Owns `claviger verify`. Must not take a secret from an argument, nor tell one.

mod lines;

use claviger_api::client::{CallError, Client};
use claviger_api::id::PresentedAccountId;
use claviger_api::method::{AccountsVisible, KeysVerify, ListVisible, VerifySecret};
use claviger_api::object::Verification;
use claviger_api::{Code, Secret};

use crate::args::Verify;
use crate::command::Context;
use crate::failure::Failure;
use crate::output::{self, Format, Reader};
use crate::{connection, input, lookup, phrase, progress};

/// Asks for an account by its id, else by the exact name of one that the key may see: a name out of its scope is
/// refused like one that nothing has.
async fn ask(client: &Client, secret: &Secret, wanted: Option<&str>) -> Result<Verification, Failure> {
    let of = |account: Option<&str>| VerifySecret {
        secret: secret.clone(),
        account: account.map(PresentedAccountId::new),
    };
    let refused = match (client.call::<KeysVerify>(of(wanted)).await, wanted) {
        (Err(CallError::Refused(error)), Some(wanted)) if error.code == Code::NotFound => (error, wanted),
        (outcome, _) => return Ok(outcome?),
    };
    let (error, wanted) = refused;
    let visible = client.call::<AccountsVisible>(ListVisible { secret: secret.clone() }).await?;
    match lookup::named(&visible.accounts, wanted)? {
        Some(account) => Ok(client.call::<KeysVerify>(of(Some(account.id.as_str()))).await?),
        None => Err(CallError::Refused(error).into()),
    }
}

/// Reads a secret and says whose it is.
pub(crate) async fn run(context: &Context, verify: Verify) -> Result<(), Failure> {
    if verify.lines {
        return lines::run(&context.settings).await;
    }
    // An unset variable must not skip the check.
    if verify.account.as_deref() == Some("") {
        return Err(Failure::usage("--account must not be empty: leave it out to check no account"));
    }
    let secret = input::secret()?;
    let client = connection::verify(&context.settings).await?;
    let verdict = {
        let _progress = progress::begin("verifying");
        ask(&client, &secret, verify.account.as_deref()).await?
    };
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

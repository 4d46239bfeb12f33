//! Owns `claviger verify --lines`: a secret and an account on each line in, a verdict on each line out, for as long as lines
//! come. Must not end because of what a line says, nor because the daemon is away for a while.

use claviger_api::client::{CallError, Client};
use claviger_api::id::PresentedAccountId;
use claviger_api::method::{KeysVerify, VerifySecret};
use claviger_api::object::Verification;
use claviger_api::{Code, Secret};
use serde::Serialize;

use crate::connection;
use crate::failure::Failure;
use crate::input::Lines;
use crate::output;
use crate::settings::Settings;

/// What is said of one line.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Verdict {
    Granted {
        granted: bool,
        #[serde(flatten)]
        verification: Box<Verification>,
    },
    Refused {
        granted: bool,
        code: &'static str,
        status: u16,
    },
}

impl Verdict {
    fn granted(verification: Verification) -> Self {
        Self::Granted { granted: true, verification: Box::new(verification) }
    }

    fn refused(code: Code) -> Self {
        Self::Refused { granted: false, code: code.text(), status: code.status() }
    }

    /// Nobody can be asked: that is never a grant.
    fn unreachable() -> Self {
        Self::Refused { granted: false, code: "UNREACHABLE", status: 503 }
    }
}

/// What a line asks.
struct Question {
    secret: Secret,
    account: Option<PresentedAccountId>,
}

/// Splits a line at its first space. What is no text is no secret. An account that is empty is an unset variable, and must
/// not pass for none.
fn question(line: &[u8]) -> Result<Question, Code> {
    let text = std::str::from_utf8(line).map_err(|_| Code::Unauthorized)?;
    let (secret, account) = match text.split_once(' ') {
        None => (text, None),
        Some((_, "")) => return Err(Code::InvalidParams),
        Some((secret, account)) => (secret, Some(PresentedAccountId::new(account))),
    };
    Ok(Question { secret: Secret::new(secret), account })
}

/// Answers each line, in its order, before the next one is read.
pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let mut lines = Lines::new()?;
    let mut client = None;
    while let Some(asked) = lines.next(question)? {
        let verdict = match asked {
            Ok(asked) => answer(settings, &mut client, asked).await,
            Err(code) => Verdict::refused(code),
        };
        let line = output::plain_json(&verdict)
            .ok_or_else(|| Failure::failed("the verdict cannot be written as JSON"))?;
        output::line(&line)?;
    }
    Ok(())
}

/// Asks over the connection that is there, and over a new one where it is gone.
async fn answer(settings: &Settings, client: &mut Option<Client>, asked: Question) -> Verdict {
    for _ in 0..2 {
        let connected = match client.take() {
            Some(connected) => connected,
            None => match connection::verify(settings).await {
                Ok(connected) => connected,
                Err(_) => return Verdict::unreachable(),
            },
        };
        let params = VerifySecret { secret: asked.secret.clone(), account: asked.account.clone() };
        let answered = connected.call::<KeysVerify>(params).await;
        match answered {
            Err(CallError::Disconnected) => continue,
            _ => *client = Some(connected),
        }
        return match answered {
            Ok(verification) => Verdict::granted(verification),
            Err(CallError::Refused(error)) => Verdict::refused(error.code),
            Err(_) => Verdict::unreachable(),
        };
    }
    Verdict::unreachable()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_secret_and_perhaps_an_account() {
        let read = |line: &[u8]| {
            let asked = question(line)?;
            let account = asked.account.map(|id| id.as_id().map(ToString::to_string).unwrap_or_default());
            Ok((asked.secret.expose().to_owned(), account))
        };
        let account = |id: &str| Some(id.to_owned());
        assert_eq!(read(b"s"), Ok(("s".to_owned(), None)));
        assert_eq!(read(b""), Ok((String::new(), None)));
        assert_eq!(read(b"s a"), Ok(("s".to_owned(), account("a"))));
        assert_eq!(read(b"s  a"), Ok(("s".to_owned(), account(""))), "that is the id of no account");
        assert_eq!(read(b"s "), Err(Code::InvalidParams));
        assert_eq!(read(b"\xff"), Err(Code::Unauthorized));
    }

    #[test]
    fn a_verdict_is_one_object_that_says_first_whether_it_is_a_grant() {
        let told = |verdict: &Verdict| output::plain_json(verdict).unwrap();
        assert_eq!(
            told(&Verdict::refused(Code::Unauthorized)),
            r#"{"granted":false,"code":"UNAUTHORIZED","status":401}"#
        );
        assert_eq!(told(&Verdict::unreachable()), r#"{"granted":false,"code":"UNREACHABLE","status":503}"#);
    }
}

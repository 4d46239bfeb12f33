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

/// Splits a line at its one space. What stands before it and is no text is no secret. What stands behind must be one word of
/// text: an account that is empty is an unset variable, and must not pass for none.
fn question(line: &[u8]) -> Result<Question, Code> {
    let mut words = line.splitn(2, |byte| *byte == b' ');
    let (secret, account) = (words.next().unwrap_or_default(), words.next());
    let account = account.map(word).transpose()?.map(PresentedAccountId::new);
    let secret = std::str::from_utf8(secret).map_err(|_| Code::Unauthorized)?;
    Ok(Question { secret: Secret::new(secret), account })
}

/// A word that might be an account's id.
fn word(bytes: &[u8]) -> Result<&str, Code> {
    let text = std::str::from_utf8(bytes).map_err(|_| Code::InvalidParams)?;
    let is_word = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_word { Ok(text) } else { Err(Code::InvalidParams) }
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
        assert_eq!(read(b"s \xc3\xa9"), Ok(("s".to_owned(), account(""))), "that is the id of no account");
        for ill_formed in [
            &b"s "[..],
            b"s  a",
            b"s a ",
            b"s a b",
            b"s a\tb",
            b"s \t",
            b" ",
            b"s a\0",
            b"s \xff",
            b"\xff \xff",
        ] {
            assert_eq!(read(ill_formed), Err(Code::InvalidParams), "{ill_formed:?}");
        }
        for (no_secret, text) in [(&b" a"[..], ""), (b"s\ta", "s\ta")] {
            assert_eq!(read(no_secret).map(|(secret, _)| secret), Ok(text.to_owned()));
        }
        for no_secret in [&b"\xff"[..], b"\xff a"] {
            assert_eq!(read(no_secret), Err(Code::Unauthorized), "{no_secret:?}");
        }
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

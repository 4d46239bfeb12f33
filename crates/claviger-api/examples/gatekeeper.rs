//! A gatekeeper: asks a Claviger daemon whose a secret is and what it opens. To copy from, and a command:
//!
//! ```text
//! gatekeeper verify [--account ID] < key    whose it is, and whether it may see the account
//! gatekeeper visible < key                  which accounts it may see
//! gatekeeper serve KEYFILE < ids            a verdict for each line, which is an account's id
//! ```
//!
//! Owns how verdicts are kept and connections made anew. Must not take a secret from an argument, nor tell one.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use claviger_api::client::{self, CallError, Client, ConnectError};
use claviger_api::method::Revisions;
use claviger_api::object::Verification;
use claviger_api::{Code, Error, Secret};
use tokio::sync::watch;

/// How long a daemon that is there may take to let us in.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why nothing was granted. All of it is a refusal, also that nobody could be asked.
enum Refusal {
    /// The daemon said no, and why.
    Refused(Error),
    /// Nobody could be asked, or what answered was not understood.
    Unreachable(String),
}

impl From<ConnectError> for Refusal {
    fn from(error: ConnectError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(error) => Self::Refused(error),
            other => Self::Unreachable(other.to_string()),
        }
    }
}

/// A connection, and the verdicts that it was given.
struct Session {
    client: Client,
    /// The newest revision that the daemon has told of. Closed where it can tell of none any more.
    newest: watch::Receiver<u64>,
    kept: HashMap<String, Verification>,
}

impl Session {
    async fn open(socket: &Path) -> Result<Self, Refusal> {
        let client = Client::connect(socket, PATIENCE).await?;
        let mut revisions = client.subscribe::<Revisions>().await?;
        // The current one comes at once.
        let (tell, newest) = watch::channel(revisions.next().await?.revision);
        tokio::spawn(async move {
            while let Ok(new) = revisions.next().await {
                if tell.send(new.revision).is_err() {
                    break;
                }
            }
        });
        Ok(Self { client, newest, kept: HashMap::new() })
    }

    /// A verdict that still holds: no newer revision has come, and one that is made now would come.
    fn kept(&self, account: &str) -> Option<&Verification> {
        self.newest.has_changed().ok()?;
        self.kept.get(account).filter(|verdict| verdict.revision >= *self.newest.borrow())
    }

    async fn ask(&mut self, secret: &Secret, account: &str) -> Result<(), CallError> {
        let verdict = self.client.verify_account(secret, account).await?;
        self.kept.retain(|_, kept| kept.revision >= verdict.revision);
        self.kept.insert(account.to_owned(), verdict);
        Ok(())
    }
}

/// Where a verdict came from.
#[derive(Clone, Copy)]
enum Source {
    Asked,
    Kept,
}

/// What stands before the accounts, for one secret.
struct Gate {
    socket: PathBuf,
    secret: Secret,
    session: Option<Session>,
}

impl Gate {
    /// Whether the secret opens an account.
    async fn opens(&mut self, account: &str) -> Result<Source, Refusal> {
        if self.session.as_ref().is_some_and(|session| session.kept(account).is_some()) {
            return Ok(Source::Kept);
        }
        match self.ask(account).await {
            // The daemon went away while nobody looked. To ask once more, on a new connection, does no harm.
            Err(Refusal::Unreachable(_)) => self.ask(account).await,
            outcome => outcome,
        }
    }

    async fn ask(&mut self, account: &str) -> Result<Source, Refusal> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::open(&self.socket).await?,
        };
        let outcome = session.ask(&self.secret, account).await;
        // A connection that is gone stays gone, and what it was told is forgotten with it.
        if matches!(outcome, Ok(()) | Err(CallError::Refused(_))) {
            self.session = Some(session);
        }
        outcome?;
        Ok(Source::Asked)
    }
}

/// A verdict for each line of standard input.
async fn serve(socket: PathBuf, secret: Secret) -> Result<(), Refusal> {
    let mut gate = Gate { socket, secret, session: None };
    // What blocks here holds up nothing: connections live on other threads.
    for account in io::stdin().lock().lines().map_while(Result::ok) {
        match gate.opens(&account).await {
            Ok(Source::Asked) => println!("granted"),
            Ok(Source::Kept) => println!("granted, as before"),
            Err(Refusal::Refused(error)) => println!("{}", error.code.text()),
            Err(Refusal::Unreachable(_)) => println!("UNREACHABLE"),
        }
    }
    Ok(())
}

/// What a value looks like as JSON, on a line.
fn print(value: &impl serde::Serialize) -> Result<(), Refusal> {
    let json = serde_json::to_string(value).map_err(|error| Refusal::Unreachable(error.to_string()))?;
    println!("{json}");
    Ok(())
}

async fn run(ask: Ask<'_>, socket: PathBuf, secret: Secret) -> Result<(), Refusal> {
    match ask {
        Ask::Serve => serve(socket, secret).await,
        Ask::Verify => print(&Client::connect(&socket, PATIENCE).await?.verify(&secret).await?),
        Ask::Account(id) => {
            print(&Client::connect(&socket, PATIENCE).await?.verify_account(&secret, id).await?)
        }
        Ask::Visible => print(&Client::connect(&socket, PATIENCE).await?.visible(&secret).await?),
    }
}

/// What the command line asks for.
#[derive(Clone, Copy)]
enum Ask<'a> {
    Verify,
    Account(&'a str),
    Visible,
    Serve,
}

/// Reads a secret without its last line break. What is no text is no secret either.
fn secret(mut from: impl Read) -> io::Result<Secret> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Secret::new(text))
}

/// Exit status: 0 granted, 2 usage, 3 to 5 and 7 as `claviger` has them, 8 BUSY, 1 anything else.
fn status(refusal: &Refusal) -> u8 {
    let Refusal::Refused(error) = refusal else { return 7 };
    match error.code {
        Code::InvalidParams => 2,
        Code::Unauthorized => 3,
        Code::NotFound => 4,
        Code::StorageModeRequired => 5,
        Code::Busy => 8,
        _ => 1,
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (ask, read) = match arguments[..] {
        ["verify"] => (Ask::Verify, secret(io::stdin())),
        ["verify", "--account", id] => (Ask::Account(id), secret(io::stdin())),
        ["visible"] => (Ask::Visible, secret(io::stdin())),
        ["serve", file] => (Ask::Serve, fs::File::open(file).and_then(secret)),
        // What was given is not repeated: it may be a secret.
        _ => {
            eprintln!("usage: gatekeeper verify [--account ID] < key");
            eprintln!("       gatekeeper visible < key");
            eprintln!("       gatekeeper serve KEYFILE < ids");
            return ExitCode::from(2);
        }
    };
    let (secret, socket) = match (read, client::verify_socket()) {
        (Ok(secret), Some(socket)) => (secret, socket),
        (Err(error), _) => {
            eprintln!("the secret cannot be read: {error}");
            return ExitCode::from(1);
        }
        (_, None) => {
            eprintln!("UNREACHABLE: neither CLAVIGER_RUNTIME_DIR nor HOME is set");
            return ExitCode::from(7);
        }
    };
    let Err(refusal) = run(ask, socket, secret).await else { return ExitCode::SUCCESS };
    match &refusal {
        Refusal::Refused(error) => eprintln!("{}: {error}", error.code.text()),
        Refusal::Unreachable(why) => eprintln!("UNREACHABLE: {why}"),
    }
    ExitCode::from(status(&refusal))
}

//! Owns carrying effects out, each beside the others. Must not wait: what came of them is told when it is known.

use std::sync::Arc;
use std::time::Duration;

use claviger_api::client::Client;
use claviger_api::{Secret, method, page};
use tokio::sync::{Notify, mpsc, watch};

use super::{Copied, CopyOf, Effect, Trail, clipboard, daemon, file};
use crate::message::{Failure, Msg};

/// What comes in from beside the keyboard.
#[derive(Debug)]
pub(crate) enum Wired {
    Told(Msg),
    /// A text to be sent to the terminal's clipboard: only who draws may write to the terminal.
    ToTerminal {
        what: CopyOf,
        text: Secret,
    },
}

/// How long to wait before asking again what the daemon did not know: it looks every second.
const A_LITTLE: Duration = Duration::from_secs(1);

/// Carries effects out.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub(crate) client: watch::Receiver<Option<Arc<Client>>>,
    pub(crate) inbox: mpsc::Sender<Wired>,
    /// Ends the pause before the next attempt to connect.
    pub(crate) retry: Arc<Notify>,
}

impl Runner {
    /// Starts an effect. Those that are the terminal's own are not known here.
    pub(crate) fn start(&self, effect: Effect) {
        let inbox = self.inbox.clone();
        let client = self.client.borrow().clone();
        match effect {
            Effect::Call { id, call } => {
                tokio::spawn(async move {
                    let outcome = match client {
                        Some(client) => daemon::call(&client, call).await,
                        None => Err(Failure::Lost),
                    };
                    let _ = inbox.send(Wired::Told(Msg::Answered { call: id, outcome })).await;
                });
            }
            Effect::AskAgain { id, call } => {
                let runner = self.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(A_LITTLE).await;
                    runner.start(Effect::Call { id, call });
                });
            }
            Effect::Acknowledge(request_id) => {
                tokio::spawn(async move {
                    if let Some(client) = client {
                        // Unanswered, the daemon forgets it by itself after two minutes.
                        let _ =
                            client.call::<method::KeysAcknowledge>(method::Acknowledge { request_id }).await;
                    }
                });
            }
            Effect::LoadActivity(trail) => {
                tokio::spawn(async move {
                    let outcome = match client {
                        Some(client) => {
                            let (key, cursor, limit) = match &trail {
                                Trail::Whole(cursor) => (None, cursor.clone(), page::Limit::new(200)),
                                Trail::OfKey(key) => (Some(*key), None, page::Limit::new(8)),
                            };
                            let params = method::ListActivity { key, cursor, limit };
                            client.call::<method::ActivityList>(params).await.map_err(daemon::failure)
                        }
                        None => Err(Failure::Lost),
                    };
                    let _ = inbox.send(Wired::Told(Msg::Activity { trail, outcome })).await;
                });
            }
            Effect::LoadUsage(key) => {
                tokio::spawn(async move {
                    let outcome = match client {
                        Some(client) => {
                            let params = method::GetKeyUsage { id: key };
                            client.call::<method::KeysUsage>(params).await.map_err(daemon::failure)
                        }
                        None => Err(Failure::Lost),
                    };
                    let _ = inbox.send(Wired::Told(Msg::Usage { key, outcome })).await;
                });
            }
            // On threads of their own: a helper that hangs must not hold up anything, the end least of all.
            Effect::Copy { what, text } => {
                std::thread::spawn(move || {
                    let wired = match clipboard::copy(clipboard::Surroundings::read(), &text) {
                        Copied::Osc52 => Wired::ToTerminal { what, text },
                        by => Wired::Told(Msg::Copied { what, by: Ok(by) }),
                    };
                    let _ = inbox.blocking_send(wired);
                });
            }
            Effect::WriteSecret { key_name, key_id, secret } => {
                std::thread::spawn(move || {
                    let written = file::write_secret(&key_name, &key_id, &secret);
                    let _ = inbox.blocking_send(Wired::Told(Msg::Written(written)));
                });
            }
            Effect::Retry => self.retry.notify_waiters(),
            Effect::Quit | Effect::Suspend | Effect::Redraw => {}
        }
    }
}

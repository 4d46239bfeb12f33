//! Owns how the interface is opened. Must not draw.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use claviger_tui::{Borders, Keymap, Mouse, Options, RunError};
use tokio::runtime::{Builder, Runtime};

use crate::args::Look;
use crate::failure::Failure;
use crate::launch;
use crate::settings::Settings;

/// Opens the interface on this installation, with a daemon to talk to.
pub(crate) fn run(settings: &Settings, look: Look) -> Result<(), Failure> {
    need_terminal()?;
    launch::ensure(settings)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(claviger_tui::run(options(
        settings.admin_socket(),
        None,
        look,
        settings.keymap().clone(),
    )));
    end(runtime);
    outcome.map_err(ended)
}

/// Says so where there is no screen to draw on.
pub(crate) fn need_terminal() -> Result<(), Failure> {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if dumb || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        Err(no_terminal())
    } else {
        Ok(())
    }
}

/// A runtime for the interface.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start: {error}")))
}

/// Ends a runtime without waiting for a thread that waits for a press.
pub(crate) fn end(runtime: Runtime) {
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// What the interface is told.
pub(crate) fn options(admin_socket: PathBuf, label: Option<String>, look: Look, keymap: Keymap) -> Options {
    Options {
        admin_socket,
        label,
        borders: if look.plain { Borders::Plain } else { Borders::Drawn },
        mouse: if look.mouse { Mouse::Interface } else { Mouse::Terminal },
        keymap,
    }
}

/// Tells why the interface ended by itself.
pub(crate) fn ended(error: RunError) -> Failure {
    match error {
        RunError::NoTerminal => no_terminal(),
        RunError::Terminal(error) => Failure::failed(format!("the terminal failed: {error}")),
    }
}

fn no_terminal() -> Failure {
    Failure::failed("the interface needs a terminal that can move its cursor").hint(
        "for scripts there are `claviger keys`, `accounts`, `storage-mode`, `verify`, `activity`, `status`, `stop`, \
         `rpc`, and `claviger daemon`; `claviger --help` shows them all",
    )
}

//! Claviger's terminal interface. Owns the screen and the keyboard. Must not touch the store or decide a rule.

mod age;
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod clock;
mod dialog;
#[cfg(test)]
mod documented;
mod effects;
mod input;
mod keymap;
mod layout;
mod message;
mod press;
mod pulse;
mod runtime;
mod state;
mod sync;
mod terminal;
mod update;
mod view;

use std::path::PathBuf;

pub use effects::clipboard::{ClipboardRoute, clipboard_route};
pub use keymap::{Keymap, RebindError};

/// What the interface is told when it starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// The path of `admin.sock`.
    pub admin_socket: PathBuf,
    /// What the header calls this installation, such as `demo`; nothing where it is `None`.
    pub label: Option<String>,
    /// Whether borders are drawn.
    pub borders: Borders,
    /// Whether the mouse is the terminal's or ours.
    pub mouse: Mouse,
    /// What can be pressed where.
    pub keymap: Keymap,
}

/// Whether borders are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Borders {
    /// Lines around panes and dialogs.
    Drawn,
    /// None, for screen readers and copying (`--plain`).
    Plain,
}

/// Who has the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The terminal, so that text can be selected.
    Terminal,
    /// The interface (`--mouse`).
    Interface,
}

/// Why the interface ended by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Standard input or output is no terminal, or one that cannot move its cursor.
    #[error("the interface needs a terminal")]
    NoTerminal,
    /// The terminal failed.
    #[error("the terminal failed")]
    Terminal(#[from] std::io::Error),
}

/// Shows the interface until it is quit.
///
/// # Errors
/// See [`RunError`]. The terminal is as it was when this returns.
pub async fn run(options: Options) -> Result<(), RunError> {
    runtime::run(options).await
}

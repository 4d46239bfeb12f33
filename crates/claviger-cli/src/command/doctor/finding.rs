//! Owns what a check comes to. Must not look at anything.

use serde::Serialize;

/// What is checked, in the order in which it is told. Its name in JSON never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Check {
    /// `config.toml`.
    Settings,
    /// Whose all of it is, where it is another user's.
    Installation,
    /// Where the store is.
    DataDirectory,
    /// The store's file.
    Store,
    /// What is in it.
    Integrity,
    /// What died, beside the store.
    Journal,
    /// Where the key of kept digests lives.
    Digests,
    /// The room that is kept for revoking.
    Ballast,
    /// The room on the store's disk.
    FreeSpace,
    /// Where the sockets are.
    RuntimeDirectory,
    /// The socket for every method.
    AdminSocket,
    /// The socket for verification.
    VerifySocket,
    /// The daemon itself.
    Daemon,
    /// The system's clock against the store's.
    Clock,
    /// Whether secrets in memory can reach a file.
    CoreDumps,
    /// By which way the interface copies.
    Clipboard,
}

impl Check {
    /// What people read.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Installation => "Installation",
            Self::DataDirectory => "Data directory",
            Self::Store => "Store",
            Self::Integrity => "Integrity",
            Self::Journal => "Journal",
            Self::Digests => "Digests",
            Self::Ballast => "Ballast",
            Self::FreeSpace => "Free space",
            Self::RuntimeDirectory => "Runtime directory",
            Self::Daemon => "Daemon",
            Self::AdminSocket => "admin.sock",
            Self::VerifySocket => "verify.sock",
            Self::Clock => "Clock",
            Self::CoreDumps => "Core dumps",
            Self::Clipboard => "Clipboard",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warning,
    /// It does not work, or does not protect.
    Wrong,
}

impl State {
    /// What people read.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// What one check comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    #[serde(rename = "name")]
    pub(super) check: Check,
    pub(super) state: State,
    /// What is so.
    pub(super) detail: String,
    /// How to mend it: a command where there is one. Always there where the state is not ok.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

/// What is wrong, and how to mend it, before it is known how bad that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) detail: String,
    /// A command where there is one.
    pub(super) hint: String,
}

impl Finding {
    /// Wrong where there is a fault, else as it should be, with this detail.
    pub(super) fn of(check: Check, fault: Option<Fault>, detail: impl FnOnce() -> String) -> Self {
        match fault {
            Some(Fault { detail, hint }) => Self::wrong(check, detail, hint),
            None => Self::ok(check, detail()),
        }
    }

    /// As it should be.
    pub(super) fn ok(check: Check, detail: impl Into<String>) -> Self {
        Self { check, state: State::Ok, detail: detail.into(), hint: None }
    }

    /// Says what to do to see more.
    #[must_use]
    pub(super) fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// It works, and somebody should know.
    pub(super) fn warning(check: Check, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check, state: State::Warning, detail: detail.into(), hint: Some(hint.into()) }
    }

    /// It does not work, or does not protect.
    pub(super) fn wrong(check: Check, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { check, state: State::Wrong, detail: detail.into(), hint: Some(hint.into()) }
    }
}

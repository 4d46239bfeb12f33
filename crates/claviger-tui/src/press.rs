//! Owns what a press on the keyboard is, free of how terminals report it. Must not know what a press does.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// One press. A key is the credential here, so what is struck is a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Press {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

impl Press {
    /// A character, upper case included.
    pub(crate) const fn char(c: char) -> Self {
        Self { code: KeyCode::Char(c), ctrl: false, alt: false }
    }

    /// A lower-case letter with Ctrl held.
    pub(crate) const fn ctrl(c: char) -> Self {
        Self { code: KeyCode::Char(c), ctrl: true, alt: false }
    }

    /// A named press such as Enter.
    pub(crate) const fn named(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// What a terminal reported; `None` for releases.
    pub(crate) fn reported(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Some(Self { code, ctrl, alt: event.modifiers.contains(KeyModifiers::ALT) })
    }

    /// The character that this press types into a text, where it types one.
    pub(crate) fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Whether this is Enter.
    pub(crate) fn is_enter(self) -> bool {
        self.code == KeyCode::Enter
    }
}

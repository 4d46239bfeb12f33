//! Owns what a press on the keyboard is, free of how terminals report it. Must not know what a press does.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// How named presses are written, and how else they are read.
const NAMES: [(KeyCode, &str, &str); 16] = [
    (KeyCode::Up, "↑", "Up"),
    (KeyCode::Down, "↓", "Down"),
    (KeyCode::Left, "←", "Left"),
    (KeyCode::Right, "→", "Right"),
    (KeyCode::Home, "Home", "Home"),
    (KeyCode::End, "End", "End"),
    (KeyCode::PageUp, "PgUp", "PageUp"),
    (KeyCode::PageDown, "PgDn", "PageDown"),
    (KeyCode::Enter, "Enter", "Return"),
    (KeyCode::Esc, "Esc", "Escape"),
    (KeyCode::Tab, "Tab", "Tab"),
    (KeyCode::BackTab, "Shift-Tab", "BackTab"),
    (KeyCode::Backspace, "Backspace", "Backspace"),
    (KeyCode::Delete, "Delete", "Del"),
    (KeyCode::Insert, "Insert", "Ins"),
    (KeyCode::Char(' '), "Space", "Space"),
];

/// What is written before a press with Ctrl or Alt held.
const CTRL: &str = "Ctrl-";
const ALT: &str = "Alt-";

/// One press. A key is the credential here, so what is struck is a press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Press {
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

    /// A letter with Alt held.
    pub(crate) const fn alt(c: char) -> Self {
        Self { code: KeyCode::Char(c), ctrl: false, alt: true }
    }

    /// The same with Ctrl held.
    pub(crate) const fn with_ctrl(self) -> Self {
        Self { ctrl: true, ..self }
    }

    /// The same with Alt held.
    pub(crate) const fn with_alt(self) -> Self {
        Self { alt: true, ..self }
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
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Char(c) if ctrl || alt => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Some(Self { code, ctrl, alt })
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

/// As it is written on the screen: `D`, `Ctrl-S`, `↑`, `F1`.
impl fmt::Display for Press {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.ctrl { CTRL } else { "" })?;
        out.write_str(if self.alt { ALT } else { "" })?;
        if let Some((_, name, _)) = NAMES.iter().find(|(code, ..)| *code == self.code) {
            return out.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) if self.ctrl || self.alt => write!(out, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(out, "{c}"),
            KeyCode::F(number) => write!(out, "F{number}"),
            code => write!(out, "{code}"),
        }
    }
}

/// That a text is no press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPress;

/// Reads a press as it is written: one character, or a name such as `Ctrl-S`, `Alt-B`, `Up`, `PgDn`, `F5`.
impl FromStr for Press {
    type Err = NotAPress;

    fn from_str(text: &str) -> Result<Self, NotAPress> {
        if let Some(rest) = text.strip_prefix(CTRL).filter(|rest| !rest.is_empty()) {
            return rest.parse().map(|press: Self| press.lowercase().with_ctrl().as_sent());
        }
        if let Some(rest) = text.strip_prefix(ALT).filter(|rest| !rest.is_empty()) {
            return rest.parse().map(|press: Self| press.lowercase().with_alt());
        }
        if let Some((code, ..)) = NAMES.iter().find(|(_, name, other)| *name == text || *other == text) {
            return Ok(Self::named(*code));
        }
        let number = text.strip_prefix('F').and_then(|number| number.parse().ok());
        if let Some(number) = number.filter(|number| (1..=24).contains(number)) {
            return Ok(Self::named(KeyCode::F(number)));
        }
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (Some(c), None) if !c.is_control() && !c.is_whitespace() => Ok(Self::char(c)),
            _ => Err(NotAPress),
        }
    }
}

impl Press {
    /// As a terminal sends it: Ctrl with these characters is the byte of another press (ECMA-48, C0).
    fn as_sent(self) -> Self {
        let code = match (self.code, self.alt) {
            (KeyCode::Char('i'), false) => KeyCode::Tab,
            (KeyCode::Char('m'), false) => KeyCode::Enter,
            (KeyCode::Char('['), false) => KeyCode::Esc,
            _ => return self,
        };
        Self::named(code)
    }

    /// Terminals do not tell whether Shift was held with Ctrl, and write Alt with a lower-case letter.
    fn lowercase(self) -> Self {
        match self.code {
            KeyCode::Char(c) => Self { code: KeyCode::Char(c.to_ascii_lowercase()), ..self },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_is_written_as_it_is_read() {
        for (text, press) in [
            ("D", Press::char('D')),
            ("/", Press::char('/')),
            ("-", Press::char('-')),
            ("Ctrl-S", Press::ctrl('s')),
            ("Ctrl--", Press::ctrl('-')),
            ("Alt-B", Press::alt('b')),
            ("Ctrl-←", Press::named(KeyCode::Left).with_ctrl()),
            ("Shift-Tab", Press::named(KeyCode::BackTab)),
            ("Space", Press::char(' ')),
            ("F12", Press::named(KeyCode::F(12))),
            ("F", Press::char('F')),
        ] {
            assert_eq!(text.parse(), Ok(press), "{text}");
            assert_eq!(press.to_string(), text);
        }
        for (text, press) in [
            ("Up", KeyCode::Up),
            ("Del", KeyCode::Delete),
            ("PageDown", KeyCode::PageDown),
            ("Ctrl-I", KeyCode::Tab),
            ("Ctrl-M", KeyCode::Enter),
            ("Ctrl-[", KeyCode::Esc),
        ] {
            assert_eq!(text.parse(), Ok(Press::named(press)));
        }
        for text in ["", " ", "ab", "Ctrl-", "F0", "F25", "Hyper-X", "\u{7}"] {
            assert_eq!(text.parse::<Press>(), Err(NotAPress), "{text:?}");
        }
    }

    #[test]
    fn what_is_held_makes_another_press() {
        let reported = |code, modifiers| Press::reported(KeyEvent::new(code, modifiers));
        let none = KeyModifiers::NONE;
        assert_eq!(reported(KeyCode::Char('D'), KeyModifiers::SHIFT), Some(Press::char('D')));
        assert_eq!(reported(KeyCode::Char('d'), KeyModifiers::ALT), Some(Press::alt('d')));
        assert_ne!(reported(KeyCode::Left, KeyModifiers::CONTROL), reported(KeyCode::Left, none));
        assert_eq!(reported(KeyCode::Tab, KeyModifiers::SHIFT), reported(KeyCode::BackTab, none));
    }
}

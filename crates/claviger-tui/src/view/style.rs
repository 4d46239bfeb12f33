//! Owns how things look. Must not know what they are: it names roles, and nothing is told by colour alone.

use ratatui::style::{Color, Modifier, Style};

use crate::state::{Look, Palette};

/// The styles of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    palette: Palette,
}

#[expect(clippy::unused_self, reason = "every role is asked of the theme, coloured in it or not")]
impl Theme {
    pub(super) fn of(look: &Look) -> Self {
        Self { palette: look.palette }
    }

    fn color(self, color: Color) -> Style {
        match self.palette {
            Palette::Sixteen => Style::new().fg(color),
            Palette::Monochrome => Style::new(),
        }
    }

    /// Ordinary text.
    pub(super) fn plain(self) -> Style {
        Style::new()
    }

    /// What is secondary, or cannot be used now.
    pub(super) fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What leads the eye: presses, the tab that is shown.
    pub(super) fn accent(self) -> Style {
        self.color(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// What is measured: a bar.
    pub(super) fn measure(self) -> Style {
        self.color(Color::Cyan)
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn good(self) -> Style {
        self.color(Color::Green)
    }

    pub(super) fn warning(self) -> Style {
        self.color(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(super) fn problem(self) -> Style {
        self.color(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The row or button that a press would act on.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The characters by which a filter found a row; seen on the selected row too, which is reversed.
    pub(super) fn mark(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    /// A line to type in.
    pub(super) fn field(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }
}

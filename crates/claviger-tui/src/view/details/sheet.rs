//! Owns the lines that are gathered for a pane of a known width. Must not know what they tell.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::view::style::Theme;
use crate::view::text::{cell, wrap};

/// Columns of the labels.
pub(super) const LABEL: usize = 11;

/// Lines of a pane, or of a part of it.
pub(super) struct Sheet {
    pub(super) theme: Theme,
    /// Columns of a line.
    pub(super) room: usize,
    pub(super) lines: Vec<Line<'static>>,
}

impl Sheet {
    pub(super) fn new(theme: Theme, room: usize) -> Self {
        Self { theme, room: room.max(1), lines: vec![] }
    }

    /// An empty sheet of the same width.
    pub(super) fn group(&self) -> Self {
        Self::new(self.theme, self.room)
    }

    /// Columns that are left beside a label.
    pub(super) fn beside_label(&self) -> usize {
        self.room.saturating_sub(LABEL).max(1)
    }

    pub(super) fn text(&mut self, text: &str, style: Style) {
        self.lines.extend(wrap(text, self.room).into_iter().map(|line| Line::styled(line, style)));
    }

    /// An empty row, between groups.
    pub(super) fn gap(&mut self) {
        self.lines.push(Line::raw(""));
    }

    /// A label and what is known.
    pub(super) fn fact(&mut self, label: &str, text: &str) {
        for (at, line) in wrap(text, self.beside_label()).into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            self.lines
                .push(Line::from(vec![Span::styled(cell(label, LABEL), self.theme.dim()), Span::raw(line)]));
        }
    }
}

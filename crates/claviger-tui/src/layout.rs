//! Owns where the parts of the screen are, for a given size. Must not draw them.

use claviger_api::KeyId;
use ratatui::layout::{Position, Rect};

use crate::Borders;
use crate::state::{Size, State, Tab};

/// Fewer columns than this are too few.
pub(crate) const MIN_WIDTH: u16 = 40;
/// Fewer rows than this are too few.
pub(crate) const MIN_HEIGHT: u16 = 10;
/// From this width on, a pane beside the list shows what is selected.
const DETAILS_FROM: u16 = 100;
/// From this width on, tabs and states share a line.
const ONE_LINE_HEADER_FROM: u16 = 72;
/// Below this height lines around panes cost more than they give.
const LINES_FROM: u16 = 14;

/// Where the parts are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) header: Rect,
    pub(crate) list: Rect,
    pub(crate) details: Option<Rect>,
    pub(crate) notice: Rect,
    pub(crate) footer: Rect,
    pub(crate) lines: Borders,
}

impl Layout {
    /// The layout of a screen; `None` where it is too small.
    pub(crate) fn of(state: &State, area: Rect) -> Option<Self> {
        if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
            return None;
        }
        let lines = if area.height < LINES_FROM { Borders::Plain } else { state.look.borders };
        let header_height = if area.width < ONE_LINE_HEADER_FROM { 2 } else { 1 };
        let row = |y, height| Rect { y: area.y + y, height, ..area };
        let body = row(header_height, area.height - header_height - 2);
        let details_width = match state.tab {
            Tab::Keys | Tab::Accounts if area.width >= DETAILS_FROM => (area.width * 3 / 10).clamp(32, 60),
            _ => 0,
        };
        let (list, details) = (
            Rect { width: body.width - details_width, ..body },
            Rect { x: body.x + body.width - details_width, width: details_width, ..body },
        );
        Some(Self {
            header: row(0, header_height),
            list,
            details: (details_width > 0).then_some(details),
            notice: row(area.height - 2, 1),
            footer: row(area.height - 1, 1),
            lines,
        })
    }

    /// Which row of the list is in a cell of the terminal, counted from the first that is seen.
    pub(crate) fn row_at(&self, column: u16, row: u16) -> Option<usize> {
        // The title and the columns' names come first.
        let at = usize::from(row.checked_sub(self.list.y + 2)?);
        let is_inside = self.list.contains(Position { x: column, y: row });
        (is_inside && at < self.list_rows()).then_some(at)
    }

    /// How many rows of the list are seen: those that the title, the lines and the columns' names leave.
    pub(crate) fn list_rows(&self) -> usize {
        let frame = if self.lines == Borders::Drawn { 2 } else { 1 };
        usize::from(self.list.height.saturating_sub(frame + 1))
    }
}

impl State {
    /// The layout of the whole screen; `None` where it is too small to show anything.
    pub(crate) fn layout(&self) -> Option<Layout> {
        let Size { width, height } = self.size;
        Layout::of(self, Rect { x: 0, y: 0, width, height })
    }

    /// How many rows of a list are seen.
    pub(crate) fn list_rows(&self) -> usize {
        self.layout().map_or(1, |layout| layout.list_rows())
    }

    /// The key that the details pane shows, where it is seen.
    pub(crate) fn key_in_details(&self) -> Option<KeyId> {
        let is_seen = self.tab == Tab::Keys && self.layout().is_some_and(|layout| layout.details.is_some());
        self.keys.selected.filter(|_| is_seen)
    }
}

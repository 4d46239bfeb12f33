//! Owns drawing a list as a table with a selected row. Must not know what the columns mean.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::marked::Marked;
use super::style::Theme;
use super::text::cell;

/// Between two columns.
const GAP: usize = 2;
/// Before the first column, for the mark of the selected row.
const MARGIN: usize = 2;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// In cells of the terminal. The first column takes what the others leave, and this while others can get narrower.
    pub(super) width: usize,
    /// How narrow it gets before a column gives way: its texts are cut. The first column gets narrow last.
    pub(super) least: usize,
    /// Columns with a higher number give way first when the first column gets too narrow.
    pub(super) yields: u8,
    /// Whether it is secondary.
    pub(super) dim: bool,
    /// Whether it takes what there is beyond all widths, in place of the first column.
    pub(super) grows: bool,
}

impl Column {
    /// A column of a fixed width that never gives way.
    pub(super) const fn new(title: &'static str, width: usize) -> Self {
        Self { title, width, least: width, yields: 0, dim: false, grows: false }
    }

    pub(super) const fn least(self, least: usize) -> Self {
        Self { least, ..self }
    }

    pub(super) const fn yields(self, yields: u8) -> Self {
        Self { yields, ..self }
    }

    pub(super) const fn dim(self) -> Self {
        Self { dim: true, ..self }
    }

    pub(super) const fn grows(self) -> Self {
        Self { grows: true, ..self }
    }
}

/// A row.
#[derive(Debug)]
pub(super) struct Row {
    /// One text for each column.
    pub(super) cells: Vec<Marked>,
    pub(super) is_selected: bool,
    /// The column whose text warns.
    pub(super) warns: Option<usize>,
}

/// Draws the columns' names and the rows below.
pub(super) fn table(
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
    columns: &[Column],
    rows: &[Row],
    faded: bool,
) {
    let widths = fit(columns, usize::from(area.width));
    let titles: Vec<Marked> = columns.iter().map(|column| column.title.into()).collect();
    let head = line(&titles, &widths, "", |_| (theme.dim(), theme.dim()));
    let rows = rows.iter().map(|row| {
        let look = |at: usize| match (faded, row.is_selected || !columns[at].dim) {
            (false, _) if row.warns == Some(at) && !row.is_selected => {
                (theme.warning(), theme.warning().patch(theme.mark()))
            }
            (true, _) => (theme.dim(), theme.dim().patch(theme.mark())),
            (false, true) => (theme.plain(), theme.mark()),
            (false, false) => (theme.dim(), theme.mark()),
        };
        let line = line(&row.cells, &widths, if row.is_selected { "›" } else { "" }, look);
        match (row.is_selected, faded) {
            (true, false) => line.patch_style(theme.selected()),
            (_, true) => line.patch_style(theme.dim()),
            (false, false) => line,
        }
    });
    for (y, line) in (area.top()..area.bottom()).zip(std::iter::once(head).chain(rows)) {
        frame.buffer_mut().set_line(area.x, y, &line, area.width);
    }
}

/// One line of a table. `look` gives the styles of a column: as it is, and where it is marked.
fn line(
    cells: &[Marked],
    widths: &[usize],
    mark: &str,
    look: impl Fn(usize) -> (Style, Style),
) -> Line<'static> {
    let mut spans = vec![Span::raw(cell(mark, MARGIN))];
    for (at, (text, width)) in cells.iter().zip(widths).enumerate().filter(|(_, (_, width))| **width > 0) {
        let (plain, marked) = look(at);
        spans.extend(text.spans(*width, plain, marked));
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    spans.pop();
    Line::from(spans)
}

/// The width of each column; 0 for those that gave way.
fn fit(columns: &[Column], room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(|column| column.width).collect();
    let others = |widths: &[usize]| -> usize {
        widths[1..].iter().filter(|width| **width > 0).map(|width| width + GAP).sum()
    };
    let first = |widths: &[usize]| room.saturating_sub(MARGIN + others(widths));
    let mut short = (MARGIN + columns[0].width + others(&widths)).saturating_sub(room);
    let slack: usize = columns.iter().map(|column| column.width - column.least).sum();
    if short <= slack {
        for (width, column) in widths.iter_mut().zip(columns).skip(1) {
            let given = short.min(column.width - column.least);
            *width -= given;
            short -= given;
        }
    }
    while first(&widths) < columns[0].least {
        let weakest = (1..widths.len())
            .filter(|at| widths[*at] > 0 && columns[*at].yields > 0)
            .max_by_key(|at| columns[*at].yields);
        match weakest {
            Some(at) => widths[at] = 0,
            None => break,
        }
    }
    widths[0] = first(&widths);
    if let Some(at) = columns.iter().position(|column| column.grows)
        && widths[at] > 0
    {
        let spare = widths[0].saturating_sub(columns[0].width);
        widths[0] -= spare;
        widths[at] += spare;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_in_their_order() {
        let column = |width, yields| Column::new("", width).yields(yields);
        let columns = [column(12, 0), column(20, 1), column(10, 3), column(10, 2)];
        assert_eq!(fit(&columns, 80), [32, 20, 10, 10]);
        assert_eq!(fit(&columns, 60), [12, 20, 10, 10]);
        assert_eq!(fit(&columns, 59), [23, 20, 0, 10]);
        assert_eq!(fit(&columns, 40), [16, 20, 0, 0]);
        assert_eq!(fit(&columns, 20), [18, 0, 0, 0]);
    }

    #[test]
    fn a_column_gets_narrow_before_another_gives_way() {
        let column = |width, least, yields| Column::new("", width).least(least).yields(yields);
        let columns = [column(12, 12, 0), column(20, 12, 1), column(10, 10, 2)];
        assert_eq!(fit(&columns, 48), [12, 20, 10]);
        assert_eq!(fit(&columns, 44), [12, 16, 10]);
        assert_eq!(fit(&columns, 40), [12, 12, 10]);
        assert_eq!(fit(&columns, 39), [15, 20, 0]);
        let columns = [column(20, 12, 0), column(20, 10, 1), column(10, 10, 2)];
        assert_eq!(fit(&columns, 56), [20, 20, 10]);
        assert_eq!(fit(&columns, 50), [20, 14, 10]);
        assert_eq!(fit(&columns, 40), [14, 10, 10], "the first gets narrow last");
        assert_eq!(fit(&columns, 37), [13, 20, 0]);
    }

    #[test]
    fn a_column_that_grows_takes_what_is_over() {
        let columns = [Column::new("", 12), Column::new("", 10).grows(), Column::new("", 10)];
        assert_eq!(fit(&columns, 48), [12, 20, 10]);
        assert_eq!(fit(&columns, 38), [12, 10, 10]);
        assert_eq!(fit(&columns, 36), [10, 10, 10]);
    }
}

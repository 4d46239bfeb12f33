//! Owns how a listing is laid out: in columns for a person, with tabs for a script. Must not know what is listed.

use std::borrow::Cow;

use claviger_api::drawable;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::failure::Failure;
use crate::output::{self, DIM, Ink, Reader};

/// Between columns.
const GAP: usize = 2;

/// How short a cell may become, where its header is no longer. Columns.
const SHORTEST: usize = 8;

/// Stands for what was cut off.
const ELLIPSIS: &str = "…";

/// Rows under a header.
pub(crate) struct Table<const N: usize> {
    header: [&'static str; N],
    spare: &'static [&'static str],
    shortened: &'static [&'static str],
    given_up: &'static [&'static str],
    rows: Vec<[String; N]>,
}

/// How a table is drawn: which columns are there, and how wide.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Layout<const N: usize> {
    left_out: Vec<&'static str>,
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    /// Makes an empty table.
    pub(crate) fn new(header: [&'static str; N]) -> Self {
        Self { header, spare: &[], shortened: &[], given_up: &[], rows: Vec::new() }
    }

    /// Says which columns give way first on a terminal that is too narrow, the first of them first.
    pub(crate) fn sparing(self, spare: &'static [&'static str]) -> Self {
        Self { spare, ..self }
    }

    /// Says of which columns the longest cells are cut where that is not enough. Never those of ids, which people copy.
    pub(crate) fn shortening(self, shortened: &'static [&'static str]) -> Self {
        Self { shortened, ..self }
    }

    /// Says which columns give way where even short cells have no room, the first of them first.
    pub(crate) fn giving_up(self, given_up: &'static [&'static str]) -> Self {
        Self { given_up, ..self }
    }

    /// Adds a row. Its texts are made safe here, tabs and line breaks included.
    pub(crate) fn push(&mut self, row: [String; N]) {
        self.rows.push(row.map(|cell| drawable(&cell).into_owned()));
    }

    /// Prints the table; `empty` is what a person reads when there is no row.
    pub(crate) fn print(&self, empty: &str) -> Result<(), Failure> {
        if output::reader() == Reader::Script {
            return output::text(&self.tabs());
        }
        if self.rows.is_empty() {
            output::note(empty);
            return Ok(());
        }
        let layout = self.layout(output::columns());
        output::text(&self.aligned(&layout, output::ink()))?;
        if let Some(missing) = self.missing(&layout) {
            output::note(&missing);
        }
        Ok(())
    }

    /// The rows as a script cuts them: no header, which would be one more row to skip, and nothing cut.
    fn tabs(&self) -> String {
        self.rows.iter().map(|row| row.join("\t") + "\n").collect()
    }

    /// How wide each column is where there is room.
    fn widths(&self) -> [usize; N] {
        std::array::from_fn(|at| {
            let cells = self.rows.iter().map(|row| row[at].width());
            cells.max().unwrap_or_default().max(self.header[at].width())
        })
    }

    /// The same where no cell that may be cut is wider than this, or than its header.
    fn capped(&self, widths: [usize; N], cap: usize) -> [usize; N] {
        std::array::from_fn(|at| {
            let most = cap.max(self.header[at].width());
            if self.shortened.contains(&self.header[at]) { widths[at].min(most) } else { widths[at] }
        })
    }

    fn layout(&self, columns: Option<usize>) -> Layout<N> {
        let (widths, columns) = (self.widths(), columns.unwrap_or(usize::MAX));
        let fits = |layout: &Layout<N>| self.width(layout) <= columns;
        let spared = (0..=self.spare.len())
            .map(|count| Layout { left_out: self.spare[..count].to_vec(), widths })
            .find(fits);
        if let Some(layout) = spared {
            return layout;
        }
        let narrow = |count: usize, cap: usize| Layout {
            left_out: [self.spare, &self.given_up[..count]].concat(),
            widths: self.capped(widths, cap),
        };
        let all = self.given_up.len();
        let count = (0..=all).find(|count| fits(&narrow(*count, SHORTEST))).unwrap_or(all);
        let longest = widths.into_iter().max().unwrap_or_default();
        let roomiest = (SHORTEST..=longest).rev().map(|cap| narrow(count, cap)).find(fits);
        roomiest.unwrap_or_else(|| narrow(count, SHORTEST))
    }

    /// The columns that are shown, by their place.
    fn shown(&self, layout: &Layout<N>) -> impl Iterator<Item = usize> {
        (0..N).filter(|at| !layout.left_out.contains(&self.header[*at]))
    }

    /// How wide a line is.
    fn width(&self, layout: &Layout<N>) -> usize {
        self.shown(layout).map(|at| layout.widths[at] + GAP).sum::<usize>().saturating_sub(GAP)
    }

    /// What a person is told that there was no room for.
    fn missing(&self, layout: &Layout<N>) -> Option<String> {
        let whole = self.widths();
        let cut: Vec<&str> = self
            .shown(layout)
            .filter(|at| layout.widths[*at] < whole[*at])
            .map(|at| self.header[at])
            .collect();
        let all_of = |columns: &[&str]| format!("all of {}", columns.join(", "));
        let missing = match (&layout.left_out[..], &cut[..]) {
            ([], []) => return None,
            (left_out, []) => left_out.join(", "),
            ([], cut) => all_of(cut),
            (left_out, cut) => format!("{}, nor for {}", left_out.join(", "), all_of(cut)),
        };
        Some(format!("no room for {missing}: a pipe and --json have it"))
    }

    fn aligned(&self, layout: &Layout<N>, ink: Ink) -> String {
        let line = |cells: [&str; N]| {
            let mut line = String::new();
            for at in self.shown(layout) {
                let room = layout.widths[at];
                let cell = cut(cells[at], room);
                line.push_str(&cell);
                line.push_str(&" ".repeat(room.saturating_sub(cell.width()) + GAP));
            }
            line.trim_end().to_owned()
        };
        let mut text = ink.paint(DIM, &line(self.header)) + "\n";
        for row in &self.rows {
            text.push_str(&line(row.each_ref().map(String::as_str)));
            text.push('\n');
        }
        text
    }
}

/// As many characters of a cell as fit, and an ellipsis where that is not all of them.
fn cut(cell: &str, room: usize) -> Cow<'_, str> {
    if cell.width() <= room {
        return Cow::Borrowed(cell);
    }
    let (mut head, mut taken) = (String::new(), ELLIPSIS.width());
    for character in cell.graphemes(true) {
        taken += character.width();
        if taken > room {
            break;
        }
        head.push_str(character);
    }
    Cow::Owned(head.trim_end().to_owned() + ELLIPSIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<3> {
        let mut table = Table::new(["NAME", "ID", "SINCE"]).sparing(&["SINCE", "ID"]);
        table.push(["銀行".to_owned(), "a".to_owned(), "2026".to_owned()]);
        table.push(["Lo\tng\nname".to_owned(), String::new(), String::new()]);
        table
    }

    #[test]
    fn people_read_columns_and_scripts_cut_tabs() {
        let columns = "NAME        ID  SINCE\n銀行        a   2026\nLo\u{fffd}ng\u{fffd}name\n";
        assert_eq!(table().aligned(&table().layout(None), Ink::Plain), columns);
        assert_eq!(table().tabs(), "銀行\ta\t2026\nLo\u{fffd}ng\u{fffd}name\t\t\n");
    }

    #[test]
    fn where_there_is_no_room_as_many_columns_give_way_as_it_takes() {
        for (columns, left_out) in [
            (None, &[][..]),
            (Some(21), &[]),
            (Some(20), &["SINCE"]),
            (Some(14), &["SINCE"]),
            (Some(13), &["SINCE", "ID"]),
            (Some(1), &["SINCE", "ID"]),
        ] {
            assert_eq!(table().layout(columns).left_out, left_out, "{columns:?}");
        }
        let narrow = table().layout(Some(20));
        assert_eq!(table().aligned(&narrow, Ink::Plain).lines().next(), Some("NAME        ID"));
    }

    /// One account with a long id or none, and names of so many characters.
    fn accounts(id: usize, name: usize) -> Table<5> {
        let mut table = Table::new(["ID", "NAME", "INSTITUTION", "MASK", "SINCE"])
            .sparing(&["SINCE"])
            .shortening(&["NAME", "INSTITUTION"])
            .giving_up(&["MASK", "INSTITUTION"]);
        let row = [&"i".repeat(id), &"n".repeat(name), &"b".repeat(name / 2), "1234", "2026"];
        table.push(row.map(str::to_owned));
        table
    }

    #[test]
    fn columns_go_first_then_names_are_cut_and_then_more_columns_go() {
        for (columns, id, name, expected, missing) in [
            (None, 4, 30, [4, 30, 15, 4, 5], None),
            (Some(66), 4, 30, [4, 30, 15, 4, 5], None),
            (Some(65), 4, 30, [4, 30, 15, 4, 0], Some("SINCE")),
            (Some(58), 4, 30, [4, 29, 15, 4, 0], Some("SINCE, nor for all of NAME")),
            (Some(40), 4, 30, [4, 13, 13, 4, 0], Some("SINCE, nor for all of NAME, INSTITUTION")),
            (Some(34), 4, 30, [4, 9, 11, 4, 0], Some("SINCE, nor for all of NAME, INSTITUTION")),
            (Some(32), 4, 30, [4, 12, 12, 0, 0], Some("SINCE, MASK, nor for all of NAME, INSTITUTION")),
            (Some(26), 4, 30, [4, 20, 0, 0, 0], Some("SINCE, MASK, INSTITUTION, nor for all of NAME")),
            (Some(14), 4, 30, [4, 8, 0, 0, 0], Some("SINCE, MASK, INSTITUTION, nor for all of NAME")),
            // Now a line wraps: an id is never cut.
            (Some(13), 4, 30, [4, 8, 0, 0, 0], Some("SINCE, MASK, INSTITUTION, nor for all of NAME")),
            (Some(80), 64, 64, [64, 14, 0, 0, 0], Some("SINCE, MASK, INSTITUTION, nor for all of NAME")),
            (Some(40), 64, 4, [64, 4, 0, 0, 0], Some("SINCE, MASK, INSTITUTION")),
        ] {
            let table = accounts(id, name);
            let layout = table.layout(columns);
            let shown: Vec<usize> = table.shown(&layout).collect();
            let widths = std::array::from_fn(|at| if shown.contains(&at) { layout.widths[at] } else { 0 });
            assert_eq!(widths, expected, "{columns:?} {id} {name}");
            let missing = missing.map(|missing| format!("no room for {missing}: a pipe and --json have it"));
            assert_eq!(table.missing(&layout), missing, "{columns:?} {id} {name}");
            let drawn = table.aligned(&layout, Ink::Plain);
            assert!(drawn.contains(&"i".repeat(id)), "{drawn}");
            if columns.is_some_and(|columns| columns > id + GAP + SHORTEST) {
                assert!(drawn.lines().all(|line| line.width() <= columns.unwrap_or(usize::MAX)), "{drawn}");
            }
        }
    }

    #[test]
    fn a_pipe_has_whole_names() {
        assert!(accounts(4, 64).tabs().contains(&"n".repeat(64)));
    }

    #[test]
    fn a_cell_is_cut_between_characters() {
        for (cell, room, expected) in [
            ("Household", 9, "Household"),
            ("Household", 8, "Househo…"),
            ("Budget app", 8, "Budget…"),
            ("銀行銀行", 8, "銀行銀行"),
            ("銀行銀行", 7, "銀行銀…"),
            ("銀行銀行", 6, "銀行…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            assert_eq!(cut(cell, room), expected, "{cell} {room}");
        }
    }

    #[test]
    fn only_the_header_is_dimmed() {
        let plain = table().aligned(&table().layout(None), Ink::Plain);
        let coloured = table().aligned(&table().layout(None), Ink::Coloured);
        assert_eq!(
            coloured,
            plain.replacen("NAME        ID  SINCE", "\u{1b}[2mNAME        ID  SINCE\u{1b}[0m", 1)
        );
    }
}

//! Owns how a listing is laid out: in columns for a person, with tabs for a script. Must not know what is listed.

use claviger_api::drawable;
use unicode_width::UnicodeWidthStr;

use crate::failure::Failure;
use crate::output::{self, DIM, Ink, Reader};

/// Between columns.
const GAP: usize = 2;

/// Rows under a header.
pub(crate) struct Table<const N: usize> {
    header: [&'static str; N],
    spare: &'static [&'static str],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// Makes an empty table.
    pub(crate) fn new(header: [&'static str; N]) -> Self {
        Self { header, spare: &[], rows: Vec::new() }
    }

    /// Says which columns give way on a terminal that is too narrow, the first of them first.
    pub(crate) fn sparing(self, spare: &'static [&'static str]) -> Self {
        Self { spare, ..self }
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
        let left_out = self.left_out(output::columns());
        output::text(&self.aligned(left_out, output::ink()))?;
        if !left_out.is_empty() {
            output::note(&format!("no room for {}: a pipe and --json have it", left_out.join(", ")));
        }
        Ok(())
    }

    /// The rows as a script cuts them: no header, which would be one more row to skip.
    fn tabs(&self) -> String {
        self.rows.iter().map(|row| row.join("\t") + "\n").collect()
    }

    fn widths(&self) -> [usize; N] {
        std::array::from_fn(|at| {
            let cells = self.rows.iter().map(|row| row[at].width());
            cells.max().unwrap_or_default().max(self.header[at].width())
        })
    }

    /// The columns for which there is no room.
    fn left_out(&self, columns: Option<usize>) -> &'static [&'static str] {
        let widths = self.widths();
        let width = |left_out: &[&str]| {
            let shown = (0..N).filter(|at| !left_out.contains(&self.header[*at]));
            shown.map(|at| widths[at] + GAP).sum::<usize>().saturating_sub(GAP)
        };
        let columns = columns.unwrap_or(usize::MAX);
        let fits = |count: &usize| width(&self.spare[..*count]) <= columns;
        &self.spare[..(0..self.spare.len()).find(fits).unwrap_or(self.spare.len())]
    }

    fn aligned(&self, left_out: &[&str], ink: Ink) -> String {
        let widths = self.widths();
        let shown: Vec<usize> = (0..N).filter(|at| !left_out.contains(&self.header[*at])).collect();
        let line = |cells: [&str; N]| {
            let mut line = String::new();
            for at in &shown {
                line.push_str(cells[*at]);
                line.push_str(&" ".repeat(widths[*at] - cells[*at].width() + GAP));
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
        assert_eq!(table().aligned(&[], Ink::Plain), columns);
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
            assert_eq!(table().left_out(columns), left_out, "{columns:?}");
        }
        assert_eq!(table().aligned(&["SINCE"], Ink::Plain).lines().next(), Some("NAME        ID"));
    }

    #[test]
    fn only_the_header_is_dimmed() {
        let plain = table().aligned(&[], Ink::Plain);
        let coloured = table().aligned(&[], Ink::Coloured);
        assert_eq!(
            coloured,
            plain.replacen("NAME        ID  SINCE", "\u{1b}[2mNAME        ID  SINCE\u{1b}[0m", 1)
        );
    }
}

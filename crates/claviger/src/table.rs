//! Owns how a listing is laid out: in columns for a person, with tabs for a script. Must not know what is listed.

use std::iter::zip;

use claviger_api::drawable;
use unicode_width::UnicodeWidthStr;

use crate::failure::Failure;
use crate::output::{self, Reader};

/// Rows under a header.
pub(crate) struct Table<const N: usize> {
    header: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// Makes an empty table.
    pub(crate) fn new(header: [&'static str; N]) -> Self {
        Self { header, rows: Vec::new() }
    }

    /// Adds a row. Its texts are made safe here, tabs and line breaks included.
    pub(crate) fn push(&mut self, row: [String; N]) {
        self.rows.push(row.map(|cell| drawable(&cell).into_owned()));
    }

    /// Prints the table; `empty` is what a person reads when there is no row.
    pub(crate) fn print(&self, empty: &str) -> Result<(), Failure> {
        let reader = output::reader();
        if reader == Reader::Person && self.rows.is_empty() {
            output::note(empty);
            return Ok(());
        }
        output::text(&self.render(reader))
    }

    fn render(&self, reader: Reader) -> String {
        match reader {
            Reader::Script => self.rows.iter().map(|row| row.join("\t") + "\n").collect(),
            Reader::Person => self.columns(),
        }
    }

    fn columns(&self) -> String {
        let mut widths = self.header.map(UnicodeWidthStr::width);
        for row in &self.rows {
            for (width, cell) in zip(&mut widths, row) {
                *width = (*width).max(cell.width());
            }
        }
        let header = self.header.map(str::to_owned);
        let mut text = String::new();
        for row in std::iter::once(&header).chain(&self.rows) {
            let mut line = String::new();
            for (cell, width) in zip(row, widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width - cell.width() + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table<2> {
        let mut table = Table::new(["NAME", "ID"]);
        table.push(["銀行".to_owned(), "a".to_owned()]);
        table.push(["Lo\tng\nname".to_owned(), String::new()]);
        table
    }

    #[test]
    fn people_read_columns_and_scripts_cut_tabs() {
        let columns = "NAME        ID\n銀行        a\nLo\u{fffd}ng\u{fffd}name\n";
        assert_eq!(table().render(Reader::Person), columns);
        assert_eq!(table().render(Reader::Script), "銀行\ta\nLo\u{fffd}ng\u{fffd}name\t\n");
    }
}

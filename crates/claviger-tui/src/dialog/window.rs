//! Owns which lines of the accounts are seen: headings and accounts in so much room. Must not draw them.

use super::boxes::{Boxes, Group, Listed};
use crate::state::scrolled;

/// The lines that are seen, and how many accounts are above and below them.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    pub(crate) lines: Vec<Line<'a>>,
    pub(crate) above: usize,
    pub(crate) below: usize,
    /// How many of the accounts that are seen are checked.
    pub(crate) checked: usize,
}

/// One line of the list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line<'a> {
    /// The institution of what follows; `None` for accounts without one.
    Heading(Option<&'a str>),
    Account(&'a Listed),
}

impl Boxes {
    /// How many lines there are, headings counted.
    pub(crate) fn lines(&self) -> usize {
        self.shown.len() + self.groups.len()
    }

    /// How many lines there are without a filter.
    pub(crate) fn whole_lines(&self) -> usize {
        self.whole
    }

    /// How many accounts there are, shown or not.
    pub(crate) fn total(&self) -> usize {
        self.accounts.len()
    }

    pub(crate) fn is_grouped(&self) -> bool {
        !self.groups.is_empty()
    }

    /// The first line to show so that the row stood on is seen, moving as little as can be.
    pub(super) fn first_line(&self, height: usize) -> usize {
        let at = self.line_of(self.list.position().unwrap_or(0));
        let first = scrolled(self.top, at, self.lines(), height);
        match self.has_heading_above(first, height) {
            // Its heading takes the place of the first row that is seen: that must not be the one stood on.
            true if first == at => first - 1,
            // Nor is a heading worth a line with nothing below it.
            true if self.at(first + 1).1 => first + 1,
            _ => first,
        }
    }

    /// The lines that are seen in so much room. Above an account that is cut off from its heading, the heading
    /// takes the first line, so that it can always be told whose account it is.
    pub(crate) fn window(&self, height: usize) -> Window<'_> {
        let first = self.first_line(height);
        let mut rows = Vec::new();
        let mut lines = Vec::new();
        for line in first..self.lines().min(first + height) {
            let (row, is_heading) = self.at(line);
            let is_heading = is_heading || (line == first && self.has_heading_above(first, height));
            let Some(account) = self.shown.get(row).and_then(|at| self.accounts.get(*at)) else { continue };
            if is_heading {
                lines.push(Line::Heading(account.institution.as_deref()));
            } else {
                lines.push(Line::Account(account));
                rows.push(row);
            }
        }
        let above = rows.first().copied().unwrap_or(0);
        let below = self.shown.len() - rows.last().map_or(0, |row| row + 1);
        let seen = rows.iter().filter_map(|row| self.list.rows.get(*row));
        Window { lines, above, below, checked: seen.filter(|id| self.checked.contains(*id)).count() }
    }

    /// Whether the first line is an account whose heading is out of sight and has to be shown in its place.
    fn has_heading_above(&self, first: usize, height: usize) -> bool {
        self.is_grouped() && height >= 2 && !self.at(first).1
    }

    /// The row on a line, or the first one below it where the line is a heading.
    fn at(&self, line: usize) -> (usize, bool) {
        let above = self.groups.partition_point(|group| group.line <= line);
        match above.checked_sub(1).and_then(|at| self.groups.get(at)) {
            Some(Group { row, line: heading }) if *heading == line => (*row, true),
            _ => (line - above, false),
        }
    }

    fn line_of(&self, row: usize) -> usize {
        row + self.groups.partition_point(|group| group.row <= row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keymap::Step;
    use crate::message::Feed;
    use crate::state::Store;
    use crate::update::tests::sample;

    fn boxes(accounts: &[(&str, Option<&str>)]) -> Boxes {
        let account =
            |(name, institution): &(&str, Option<&str>)| sample::account(name, name, *institution, None);
        let accounts = accounts.iter().map(account).collect();
        let mut store = Store::default();
        store.apply(Feed::Snapshot { keys: vec![], accounts, storage_mode: true });
        Boxes::new(None, &store)
    }

    /// The lines that are seen as one text: headings with a colon, the row stood on with an angle.
    fn seen(boxes: &Boxes, height: usize) -> String {
        let window = boxes.window(height);
        let text = |line: &Line<'_>| match line {
            Line::Heading(institution) => format!("{}:", institution.unwrap_or("-")),
            Line::Account(account) if boxes.list.selected.as_ref() == Some(&account.id) => {
                format!(">{}", account.name)
            }
            Line::Account(account) => account.name.clone(),
        };
        let lines: Vec<_> = window.lines.iter().map(text).collect();
        format!("↑{} {} ↓{}", window.above, lines.join(" "), window.below)
    }

    #[test]
    fn accounts_stand_under_their_institutions_in_order() {
        let boxes = boxes(&[
            ("z", Some("beta")),
            ("b", None),
            ("A", Some("Beta")),
            ("c", Some("Alpha")),
            ("a", None),
        ]);
        assert_eq!(seen(&boxes, 20), "↑0 Alpha: >c Beta: A z -: a b ↓0");
    }

    #[test]
    fn without_institutions_there_are_no_headings() {
        assert_eq!(seen(&boxes(&[("b", None), ("a", None)]), 20), "↑0 >a b ↓0");
        assert_eq!(seen(&boxes(&[]), 20), "↑0  ↓0");
    }

    #[test]
    fn the_heading_stays_above_what_is_stood_on() {
        let mut boxes = boxes(&[
            ("a1", Some("A")),
            ("a2", Some("A")),
            ("a3", Some("A")),
            ("a4", Some("A")),
            ("b1", Some("B")),
            ("b2", Some("B")),
        ]);
        let walk = |boxes: &mut Boxes, step, height| {
            let mut lines = vec![seen(boxes, height)];
            while boxes.go(step) {
                lines.push(seen(boxes, height));
            }
            lines
        };
        assert_eq!(
            walk(&mut boxes, Step::Down, 3),
            [
                "↑0 A: >a1 a2 ↓4",
                "↑0 A: a1 >a2 ↓4",
                "↑1 A: a2 >a3 ↓3",
                "↑2 A: a3 >a4 ↓2",
                "↑4 B: >b1 b2 ↓0",
                "↑4 B: b1 >b2 ↓0"
            ]
        );
        for height in 1..9 {
            for line in
                walk(&mut boxes, Step::Up, height).into_iter().chain(walk(&mut boxes, Step::Down, height))
            {
                let (heading, row) = (line.find(['A', 'B']), line.find('>').expect(&line));
                assert!(height == 1 || heading.is_some_and(|heading| heading < row), "{height}: {line}");
            }
        }
    }
}

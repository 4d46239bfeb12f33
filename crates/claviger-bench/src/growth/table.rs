//! Owns the table of what grows on standard output: each row beside bare hyper, and beside the same question where nothing has
//! grown. Must not measure.

use super::row::Row;
use super::{Found, Plan, Report};
use crate::pin::Cores;
use crate::table::{line, thousands};

/// How wide the names of rows are.
const NAME: usize = 34;

/// Draws it. Ratios are of the median latencies.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut table = String::new();
    let figures = [("answer B", 10), ("p50 µs", 10), ("p99 µs", 10), ("per s", 11)];
    let ratios = [("of hyper", 10), ("of quiet", 10)];
    let titles = figures.into_iter().chain(ratios).map(|(title, width)| format!("{title:>width$}"));
    line(&mut table, &format!("{:<NAME$}{}", "one core, 1 in flight", titles.collect::<String>()));
    for row in Row::all(&report.plan.wide) {
        let Some(found) = report.figures.get(&row) else { continue };
        line(&mut table, &draw_row(report, row, found));
    }
    table.push('\n');
    let Plan { keys, rounds, during, .. } = &report.plan;
    line(
        &mut table,
        &format!(
            "{} keys; medians of {rounds} interleaved rounds of {} ms each. Both ratios are of the median latencies: to bare \
             hyper, and to the same question for a key with one account while nobody else is there.",
            count(*keys),
            during.as_millis()
        ),
    );
    let changes: Vec<f64> = report.figures.values().filter_map(|found| found.changes).collect();
    if let (Some(least), Some(most)) =
        (changes.iter().copied().reduce(f64::min), changes.iter().copied().reduce(f64::max))
    {
        line(&mut table, &format!("Renames: {} to {} a second.", thousands(least), thousands(most)));
    }
    if report.bystanders == Cores::One {
        line(
            &mut table,
            "Those who listen and rename did so on the same core, for this process may use only one.",
        );
    }
    table
}

fn draw_row(report: &Report, row: Row, found: &Found) -> String {
    let Found { round, answer, .. } = found;
    let beside = |other: Row| {
        let other = report.figures.get(&other).filter(|_| other != row);
        other.map(|other| format!("{:.2}", round.p50 / other.round.p50)).unwrap_or_default()
    };
    let (answer, rate) = (count(*answer), thousands(round.rate));
    format!(
        "{:<NAME$}{answer:>10}{:>10.1}{:>10.1}{rate:>11}{:>10}{:>10}",
        row.to_string(),
        round.p50,
        round.p99,
        beside(Row::BARE),
        beside(row.quiet())
    )
}

fn count(number: usize) -> String {
    thousands(u32::try_from(number).map_or(f64::INFINITY, f64::from))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::PathBuf;
    use std::time::Duration;

    use super::super::row::{Asked, Grown};
    use super::*;
    use crate::samples::Round;

    fn report(bystanders: Cores) -> Report {
        let found = |p50, answer, changes| Found {
            round: Round { p50, p99: p50 * 3.0, rate: 40_000.0 },
            answer,
            changes,
        };
        let row = |asked, grown| Row { asked, grown };
        let figures = HashMap::from([
            (Row::BARE, found(10.0, 250, None)),
            (row(Asked::Post, Grown::NOTHING), found(20.0, 300, None)),
            (row(Asked::Post, Grown::Scope(10_000)), found(500.0, 190_300, None)),
            (row(Asked::Post, Grown::Changes), found(22.0, 300, Some(310.4))),
            (row(Asked::Post, Grown::ChangesHeard), found(24.0, 300, Some(290.0))),
        ]);
        let wide = vec![100, 10_000];
        let plan = Plan {
            keys: 5_000,
            wide,
            rounds: 1,
            during: Duration::from_millis(7),
            claviger: PathBuf::default(),
        };
        Report { plan, bystanders, figures }
    }

    fn words(table: &str, start: &str) -> Vec<String> {
        let line = table.lines().find(|line| line.starts_with(start)).unwrap();
        line[NAME..].split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_row_stands_beside_hyper_and_beside_the_same_question_where_nothing_has_grown() {
        let table = draw(&report(Cores::Two));
        assert_eq!(
            words(&table, "POST, 10000 accounts"),
            ["190,300", "500.0", "1500.0", "40,000", "50.00", "25.00"]
        );
        assert_eq!(words(&table, "POST, 1 account"), ["300", "20.0", "60.0", "40,000", "2.00"]);
        assert_eq!(words(&table, "bare hyper"), ["250", "10.0", "30.0", "40,000"]);
        assert!(!table.contains("/authorize"), "{table}");
    }

    #[test]
    fn columns_are_aligned_and_names_fit() {
        let table = draw(&report(Cores::Two));
        let width = |start: &str| table.lines().find(|line| line.starts_with(start)).unwrap().chars().count();
        assert_eq!(width("one core"), NAME + 61);
        assert_eq!(width("POST, 10000"), NAME + 61);
        assert!(Row::all(&[10_000]).iter().all(|row| row.to_string().len() < NAME));
    }

    #[test]
    fn it_says_how_it_was_measured() {
        let table = draw(&report(Cores::Two));
        assert!(table.contains("\n5,000 keys; medians of 1 interleaved rounds of 7 ms each."), "{table}");
        assert!(table.ends_with("\nRenames: 290 to 310 a second.\n"), "{table}");
        assert!(draw(&report(Cores::One)).ends_with("for this process may use only one.\n"));
    }
}

//! Owns the table on standard output. Must not measure.

use std::fmt::Write;

use crate::pin::Cores;
use crate::plan::{Load, MANY, Row};
use crate::run::{Cell, Plan, Report};

/// How wide the names of rows are, and the four figures of a load.
const NAME: usize = 24;
const LOAD: usize = 40;

/// Draws a block for each number of cores: rows are what is asked, columns what it takes with one call under way and with
/// many.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut table = String::new();
    for cores in &report.cores {
        let title = match cores {
            Cores::One => "one core",
            Cores::Two => "two cores",
        };
        let many = format!("{MANY} in flight");
        line(&mut table, &format!("{title:<NAME$}{:>LOAD$}{many:>LOAD$}", "1 in flight"));
        let figures = |ratio: &str| format!("{:>10}{:>9}{:>11}{ratio:>10}", "p50 µs", "p99 µs", "per s");
        line(&mut table, &format!("{:<NAME$}{}{}", "", figures("of hyper"), figures("of hyper")));
        for row in Row::all() {
            let cells = Load::ALL.map(|load| Cell { row, load, cores: *cores });
            if !cells.iter().any(|cell| report.figures.contains_key(cell)) {
                continue;
            }
            let [one, many] = cells.map(|cell| draw_cell(report, cell));
            line(&mut table, &format!("{:<NAME$}{one}{many}", row.label()));
        }
        table.push('\n');
    }
    let Plan { keys, rounds, during, .. } = &report.plan;
    line(
        &mut table,
        &format!(
            "{} keys; medians of {rounds} interleaved rounds of {} ms each. \"of hyper\" is the ratio of the median \
             latencies with 1 in flight, and that of the rates with {MANY}.",
            thousands(u32::try_from(*keys).map_or(f64::INFINITY, f64::from)),
            during.as_millis()
        ),
    );
    if !report.cores.contains(&Cores::Two) {
        line(&mut table, "two cores: not measured, for this process may use only one");
    }
    table
}

/// The ratio is that of the latency with one call under way, and that of the rate with many.
fn draw_cell(report: &Report, cell: Cell) -> String {
    let Some((round, latency, rate)) = report.beside_bare(cell) else {
        return format!("{:>10}{:>9}{:>11}{:>10}", "", "", "", "");
    };
    let ratio = match cell.load {
        Load::One => latency,
        Load::Many => rate,
    };
    format!("{:>10.1}{:>9.1}{:>11}{ratio:>10.2}", round.p50, round.p99, thousands(round.rate))
}

/// A whole number with commas.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Adds a line, without spaces at its end.
pub(crate) fn line(table: &mut String, text: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(table, "{}", text.trim_end());
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::kind::Kind;
    use crate::plan::Way;
    use crate::samples::Round;

    fn report() -> Report {
        let row = |way| Row { way, kind: Kind::Valid };
        let cell = |row, load| Cell { row, load, cores: Cores::One };
        let round = |p50, rate| Round { p50, p99: p50 * 2.0, rate };
        let figures = HashMap::from([
            (cell(Row::BARE, Load::One), round(20.0, 50_000.0)),
            (cell(Row::BARE, Load::Many), round(300.0, 100_000.0)),
            (cell(row(Way::Post), Load::One), round(30.0, 33_333.3)),
            (cell(row(Way::Post), Load::Many), round(500.0, 50_000.0)),
            (cell(row(Way::WebSockets), Load::Many), round(600.0, 40_000.0)),
        ]);
        let (only, claviger) = (String::new(), PathBuf::default());
        let plan = Plan { keys: 5, rounds: 1, during: Duration::from_millis(1), only, claviger };
        Report { plan, cores: vec![Cores::One], figures }
    }

    #[test]
    fn a_row_says_latency_beside_hypers_with_one_call_and_rate_beside_hypers_with_many() {
        let table = draw(&report());
        let post = table.lines().find(|line| line.starts_with("POST, valid")).unwrap();
        let words: Vec<&str> = post.split_whitespace().collect();
        assert_eq!(words[2..], ["30.0", "60.0", "33,333", "1.50", "500.0", "1000.0", "50,000", "0.50"]);
    }

    #[test]
    fn columns_are_aligned_and_what_was_not_measured_is_left_out() {
        let table = draw(&report());
        let width = |start: &str| table.lines().find(|line| line.starts_with(start)).unwrap().chars().count();
        assert_eq!(width("bare hyper"), NAME + 2 * LOAD);
        assert_eq!(width("POST, valid"), NAME + 2 * LOAD);
        assert_eq!(width("one core"), NAME + 2 * LOAD);
        let websockets = table.lines().find(|line| line.starts_with("WebSockets")).unwrap();
        assert_eq!(websockets.split_whitespace().count(), 2 + 4);
        assert_eq!(width("WebSockets"), NAME + 2 * LOAD);
        assert!(!table.contains("bare echo"), "{table}");
    }

    #[test]
    fn it_says_how_it_was_measured_and_what_was_not() {
        let table = draw(&report());
        assert!(table.contains("5 keys; medians of 1 interleaved rounds of 1 ms each."), "{table}");
        assert!(table.ends_with("for this process may use only one\n"), "{table}");
        let both = Report { cores: vec![Cores::One, Cores::Two], ..report() };
        assert!(!draw(&both).contains("only one"));
    }

    #[test]
    fn numbers_have_commas_after_every_third_digit() {
        for (number, text) in [(0.0, "0"), (999.6, "1,000"), (1234.0, "1,234"), (1_234_567.0, "1,234,567")] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn a_program_gets_the_same_figures() {
        let json = report().json();
        let post = &json["measures"][1];
        assert_eq!(
            (&post["way"], &post["load"], &post["cores"]),
            (&"post".into(), &"one".into(), &"one".into())
        );
        assert_eq!((post["p50"].as_f64(), post["p50_of_hyper"].as_f64()), (Some(30.0), Some(1.5)));
    }
}

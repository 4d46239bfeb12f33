//! Owns the table of changes on standard output: each measure beside what it is compared with, and the limit of that. Must not
//! measure.

use std::fmt::Write;

use super::measure::{Limit, Measure};
use super::{CALLERS, Figure, Report};

/// Draws it. Times are milliseconds; ratios are of medians, and of the quickest tenths, which other programs disturb least.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut table = format!(
        "{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n",
        "", "p10 ms", "p50 ms", "p99 ms", "p10", "p50", "limit"
    );
    for measure in Measure::ALL {
        let Some(Figure { round, p10 }) = report.figures.get(&measure) else { continue };
        let times = [*p10, round.p50, round.p99].map(|time| format!("{:>9.3}", time / 1000.0)).concat();
        let line = format!("{:<24}{times}{}", measure.label(), judged(report, measure));
        // Writing to a text cannot fail.
        let _ = writeln!(table, "{}", line.trim_end());
    }
    let rate = |measure| report.figures.get(&measure).map_or(0.0, |figure| figure.round.rate);
    let _ = writeln!(
        table,
        "\n{} keys; {} lives of a key, {} rounds. One caller made {:.0} renames a second, {CALLERS} made {:.0}.",
        report.plan.keys,
        report.plan.lives,
        report.plan.rounds,
        rate(Measure::RateOfOne),
        rate(Measure::RateOfMany)
    );
    table
}

/// The ratios, the limit of that of the medians, and whether it is held.
fn judged(report: &Report, measure: Measure) -> String {
    let found = measure
        .beside()
        .and_then(|(other, limit)| Some((report.figures.get(&measure)?, report.figures.get(&other)?, limit)));
    let Some((figure, other, limit)) = found else { return String::new() };
    let (quickest, ratio) = (figure.p10 / other.p10, figure.round.p50 / other.round.p50);
    let verdict = |holds| if holds { "held" } else { "missed" };
    match limit {
        Limit::Latency(most) => {
            format!("{quickest:>9.2}{ratio:>9.2}{:>9}  {}", format!("< {most:.2}"), verdict(ratio <= most))
        }
        Limit::Rate(least) => {
            let ratio = figure.round.rate / other.round.rate;
            format!("{:>9}{ratio:>9.2}{:>9}  {}", "rate", format!("> {least:.2}"), verdict(ratio >= least))
        }
        Limit::None => format!("{quickest:>9.2}{ratio:>9.2}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::path::PathBuf;

    use super::super::Plan;
    use super::*;
    use crate::samples::Round;

    fn report(figures: &[(Measure, f64, f64)]) -> Report {
        let figure = |(measure, p50, rate): &(Measure, f64, f64)| {
            let round = Round { p50: *p50, p99: *p50, rate: *rate };
            (*measure, Figure { round, p10: p50 / 2.0 })
        };
        let figures: HashMap<Measure, Figure> = figures.iter().map(figure).collect();
        Report { plan: Plan { keys: 5, lives: 1, rounds: 1, claviger: PathBuf::default() }, figures }
    }

    #[test]
    fn a_change_is_held_to_its_limit_beside_the_disk_of_the_same_run() {
        for (rename, said) in [(800.0, "4.00   < 4.00  held"), (802.0, "4.01   < 4.00  missed")] {
            let table = draw(&report(&[(Measure::Floor, 200.0, 0.0), (Measure::Rename, rename, 0.0)]));
            assert!(table.contains(said), "{table}");
        }
    }

    #[test]
    fn many_callers_are_held_to_a_rate_and_not_to_a_latency() {
        let rates = |many| [(Measure::RateOfOne, 500.0, 1_000.0), (Measure::RateOfMany, 900.0, many)];
        assert!(draw(&report(&rates(5_000.0))).contains("5.00   > 5.00  held"));
        assert!(draw(&report(&rates(4_900.0))).contains("4.90   > 5.00  missed"));
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        let table = draw(&report(&[(Measure::Rename, 200.0, 0.0)]));
        assert!(table.contains("rename") && !table.contains("rotate") && !table.contains("held"), "{table}");
    }
}

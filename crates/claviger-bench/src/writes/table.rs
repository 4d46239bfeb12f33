//! Owns the table of changes on standard output: each measure beside what it is compared with, and the limit of that. Must not
//! measure.

use std::fmt::Write;

use super::Report;
use super::measure::{Limit, Measure};

/// Draws it.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut table = format!("{:<26}{:>9}{:>9}{:>10}{:>9}\n", "", "p50 ms", "p99 ms", "ratio", "limit");
    for measure in Measure::ALL {
        let Some(round) = report.figures.get(&measure) else { continue };
        let (ratio, limit, verdict) = judged(report, measure);
        let line = format!(
            "{:<26}{:>9.3}{:>9.3}{ratio:>10}{limit:>9}  {verdict}",
            measure.label(),
            round.p50 / 1000.0,
            round.p99 / 1000.0
        );
        // Writing to a text cannot fail.
        let _ = writeln!(table, "{}", line.trim_end());
    }
    let rate = |measure| report.figures.get(&measure).map_or(0.0, |round| round.rate);
    let _ = writeln!(
        table,
        "\n{} keys; {} lives of a key, {} rounds. One caller {:.0} renames a second, 32 callers {:.0}.",
        report.plan.keys,
        report.plan.lives,
        report.plan.rounds,
        rate(Measure::RateOfOne),
        rate(Measure::RateOfMany)
    );
    table
}

fn judged(report: &Report, measure: Measure) -> (String, String, &'static str) {
    let found = measure
        .beside()
        .and_then(|(other, limit)| Some((report.figures.get(&measure)?, report.figures.get(&other)?, limit)));
    let Some((round, other, limit)) = found else { return Default::default() };
    let verdict = |holds| if holds { "held" } else { "missed" };
    match limit {
        Limit::Latency(most) => {
            let ratio = round.p50 / other.p50;
            (format!("{ratio:.2}"), format!("{most:.2}"), verdict(ratio <= most))
        }
        Limit::Rate(least) => {
            let ratio = round.rate / other.rate;
            (format!("{ratio:.2}"), format!("> {least:.1}"), verdict(ratio >= least))
        }
        Limit::None => (format!("{:.2}", round.p50 / other.p50), String::new(), ""),
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
        let figures: HashMap<Measure, Round> = figures
            .iter()
            .map(|(measure, p50, rate)| (*measure, Round { p50: *p50, p99: *p50, rate: *rate }))
            .collect();
        Report { plan: Plan { keys: 5, lives: 1, rounds: 1, claviger: PathBuf::default() }, figures }
    }

    #[test]
    fn a_change_is_held_to_its_limit_beside_the_disk_of_the_same_run() {
        for (rename, said) in [(800.0, "4.00     4.00  held"), (802.0, "4.01     4.00  missed")] {
            let table = draw(&report(&[(Measure::Floor, 200.0, 0.0), (Measure::Rename, rename, 0.0)]));
            assert!(table.contains(said), "{table}");
        }
    }

    #[test]
    fn many_callers_are_held_to_a_rate_and_not_to_a_latency() {
        let rates = |many| [(Measure::RateOfOne, 500.0, 1_000.0), (Measure::RateOfMany, 900.0, many)];
        assert!(draw(&report(&rates(5_000.0))).contains("5.00    > 5.0  held"));
        assert!(draw(&report(&rates(4_900.0))).contains("4.90    > 5.0  missed"));
    }

    #[test]
    fn what_was_not_measured_is_left_out() {
        let table = draw(&report(&[(Measure::Rename, 200.0, 0.0)]));
        assert!(table.contains("rename") && !table.contains("rotate") && !table.contains("held"), "{table}");
    }
}

//! Owns what becomes of many times: percentiles of one round, medians of several. Must not measure.

use std::time::Duration;

/// The latencies of one round, each exactly as it was measured. Nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<u32>);

/// What one round comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Round {
    /// Half of the calls took no longer. Microseconds.
    pub p50: f64,
    /// 99 of 100 calls took no longer. Microseconds.
    pub p99: f64,
    /// Answers in a second.
    pub rate: f64,
}

impl Samples {
    /// Adds one. What takes longer than four seconds counts as four seconds.
    pub fn push(&mut self, took: Duration) {
        self.0.push(u32::try_from(took.as_nanos()).unwrap_or(u32::MAX));
    }

    /// What the samples of a round that took so long come to; `None` without a sample.
    #[must_use]
    pub fn round(mut self, took: Duration) -> Option<Round> {
        self.0.sort_unstable();
        let rate = f64::from(u32::try_from(self.0.len()).ok()?) / took.as_secs_f64();
        Some(Round { p50: self.percentile(50)?, p99: self.percentile(99)?, rate })
    }

    /// What one tenth of the calls took at most: what they take where nothing else is in the way. Microseconds; `None` without a
    /// sample.
    #[must_use]
    pub fn quickest_tenth(&self) -> Option<f64> {
        let mut sorted = self.clone();
        sorted.0.sort_unstable();
        sorted.percentile(10)
    }

    /// The least sample that so many of 100 do not exceed, of sorted ones. Microseconds.
    fn percentile(&self, of_100: usize) -> Option<f64> {
        let rank = (self.0.len() * of_100).div_ceil(100).max(1);
        self.0.get(rank - 1).map(|nanoseconds| f64::from(*nanoseconds) / 1000.0)
    }
}

/// Each figure's median, by itself; `None` of no rounds.
#[must_use]
pub fn median_of(rounds: &[Round]) -> Option<Round> {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    Some(Round { p50: of(|round| round.p50)?, p99: of(|round| round.p99)?, rate: of(|round| round.rate)? })
}

/// The middle one, or halfway between the two in the middle; `None` of no figures.
#[must_use]
pub fn median(mut figures: Vec<f64>) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let upper = *figures.get(figures.len() / 2)?;
    let lower = *figures.get(figures.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(microseconds: impl IntoIterator<Item = u64>) -> Samples {
        let mut samples = Samples::default();
        microseconds.into_iter().for_each(|time| samples.push(Duration::from_micros(time)));
        samples
    }

    #[test]
    fn a_percentile_is_a_sample_that_so_many_do_not_exceed() {
        for (times, p50, p99) in [
            ((1..=100).rev().collect::<Vec<_>>(), 50.0, 99.0),
            ((1..=1000).collect(), 500.0, 990.0),
            (vec![7], 7.0, 7.0),
            (vec![3, 1], 1.0, 3.0),
            (vec![1, 2, 3], 2.0, 3.0),
        ] {
            let round = samples(times).round(Duration::from_secs(1)).unwrap();
            assert_eq!((round.p50, round.p99), (p50, p99));
        }
        assert_eq!(samples((1..=100).rev()).quickest_tenth(), Some(10.0));
        assert_eq!(samples([]).quickest_tenth(), None);
    }

    #[test]
    fn the_rate_is_of_the_time_that_the_round_took() {
        let round = samples([1, 1, 1]).round(Duration::from_millis(500));
        assert_eq!(round, Some(Round { p50: 1.0, p99: 1.0, rate: 6.0 }));
        assert_eq!(Samples::default().round(Duration::from_secs(1)), None);
    }

    #[test]
    fn a_median_is_taken_of_each_figure_by_itself() {
        let round = |p50, p99, rate| Round { p50, p99, rate };
        let rounds = [round(1.0, 30.0, 5.0), round(2.0, 10.0, 4.0), round(9.0, 20.0, 6.0)];
        assert_eq!(median_of(&rounds), Some(round(2.0, 20.0, 5.0)));
        assert_eq!(median_of(&rounds[..2]), Some(round(1.5, 20.0, 4.5)));
        assert_eq!(median_of(&[]), None);
    }
}

//! Owns how numbers are told to people. Must not fit them into columns.

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number in few columns, its smaller digits left out.
pub(super) fn short(number: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000_000_000_000, "Q"),
        (1_000_000_000_000, "T"),
        (1_000_000_000, "B"),
        (1_000_000, "M"),
        (1_000, "k"),
    ];
    let Some((unit, letter)) = UNITS.into_iter().find(|(unit, _)| number >= *unit) else {
        return number.to_string();
    };
    let (whole, tenth) = (number / unit, number % unit / (unit / 10));
    if whole < 10 { format!("{whole}.{tenth}{letter}") } else { format!("{}{letter}", grouped(whole)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_told_whole_and_in_few_columns() {
        for (number, whole, few) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1,000", "1.0k"),
            (9_999, "9,999", "9.9k"),
            (12_345, "12,345", "12k"),
            (172_800_000, "172,800,000", "172M"),
            (2_419_200_000, "2,419,200,000", "2.4B"),
            (u64::MAX, "18,446,744,073,709,551,615", "18,446Q"),
        ] {
            assert_eq!((&*grouped(number), &*short(number)), (whole, few));
        }
    }
}

//! Owns what the use of a key over the last days looks like: bars with words below, or words alone. Must not ask for it.

use claviger_api::object::DayUsage;
use claviger_api::{Day, KeyId};
use ratatui::text::{Line, Span};

use super::sheet::Sheet;
use crate::state::{State, Told};
use crate::view::number::{grouped, short};
use crate::view::style::Theme;
use crate::view::text::{cut, width};
use crate::{Borders, age};

/// How many days there are until the daemon has said.
const DAYS: usize = 14;
/// Columns that a day takes at most, the gap to the next one counted.
const DAY_MOST: usize = 4;
/// Bars by how many eighths of a row they fill.
const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Stands where there was no use: a dot is no bar, also without colour.
const UNUSED: &str = ".";

/// The rows of one way to show it, below its heading. They are the same before and after the numbers are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    bars: usize,
    dates: usize,
    words: usize,
}

const DRAWN: [Plan; 3] = [
    Plan { bars: 2, dates: 1, words: 2 },
    Plan { bars: 1, dates: 0, words: 2 },
    Plan { bars: 0, dates: 0, words: 1 },
];
/// Blocks would be read out as such.
const PLAIN: [Plan; 2] = [Plan { bars: 0, dates: 0, words: 3 }, Plan { bars: 0, dates: 0, words: 1 }];

impl Plan {
    pub(super) fn rows(self) -> usize {
        1 + self.bars + self.dates + self.words
    }
}

/// The ways to show it, the fullest first; none where the daemon does not know it.
pub(super) fn plans(state: &State) -> &'static [Plan] {
    match (state.usage.is_unknown, state.look.borders) {
        (true, _) => &[],
        (false, Borders::Drawn) => &DRAWN,
        (false, Borders::Plain) => &PLAIN,
    }
}

/// The use of a key, in the rows of a plan.
pub(super) fn usage(state: &State, id: &KeyId, plan: Plan, sheet: &Sheet) -> Sheet {
    let (mut group, theme, room) = (sheet.group(), sheet.theme, sheet.room);
    let told = state.usage.days.of(id);
    let days = match told {
        Told::This(days) => &days[days.len().saturating_sub(room)..],
        Told::Nothing | Told::Awaited => &[],
    };
    let today = Day::of(state.now);
    let many = if days.is_empty() { DAYS } else { days.len() };
    group.lines.push(Line::styled(cut(&format!("Use, last {many} days (UTC)"), room), theme.strong()));
    group.lines.extend(bars(days, plan.bars, room, theme));
    if plan.dates > 0 {
        group.lines.push(Line::styled(cut(&dates(days, today, room), room), theme.dim()));
    }
    let words = match told {
        Told::This(_) => words(days, today, room),
        Told::Awaited if state.is_live() => Words::default(),
        Told::Awaited | Told::Nothing => Words { sum: "not known".to_owned(), ..Words::default() },
    };
    let words = [words.sum, words.busiest, words.spread].into_iter().take(plan.words);
    group.lines.extend(words.map(|line| Line::raw(cut(&line, room))));
    group
}

/// Columns from the beginning of one day to the next.
fn step(days: usize, room: usize) -> usize {
    ((room + 1) / days.max(1)).clamp(1, DAY_MOST)
}

/// Rows of bars, the highest one as high as all of them.
fn bars(days: &[DayUsage], rows: usize, room: usize, theme: Theme) -> Vec<Line<'static>> {
    let most = days.iter().map(|day| day.granted).max().unwrap_or(0);
    let step = step(days.len(), room);
    let columns = (step - 1).max(1);
    let row = |row: usize| {
        let day = |day: &DayUsage| {
            let (symbol, style) = match eighths(day.granted, most, rows).saturating_sub(row * 8).min(8) {
                0 if day.granted == 0 && row == 0 => (UNUSED, theme.dim()),
                filled => (BARS[filled], theme.measure()),
            };
            [Span::styled(symbol.repeat(columns), style), Span::raw(" ".repeat(step - columns))]
        };
        Line::from(days.iter().flat_map(day).collect::<Vec<_>>())
    };
    (0..rows).rev().map(row).collect()
}

/// How many eighths of a row a bar is high: any use at least one, the most all of them.
fn eighths(granted: u64, most: u64, rows: usize) -> usize {
    let all = rows * 8;
    if granted == 0 {
        return 0;
    }
    let (granted, most, all_wide) = (u128::from(granted), u128::from(most.max(1)), all as u128);
    let rounded = (granted * all_wide + most / 2) / most;
    usize::try_from(rounded).map_or(all, |eighths| eighths.clamp(1, all))
}

/// The first day below the first bar, and the last one below the last.
fn dates(days: &[DayUsage], today: Day, room: usize) -> String {
    let [Some(first), Some(last)] = [days.first(), days.last()].map(|day| day.map(|day| day.day)) else {
        return String::new();
    };
    let (first, last) = (age::day(first), day(last, today));
    let columns = (days.len() * step(days.len(), room)).min(room + 1) - 1;
    match columns.checked_sub(width(&first) + width(&last)) {
        Some(between) if between > 0 => [first, " ".repeat(between), last].concat(),
        _ => format!("to {last}"),
    }
}

/// What the bars tell, in words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    sum: String,
    busiest: String,
    /// What only bars would show else.
    spread: String,
}

fn words(days: &[DayUsage], today: Day, room: usize) -> Words {
    let sum = days.iter().fold(0_u64, |sum, day| sum.saturating_add(day.granted));
    let used = days.iter().filter(|day| day.granted > 0).count();
    // The newest of several.
    let Some(busiest) = days.iter().max_by_key(|day| day.granted).filter(|_| used > 0) else {
        return Words { sum: "none".to_owned(), ..Words::default() };
    };
    let on = match day(busiest.day, today) {
        date if busiest.day != today => format!("on {date}"),
        today => today,
    };
    let noun = if sum == 1 { "grant" } else { "grants" };
    let spread = format!("used on {used} of {} days", days.len());
    if used == 1 {
        let all = if sum == 1 { "" } else { "all " };
        let sum = fitted(room, |told| format!("{} {noun}", told(sum)));
        return Words { sum, busiest: format!("{all}{on}"), spread };
    }
    let of_today = days.last().filter(|day| day.day == today).map(|day| day.granted);
    Words {
        sum: fitted(room, |told| match of_today {
            None => format!("{} {noun}", told(sum)),
            Some(0) => format!("{} {noun}, none today", told(sum)),
            Some(today) => format!("{} {noun}, {} today", told(sum), told(today)),
        }),
        busiest: fitted(room, |told| format!("busiest {} {on}", told(busiest.granted))),
        spread,
    }
}

/// A sentence with its numbers whole where they fit, else in few columns.
fn fitted(room: usize, sentence: impl Fn(fn(u64) -> String) -> String) -> String {
    let whole = sentence(grouped);
    if width(&whole) <= room { whole } else { sentence(short) }
}

fn day(day: Day, today: Day) -> String {
    if day == today { "today".to_owned() } else { age::day(day) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::tests::sample::{NOW, days};

    const ROOM: usize = 28;

    fn told(granted: &[u64], room: usize) -> [String; 3] {
        let Words { sum, busiest, spread } = words(&days(granted), Day::of(NOW), room);
        [sum, busiest, spread]
    }

    #[test]
    fn the_bars_are_told_in_words_too() {
        for (granted, sum, busiest, spread) in [
            (&[][..], "none", "", ""),
            (&[0, 0, 0], "none", "", ""),
            (&[0, 0, 1], "1 grant", "today", "used on 1 of 3 days"),
            (&[0, 0, 3], "3 grants", "all today", "used on 1 of 3 days"),
            (&[0, 3, 0], "3 grants", "all on 22 Nov", "used on 1 of 3 days"),
            (&[4, 3, 0], "7 grants, none today", "busiest 4 on 21 Nov", "used on 2 of 3 days"),
            (&[4, 3, 4], "11 grants, 4 today", "busiest 4 today", "used on 3 of 3 days"),
            (&[1_000, 310, 42], "1,352 grants, 42 today", "busiest 1,000 on 21 Nov", "used on 3 of 3 days"),
            (
                &[172_800_000, 0, 86_400_000],
                "259M grants, 86M today",
                "busiest 172M on 21 Nov",
                "used on 2 of 3 days",
            ),
        ] {
            assert_eq!(told(granted, ROOM), [sum, busiest, spread], "{granted:?}");
        }
        assert_eq!(told(&[172_800_000, 0, 86_400_000], 56)[0], "259,200,000 grants, 86,400,000 today");
    }

    #[test]
    fn yesterdays_answer_says_nothing_of_today() {
        let mut days = days(&[2, 1]);
        for day in &mut days {
            day.day = day.day.before(1);
        }
        let Words { sum, busiest, .. } = words(&days, Day::of(NOW), ROOM);
        assert_eq!([&*sum, &*busiest], ["3 grants", "busiest 2 on 21 Nov"]);
        assert_eq!(dates(&days, Day::of(NOW), 3), "to 22 Nov");
    }

    #[test]
    fn any_use_is_seen_and_the_most_fills_the_rows() {
        for (granted, most, rows, expected) in [
            (0, 0, 2, 0),
            (0, 9, 2, 0),
            (1, 1_000_000, 2, 1),
            (1, 1, 1, 8),
            (5, 10, 2, 8),
            (10, 10, 2, 16),
            (u64::MAX, u64::MAX, 2, 16),
            (u64::MAX / 2, u64::MAX, 1, 4),
        ] {
            assert_eq!(eighths(granted, most, rows), expected, "{granted} of {most} in {rows}");
        }
    }

    #[test]
    fn the_chart_fits_any_width() {
        let theme = Theme::of(&crate::update::tests::Stage::new(80, 24).state.look);
        for count in [1, 2, 7, 14, 15, 40] {
            for room in 14..60 {
                let days = days(&vec![3; count]);
                let days = &days[days.len().saturating_sub(room)..];
                let dates = dates(days, Day::of(NOW), room);
                assert!(width(&dates) <= room, "{dates} in {room}");
                for line in bars(days, 2, room, theme) {
                    let drawn = line.to_string();
                    assert!(width(drawn.trim_end()) <= room, "{count} days in {room}");
                    assert_eq!(drawn.matches(BARS[8]).count() % days.len(), 0, "each day is there");
                }
            }
        }
    }
}

//! Owns how a change of what a key can see is told in one line. Must not decide what changes.

use super::text::{cut, width};
use crate::dialog::{Change, Names};

/// Columns of a name among others.
const NAME: usize = 24;

/// Names as people list them: `Savings, Brokerage and 3 more`.
pub(super) fn listed(names: &Names, most: usize, noun: &str) -> String {
    let shown: Vec<String> = names.first.iter().take(most).map(|name| cut(name, NAME)).collect();
    match (shown.as_slice(), names.count - shown.len()) {
        ([], _) => counted(names.count, noun),
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (some, more) => format!("{} and {more} more", some.join(", ")),
    }
}

/// `1 account`, `2 accounts`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The change in one line of `room` columns. Where the names do not fit, there are fewer of them, and then only
/// numbers: a line that was cut in the middle could hide that something is gained.
pub(super) fn change(change: Change<'_>, room: usize) -> String {
    let names = |names: &Names, most| listed(names, most, "account");
    let each = |line: &dyn Fn(usize) -> String| (0..=Names::MOST).rev().map(line).collect::<Vec<_>>();
    let mut lines = match change {
        Change::Nothing => vec!["changes nothing".to_owned()],
        Change::Widens(unseen) if unseen.count == 0 => vec!["gains every account connected later".to_owned()],
        Change::Widens(_) => vec![
            "gains every account, those connected later too".to_owned(),
            "gains every account, later ones too".to_owned(),
        ],
        Change::Narrows { lost, .. } if lost.count == 0 => {
            vec!["loses every account connected later".to_owned()]
        }
        Change::Narrows { kept, .. } => {
            let names = |most| if most == 0 { kept.count.to_string() } else { names(kept, most) };
            let short = |most| format!("loses every account but {}", names(most));
            let long = |most| format!("{}; sees none connected later", short(most));
            (0..=Names::MOST).rev().flat_map(|most| [long(most), short(most)]).collect()
        }
        Change::Moves { lost, gained } => {
            let parts = |lost_names: String, gained_names: String| {
                let loses = (lost.count > 0).then(|| format!("loses {lost_names}"));
                let gains = (gained.count > 0).then(|| format!("gains {gained_names}"));
                loses.into_iter().chain(gains).collect::<Vec<_>>().join("; ")
            };
            // What is gained is named for longer than what is lost: it cannot be taken back once it was seen.
            let most = [(3, 3), (2, 2), (1, 1), (0, 2), (0, 1), (0, 0)];
            let mut lines: Vec<String> = most
                .into_iter()
                .map(|(of_lost, of_gained)| parts(names(lost, of_lost), names(gained, of_gained)))
                .collect();
            lines.push(parts(lost.count.to_string(), gained.count.to_string()));
            lines
        }
        Change::BeginsWithAll => vec![
            "will see every account, those connected later too".to_owned(),
            "will see every account, later ones too".to_owned(),
        ],
        Change::BeginsWith(chosen) => each(&|most| format!("will see {}", names(chosen, most))),
    };
    match lines.iter().position(|line| width(line) <= room) {
        Some(fits) => lines.swap_remove(fits),
        None => cut(&lines.pop().unwrap_or_default(), room),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str], count: usize) -> Names {
        Names { first: names.iter().map(|name| (*name).to_owned()).collect(), count }
    }

    #[test]
    fn a_change_is_told_as_far_as_there_is_room_and_never_half() {
        let none = names(&[], 0);
        let one = names(&["Savings"], 1);
        let two = names(&["Savings", "Brokerage"], 2);
        let many = names(&["Everyday Checking", "Savings", "Brokerage"], 1234);
        for (told, room, expected) in [
            (Change::Nothing, 20, "changes nothing"),
            (Change::Moves { lost: &one, gained: &none }, 38, "loses Savings"),
            (
                Change::Moves { lost: &one, gained: &names(&["Brokerage"], 1) },
                38,
                "loses Savings; gains Brokerage",
            ),
            (Change::Moves { lost: &two, gained: &one }, 64, "loses Savings and Brokerage; gains Savings"),
            (Change::Moves { lost: &two, gained: &one }, 38, "loses 2 accounts; gains Savings"),
            (Change::Moves { lost: &many, gained: &one }, 38, "loses 1234 accounts; gains Savings"),
            (Change::Moves { lost: &many, gained: &many }, 38, "loses 1234; gains 1234"),
            (
                Change::Moves { lost: &none, gained: &many },
                64,
                "gains Everyday Checking, Savings, Brokerage and 1231 more",
            ),
            (Change::Moves { lost: &none, gained: &many }, 38, "gains Everyday Checking and 1233 more"),
            (Change::Widens(&many), 64, "gains every account, those connected later too"),
            (Change::Widens(&many), 38, "gains every account, later ones too"),
            (Change::Widens(&none), 38, "gains every account connected later"),
            (
                Change::Narrows { kept: &one, lost: &two },
                64,
                "loses every account but Savings; sees none connected later",
            ),
            (Change::Narrows { kept: &two, lost: &many }, 38, "loses every account but 2"),
            (Change::Narrows { kept: &many, lost: &many }, 38, "loses every account but 1234"),
            (Change::Narrows { kept: &many, lost: &none }, 38, "loses every account connected later"),
            (Change::BeginsWithAll, 38, "will see every account, later ones too"),
            (Change::BeginsWith(&two), 38, "will see Savings and Brokerage"),
        ] {
            let line = change(told, room);
            assert!(width(&line) <= room, "{line}");
            assert_eq!(line, expected);
        }
    }
}

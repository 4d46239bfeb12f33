//! Owns whose turn it is: places in a bounded queue, shared fairly between uids. Must not know what waits, nor wait itself.

use std::collections::VecDeque;

/// A queue with a number of places. Each uid has a line of its own, and turns go round the lines. Whoever is alone may
/// have all the places; when there are none left, somebody with fewer than the longest line takes its newest place.
pub(super) struct FairQueue<T> {
    places: usize,
    /// The uids that wait, in the order of their turns. No line is empty.
    lines: VecDeque<Line<T>>,
}

struct Line<T> {
    uid: u32,
    waiting: VecDeque<T>,
}

/// What became of something that was to wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Placed<T> {
    /// It waits.
    Waits,
    /// It waits in the place of this one, which somebody with more places had taken last.
    InsteadOf(T),
    /// It has no place.
    TurnedAway(T),
}

impl<T> FairQueue<T> {
    /// Begins empty.
    pub(super) fn new(places: usize) -> Self {
        Self { places, lines: VecDeque::new() }
    }

    /// Gives a uid's item a place, if there is one that the uid may have.
    pub(super) fn push(&mut self, uid: u32, item: T) -> Placed<T> {
        let waiting: usize = self.lines.iter().map(|line| line.waiting.len()).sum();
        if waiting < self.places {
            self.put(uid, item);
            return Placed::Waits;
        }
        let own = self.lines.iter().find(|line| line.uid == uid).map_or(0, |line| line.waiting.len());
        let longest = self.lines.iter_mut().max_by_key(|line| line.waiting.len());
        // Afterwards the newcomer's line is still no longer than the other: so no two take a place from each other
        // again and again.
        let newest =
            longest.filter(|line| own + 1 < line.waiting.len()).and_then(|line| line.waiting.pop_back());
        match newest {
            Some(newest) => {
                self.put(uid, item);
                Placed::InsteadOf(newest)
            }
            None => Placed::TurnedAway(item),
        }
    }

    /// Takes the next item: the oldest of the uid whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let mut line = self.lines.pop_front()?;
        let next = line.waiting.pop_front();
        if !line.waiting.is_empty() {
            self.lines.push_back(line);
        }
        next
    }

    fn put(&mut self, uid: u32, item: T) {
        match self.lines.iter_mut().find(|line| line.uid == uid) {
            Some(line) => line.waiting.push_back(item),
            None => self.lines.push_back(Line { uid, waiting: VecDeque::from([item]) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A queue with these uids' items in it, each uid's numbered from 1.
    fn queue_of(places: usize, uids: &[u32]) -> FairQueue<(u32, u32)> {
        let mut queue = FairQueue::new(places);
        let mut counts = BTreeMap::new();
        for uid in uids {
            let count = counts.entry(*uid).or_insert(0);
            *count += 1;
            assert_eq!(queue.push(*uid, (*uid, *count)), Placed::Waits);
        }
        queue
    }

    fn rest<T>(mut queue: FairQueue<T>) -> Vec<T> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn turns_go_round_the_uids_and_each_keeps_its_own_order() {
        let queue = queue_of(9, &[1, 1, 1, 1, 2, 3, 3]);
        assert_eq!(rest(queue), [(1, 1), (2, 1), (3, 1), (1, 2), (3, 2), (1, 3), (1, 4)]);
    }

    #[test]
    fn whoever_comes_late_waits_for_one_of_each_other_uid_only() {
        let mut queue = queue_of(9, &[1, 1, 1, 1, 2, 2, 2]);
        queue.push(3, (3, 1));
        assert_eq!(rest(queue)[..3], [(1, 1), (2, 1), (3, 1)]);
    }

    #[test]
    fn whoever_is_alone_has_every_place_and_no_more() {
        let mut queue = queue_of(3, &[1, 1, 1]);
        assert_eq!(queue.push(1, (1, 4)), Placed::TurnedAway((1, 4)));
        assert_eq!(rest(queue), [(1, 1), (1, 2), (1, 3)]);
    }

    #[test]
    fn in_a_full_queue_a_uid_with_less_takes_the_newest_place_of_the_longest_line() {
        let mut queue = queue_of(4, &[1, 1, 1, 1]);
        assert_eq!(queue.push(2, (2, 1)), Placed::InsteadOf((1, 4)));
        assert_eq!(queue.push(2, (2, 2)), Placed::InsteadOf((1, 3)));
        // Now both have as much, and neither takes from the other.
        assert_eq!(queue.push(2, (2, 3)), Placed::TurnedAway((2, 3)));
        assert_eq!(queue.push(1, (1, 3)), Placed::TurnedAway((1, 3)));
        assert_eq!(rest(queue), [(1, 1), (2, 1), (1, 2), (2, 2)]);
    }

    #[test]
    fn a_uid_without_a_place_is_turned_away_only_where_each_place_is_another_uids() {
        let mut queue = queue_of(3, &[1, 1, 1]);
        assert_eq!(queue.push(2, (2, 1)), Placed::InsteadOf((1, 3)));
        assert_eq!(queue.push(3, (3, 1)), Placed::InsteadOf((1, 2)));
        assert_eq!(queue.push(4, (4, 1)), Placed::TurnedAway((4, 1)));
        assert_eq!(queue.pop(), Some((1, 1)));
        assert_eq!(queue.push(4, (4, 1)), Placed::Waits);
        assert_eq!(rest(queue), [(2, 1), (3, 1), (4, 1)]);
    }

    proptest! {
        /// However uids come and go: never more than the places; nothing lost, nothing twice; and who is turned away has
        /// no fewer places than its fair part.
        #[test]
        fn nobody_is_turned_away_below_the_fair_part(
            steps in prop::collection::vec(prop::option::weighted(0.8, 0_u32..5), 1..200),
        ) {
            const PLACES: usize = 8;
            let mut queue = FairQueue::new(PLACES);
            let mut waiting: Vec<(u32, usize)> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                let Some(uid) = step else {
                    let next = queue.pop();
                    prop_assert_eq!(next.is_none(), waiting.is_empty());
                    if let Some(next) = next {
                        prop_assert!(waiting.contains(&next));
                        waiting.retain(|item| *item != next);
                    }
                    continue;
                };
                match queue.push(uid, (uid, number)) {
                    Placed::Waits => waiting.push((uid, number)),
                    Placed::InsteadOf(other) => {
                        prop_assert!(waiting.contains(&other) && other.0 != uid);
                        waiting.retain(|item| *item != other);
                        waiting.push((uid, number));
                    }
                    Placed::TurnedAway(item) => {
                        prop_assert_eq!(item, (uid, number));
                        let count = |uid| waiting.iter().filter(|item| item.0 == uid).count();
                        prop_assert!((0..5).all(|other| count(other) <= count(uid) + 1));
                    }
                }
                prop_assert!(waiting.len() <= PLACES);
            }
            let mut left = rest(queue);
            left.sort_unstable();
            waiting.sort_unstable();
            prop_assert_eq!(left, waiting);
        }
    }
}

//! Owns the title of a list. Must not draw it.

use super::text::{cut, cut_start, width};
use crate::state::{List, Order, Tab};

/// The title of a list: how many rows, by what filter and in which order.
pub(super) struct Title<'a> {
    count: String,
    /// What is typed, before and after the cursor.
    filter: (&'a str, &'a str),
    order: &'static str,
}

/// A title as it is drawn, before and after the cursor.
pub(super) struct Fitted {
    pub(super) before: String,
    pub(super) after: String,
}

impl<'a> Title<'a> {
    /// `all` is how many there are without the filter; empty where that is not known.
    pub(super) fn of<Id>(tab: Tab, list: &'a List<Id>, all: &str, order: Option<Order>) -> Self {
        let name = tab.title();
        let is_filtered = list.typing || !list.filter.is_empty();
        let count = match (is_filtered, all) {
            (false, "") => name.to_owned(),
            (true, "") => format!("{name} · /"),
            (false, all) => format!("{name} {all}"),
            (true, all) => format!("{name} {}/{all} · /", list.rows.len()),
        };
        let order = match (order, tab) {
            (Some(Order::Created), Tab::Accounts) => " · newest first",
            (Some(Order::Created), _) => " · by created",
            (Some(Order::LastUsed), _) => " · by last used",
            _ => "",
        };
        Self { count, filter: list.filter.halves(), order }
    }

    /// Where there is little room, the order gives way first, and then of a long filter what is far from the cursor.
    pub(super) fn fitted(&self, room: usize) -> Fitted {
        let (before, after) = self.filter;
        let filter = width(before) + width(after);
        let room = room.saturating_sub(width(&self.count));
        let order = if filter + width(self.order) <= room { self.order } else { "" };
        let before = if filter <= room { before.to_owned() } else { cut_start(before, room) };
        let after = cut(after, room.saturating_sub(width(&before)));
        Fitted { before: format!("{}{before}", self.count), after: format!("{after}{order}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Edit, Input};

    /// The title in so many columns; `|` is the cursor.
    fn fitted(filter: &str, steps_back: usize, order: Order, room: usize) -> String {
        let mut list = List::<u64>::default();
        (list.rows, list.filter, list.typing) = (vec![1, 2, 3], Input::of(filter), true);
        for _ in 0..steps_back {
            list.filter.edit(Edit::Left);
        }
        let Fitted { before, after } = Title::of(Tab::Keys, &list, "120", Some(order)).fitted(room);
        assert!(width(&before) + width(&after) <= room.max(width("Keys 3/120 · /")), "{before}|{after}");
        format!("{before}|{after}")
    }

    #[test]
    fn what_is_typed_is_seen_before_anything_else() {
        for (filter, back, order, room, expected) in [
            ("ci", 0, Order::Name, 40, "Keys 3/120 · /ci|"),
            ("ci", 0, Order::LastUsed, 40, "Keys 3/120 · /ci| · by last used"),
            ("ci", 1, Order::Created, 40, "Keys 3/120 · /c|i · by created"),
            ("", 0, Order::Name, 40, "Keys 3/120 · /|"),
            ("production", 0, Order::LastUsed, 30, "Keys 3/120 · /production|"),
            ("production east", 0, Order::Name, 22, "Keys 3/120 · /…on east|"),
            ("production east", 15, Order::Name, 22, "Keys 3/120 · /|product…"),
            ("production east", 2, Order::Name, 22, "Keys 3/120 · /…tion ea|"),
            ("漢字漢字", 0, Order::Name, 20, "Keys 3/120 · /…漢字|"),
            ("ci", 0, Order::Name, 10, "Keys 3/120 · /|"),
        ] {
            assert_eq!(fitted(filter, back, order, room), expected);
        }
    }
}

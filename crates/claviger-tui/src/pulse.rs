//! Owns when the screen will change by itself. Must not set a timer: who runs the loop does.

use claviger_api::{Day, Key, Timestamp};

use crate::age;
use crate::dialog::{Dialog, Pending};
use crate::message::Link;
use crate::state::{State, Tab, Told};

impl State {
    /// When the screen will look different without anything happening; `None` when never.
    pub(crate) fn changes_at(&self) -> Option<Timestamp> {
        let notices = self.notices.iter().filter_map(|notice| notice.until).min();
        [notices, self.countdown(), self.patience(), self.ages(), self.next_day()].into_iter().flatten().min()
    }

    /// When a dialog that waits for an answer can be left.
    fn patience(&self) -> Option<Timestamp> {
        let pendings = self.dialogs.iter().filter_map(|dialog| match dialog {
            Dialog::Form(form) => form.waiting(),
            Dialog::Secret(_) => None,
        });
        pendings.map(Pending::late_at).filter(|late| *late > self.now).min()
    }

    /// When the countdown to the next attempt goes down by one. Its end is news of the connection.
    fn countdown(&self) -> Option<Timestamp> {
        let Link::Retrying { until, .. } = &self.link else { return None };
        let left = age::seconds_until(*until, self.now);
        (left > 1).then(|| Timestamp::from_millis(until.as_millis() - (left - 1) * 1000))
    }

    /// When the last days of a key's use are others.
    fn next_day(&self) -> Option<Timestamp> {
        let is_shown = self.key_in_details().is_some() && self.is_live() && !self.usage.is_unknown;
        is_shown.then(|| Day::of(self.now).next().start())
    }

    /// When one of the ages on the screen says something else.
    fn ages(&self) -> Option<Timestamp> {
        let rows = self.list_rows();
        let times_of = |key: &Key| {
            let others = [key.rotated_at, key.last_used_at, key.retired_secret_seen_at, key.suspended_at];
            std::iter::once(key.created_at).chain(others.into_iter().flatten())
        };
        let mut times: Vec<Timestamp> = match self.tab {
            Tab::Keys => {
                let keys = self.keys.visible(rows).filter_map(|id| self.store.keys.get(id));
                keys.flat_map(times_of).collect()
            }
            Tab::Accounts => {
                let accounts = self.accounts.visible(rows).filter_map(|id| self.store.accounts.get(id));
                accounts.map(|account| account.connected_at).collect()
            }
            Tab::Activity => {
                let seen = self.activity.list.visible(rows);
                seen.filter_map(|seq| self.entry(*seq)).map(|entry| entry.at).collect()
            }
        };
        if let Some(id) = self.key_in_details()
            && let Told::This(entries) = self.recent.of(&id)
        {
            times.extend(entries.iter().map(|entry| entry.at));
        }
        for dialog in &self.dialogs {
            if let Dialog::Form(form) = dialog {
                times.extend(form.times(&self.store));
            }
        }
        times.into_iter().filter_map(|time| age::changes_at(time, self.now)).min()
    }
}

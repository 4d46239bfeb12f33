//! Owns what the pane says of a key that opens nothing since its store was restored: why, and what to press. Must not
//! decide what bars a key.

use claviger_api::Key;

use super::sheet::Sheet;
use crate::keymap::Action;
use crate::state::{Bar, State};

/// What bars a key, as fully as so many rows allow: what led to it gives way first, that of the last bar before the others.
pub(super) fn lines(state: &State, key: &Key, sheet: &Sheet, rows: usize) -> Sheet {
    let bars: Vec<Bar> = Bar::of(key).collect();
    let told = |explained: usize, is_short: bool| {
        let mut group = sheet.group();
        for (at, bar) in bars.iter().enumerate() {
            tell(state, *bar, at < explained, is_short, &mut group);
        }
        group
    };
    let fits = |group: &Sheet| group.lines.len() <= rows;
    let explained = (0..=bars.len()).rev().map(|explained| told(explained, false)).find(fits);
    explained.unwrap_or_else(|| told(0, true))
}

fn tell(state: &State, bar: Bar, is_explained: bool, is_short: bool, group: &mut Sheet) {
    let press = |action| state.look.keymap.press_for(action);
    let (text, short, why) = match bar {
        Bar::Suspended => (
            format!("! Suspended: opens nothing until you release it ({})", press(Action::Release)),
            format!("! Suspended: {} releases it", press(Action::Release)),
            "Restored without the journal of what died since: it may have been deleted, rotated or narrowed after the \
             backup was made.",
        ),
        Bar::NeedsRotation => (
            format!("! Needs rotation: it has no living secret. Rotate it ({})", press(Action::Rotate)),
            format!("! Needs rotation ({})", press(Action::Rotate)),
            "It was rotated after the backup was made that it was restored from.",
        ),
    };
    group.text(if is_short { &short } else { &text }, group.theme.warning());
    if is_explained {
        group.text(why, group.theme.plain());
    }
}

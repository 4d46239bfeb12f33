//! Owns how the accounts that a key can see are listed: by institution and then by name. Must not decide which they are.

use claviger_api::name::fold;
use claviger_api::{AccountId, Scope};
use ratatui::text::{Line, Span};

use super::sheet::Sheet;
use crate::state::Store;
use crate::view::text::{cut, width};

/// The heading of accounts that belong to no institution.
const NO_INSTITUTION: &str = "No institution";
/// Lines from which on headings are worth theirs, where not all accounts can be named.
const GROUPED_FROM: usize = 4;
/// Stands before an account.
const BULLET: &str = "· ";

/// One line of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Institution(String),
    Account { name: String, mask: Option<String> },
}

/// The accounts that a restricted key can see, those without an institution last.
pub(super) fn listed(store: &Store, scope: &Scope) -> Vec<Listed> {
    let Scope::Only(ids) = scope else { return vec![] };
    let known = |id: &AccountId| {
        let account = store.accounts.get(id);
        // One that is not known yet is on its way.
        let name = account.map_or_else(|| id.to_string(), |account| account.name.clone());
        let institution = account.and_then(|account| account.institution.clone());
        let mask = account.and_then(|account| account.mask.clone());
        (institution, name, mask)
    };
    let mut accounts: Vec<_> = ids.iter().map(known).collect();
    accounts.sort_by_cached_key(|(institution, name, _)| {
        (institution.is_none(), institution.as_deref().map(fold), fold(name))
    });
    let is_grouped = accounts.iter().any(|(institution, ..)| institution.is_some());
    let mut listed = Vec::new();
    let mut last = None;
    for (institution, name, mask) in accounts {
        let folded = institution.as_deref().map(fold);
        if is_grouped && last.as_ref() != Some(&folded) {
            listed.push(Listed::Institution(institution.unwrap_or_else(|| NO_INSTITUTION.to_owned())));
            last = Some(folded);
        }
        listed.push(Listed::Account { name, mask });
    }
    listed
}

/// The list in at most so many lines: without headings where only so all are named, or there is hardly any room. What
/// does not fit is counted in the last line.
pub(super) fn lines(listed: &[Listed], most: usize, sheet: &Sheet) -> Vec<Line<'static>> {
    let total = count(listed);
    let is_grouped = listed.len() <= most || (total > most && most >= GROUPED_FROM);
    let mut seen: Vec<&Listed> = listed.iter().filter(|one| is_grouped || is_account(one)).collect();
    if seen.len() > most {
        seen.truncate(most.saturating_sub(1));
        // A heading with nothing under it says nothing.
        while seen.pop_if(|last| !is_account(last)).is_some() {}
    }
    let mut lines: Vec<_> = seen.iter().map(|one| line(one, sheet)).collect();
    let unseen = total - seen.iter().filter(|one| is_account(one)).count();
    // Where none is named, how many there are is said above.
    if unseen > 0 && !seen.is_empty() {
        lines.push(Line::styled(format!("and {unseen} more"), sheet.theme.dim()));
    }
    lines
}

fn line(listed: &Listed, sheet: &Sheet) -> Line<'static> {
    match listed {
        Listed::Institution(institution) => Line::styled(cut(institution, sheet.room), sheet.theme.dim()),
        Listed::Account { name, mask } => {
            let mask = mask.as_deref().map(|mask| format!("  ··{}", cut(mask, 8))).unwrap_or_default();
            let name = cut(&format!("{BULLET}{name}"), sheet.room.saturating_sub(width(&mask)));
            Line::from(vec![Span::raw(name), Span::styled(mask, sheet.theme.dim())])
        }
    }
}

fn count(listed: &[Listed]) -> usize {
    listed.iter().filter(|one| is_account(one)).count()
}

fn is_account(listed: &Listed) -> bool {
    matches!(listed, Listed::Account { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Feed;
    use crate::state::Palette;
    use crate::update::tests::Stage;
    use crate::update::tests::sample::{self, account, account_id};
    use crate::view::style::Theme;

    fn shown(store: &Store, ids: &[&str], most: usize, room: usize) -> Vec<String> {
        let mut look = Stage::new(80, 24).state.look;
        look.palette = Palette::Monochrome;
        let scope = Scope::Only(ids.iter().map(|id| account_id(id)).collect());
        let sheet = Sheet::new(Theme::of(&look), room);
        lines(&listed(store, &scope), most, &sheet).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn accounts_stand_under_their_institutions() {
        let mut store = sample::store();
        let ids = ["acc_brk", "acc_chk", "acc_save", "acc_card", "acc_new"];
        store.apply(Feed::Changed {
            keys: vec![],
            accounts: vec![account("acc_card", "card", Some("first bank"), None)],
            removed_keys: vec![],
            removed_accounts: vec![],
            storage_mode: None,
        });
        let whole = [
            "first bank",
            "· card",
            "· Everyday Checking  ··1234",
            "· Savings  ··9876",
            "No institution",
            "· acc_new",
            "· Brokerage",
        ];
        let names = [1, 2, 3, 5, 6].map(|at| whole[at]);
        for (most, expected) in [
            (7, whole.to_vec()),
            (6, names.to_vec()),
            (5, names.to_vec()),
            (4, vec!["first bank", "· card", "· Everyday Checking  ··1234", "and 3 more"]),
            (3, vec!["· card", "· Everyday Checking  ··1234", "and 3 more"]),
            (2, vec!["· card", "and 4 more"]),
            (1, vec![]),
            (0, vec![]),
        ] {
            assert_eq!(shown(&store, &ids, most, 28), expected, "in {most} lines");
        }
        assert_eq!(shown(&store, &ids[4..], 7, 28), ["· acc_new"], "not known yet");
        assert_eq!(shown(&store, &["acc_brk"], 7, 28), ["· Brokerage"], "no heading where there is none");
        assert_eq!(shown(&store, &["acc_chk"], 7, 20)[1], "· Everyday …  ··1234", "the digits stay");
        assert_eq!(shown(&store, &[], 7, 28), [""; 0]);
    }
}

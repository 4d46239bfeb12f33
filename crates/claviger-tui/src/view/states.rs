//! Owns what stands in a list without rows: why there are none, and the one press that helps. Must not decide which
//! rows there are.

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::number::grouped;
use super::style::Theme;
use super::text::wrap;
use crate::keymap::Action;
use crate::message::Link;
use crate::state::{State, Tab};

/// Columns of the sentences, where there are as many.
const WIDTH: usize = 62;

/// Says why a list has no rows.
pub(super) fn empty(state: &State, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width).clamp(1, WIDTH);
    let mut groups: Vec<(Role, Vec<Line<'static>>)> = said(state)
        .into_iter()
        .map(|(role, text)| {
            let style = style(theme, role);
            (role, wrap(&text, columns).into_iter().map(|line| Line::styled(line, style)).collect())
        })
        .collect();
    let rows = usize::from(area.height);
    let height =
        |groups: &[(Role, Vec<Line<'_>>)]| groups.iter().map(|(_, lines)| lines.len()).sum::<usize>();
    // Explanations give way first: what is wrong and what to press stay.
    for role in [Role::Text, Role::Aside] {
        if height(&groups) > rows && groups.len() > 1 {
            groups.retain(|(other, _)| *other != role);
        }
    }
    let has_gaps = height(&groups) + groups.len().saturating_sub(1) <= rows;
    let groups: Vec<Vec<Line<'static>>> = groups.into_iter().map(|(_, lines)| lines).collect();
    let gap = if has_gaps { vec![Line::raw("")] } else { vec![] };
    let lines = groups.join(gap.as_slice());
    let free = rows.saturating_sub(lines.len());
    let above = u16::try_from(free / 3).unwrap_or(0);
    let place = Rect { y: area.y + above, height: area.height - above, ..area };
    frame.render_widget(Paragraph::new(lines).alignment(Alignment::Center), place);
}

/// What a sentence is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    Text,
    /// Something is wrong.
    Trouble,
    /// What to press.
    Press,
    /// What to type elsewhere.
    Aside,
}

fn style(theme: Theme, role: Role) -> Style {
    match role {
        Role::Title => theme.strong(),
        Role::Text => theme.plain(),
        Role::Trouble => theme.warning(),
        Role::Press => theme.accent(),
        Role::Aside => theme.dim(),
    }
}

fn said(state: &State) -> Vec<(Role, String)> {
    let press = |action| state.look.keymap.press_for(action);
    let filter = state.filter().text();
    match &state.link {
        Link::Retrying { why, .. } if !state.was_live => {
            let mut said = vec![
                (Role::Trouble, sentence(&why.what)),
                (Role::Press, format!("{} tries again now", press(Action::Retry))),
            ];
            said.extend(why.remedy.as_ref().map(|remedy| (Role::Text, sentence(remedy))));
            said
        }
        Link::Connecting if !state.was_live && state.loading > 0 => {
            vec![(Role::Aside, format!("Loading… {} keys", grouped(state.loading as u64)))]
        }
        Link::Connecting if !state.was_live => vec![(Role::Aside, "Connecting to the daemon…".to_owned())],
        _ if !filter.is_empty() && state.tab == Tab::Activity && state.activity.next.is_some() => {
            vec![(Role::Aside, format!("Nothing matches /{filter} yet: looking further back…"))]
        }
        _ if !filter.is_empty() => vec![
            (Role::Aside, format!("Nothing matches /{filter}.")),
            (Role::Press, format!("{} clears the filter", press(Action::ClearFilter))),
        ],
        _ => nothing_yet(state, &press(Action::Create)),
    }
}

fn nothing_yet(state: &State, create: &str) -> Vec<(Role, String)> {
    let is_fresh = state.store.keys.len() == 0 && state.store.accounts.len() == 0;
    match state.tab {
        Tab::Keys if is_fresh => vec![
            (Role::Title, "Welcome to Claviger".to_owned()),
            (
                Role::Text,
                "It makes the keys that programs show to your API, and tells your tools on every request whose key it is \
                 and which accounts it may see. A key's secret is shown once, when it is made."
                    .to_owned(),
            ),
            (Role::Press, format!("{create} creates the first key")),
            (Role::Aside, "on the command line: claviger keys create NAME".to_owned()),
        ],
        Tab::Keys => vec![
            (Role::Text, "No keys yet.".to_owned()),
            (Role::Press, format!("{create} creates the first one")),
        ],
        Tab::Accounts => vec![
            (Role::Text, "No accounts yet: they are what keys can be restricted to.".to_owned()),
            (Role::Press, format!("{create} connects the first one")),
        ],
        Tab::Activity if state.activity.loaded => {
            vec![(Role::Aside, "Nothing has happened yet: every change will stand here.".to_owned())]
        }
        Tab::Activity if !state.is_live() => {
            vec![(Role::Aside, "The audit trail comes when the daemon is back.".to_owned())]
        }
        Tab::Activity => vec![(Role::Aside, "Loading…".to_owned())],
    }
}

/// A fragment as a sentence.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", rest.as_str())
}

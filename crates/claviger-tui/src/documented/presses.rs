//! Owns the tables of presses in the documentation, printed from the table of bindings. Must not add to it.

use std::fmt::Write;

use super::{check, read};
use crate::keymap::table::{BINDINGS, Binding, EVERYWHERE};
use crate::keymap::{Keymap, Mode};

/// A part of a page that is printed anew between these two lines.
const BEGIN: &str = "<!-- presses: begin";
const END: &str = "<!-- presses: end -->";

/// A place as a person sees it, and the modes that it is made of.
const PLACES: [(&str, &[Mode]); 6] = [
    ("Everywhere", EVERYWHERE),
    ("Lists", &[Mode::Keys, Mode::Accounts, Mode::Activity]),
    ("Texts and filters", &[Mode::Filter, Mode::Text, Mode::BoxFilter]),
    ("Dialogs", &[Mode::Check, Mode::Boxes, Mode::Button, Mode::DeleteButton, Mode::Confirm, Mode::Waiting]),
    ("Copy your secret", &[Mode::Secret]),
    ("Help", &[Mode::Help]),
];

/// The place that a row is listed under: the first that it belongs to.
fn place(binding: &Binding) -> usize {
    if binding.modes.len() == EVERYWHERE.len() {
        return 0;
    }
    let is_there = |(_, modes): &(&str, &[Mode])| modes.contains(&binding.modes[0]);
    1 + PLACES[1..].iter().position(is_there).unwrap()
}

/// The places that a row is listed under: everywhere, or each that it belongs to.
fn places(binding: &Binding) -> impl Iterator<Item = usize> {
    let first = place(binding);
    let is_there = |at: &usize| PLACES[*at].1.iter().any(|mode| binding.modes.contains(mode));
    let rest: Vec<usize> = (first + 1..PLACES.len()).filter(is_there).collect();
    std::iter::once(first).chain(if first == 0 { vec![] } else { rest })
}

/// Where in a place a row holds; nothing where it holds in all of it.
fn only_in(binding: &Binding, place: usize) -> String {
    let (_, modes) = PLACES[place];
    let here: Vec<&Mode> = modes.iter().filter(|mode| binding.modes.contains(mode)).collect();
    if here.len() == modes.len() {
        return String::new();
    }
    here.into_iter().map(|mode| mode.title()).collect::<Vec<_>>().join(", ")
}

fn presses(binding: &Binding) -> String {
    binding.presses.iter().map(|press| format!("`{press}`")).collect::<Vec<_>>().join(" ")
}

/// Everything that can be pressed, place by place.
fn whole() -> String {
    let mut page = String::new();
    for (at, (title, _)) in PLACES.iter().enumerate() {
        write!(page, "\n### {title}\n\n| press | does | only in | name |\n| --- | --- | --- | --- |\n")
            .unwrap();
        for binding in BINDINGS.iter().filter(|binding| places(binding).any(|place| place == at)) {
            let name = binding.name.map_or(String::new(), |name| format!("`{name}`"));
            writeln!(page, "| {} | {} | {} | {name} |", presses(binding), binding.help, only_in(binding, at))
                .unwrap();
        }
    }
    page
}

/// What a person needs first: the lists, and what holds everywhere.
fn short() -> String {
    let mut page = String::from("\n| press | does | only in |\n| --- | --- | --- |\n");
    for binding in BINDINGS.iter().filter(|binding| place(binding) < 2) {
        writeln!(page, "| {} | {} | {} |", presses(binding), binding.help, only_in(binding, place(binding)))
            .unwrap();
    }
    page
}

#[test]
fn the_tables_in_the_documentation_are_the_table_of_bindings() {
    for (page, table) in [("README.md", short()), ("docs/interface.md", whole())] {
        let committed = read(page);
        let begin = committed.find(BEGIN).and_then(|at| Some(at + committed[at..].find('\n')? + 1)).unwrap();
        let end = committed.find(END).unwrap();
        check(page, &format!("{}{table}\n{}", &committed[..begin], &committed[end..]), "presses");
    }
}

#[test]
fn the_documentation_names_every_action_that_can_be_rebound() {
    let page = whole();
    assert!(Keymap::names().iter().all(|name| page.contains(&format!("`{name}`"))));
}

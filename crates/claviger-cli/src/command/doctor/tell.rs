//! Owns how findings are told: a list for people, JSON for programs. Must not judge.

use std::fmt::Write;

use claviger_api::drawable;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::finding::{Finding, State};
use crate::output::{Ink, RED};

/// With fewer columns than this, what is found stands below its name.
const NARROW: usize = 60;

/// Between columns.
const GAP: usize = 2;

/// What `--json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    /// Whether nothing is wrong; there may be warnings.
    ok: bool,
    checks: &'a [Finding],
}

/// All findings as programs read them.
pub(super) fn report(findings: &[Finding]) -> Report<'_> {
    Report { ok: worst(findings) != State::Wrong, checks: findings }
}

/// The worst that was found.
pub(super) fn worst(findings: &[Finding]) -> State {
    findings.iter().map(|finding| finding.state).max().unwrap_or(State::Ok)
}

/// All findings as people read them, one below the other. Without `columns` nothing is folded.
pub(super) fn list(findings: &[Finding], ink: Ink, columns: Option<usize>) -> String {
    let width =
        |of: fn(&Finding) -> &str| findings.iter().map(|finding| of(finding).width()).max().unwrap_or(0);
    let words = width(|finding| finding.state.word());
    let labels = width(|finding| finding.check.label());
    let is_narrow = columns.is_some_and(|columns| columns < NARROW);
    let indent = if is_narrow { GAP } else { words + labels + 2 * GAP };
    let mut text = String::new();
    for finding in findings {
        let (word, label) = (finding.state.word(), finding.check.label());
        let pad = " ".repeat(words - word.width() + GAP);
        let _ = write!(text, "{}{pad}{label}", painted(word, finding.state, ink));
        if is_narrow {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
        } else {
            text.push_str(&" ".repeat(labels - label.width() + GAP));
        }
        let detail = drawable(&finding.detail);
        for (number, line) in
            folded(&detail, columns.map(|columns| columns.saturating_sub(indent))).enumerate()
        {
            if number > 0 {
                text.push_str(&" ".repeat(indent));
            }
            text.push_str(&line);
            text.push('\n');
        }
        if let Some(hint) = &finding.hint {
            // On one line however long it is, so that it can be pasted; further left, so that more of it fits.
            let _ = writeln!(text, "{}hint: {}", " ".repeat(indent.min(words + GAP)), drawable(hint));
        }
    }
    text.push('\n');
    text.push_str(&summary(findings));
    text.push('\n');
    text
}

fn summary(findings: &[Finding]) -> String {
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    let warnings = match count(State::Warning) {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        count => format!(", {count} warnings"),
    };
    match count(State::Wrong) {
        0 => format!("nothing is wrong{warnings}"),
        1 => format!("1 thing is wrong{warnings}"),
        count => format!("{count} things are wrong{warnings}"),
    }
}

fn painted(word: &str, state: State, ink: Ink) -> String {
    // Green, yellow, red.
    let colour = match state {
        State::Ok => 32,
        State::Warning => 33,
        State::Wrong => RED,
    };
    ink.paint(colour, word)
}

/// Breaks a text between words. A word that is too long stays whole: it may be a path.
fn folded(text: &str, columns: Option<usize>) -> impl Iterator<Item = String> {
    let columns = columns.unwrap_or(usize::MAX);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, |line| line.width());
        match lines.last_mut() {
            Some(last) if line == 0 => last.push_str(word),
            Some(last) if line.saturating_add(1 + word.width()) <= columns => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Check;
    use super::*;

    fn findings() -> Vec<Finding> {
        vec![
            Finding::ok(Check::Store, "/d/claviger.redb, 1.5 MiB"),
            Finding::warning(
                Check::Clock,
                "it is behind the store by ten years and more than that",
                "set it",
            ),
            Finding::wrong(Check::DataDirectory, "/d has mode 0755, which lets others in", "chmod 0700 '/d'"),
        ]
    }

    #[test]
    fn people_read_an_aligned_list_with_each_hint_on_a_line_of_its_own() {
        assert_eq!(
            list(&findings(), Ink::Plain, Some(70)),
            "ok       Store           /d/claviger.redb, 1.5 MiB\n\
             warning  Clock           it is behind the store by ten years and more\n\
             \x20                        than that\n\
             \x20        hint: set it\n\
             wrong    Data directory  /d has mode 0755, which lets others in\n\
             \x20        hint: chmod 0700 '/d'\n\
             \n1 thing is wrong, 1 warning\n"
        );
    }

    #[test]
    fn where_there_are_few_columns_what_is_found_stands_below() {
        assert_eq!(
            list(&findings()[1..2], Ink::Plain, Some(30)),
            "warning  Clock\n  it is behind the store by\n  ten years and more than that\n  hint: set it\n\
             \nnothing is wrong, 1 warning\n"
        );
    }

    #[test]
    fn where_there_is_no_terminal_nothing_is_folded() {
        let text = list(&findings()[1..2], Ink::Plain, None);
        assert!(
            text.starts_with("warning  Clock  it is behind the store by ten years and more than that\n"),
            "{text}"
        );
    }

    #[test]
    fn colour_only_repeats_what_the_word_says_and_paths_drive_no_terminal() {
        let coloured = list(&findings(), Ink::Coloured, None);
        let plain = ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[0m"]
            .iter()
            .fold(coloured.clone(), |text, escape| text.replace(escape, ""));
        assert!(coloured.contains("\u{1b}[31mwrong\u{1b}[0m"));
        assert_eq!(plain, list(&findings(), Ink::Plain, None));
        let hostile = [Finding::wrong(Check::Store, "/\u{1b}[2J", "rm '/\u{1b}[2J'")];
        assert!(!list(&hostile, Ink::Plain, None).contains('\u{1b}'));
    }

    #[test]
    fn programs_read_whether_it_is_ok_and_every_check() {
        let json = serde_json::to_value(report(&findings())).unwrap();
        assert_eq!(
            json["checks"][2],
            serde_json::json!({
                "name": "data_directory", "state": "wrong",
                "detail": "/d has mode 0755, which lets others in", "hint": "chmod 0700 '/d'",
            })
        );
        assert_eq!((json["ok"].as_bool(), json["checks"][0].get("hint")), (Some(false), None));
        assert_eq!(serde_json::to_value(report(&findings()[..2])).unwrap()["ok"], true);
    }
}

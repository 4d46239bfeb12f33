//! Owns what must hold of every help: its width, and examples at its end that are what they say. Must not know any command.

use std::ffi::OsString;

use clap::CommandFactory;
use unicode_width::UnicodeWidthStr;

use super::COLUMNS;
use crate::args::{Args, Parsed, parse};

/// What is called `claviger …`, and everything below it.
fn commands() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, called: &[String], found: &mut Vec<Vec<String>>) {
        found.push(called.to_vec());
        // clap's own `help` has a copy of everything below it.
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
            walk(sub, &[called, &[sub.get_name().to_owned()]].concat(), found);
        }
    }
    let mut command = Args::command();
    command.build();
    let mut found = Vec::new();
    walk(&command, &["claviger".to_owned()], &mut found);
    found
}

fn help(called: &[String], flag: &str) -> String {
    let line: Vec<OsString> = called.iter().map(OsString::from).chain([flag.into()]).collect();
    match parse(&line) {
        Ok(Parsed::Help(help)) => help.to_string(),
        other => panic!("{called:?}: {other:?}"),
    }
}

/// The examples at the end of a help.
fn examples(help: &str) -> Option<Vec<&str>> {
    let (_, end) = help.trim_end().rsplit_once("\n\n")?;
    let examples: Vec<&str> = end.strip_prefix("Examples:\n")?.lines().collect();
    examples.iter().all(|line| line.starts_with("  ")).then_some(examples)
}

/// The commands that a line of shell runs, without what they read and write.
fn run_by_shell(line: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words) = (vec![Vec::new()], vec![String::new()]);
    let mut quote = None;
    let end_word = |commands: &mut Vec<Vec<String>>, words: &mut Vec<String>| {
        let word = words.pop().unwrap_or_default();
        if !word.is_empty() {
            commands.last_mut().unwrap().push(word);
        }
        words.push(String::new());
    };
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ' ') => end_word(&mut commands, &mut words),
            // Where something comes from or goes to looks like a command that is none of ours.
            (None, '|' | '&' | ';' | '<' | '>' | '(' | ')') => {
                end_word(&mut commands, &mut words);
                commands.push(Vec::new());
            }
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    end_word(&mut commands, &mut words);
    commands
}

#[test]
fn every_help_ends_with_examples_and_fits_a_terminal() {
    let commands = commands();
    assert!(commands.len() > 30, "the walk does not go down: {commands:?}");
    for called in &commands {
        for flag in ["--help", "-h"] {
            let help = help(called, flag);
            let wide = help.lines().find(|line| line.width() > COLUMNS);
            assert_eq!(wide, None, "{called:?} {flag}");
            assert!(examples(&help).is_some_and(|lines| !lines.is_empty()), "{called:?} {flag}:\n{help}");
        }
    }
}

#[test]
fn every_example_is_of_its_command_and_our_grammar_takes_it() {
    for called in commands() {
        let help = help(&called, "--help");
        let mut is_shown = false;
        for line in examples(&help).unwrap() {
            for words in run_by_shell(line.trim_start().trim_start_matches("sudo ")) {
                if words.first().is_some_and(|word| word == "claviger") {
                    let argv: Vec<OsString> = words.iter().map(OsString::from).collect();
                    assert!(matches!(parse(&argv), Ok(Parsed::Run(_))), "{line}");
                    is_shown |= words.starts_with(&called);
                }
            }
        }
        assert!(is_shown, "no example of {called:?}");
    }
}

#[test]
fn a_line_of_shell_is_read_as_a_shell_does() {
    let line = r#"a "b c" '$d' > e && claviger f | claviger g"#;
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let commands: Vec<_> = run_by_shell(line).into_iter().filter(|words| !words.is_empty()).collect();
    let expected = [&["a", "b c", "$d"][..], &["e"], &["claviger", "f"], &["claviger", "g"]];
    assert_eq!(commands, expected.map(words));
}

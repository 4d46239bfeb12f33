//! Owns `claviger man`: the manual page, made from the grammar. Must not need a home directory or a daemon.

use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use crate::args::Args;
use crate::failure::Failure;
use crate::output;

/// Prints the manual page, for `man -l -` or a file in `man1`.
pub(crate) fn run() -> Result<(), Failure> {
    let page = page().map_err(|error| Failure::failed(format!("the manual page cannot be made: {error}")))?;
    output::text(&String::from_utf8_lossy(&page))
}

fn page() -> std::io::Result<Vec<u8>> {
    let mut command = Args::command().subcommand_required(false);
    command.build();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(&command).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let mut commands = Roff::new();
    commands.control("SH", ["COMMANDS"]);
    describe(&mut commands, &command, "claviger");
    commands.to_writer(&mut page)?;
    let mut end = Roff::new();
    let help = after(&command);
    let (notes, examples) = parted(&help);
    end.control("SH", ["NOTES"]);
    prose(&mut end, notes);
    end.control("SH", ["EXAMPLES"]);
    verbatim(&mut end, examples);
    end.to_writer(&mut page)?;
    Ok(page)
}

/// How it is called: with the options of every command, and a command.
fn synopsis(command: &Command) -> Roff {
    let mut line = vec![bold("claviger")];
    for option in command.get_arguments().filter(|option| !option.is_hide_set()) {
        let value = option.get_action().takes_values().then(|| value(option));
        line.extend([roman(" ["), bold(format!("--{}", option.get_long().unwrap_or_default()))]);
        line.extend(value.into_iter().flat_map(|value| [roman(" "), italic(value)]));
        line.push(roman("]"));
    }
    line.extend([roman(" ["), italic("COMMAND"), roman("]")]);
    let mut page = Roff::new();
    page.control("SH", ["SYNOPSIS"]);
    page.text(line);
    page
}

/// Describes what is below a command, each with what it takes beside the options of every command.
fn describe(page: &mut Roff, command: &Command, called: &str) {
    let shown = command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help");
    for sub in shown {
        let called = format!("{called} {}", sub.get_name());
        let of_its_own = |arg: &&Arg| !arg.is_hide_set() && !arg.is_global_set() && arg.get_id() != "help";
        let arguments: Vec<&Arg> = sub.get_arguments().filter(of_its_own).collect();
        let usage = |argument: &&Arg| {
            let text = written(argument);
            if argument.is_required_set() { format!(" {text}") } else { format!(" [{text}]") }
        };
        let line = arguments.iter().map(usage).collect::<Vec<_>>().concat();
        page.control("TP", []);
        page.text([bold(&called), roman(line)]);
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        page.text([roman(format!("{about}."))]);
        for argument in arguments {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            page.control("RS", []);
            page.control("TP", []);
            page.text([bold(written(argument))]);
            page.text([roman(help)]);
            page.control("RE", []);
        }
        end(page, &after(sub));
        describe(page, sub, &called);
    }
}

/// What stands at the end of a command's help.
fn after(command: &Command) -> String {
    command.get_after_help().map(ToString::to_string).unwrap_or_default()
}

/// The end of a help: what it says, and the examples.
fn parted(help: &str) -> (&str, &str) {
    help.split_once("Examples:\n").unwrap_or((help, ""))
}

/// The end of a help below its command.
fn end(page: &mut Roff, help: &str) {
    let (notes, examples) = parted(help);
    page.control("RS", []);
    prose(page, notes);
    if !examples.is_empty() {
        page.control("PP", []);
        page.text([roman("Examples:")]);
        verbatim(page, examples);
    }
    page.control("RE", []);
}

fn prose(page: &mut Roff, text: &str) {
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        page.control("PP", []);
        page.text([roman(paragraph.replace('\n', " "))]);
    }
}

/// Lines as they are, for they are to be copied.
fn verbatim(page: &mut Roff, text: &str) {
    page.control("nf", []);
    for line in text.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
}

/// What an argument's value is called.
fn value(argument: &Arg) -> String {
    argument.get_value_names().unwrap_or_default().join(" ")
}

/// An argument as the command line has it.
fn written(argument: &Arg) -> String {
    let value = value(argument);
    match argument.get_long() {
        None => value,
        Some(long) if argument.get_action().takes_values() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_the_manual() {
        let page = String::from_utf8(page().unwrap()).unwrap();
        for part in [
            ".TH claviger 1",
            "[\\fB\\-\\-data\\-dir\\fR \\fIDIR\\fR]",
            "[\\fICOMMAND\\fR]",
            "claviger keys rotate",
            "KEY",
            "claviger storage\\-mode",
            "\\-\\-account ID",
            "Exit status",
            "claviger keys rotate \"Budget app\" \\-\\-yes > key\n",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("detached"), "what is hidden is not told");
    }
}

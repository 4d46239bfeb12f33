//! Owns the file of counted instructions: its form, what differs from it by too much, and writing it anew. Must not count.

use std::fmt::Write;

use serde::Deserialize;

use crate::Outcome;

/// By how many parts in a hundred a figure may differ from the file's without an explanation.
pub const TOLERANCE: u64 = 5;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// The compiler that built what was counted. Another one counts differently.
    pub compiler: String,
    /// What was counted.
    #[serde(rename = "figure")]
    pub figures: Vec<Figure>,
}

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Which secrets are verified.
    pub secret: String,
    /// Instructions of one verification.
    pub instructions: u64,
    /// Why it is as it is.
    pub why: String,
}

/// What was counted now.
pub type Counted<'a> = [(&'a str, u64)];

impl Figures {
    /// Reads the file.
    ///
    /// # Errors
    /// It has another form.
    pub fn read(text: &str) -> Outcome<Self> {
        Ok(toml::from_str(text)?)
    }

    /// Each figure that differs by too much from what was counted, or is not in the file, in words.
    #[must_use]
    pub fn differences(&self, counted: &Counted<'_>) -> Vec<String> {
        let differs = counted.iter().filter(|(secret, now)| !self.has(secret, *now));
        differs
            .map(|(secret, now)| match self.of(secret) {
                None => format!("{secret}: {now} instructions, and the file has no such figure"),
                Some(before) => {
                    let parts = u128::from(before.instructions.abs_diff(*now)) * 1000;
                    let tenths = parts / u128::from(before.instructions.max(1));
                    let direction = if *now > before.instructions { "more" } else { "fewer" };
                    let percent = format!("{}.{} % {direction}", tenths / 10, tenths % 10);
                    format!("{secret}: {now} instructions, {percent} than the file's {}", before.instructions)
                }
            })
            .collect()
    }

    /// The file with what was counted. What differs by too much gets the explanation; the rest keeps its own.
    #[must_use]
    pub fn blessed(&self, counted: &Counted<'_>, compiler: &str, why: &str) -> Self {
        let figure = |(secret, now): &(&str, u64)| {
            let kept = self.of(secret).filter(|_| self.has(secret, *now)).map(|before| before.why.clone());
            Figure {
                secret: (*secret).to_owned(),
                instructions: *now,
                why: kept.unwrap_or_else(|| why.to_owned()),
            }
        };
        Self { compiler: compiler.to_owned(), figures: counted.iter().map(figure).collect() }
    }

    /// The text of the file.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = String::from(
            "# Instructions of one verification in process, in a store of 1,000 keys, counted by callgrind.\n\
             # `just instructions` counts anew, and fails where a figure differs by more than 5 %.\n\
             # `just instructions-bless \"WHY\"` writes this file, with the explanation of what changed.\n",
        );
        // A text of JSON is one of TOML.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        // Writing to a text cannot fail.
        let _ = writeln!(text, "\ncompiler = {}", quoted(&self.compiler));
        for Figure { secret, instructions, why } in &self.figures {
            let _ = writeln!(
                text,
                "\n[[figure]]\nsecret = {}\ninstructions = {instructions}\nwhy = {}",
                quoted(secret),
                quoted(why)
            );
        }
        text
    }

    fn of(&self, secret: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.secret == secret)
    }

    fn has(&self, secret: &str, now: u64) -> bool {
        let near = |before: u64| {
            u128::from(before.abs_diff(now)) * 100 <= u128::from(before) * u128::from(TOLERANCE)
        };
        self.of(secret).is_some_and(|figure| near(figure.instructions))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let figure = |secret: &str, instructions| Figure {
            secret: secret.to_owned(),
            instructions,
            why: format!("because of \"{secret}\""),
        };
        Figures {
            compiler: "rustc 1".to_owned(),
            figures: vec![figure("valid", 1000), figure("forged", 200)],
        }
    }

    #[test]
    fn a_figure_may_differ_by_five_parts_in_a_hundred_either_way() {
        for (now, said) in [
            (1000, None),
            (950, None),
            (1050, None),
            (949, Some("valid: 949 instructions, 5.1 % fewer than the file's 1000")),
            (1051, Some("valid: 1051 instructions, 5.1 % more than the file's 1000")),
            (0, Some("valid: 0 instructions, 100.0 % fewer than the file's 1000")),
        ] {
            let differences = figures().differences(&[("valid", now), ("forged", 200)]);
            assert_eq!(differences.first().map(String::as_str), said);
            assert!(differences.len() <= 1);
        }
        assert_eq!(figures().differences(&[("unknown", 1)]).len(), 1);
    }

    #[test]
    fn only_what_differs_by_too_much_gets_the_new_explanation() {
        let blessed =
            figures().blessed(&[("valid", 1040), ("forged", 300), ("unknown", 1)], "rustc 2", "new");
        let found: Vec<_> =
            blessed.figures.iter().map(|figure| (figure.instructions, figure.why.as_str())).collect();
        assert_eq!(found, [(1040, "because of \"valid\""), (300, "new"), (1, "new")]);
        assert_eq!(blessed.compiler, "rustc 2");
    }

    #[test]
    fn the_file_reads_as_what_was_written() {
        assert_eq!(Figures::read(&figures().write()).unwrap(), figures());
        assert!(Figures::read("compiler = 'x'\n[[figure]]\nsecret = 'valid'").is_err());
    }

    #[test]
    fn the_file_in_the_repository_explains_every_figure_and_is_as_it_would_be_written() {
        let text = include_str!("../../instructions.toml");
        let figures = Figures::read(text).unwrap();
        assert_eq!(figures.write(), text);
        assert!(figures.compiler.starts_with("rustc "));
        let explained = figures.figures.iter().filter(|figure| figure.why.split_whitespace().count() > 3);
        assert_eq!(explained.count(), super::super::Counted::ALL.len());
    }
}

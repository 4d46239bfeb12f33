//! Owns reading docs/protocol.md: its sections, what each states, the exchanges that it shows. Must not judge any of it.

use serde_json::Value;

use crate::method::Access;

/// The page as it is.
pub(super) fn text() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocol.md")).unwrap()
}

/// A section: from its heading, of whatever level, to the next.
pub(super) struct Section<'a> {
    pub(super) heading: &'a str,
    /// The lines outside of blocks.
    prose: Vec<&'a str>,
    blocks: Vec<Vec<&'a str>>,
}

pub(super) fn sections(page: &str) -> Vec<Section<'_>> {
    let mut sections = vec![Section { heading: "", prose: Vec::new(), blocks: Vec::new() }];
    let mut inside = false;
    for line in page.lines() {
        let section = sections.last_mut().unwrap();
        match line {
            _ if line.starts_with("```") => {
                inside = !inside;
                if inside {
                    section.blocks.push(Vec::new());
                }
            }
            _ if inside => section.blocks.last_mut().unwrap().push(line),
            _ if line.starts_with('#') => {
                let heading = line.trim_start_matches('#').trim();
                sections.push(Section { heading, prose: Vec::new(), blocks: Vec::new() });
            }
            _ => section.prose.push(line),
        }
    }
    assert!(!inside, "a block does not end");
    sections
}

/// The section under a heading.
pub(super) fn section<'a>(page: &'a str, heading: &str) -> Section<'a> {
    let found = sections(page).into_iter().find(|section| section.heading == heading);
    found.unwrap_or_else(|| panic!("the page has no section {heading:?}"))
}

impl Section<'_> {
    pub(super) fn prose(&self) -> String {
        self.prose.join("\n")
    }

    /// The rest of the first sentence that has this word with a capital.
    pub(super) fn sentence(&self, word: &str) -> Option<String> {
        let prose = self.prose();
        let (_, rest) = prose.split_once(word)?;
        let mut quoted = false;
        let ends = |(at, c): (usize, char)| {
            quoted ^= c == '`';
            (!quoted && c == '.' && rest[at + 1..].chars().next().is_none_or(char::is_whitespace))
                .then_some(at)
        };
        let end = rest.char_indices().find_map(ends).unwrap_or(rest.len());
        Some(rest[..end].to_owned())
    }

    /// The rows of the section's tables, without heads and rules.
    pub(super) fn rows(&self) -> Vec<Vec<&str>> {
        let rule = |line: &str| line.starts_with("| ---");
        self.prose
            .windows(2)
            .filter(|lines| lines[1].starts_with('|') && !rule(lines[1]) && lines[0].starts_with('|'))
            .map(|lines| lines[1].trim_matches('|').split(" | ").map(str::trim).collect())
            .collect()
    }
}

/// What stands between backquotes.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// A text without what it says in parentheses.
pub(super) fn outside_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// What a block shows.
pub(super) enum Shown {
    /// A call, and what came back; over a WebSocket the socket is not said.
    Call {
        socket: Option<Access>,
        call: Value,
        answer: Answer,
    },
    Notification(Value),
    /// An answer by itself.
    Alone(Value),
    /// An object with the name that stands before its block.
    Object {
        name: String,
        value: Value,
    },
    /// A body of the interface for gateways.
    Body(Value),
}

pub(super) enum Answer {
    Whole(Value),
    /// The beginning of one.
    Cut(String),
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The call in a line of the shell, where `SECRET` is a variable.
fn call_of(line: &str) -> Option<(Access, Value, bool)> {
    let (socket, rest) = match line.strip_prefix("rpc admin '") {
        Some(rest) => (Access::Admin, rest),
        None => (Access::Verify, line.strip_prefix("rpc verify '")?),
    };
    let (call, behind) = rest.rsplit_once('\'').unwrap();
    Some((socket, read(&call.replace("'$SECRET'", "SECRET")), behind.contains('|')))
}

/// Everything that the page shows. A line that begins like JSON and is nothing of this is a fault of the page.
pub(super) fn shown(page: &str) -> Vec<Shown> {
    let mut shown = Vec::new();
    for section in sections(page) {
        let mut names = section.prose.iter().filter_map(|line| line.strip_suffix("`:")?.strip_prefix('`'));
        for block in &section.blocks {
            let mut lines = block.iter().copied();
            while let Some(line) = lines.next() {
                if let Some((socket, call, cut)) = call_of(line) {
                    let answer = lines.next().unwrap();
                    let answer =
                        if cut { Answer::Cut(answer.to_owned()) } else { Answer::Whole(read(answer)) };
                    shown.push(Shown::Call { socket: Some(socket), call, answer });
                } else if let Some(call) = line.strip_prefix("→ ") {
                    let answer = lines.next().and_then(|line| line.strip_prefix("← ")).unwrap();
                    let answer = Answer::Whole(read(answer));
                    shown.push(Shown::Call { socket: None, call: read(call), answer });
                } else if let Some(told) = line.strip_prefix("← ") {
                    shown.push(Shown::Notification(read(told)));
                } else if line.starts_with(r#"{"jsonrpc""#) {
                    shown.push(Shown::Alone(read(line)));
                } else if line.starts_with(r#"{"id""#) {
                    let name = names.next().unwrap().to_owned();
                    shown.push(Shown::Object { name, value: read(line) });
                } else if line.starts_with('{') {
                    shown.push(Shown::Body(read(line)));
                }
            }
        }
    }
    shown
}

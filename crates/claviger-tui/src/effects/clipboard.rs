//! Owns by which way a text reaches a clipboard. Must not put the text where other processes can read it: it goes
//! through a pipe, never into arguments or the environment.

use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use claviger_api::Secret;
use zeroize::Zeroizing;

use super::Copied;

/// What the environment offers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Surroundings {
    tmux: bool,
    wayland: bool,
    x11: bool,
}

impl Surroundings {
    /// What the environment offers now.
    pub(crate) fn read() -> Self {
        let has = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self { tmux: has("TMUX"), wayland: has("WAYLAND_DISPLAY"), x11: has("DISPLAY") }
    }

    /// The ways to try, best first. The last one is the terminal's.
    fn ways(self) -> Vec<Copied> {
        let ways = [(self.tmux, Copied::Tmux), (self.wayland, Copied::WlCopy), (self.x11, Copied::Xclip)];
        let mut ways: Vec<_> = ways.into_iter().filter_map(|(there, way)| there.then_some(way)).collect();
        ways.push(Copied::Osc52);
        ways
    }
}

/// By which way a text would reach a clipboard here and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipboardRoute {
    /// The program that would take it; `None` is the terminal itself (OSC 52), which may refuse and never says so.
    pub program: Option<&'static str>,
    /// Programs that would be nearer, for what the environment offers, but are not in `PATH`.
    pub missing: Vec<&'static str>,
}

/// Finds out by which way `c` and `y` would copy, and copies nothing. Whether the program then works is not tried.
#[must_use]
pub fn clipboard_route() -> ClipboardRoute {
    let path = env::var_os("PATH").unwrap_or_default();
    route(Surroundings::read(), |program| {
        env::split_paths(&path).any(|directory| is_executable(&directory.join(program)))
    })
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn route(surroundings: Surroundings, is_there: impl Fn(&str) -> bool) -> ClipboardRoute {
    let mut missing = Vec::new();
    for program in surroundings.ways().into_iter().filter_map(program) {
        if is_there(program) {
            return ClipboardRoute { program: Some(program), missing };
        }
        missing.push(program);
    }
    ClipboardRoute { program: None, missing }
}

/// The program of a way; `None` is the terminal itself.
fn program(way: Copied) -> Option<&'static str> {
    match way {
        Copied::Tmux => Some("tmux"),
        Copied::WlCopy => Some("wl-copy"),
        Copied::Xclip => Some("xclip"),
        Copied::Osc52 => None,
    }
}

/// Copies by the first way that works. [`Copied::Osc52`] means that none did and the terminal is left.
pub(crate) fn copy(surroundings: Surroundings, text: &Secret) -> Copied {
    let works = |way: &Copied| {
        let arguments: &[&str] = match way {
            Copied::Tmux => &["load-buffer", "-"],
            Copied::Xclip => &["-selection", "clipboard"],
            Copied::WlCopy | Copied::Osc52 => &[],
        };
        program(*way).is_none_or(|program| pipe(program, arguments, text))
    };
    surroundings.ways().into_iter().find(works).unwrap_or(Copied::Osc52)
}

fn pipe(program: &str, arguments: &[&str], text: &Secret) -> bool {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return false };
    let written =
        child.stdin.take().is_some_and(|mut stdin| stdin.write_all(text.expose().as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}

/// The escape sequence that asks a terminal to take a text into its clipboard (xterm's OSC 52).
pub(crate) fn osc52(text: &Secret) -> Zeroizing<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = text.expose().as_bytes();
    // Room for all of it, so that growing leaves no copy behind.
    let mut sequence = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(3) * 4 + 16));
    sequence.push_str("\u{1b}]52;c;");
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            sequence.push(if place > three.len() { '=' } else { char::from(digit) });
        }
    }
    sequence.push('\u{7}');
    sequence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_clipboard_comes_first() {
        let all = Surroundings { tmux: true, wayland: true, x11: true };
        assert_eq!(all.ways(), [Copied::Tmux, Copied::WlCopy, Copied::Xclip, Copied::Osc52]);
        let bare = Surroundings::default();
        assert_eq!(bare.ways(), [Copied::Osc52]);
        assert_eq!(copy(bare, &Secret::new("x")), Copied::Osc52);
    }

    #[test]
    fn the_route_is_the_first_program_that_is_there_and_names_those_that_are_not() {
        let all = Surroundings { tmux: true, wayland: true, x11: true };
        let wayland = Surroundings { wayland: true, ..Surroundings::default() };
        for (surroundings, there, program, missing) in [
            (all, &["tmux", "wl-copy", "xclip"][..], Some("tmux"), &[][..]),
            (all, &["xclip"], Some("xclip"), &["tmux", "wl-copy"]),
            (all, &[], None, &["tmux", "wl-copy", "xclip"]),
            (wayland, &["xclip"], None, &["wl-copy"]),
            (Surroundings::default(), &["xclip"], None, &[]),
        ] {
            let expected = ClipboardRoute { program, missing: missing.to_vec() };
            assert_eq!(route(surroundings, |program| there.contains(&program)), expected);
        }
    }

    #[test]
    fn osc_52_carries_base64() {
        for (text, base64) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(*osc52(&Secret::new(text)), format!("\u{1b}]52;c;{base64}\u{7}"));
        }
    }
}

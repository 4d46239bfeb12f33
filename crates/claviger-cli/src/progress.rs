//! Owns how somebody at a terminal is told that something takes its time: after a second, on standard error, and gone again when
//! it is done where a terminal can do that. Must not be seen by anybody else, nor know what takes the time.

use std::borrow::Cow;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::{self, Format, Reader};

/// What is done sooner is not worth a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often something moves, so that it is seen to be alive.
const PACE: Duration = Duration::from_millis(120);

/// Whether progress is told at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    /// A person looks at both streams, on a terminal that can take a line back.
    Present,
    /// The same on a terminal that only goes forward: told once, in a line that stays.
    Forward,
    /// A pipe, a file or a program.
    Absent,
}

impl Audience {
    fn of(format: Format, streams: [Reader; 2], terminal: Option<&str>) -> Self {
        let can_take_back = terminal.is_some_and(|terminal| !terminal.is_empty() && terminal != "dumb");
        match (format, streams) {
            (Format::Text, [Reader::Person, Reader::Person]) if can_take_back => Self::Present,
            (Format::Text, [Reader::Person, Reader::Person]) => Self::Forward,
            _ => Self::Absent,
        }
    }

    /// Looks who is there for this process.
    fn here() -> Self {
        let who = |is_terminal| if is_terminal { Reader::Person } else { Reader::Script };
        let line: Vec<_> = std::env::args_os().collect();
        let terminal = std::env::var("TERM").ok();
        let streams = [who(io::stdout().is_terminal()), who(io::stderr().is_terminal())];
        Self::of(Format::wanted_by(&line), streams, terminal.as_deref())
    }
}

/// Something that takes its time, until this is dropped. Ends before anything else is written to the terminal, and before
/// anybody is asked.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Waits for the moment from which it is told. Ends when the other end of its channel does.
    waiting: Option<(Sender<()>, JoinHandle<()>)>,
}

/// Begins something of which nobody knows how far it is, such as `starting the daemon`.
pub(crate) fn begin(what: impl Into<Cow<'static, str>>) -> Progress {
    Progress::new(ProgressBar::new_spinner(), "{spinner} {msg} {elapsed}", what.into())
}

/// Begins something of which so many bytes will come, once [`Progress::of`] says how many.
pub(crate) fn begin_bytes(what: impl Into<Cow<'static, str>>) -> Progress {
    let form = "{spinner} {msg} [{bar:24}] {binary_bytes} of {binary_total_bytes}";
    Progress::new(ProgressBar::new(0), form, what.into())
}

/// Begins something of which so many will be made, once [`Progress::of`] says how many.
pub(crate) fn begin_count(what: impl Into<Cow<'static, str>>) -> Progress {
    Progress::new(ProgressBar::new(0), COUNT, what.into())
}

/// How something that is counted is shown.
const COUNT: &str = "{spinner} {msg} [{bar:24}] {human_pos} of {human_len}";

impl Progress {
    fn new(bar: ProgressBar, form: &str, what: Cow<'static, str>) -> Self {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        bar.set_style(style(form));
        bar.set_message(what);
        let audience = Audience::here();
        let waiting = (audience != Audience::Absent).then(|| {
            let (done, ended) = channel::<()>();
            let shown = bar.clone();
            let thread = thread::spawn(move || {
                if ended.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                if audience == Audience::Forward {
                    output::note(&shown.message());
                    return;
                }
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(PACE);
            });
            (done, thread)
        });
        Self { bar, waiting }
    }

    /// Says how many there will be, and how many there are.
    pub(crate) fn of(&self, total: u64, done: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
    }

    /// Says what is done now.
    pub(crate) fn says(&self, what: impl Into<Cow<'static, str>>) {
        self.bar.set_message(what);
    }
}

impl Drop for Progress {
    /// Leaves nothing behind where a line can be taken back.
    fn drop(&mut self) {
        if let Some((done, thread)) = self.waiting.take() {
            drop(done);
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}

fn style(form: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.tick_chars("|/-\\ ").progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_at_a_terminal_is_told_and_where_no_line_can_be_taken_back_once() {
        use Reader::{Person, Script};

        let xterm = Some("xterm");
        assert_eq!(Audience::of(Format::Text, [Person, Person], xterm), Audience::Present);
        for terminal in [Some("dumb"), Some(""), None] {
            assert_eq!(Audience::of(Format::Text, [Person, Person], terminal), Audience::Forward);
        }
        for (format, streams, terminal) in [
            (Format::Json, [Person, Person], xterm),
            (Format::Text, [Script, Person], xterm),
            (Format::Text, [Person, Script], xterm),
            (Format::Text, [Script, Script], xterm),
            (Format::Json, [Person, Person], Some("dumb")),
            (Format::Text, [Script, Person], Some("dumb")),
            (Format::Text, [Person, Script], Some("dumb")),
        ] {
            assert_eq!(Audience::of(format, streams, terminal), Audience::Absent, "{format:?} {streams:?}");
        }
    }

    #[test]
    fn every_form_is_one_that_the_library_takes() {
        let bar = begin_bytes("a");
        bar.of(10, 5);
        assert_eq!((bar.bar.length(), bar.bar.position()), (Some(10), 5));
        let bytes = "{spinner} {msg} [{bar:24}] {binary_bytes} of {binary_total_bytes}";
        for form in ["{spinner} {msg} {elapsed}", bytes, COUNT] {
            assert!(ProgressStyle::with_template(form).is_ok(), "{form}");
        }
    }
}

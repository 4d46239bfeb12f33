//! Owns the interface in a pseudo-terminal: presses in, the drawn screen out. Must not sleep and hope.

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::home::Home;
use super::wait::{PATIENCE, eventually, soon};

/// What a terminal was opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenedFor {
    /// The executable, or another program, alone.
    Program,
    /// A shell that started the executable as a job.
    Shell,
}

/// A terminal that runs the executable.
pub(crate) struct Screen {
    opened_for: OpenedFor,
    drawn: Arc<Drawn>,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    reader: Option<JoinHandle<()>>,
    /// How the terminal treated what is typed before anything ran in it.
    untouched: String,
}

/// What the terminal shows, and word of each change.
struct Drawn {
    parser: Mutex<vt100::Parser>,
    changed: Condvar,
    /// Every byte that was sent to the terminal.
    record: Mutex<Vec<u8>>,
}

impl Drawn {
    fn draw(&self, bytes: impl Iterator<Item = u8>) {
        let bytes: Vec<u8> = bytes.collect();
        self.parser.lock().unwrap().process(&bytes);
        self.changed.notify_all();
    }
}

/// How many bytes can be drawn without showing a part of a frame, as a terminal that knows synchronized output does.
fn whole_frames(bytes: &[u8]) -> usize {
    const BEGIN: &[u8] = b"\x1b[?2026h";
    const END: &[u8] = b"\x1b[?2026l";
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|some| some == mark);
    match (last(BEGIN), last(END)) {
        (Some(begun), ended) if ended.is_none_or(|ended| ended < begun) => begun,
        _ => bytes.len(),
    }
}

impl Screen {
    /// Opens a terminal of this size and runs `claviger ARGUMENTS` in it.
    pub(crate) fn open(home: &Home, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let line = [&[env!("CARGO_BIN_EXE_claviger")], arguments].concat();
        Self::run(home, OpenedFor::Program, &line, columns, rows)
    }

    /// Opens a terminal of this size and runs something in it.
    pub(crate) fn run(home: &Home, opened_for: OpenedFor, line: &[&str], columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::from_argv(line.iter().map(Into::into).collect());
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        command.env_clear();
        for (name, value) in home.environment() {
            command.env(name, value);
        }
        command.cwd(home.path(""));
        let untouched = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        let parser = Mutex::new(vt100::Parser::new(rows, columns, 1000));
        let drawn = Arc::new(Drawn { parser, changed: Condvar::new(), record: Mutex::default() });
        let mut output = pair.master.try_clone_reader().unwrap();
        let canvas = Arc::clone(&drawn);
        let reader = thread::spawn(move || {
            let (mut part, mut waiting) = ([0; 8192], Vec::new());
            while let Ok(len @ 1..) = output.read(&mut part) {
                canvas.record.lock().unwrap().extend_from_slice(&part[..len]);
                waiting.extend_from_slice(&part[..len]);
                canvas.draw(waiting.drain(..whole_frames(&waiting)));
            }
            canvas.draw(waiting.drain(..));
        });
        let input = pair.master.take_writer().unwrap();
        Self { opened_for, drawn, child, input, master: pair.master, reader: Some(reader), untouched }
    }

    fn parser(&self) -> MutexGuard<'_, vt100::Parser> {
        self.drawn.parser.lock().unwrap()
    }

    /// What the screen shows now.
    pub(crate) fn text(&self) -> String {
        self.parser().screen().contents()
    }

    /// The secret that the screen shows, whole and on one line.
    pub(crate) fn shown_secret(&self) -> String {
        let text = self.text();
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let found = words.find(|word| word.starts_with("clv_") && word.len() == 4 + 12 + 1 + 43 + 6);
        found.unwrap_or_else(|| panic!("no secret on one line:\n{text}")).to_owned()
    }

    /// Every byte that was sent to the terminal so far.
    pub(crate) fn record(&self) -> Vec<u8> {
        self.drawn.record.lock().unwrap().clone()
    }

    /// Whether the alternate screen is in use.
    pub(crate) fn in_alternate_screen(&self) -> bool {
        self.parser().screen().alternate_screen()
    }

    /// Whether any character is coloured.
    pub(crate) fn has_colour(&self) -> bool {
        let parser = self.parser();
        let screen = parser.screen();
        let (rows, columns) = screen.size();
        (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).any(|(row, column)| {
            screen.cell(row, column).is_some_and(|cell| cell.fgcolor() != vt100::Color::Default)
        })
    }

    /// Whether pastes are bracketed or the mouse is taken.
    pub(crate) fn has_modes(&self) -> bool {
        let parser = self.parser();
        let screen = parser.screen();
        screen.bracketed_paste() || screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// Whether the mouse is taken.
    pub(crate) fn has_mouse(&self) -> bool {
        self.parser().screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// Whether the terminal treats what is typed as it did before anything ran in it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.discipline() == self.untouched
    }

    /// How the terminal treats what is typed, in words.
    fn discipline(&self) -> String {
        format!("{:?}", self.master.get_termios())
    }

    /// The process id of the executable.
    pub(crate) fn program(&self) -> u32 {
        let pid = self.child.process_id().unwrap();
        match self.opened_for {
            OpenedFor::Program => pid,
            OpenedFor::Shell => {
                let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
                children.split_whitespace().next().unwrap().parse().unwrap()
            }
        }
    }

    /// Sends a signal to the program, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.program().to_string();
        assert!(std::process::Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Whether the program is stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        let pid = self.program();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
    }

    /// Whether the cursor is hidden.
    pub(crate) fn hides_cursor(&self) -> bool {
        self.parser().screen().hide_cursor()
    }

    /// Presses keys, given as the bytes that a terminal sends.
    pub(crate) fn press(&mut self, presses: &str) {
        self.input.write_all(presses.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        // What reads the screen (vt100) counts below zero in a terminal of one column.
        self.parser().screen_mut().set_size(rows.max(2), columns.max(4));
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// Waits until the screen shows a text.
    pub(crate) fn shows(&self, text: &str) {
        self.until(&format!("{text:?} is on the screen"), |screen| screen.contains(text));
    }

    /// Waits until the screen no longer shows a text.
    pub(crate) fn hides(&self, text: &str) {
        self.until(&format!("{text:?} is gone from the screen"), |screen| !screen.contains(text));
    }

    /// Waits until what the screen shows is right.
    pub(crate) fn until(&self, what: &str, right: impl Fn(&str) -> bool) {
        let is_right = self.within(PATIENCE, right);
        assert!(is_right, "waited in vain until {what}; the screen shows\n{}", self.text());
    }

    /// Whether what the screen shows becomes right in this time.
    fn within(&self, patience: Duration, right: impl Fn(&str) -> bool) -> bool {
        let wrong = |parser: &mut vt100::Parser| !right(&parser.screen().contents());
        let (_parser, wait) = self.drawn.changed.wait_timeout_while(self.parser(), patience, wrong).unwrap();
        !wait.timed_out()
    }

    /// Presses these keys, at the pace of a person, again and again until the interface no longer shows a text. A screen that
    /// shows nothing yet, as after a stop, does not count.
    pub(crate) fn press_until_hidden(&mut self, presses: &str, text: &str) {
        for _ in 0..10 {
            self.press(presses);
            let hidden = |screen: &str| screen.contains("Claviger") && !screen.contains(text);
            if self.within(Duration::from_secs(1), hidden) {
                return;
            }
        }
        panic!("{text:?} does not go; the screen shows\n{}", self.text());
    }

    /// Waits until the program has ended, and gives its exit status.
    pub(crate) fn ended(&mut self) -> u32 {
        let child = &mut self.child;
        let status = eventually("the interface has ended", || child.try_wait().unwrap());
        // What it wrote last is drawn once the reader has come to the end.
        let reader = self.reader.take();
        soon("the output is read", || reader.as_ref().is_none_or(JoinHandle::is_finished));
        status.exit_code()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

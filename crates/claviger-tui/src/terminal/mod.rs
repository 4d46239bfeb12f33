//! Owns the terminal: taking it over, drawing on it, and giving it back as it was. Must not know what is drawn.

mod frames;
mod job;

use std::io::{self, IsTerminal, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use tokio::sync::Notify;

use crate::state::Size;
use crate::{Mouse, RunError};
use frames::Frames;
pub(crate) use job::Stopping;

/// Whether the terminal is ours at the moment, so that it is given back once and only once.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the mouse was taken too.
static MOUSE_TAKEN: AtomicBool = AtomicBool::new(false);
/// Wakes who waits for a panic of any thread.
pub(crate) static PANICKED: Notify = Notify::const_new();
static HOOK: Once = Once::new();

/// How stopping went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Suspended {
    /// It was stopped, and somebody continued it.
    Continued,
    /// Nobody was there who could have continued it, so it was not stopped.
    NoShell,
}

/// The terminal while it is ours. It is given back when this is dropped.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Frames>>,
    frames: Frames,
    mouse: Mouse,
}

impl Screen {
    /// Takes the terminal over.
    pub(crate) fn take(mouse: Mouse) -> Result<Self, RunError> {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if dumb || !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(RunError::NoTerminal);
        }
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                give_back();
                before(info);
                PANICKED.notify_one();
            }));
        });
        let frames = Frames::stdout()?;
        let terminal = Terminal::new(CrosstermBackend::new(frames.clone()))?;
        let mut screen = Self { terminal, frames, mouse };
        screen.enter()?;
        Ok(screen)
    }

    fn enter(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let out = self.terminal.backend_mut();
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        if self.mouse == Mouse::Interface {
            MOUSE_TAKEN.store(true, Ordering::SeqCst);
            execute!(out, EnableMouseCapture)?;
        }
        self.clear()
    }

    /// The terminal's size in cells.
    pub(crate) fn size(&self) -> io::Result<Size> {
        let size = self.terminal.size()?;
        Ok(Size { width: size.width, height: size.height })
    }

    /// Draws one frame, all at once where the terminal can.
    pub(crate) fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.frames.begin();
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(view)?;
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        self.frames.end()
    }

    /// Forgets what the terminal shows, so that the next frame draws all of it.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.frames.forget();
        // Not `Terminal::clear`: it asks the terminal where its cursor is, and some never answer.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Sends bytes that are not for the screen.
    pub(crate) fn send(&mut self, sequence: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(sequence.as_bytes())?;
        Write::flush(out)
    }

    /// Gives the terminal back, stops until continued, and takes the terminal again. What it showed, a secret too, is not
    /// to be seen meanwhile. Does nothing where nobody could continue it.
    pub(crate) fn suspend(&mut self, stopping: Stopping) -> io::Result<Suspended> {
        if !job::has_shell() {
            return Ok(Suspended::NoShell);
        }
        give_back();
        job::stop(stopping)?;
        self.enter()?;
        Ok(Suspended::Continued)
    }

    /// Takes the terminal again after this process was stopped and continued by somebody else.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        // Off first: raw mode is believed to be on, and asking for it again would do nothing.
        disable_raw_mode()?;
        enable_raw_mode()?;
        // Not the alternate screen: taking it twice would lose where the cursor was on the first.
        execute!(self.terminal.backend_mut(), EnableBracketedPaste, cursor::Hide)?;
        self.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Brings the terminal back to how it was. What fails here has nobody left to be told.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if MOUSE_TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(out, DisableMouseCapture);
    }
    // Some terminals keep the alternate screen's last content: nothing is to be found there.
    let _ = execute!(
        out,
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        ResetColor,
        Clear(ClearType::All),
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    use ratatui::widgets::Paragraph;

    use super::*;

    /// Set in the environment of the process that is to panic.
    const PANICS: &str = "CLAVIGER_TEST_PANICS";

    fn panic_in_another_thread() {
        let mut screen = Screen::take(Mouse::Interface).unwrap();
        screen.draw(|frame| frame.render_widget(Paragraph::new("lists"), frame.area())).unwrap();
        let ended = std::thread::spawn(|| panic!("a part panicked")).join();
        assert!(ended.is_err());
        // What draws on is not to be seen either.
        std::process::exit(7);
    }

    #[test]
    fn a_panic_gives_the_terminal_back() {
        if std::env::var_os(PANICS).is_some() {
            panic_in_another_thread();
        }
        let pair = native_pty_system().openpty(PtySize { rows: 10, cols: 60, ..PtySize::default() }).unwrap();
        let before = format!("{:?}", pair.master.get_termios());
        let mut again = CommandBuilder::new(std::env::current_exe().unwrap());
        again.args(["--exact", "terminal::tests::a_panic_gives_the_terminal_back", "--nocapture"]);
        again.env(PANICS, "1");
        again.env("TERM", "xterm");
        again.env("RUST_BACKTRACE", "0");
        let mut child = pair.slave.spawn_command(again).unwrap();
        assert_eq!(child.wait().unwrap().exit_code(), 7);
        let after = format!("{:?}", pair.master.get_termios());
        drop(pair.slave);
        let mut output = Vec::new();
        let mut part = [0; 4096];
        let mut reader = pair.master.try_clone_reader().unwrap();
        // The end of a pseudo-terminal is an error.
        while let Ok(len @ 1..) = reader.read(&mut part) {
            output.extend_from_slice(&part[..len]);
        }
        let mut parser = vt100::Parser::new(10, 60, 0);
        parser.process(&output);
        let screen = parser.screen();
        assert!(String::from_utf8_lossy(&output).contains("lists"));
        assert!(screen.contents().contains("a part panicked"), "{}", screen.contents());
        assert!(!screen.contents().contains("lists"), "{}", screen.contents());
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(after, before);
    }
}

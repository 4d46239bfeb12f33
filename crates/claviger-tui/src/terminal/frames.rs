//! Owns how frames go out: each whole and all at once, through a buffer that is wiped. Must not know what is on them.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::rc::Rc;

use zeroize::Zeroize;

/// Enough for a full frame of a large terminal. The buffer never grows, for growing would leave a copy behind.
const BUFFER: usize = 256 * 1024;
/// A frame that changes nothing is shorter than this, and one that shows a secret longer.
const SHORT: usize = 48;

/// Where frames go. Clones share it: one is the terminal library's to write to, the other says where a frame begins and
/// ends.
pub(super) struct Frames<Out = File>(Rc<RefCell<Outlet<Out>>>);

struct Outlet<Out> {
    out: Out,
    /// What is not written yet. It can hold a secret, so it is wiped each time it was written.
    buffer: Vec<u8>,
    /// Whether a frame is being drawn, which goes out whole.
    is_in_frame: bool,
    /// The last frame, where it was a short one.
    last: Vec<u8>,
}

impl Frames {
    /// Frames that go to standard output.
    pub(super) fn stdout() -> io::Result<Self> {
        Ok(Self::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
    }
}

impl<Out: Write> Frames<Out> {
    fn new(out: Out) -> Self {
        let buffer = Vec::with_capacity(BUFFER);
        let last = Vec::with_capacity(SHORT);
        Self(Rc::new(RefCell::new(Outlet { out, buffer, is_in_frame: false, last })))
    }

    /// Holds back what is written until [`Self::end`].
    pub(super) fn begin(&self) {
        self.0.borrow_mut().is_in_frame = true;
    }

    /// Writes the frame, unless it changes nothing: frames say what is different from the one before, and then where the
    /// cursor is. So the same short one twice in a row has nothing new to say.
    pub(super) fn end(&self) -> io::Result<()> {
        let mut outlet = self.0.borrow_mut();
        let Outlet { buffer, last, .. } = &mut *outlet;
        if buffer == last {
            buffer.clear();
        } else {
            last.clear();
            if buffer.len() <= SHORT {
                last.extend_from_slice(buffer);
            }
        }
        outlet.is_in_frame = false;
        outlet.write_out()
    }

    /// Lets the next frame go out whatever it says, for the terminal no longer shows the one before.
    pub(super) fn forget(&self) {
        self.0.borrow_mut().last.clear();
    }
}

impl<Out> Clone for Frames<Out> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<Out: Write> Outlet<Out> {
    fn write_out(&mut self) -> io::Result<()> {
        let written = self.out.write_all(&self.buffer).and_then(|()| self.out.flush());
        self.buffer.zeroize();
        written
    }
}

impl<Out: Write> Write for Frames<Out> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut outlet = self.0.borrow_mut();
        if outlet.buffer.len() + bytes.len() > BUFFER {
            outlet.write_out()?;
        }
        let taken = bytes.len().min(BUFFER);
        outlet.buffer.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut outlet = self.0.borrow_mut();
        if outlet.is_in_frame { Ok(()) } else { outlet.write_out() }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::queue;
    use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
    use ratatui::backend::CrosstermBackend;
    use ratatui::layout::Rect;
    use ratatui::widgets::Paragraph;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    /// What was written, and in how many pieces.
    #[derive(Default)]
    struct Written {
        bytes: Vec<u8>,
        pieces: usize,
    }

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.bytes.extend_from_slice(bytes);
            self.pieces += 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the last of some frames wrote, each with a text in it, and in how many pieces.
    fn written(texts: &[&str]) -> (String, usize) {
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, 10, 1)) };
        let frames = Frames::new(Written::default());
        let mut terminal = Terminal::with_options(CrosstermBackend::new(frames.clone()), options).unwrap();
        for text in texts {
            frames.0.borrow_mut().out = Written::default();
            frames.begin();
            queue!(terminal.backend_mut(), BeginSynchronizedUpdate).unwrap();
            terminal.draw(|frame| frame.render_widget(Paragraph::new(*text), frame.area())).unwrap();
            queue!(terminal.backend_mut(), EndSynchronizedUpdate).unwrap();
            frames.end().unwrap();
        }
        let outlet = frames.0.borrow();
        (String::from_utf8(outlet.out.bytes.clone()).unwrap(), outlet.out.pieces)
    }

    #[test]
    fn a_frame_goes_out_whole_and_all_at_once() {
        let (frame, pieces) = written(&["one", "two"]);
        assert!(frame.starts_with("\u{1b}[?2026h") && frame.ends_with("\u{1b}[?2026l"), "{frame:?}");
        assert!(frame.contains("tw"), "{frame:?}");
        assert_eq!(pieces, 1);
    }

    #[test]
    fn a_screen_that_stays_as_it_is_writes_nothing() {
        assert_eq!(written(&["one", "one", "one"]).0, "");
        assert!(written(&["one", "one", "one", "two"]).0.contains("tw"));
    }

    #[test]
    fn what_was_written_is_wiped() {
        let mut frames = Frames::new(Vec::new());
        frames.write_all(b"secret").unwrap();
        let place = frames.0.borrow().buffer.as_ptr();
        frames.flush().unwrap();
        let outlet = frames.0.borrow();
        assert_eq!((outlet.out.as_slice(), outlet.buffer.len()), (&b"secret"[..], 0));
        assert_eq!(outlet.buffer.as_ptr(), place, "the buffer stays where it is");
    }
}

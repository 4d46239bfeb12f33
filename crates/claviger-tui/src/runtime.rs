//! Owns the loop: what comes in becomes messages, the state changes, effects are started, the screen is drawn. Must
//! not decide anything.

use std::sync::Arc;
use std::time::Duration;

use claviger_api::client::Client;
use crossterm::event::{Event, EventStream, MouseButton, MouseEventKind};
use futures_util::StreamExt;
use jiff::tz::TimeZone;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc, watch};

use crate::effects::{Copied, Effect, Runner, Wired, clipboard};
use crate::message::Msg;
use crate::press::Press;
use crate::state::{Look, Palette, State};
use crate::sync::Sync;
use crate::terminal::{PANICKED, Screen, Stopping, Suspended};
use crate::update::update;
use crate::view::view;
use crate::{Options, RunError, clock};

/// How many messages may wait before their senders do.
const INBOX: usize = 256;

/// How many presses that come at once are taken before a frame is drawn.
const BURST: usize = 1024;

/// Whether the loop goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    On,
    Over,
}

/// Shows the interface until it is quit.
pub(crate) async fn run(options: Options) -> Result<(), RunError> {
    let mut signals = Signals::new()?;
    let mut screen = Screen::take(options.mouse)?;
    let (inbox, mut inbound) = mpsc::channel(INBOX);
    let retry = Arc::new(Notify::new());
    let (client, clients) = watch::channel::<Option<Arc<Client>>>(None);
    let look = Look {
        label: options.label,
        borders: options.borders,
        palette: palette(),
        zone: TimeZone::system(),
        keymap: options.keymap,
    };
    let mut interface = Interface {
        state: State::new(look, rand::random(), screen.size()?, clock::now()),
        runner: Runner { client: clients, inbox: inbox.clone(), retry: retry.clone() },
    };
    let sync = tokio::spawn(Sync { socket: options.admin_socket, inbox, client, retry }.run());
    let mut events = EventStream::new();
    let outcome = loop {
        let state = &interface.state;
        screen.draw(|frame| view(state, frame))?;
        let _ = update(&mut interface.state, Msg::Drawn);
        let state = &interface.state;
        let pause = state.changes_at().map(|at| at.as_millis() - clock::now().as_millis());
        let course = tokio::select! {
            () = PANICKED.notified() => break Err(std::io::Error::other("a part of the interface panicked").into()),
            event = events.next() => match event {
                Some(Ok(event)) => {
                    let mut course = interface.happened(event, &mut screen)?;
                    let mut left = BURST;
                    // What came with it is taken before the next frame: nobody has seen what it acts on.
                    while course == Course::On && left > 0 && crossterm::event::poll(Duration::ZERO)? {
                        match events.next().await {
                            Some(event) => course = interface.happened(event?, &mut screen)?,
                            None => course = Course::Over,
                        }
                        left -= 1;
                    }
                    course
                }
                Some(Err(error)) => break Err(error.into()),
                None => Course::Over,
            },
            Some(wired) = inbound.recv() => {
                let mut course = interface.wired(wired, &mut screen)?;
                // What has already come is drawn in one frame.
                while course == Course::On && let Ok(wired) = inbound.try_recv() {
                    course = interface.wired(wired, &mut screen)?;
                }
                course
            }
            () = after(pause) => interface.told(None, &mut screen)?,
            signal = signals.next() => interface.signalled(signal, &mut screen)?,
        };
        if course == Course::Over {
            break Ok(());
        }
    };
    sync.abort();
    outcome
}

/// Waits for a number of milliseconds; for ever where there is none.
async fn after(ms: Option<i64>) {
    match ms {
        // The timer's grain is a millisecond: a little later is never too early.
        Some(ms) => tokio::time::sleep(Duration::from_millis(ms.max(0).unsigned_abs() + 1)).await,
        None => std::future::pending().await,
    }
}

/// The colours that may be used (<https://no-color.org>).
fn palette() -> Palette {
    match std::env::var_os("NO_COLOR") {
        Some(value) if !value.is_empty() => Palette::Monochrome,
        _ => Palette::Sixteen,
    }
}

/// The state and what carries out its effects.
struct Interface {
    state: State,
    runner: Runner,
}

impl Interface {
    fn happened(&mut self, event: Event, screen: &mut Screen) -> Result<Course, RunError> {
        let msg = match event {
            Event::Key(event) => Press::reported(event).map(Msg::Press),
            Event::Paste(text) => Some(Msg::Paste(text)),
            Event::Resize(width, height) => Some(Msg::Resized { width, height }),
            Event::Mouse(event) => match event.kind {
                MouseEventKind::ScrollUp => Some(Msg::Wheel(-1)),
                MouseEventKind::ScrollDown => Some(Msg::Wheel(1)),
                MouseEventKind::Down(MouseButton::Left) => {
                    Some(Msg::Click { column: event.column, row: event.row })
                }
                _ => None,
            },
            Event::FocusGained | Event::FocusLost => None,
        };
        self.told(msg, screen)
    }

    fn wired(&mut self, wired: Wired, screen: &mut Screen) -> Result<Course, RunError> {
        match wired {
            Wired::Told(msg) => self.told(Some(msg), screen),
            Wired::ToTerminal { what, text } => {
                screen.send(&clipboard::osc52(&text))?;
                self.told(Some(Msg::Copied { what, by: Ok(Copied::Osc52) }), screen)
            }
        }
    }

    /// Tells the state the time and then what happened.
    fn told(&mut self, msg: Option<Msg>, screen: &mut Screen) -> Result<Course, RunError> {
        let mut effects = update(&mut self.state, Msg::Time(clock::now()));
        if let Some(msg) = msg {
            effects.extend(update(&mut self.state, msg));
        }
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Course::Over),
                Effect::Suspend => self.suspend(Stopping::WholeJob, screen)?,
                Effect::Redraw => screen.clear()?,
                other => self.runner.start(other),
            }
        }
        Ok(Course::On)
    }

    fn signalled(&mut self, signal: Signalled, screen: &mut Screen) -> Result<Course, RunError> {
        match signal {
            Signalled::End => return Ok(Course::Over),
            Signalled::Stop => self.suspend(Stopping::Alone, screen)?,
            Signalled::Continue => {
                screen.resume()?;
                self.resized(screen)?;
            }
        }
        Ok(Course::On)
    }

    fn suspend(&mut self, stopping: Stopping, screen: &mut Screen) -> Result<(), RunError> {
        match screen.suspend(stopping)? {
            Suspended::Continued => self.resized(screen)?,
            Suspended::NoShell => {
                let _ = update(&mut self.state, Msg::NotSuspended);
            }
        }
        Ok(())
    }

    /// Takes the size that the terminal has now: it may have changed while this job was stopped.
    fn resized(&mut self, screen: &Screen) -> Result<(), RunError> {
        let size = screen.size()?;
        let _ = update(&mut self.state, Msg::Resized { width: size.width, height: size.height });
        Ok(())
    }
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signalled {
    End,
    Stop,
    Continue,
}

/// The signals that end, stop or resume the interface.
struct Signals {
    terminate: Signal,
    hangup: Signal,
    interrupt: Signal,
    stop: Signal,
    resume: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    async fn next(&mut self) -> Signalled {
        tokio::select! {
            _ = self.terminate.recv() => Signalled::End,
            _ = self.hangup.recv() => Signalled::End,
            _ = self.interrupt.recv() => Signalled::End,
            _ = self.stop.recv() => Signalled::Stop,
            _ = self.resume.recv() => Signalled::Continue,
        }
    }
}

//! Owns the words that scenarios are told in: at the same time, after, and hanging up.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use shuttle::future::{JoinHandle, spawn_local, yield_now};

/// Something that has happened, or not yet. Asking lets nobody come between.
#[derive(Clone, Default)]
pub(crate) struct Moment(Rc<Cell<bool>>);

impl Moment {
    pub(crate) fn comes(&self) {
        self.0.set(true);
    }

    pub(crate) fn is_past(&self) -> bool {
        self.0.get()
    }
}

/// What goes on beside the one who tells the scenario.
#[derive(Default)]
pub(crate) struct Meanwhile(Vec<JoinHandle<()>>);

impl Meanwhile {
    pub(crate) fn begin(&mut self, what: impl Future<Output = ()> + 'static) {
        self.0.push(spawn_local(what));
    }

    /// Waits until all of it has ended.
    pub(crate) async fn ends(self) {
        for part in self.0 {
            part.await.expect("nothing is broken off");
        }
    }
}

/// Asks once, as far as that goes without waiting.
pub(crate) async fn ask<T>(question: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    let mut question = Pin::new(question);
    poll_fn(|context| {
        Poll::Ready(match question.as_mut().poll(context) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    })
    .await
}

/// Asks so many times, and hangs up if there is no answer.
pub(crate) async fn hang_up_after<T>(times: usize, question: impl Future<Output = T>) -> Option<T> {
    let mut question = pin!(question);
    for _ in 0..times {
        if let Some(answer) = ask(&mut question).await {
            return Some(answer);
        }
        yield_now().await;
    }
    None
}

//! Owns the short messages below the lists, and how long each stays. Must not know what they are about.

use claviger_api::{RequestId, Timestamp};

use super::State;
use crate::effects::CallId;

/// A short message below the lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) tone: Tone,
    /// When it goes by itself; `None` stays until it is cleared.
    pub(crate) until: Option<Timestamp>,
    /// How many changes made elsewhere it tells of.
    pub(crate) elsewhere: usize,
}

/// A call that nobody waits for any more.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) call: CallId,
    /// The connection that it was sent over.
    pub(crate) epoch: u64,
    pub(crate) request_id: Option<RequestId>,
    /// The notice that its outcome is unknown, taken back when it is known after all.
    pub(crate) notice: String,
}

/// What kind of news a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Info,
    Problem,
}

impl State {
    /// Says something below the lists for a while: a problem longer than news.
    pub(crate) fn notify(&mut self, tone: Tone, text: impl Into<String>) {
        let seconds = match tone {
            Tone::Info => 5,
            Tone::Problem => 12,
        };
        let until = Timestamp::from_millis(self.now.as_millis() + seconds * 1000);
        self.push_notice(Notice { text: text.into(), tone, until: Some(until), elsewhere: 0 });
    }

    /// Says what was done elsewhere; several such changes in a short time are told as one.
    pub(crate) fn notify_elsewhere(&mut self, text: &str) {
        let before: usize = self.notices.iter().map(|notice| notice.elsewhere).sum();
        self.notices.retain(|notice| notice.elsewhere == 0);
        let text = if before == 0 {
            format!("{text} elsewhere")
        } else {
            format!("{} changes elsewhere, the last: {text}", before + 1)
        };
        self.notify(Tone::Info, text);
        if let Some(notice) = self.notices.back_mut() {
            notice.elsewhere = before + 1;
        }
    }

    /// Says something that stays until a person clears it.
    pub(crate) fn insist(&mut self, text: impl Into<String>) {
        self.push_notice(Notice { text: text.into(), tone: Tone::Problem, until: None, elsewhere: 0 });
    }

    fn push_notice(&mut self, notice: Notice) {
        self.notices.retain(|old| old.text != notice.text);
        self.notices.push_back(notice);
        if self.notices.len() > 8 {
            self.notices.pop_front();
        }
    }
}

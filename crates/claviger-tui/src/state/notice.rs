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
}

/// A call that nobody waits for any more.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) call: CallId,
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
        self.push_notice(Notice { text: text.into(), tone, until: Some(until) });
    }

    /// Says something that stays until a person clears it.
    pub(crate) fn insist(&mut self, text: impl Into<String>) {
        self.push_notice(Notice { text: text.into(), tone: Tone::Problem, until: None });
    }

    fn push_notice(&mut self, notice: Notice) {
        self.notices.retain(|old| old.text != notice.text);
        self.notices.push_back(notice);
        if self.notices.len() > 8 {
            self.notices.pop_front();
        }
    }
}

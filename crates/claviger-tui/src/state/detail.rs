//! Owns what is loaded of the one key in the details pane, and when it is to be loaded. Must not know what it is.

use claviger_api::KeyId;

/// What the daemon was asked of the key in the details pane: one call at a time, and then the key that is selected by
/// then, however many were passed meanwhile.
#[derive(Debug)]
pub(crate) struct Detail<T> {
    /// Whose it is.
    key: Option<KeyId>,
    /// What was answered; `None` where it could not be had.
    told: Option<T>,
    loading: Option<KeyId>,
    /// Whether it may be another one by now.
    is_stale: bool,
}

impl<T> Default for Detail<T> {
    fn default() -> Self {
        Self { key: None, told: None, loading: None, is_stale: true }
    }
}

/// How it stands with what is asked of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told<'a, T> {
    /// It was not answered yet.
    Awaited,
    /// It could not be had.
    Nothing,
    This(&'a T),
}

impl<T> Detail<T> {
    /// What is known of a key.
    pub(crate) fn of(&self, key: &KeyId) -> Told<'_, T> {
        match &self.told {
            _ if self.key.as_ref() != Some(key) => Told::Awaited,
            None => Told::Nothing,
            Some(told) => Told::This(told),
        }
    }

    /// Whether a key is the one that is known or asked for.
    pub(crate) fn concerns(&self, key: &KeyId) -> bool {
        [&self.key, &self.loading].into_iter().any(|one| one.as_ref() == Some(key))
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Whether it is to be asked of a key now; then it counts as asked.
    pub(crate) fn asks(&mut self, key: KeyId) -> bool {
        let asks = self.loading.is_none() && (self.is_stale || self.key != Some(key));
        if asks {
            (self.loading, self.is_stale) = (Some(key), false);
        }
        asks
    }

    /// Takes an answer, or that there was none: then what was known of the same key stays.
    pub(crate) fn answered(&mut self, key: KeyId, told: Option<T>) {
        let is_awaited = self.loading == Some(key);
        if is_awaited {
            self.loading = None;
        }
        // An answer may come to what nobody awaits: that an earlier call was lost may have been heard in between.
        let is_news = if self.key == Some(key) { told.is_some() } else { is_awaited };
        if is_news {
            (self.key, self.told) = (Some(key), told);
        }
    }

    /// It may be another one by now.
    pub(crate) fn outdate(&mut self) {
        self.is_stale = true;
    }

    /// There is a new connection: what was asked over the one before is not answered any more.
    pub(crate) fn reconnect(&mut self) {
        (self.loading, self.is_stale) = (None, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::update::tests::sample::key_id;

    #[test]
    fn one_key_is_asked_about_at_a_time_and_then_the_one_that_is_selected() {
        let [a, b, c] = ['A', 'B', 'C'].map(key_id);
        let mut detail = Detail::default();
        assert!(detail.asks(a) && !detail.asks(b) && !detail.asks(c));
        detail.answered(a, Some(1));
        assert_eq!([detail.of(&a), detail.of(&c)], [Told::This(&1), Told::Awaited]);
        assert!(detail.asks(c));
        detail.answered(c, Some(3));
        assert!(!detail.asks(c), "it is known");
        detail.outdate();
        assert!(detail.asks(c));
        assert_eq!(detail.of(&c), Told::This(&3), "meanwhile what is known stays");
        detail.answered(c, None);
        assert_eq!(detail.of(&c), Told::This(&3), "also where nothing newer can be had");
        assert!(detail.asks(b));
        detail.answered(b, None);
        assert_eq!(detail.of(&b), Told::Nothing);
        assert!(!detail.asks(b), "nobody asks for ever");
    }

    #[test]
    fn a_call_that_was_lost_does_not_hide_the_answer_to_the_next() {
        let a = key_id('A');
        let mut detail = Detail::default();
        assert!(detail.asks(a));
        detail.reconnect();
        assert!(detail.asks(a));
        detail.answered(a, None);
        detail.answered(a, Some(1));
        assert_eq!(detail.of(&a), Told::This(&1));
    }
}

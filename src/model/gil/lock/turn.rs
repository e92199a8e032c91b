//! What a wait for the lock was like: exact counts, kept under the lock's own mutex and so without an event of
//! their own.

/// What a thread went through until it had the lock.
///
/// ```
/// use refectory::model::gil::lock::cpython::{Gil, SWITCH_INTERVAL};
/// use refectory::model::gil::lock::turn::Turn;
///
/// let gil = <Gil>::new(SWITCH_INTERVAL);
/// assert_eq!(gil.attach().unwrap().turn(), Turn { switch_number: 1, ..Turn::default() });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// How often others took the lock while it waited.
    pub overtaken: u64,
    /// How often others took the lock after it had first asked for it.
    pub overtaken_after_asking: u64,
    /// How often it asked.
    pub asked: u32,
    /// How often it asked a holder that had not yet held the lock for an interval.
    pub asked_too_early: u32,
    /// How often the lock had gone to another thread than before, this time included.
    pub switch_number: u64,
}

/// A wait that is under way.
#[derive(Debug)]
pub(super) struct Asking {
    began: u64,
    first: Option<u64>,
    asked: u32,
    too_early: u32,
}

impl Asking {
    /// A wait that begins when the lock was taken so many times.
    pub(super) const fn since(takes: u64) -> Self {
        Self { began: takes, first: None, asked: 0, too_early: 0 }
    }

    /// The thread asks for the lock, which was taken so many times.
    pub(super) fn ask(&mut self, takes: u64, too_early: bool) {
        self.first.get_or_insert(takes);
        self.asked += 1;
        self.too_early += u32::from(too_early);
    }

    pub(super) const fn has_asked(&self) -> bool {
        self.first.is_some()
    }

    /// What it was like, now that the lock was taken so many times and is free. The switch is still to come.
    pub(super) fn turn(self, takes: u64) -> Turn {
        Turn {
            overtaken: takes - self.began,
            overtaken_after_asking: self.first.map_or(0, |first| takes - first),
            asked: self.asked,
            asked_too_early: self.too_early,
            switch_number: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_the_first_request() {
        let mut asking = Asking::since(3);
        assert!(!asking.has_asked());
        asking.ask(5, false);
        asking.ask(6, true);
        assert!(asking.has_asked());
        let turn =
            Turn { overtaken: 4, overtaken_after_asking: 2, asked: 2, asked_too_early: 1, switch_number: 0 };
        assert_eq!(asking.turn(7), turn);
    }

    #[test]
    fn who_did_not_ask_is_not_overtaken_after_asking() {
        assert_eq!(Asking::since(3).turn(7), Turn { overtaken: 4, ..Turn::default() });
    }
}

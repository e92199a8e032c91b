//! At most so many at once.

use super::group::{Done, stop};
use super::{Correct, Rules};
use crate::model::channels::queue::select::Sending;
use crate::model::channels::queue::{Channel, select};
use std::fmt;
use std::marker::PhantomData;

/// Lets at most so many threads work at once.
///
/// It is a channel with so much room: a permit is an item that one puts in before the work, and takes out after it, also
/// where the work fails or panics. So the end of a work comes before the beginning of the one for which it makes room.
///
/// Source: "Effective Go", 2009, "Channels"; The Go Memory Model, 2022, "Channel communication".
///
/// ```
/// use refectory::model::channels::pattern::{Bounded, Done};
///
/// let (bounded, done) = (<Bounded>::new(2), Done::new(0));
/// assert_eq!(bounded.run(&done, || "7".parse::<u8>()), Some(Ok(7)));
/// assert!(bounded.run(&done, || "seven".parse::<u8>()).unwrap().is_err());
/// ```
pub struct Bounded<R: Rules = Correct> {
    permits: Channel<()>,
    rules: PhantomData<R>,
}

impl<R: Rules> Bounded<R> {
    /// At most so many.
    ///
    /// # Panics
    /// If none may ever work.
    pub fn new(at_once: usize) -> Self {
        assert!(at_once > 0, "nobody may ever work");
        Self { permits: Channel::new(at_once), rules: PhantomData }
    }

    /// Waits for a permit, and works; `None` where `done` was closed meanwhile.
    pub fn run<T, E>(&self, done: &Done, work: impl FnOnce() -> Result<T, E>) -> Option<Result<T, E>> {
        let mut ask = Sending::new(&self.permits, ());
        select(&mut [&mut ask, &mut *stop::<R>(done)]);
        ask.sent().ok()?;
        let permit = Permit(&self.permits);
        let result = work();
        if result.is_err() && !R::FAILURE_RETURNS_PERMIT {
            std::mem::forget(permit);
        }
        Some(result)
    }
}

struct Permit<'c>(&'c Channel<()>);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.try_receive();
    }
}

impl<R: Rules> fmt::Debug for Bounded<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").field("permits", &self.permits).finish()
    }
}

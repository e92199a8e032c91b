//! A queue over a pipe with a feeder: a thread of the sender's process that serializes and sends, so that to put waits for nobody.
//!
//! What is put goes into a buffer of the process without a bound, and from there, in its order, into a
//! [`simple`](crate::model::processes::queue::simple) queue. What cannot be serialized, or has no receiver left, comes back
//! [at the end](Feeder::close), and what was put after it is sent.
//!
//! Invariant: what has arrived is the beginning of what was put, but for what comes back. What was closed has arrived, or comes back.
//!
//! What it does not do: save what a process is killed with in its buffer; to put says nothing of what has been sent. Nor is it bounded:
//! who is to wait for room sends without a feeder.
//!
//! Source: CPython's `multiprocessing.Queue` and its `_feed`; that its feeder ended with the first thing that could not be pickled
//! is bpo-30414.

use crate::model::processes::queue::simple::{PutError, Sender};
use crate::sync::{mpsc, thread};
use serde::Serialize;
use std::fmt;
use std::marker::PhantomData;

/// What a feeder does with what goes wrong, and at the end.
pub trait Care: fmt::Debug + Send + Sync + 'static {
    /// Whether it goes on where something cannot be sent.
    const GOES_ON: bool = true;
    /// Whether its process waits for it.
    const IS_WAITED_FOR: bool = true;
}

/// As it should.
#[derive(Debug)]
pub struct Careful;

impl Care for Careful {}

/// What was put and not sent, each with the reason.
pub type Unsent<T> = Vec<(T, PutError)>;

/// The buffer of a process, and the thread that sends what is in it. To be dropped it waits as to be [closed](Self::close).
///
/// ```
/// use refectory::model::processes::queue::feeder::Feeder;
/// use refectory::model::processes::queue::simple::simple;
///
/// # if !cfg!(target_os = "linux") { return }
/// let (sender, mut receiver) = simple().unwrap();
/// let feeder = <Feeder<_>>::start(sender);
/// // More than a pipe holds, and nobody receives yet.
/// let dishes = vec![7_u8; 1 << 20];
/// feeder.put(dishes.clone());
/// assert_eq!(receiver.get().as_ref(), Ok(&dishes));
/// assert!(feeder.close().is_empty());
/// ```
#[must_use = "a feeder is waited for where it is dropped"]
pub struct Feeder<T, C: Care = Careful> {
    buffer: Option<mpsc::Sender<T>>,
    thread: Option<thread::JoinHandle<Unsent<T>>>,
    care: PhantomData<fn() -> C>,
}

impl<T: Serialize + Send + 'static, C: Care> Feeder<T, C> {
    /// Starts the thread.
    ///
    /// # Panics
    /// If the system has no room for it.
    pub fn start(sender: Sender<T>) -> Self {
        let (buffer, items) = mpsc::channel();
        let thread = thread::spawn(move || feed::<T, C>(sender, items));
        Self { buffer: Some(buffer), thread: Some(thread), care: PhantomData }
    }

    /// Puts something into the buffer.
    ///
    /// # Panics
    /// If the feeder has panicked.
    pub fn put(&self, item: T) {
        let buffer = self.buffer.as_ref().expect("it is there until this is closed");
        if buffer.send(item).is_err() {
            assert!(!C::GOES_ON, "the feeder has panicked");
        }
    }
}

impl<T, C: Care> Feeder<T, C> {
    /// Waits until all that was put has been sent; gives back what could not be.
    ///
    /// # Panics
    /// If the feeder has panicked.
    pub fn close(mut self) -> Unsent<T> {
        self.end().map_or_else(Vec::new, |unsent| unsent.expect("the feeder does not panic"))
    }

    fn end(&mut self) -> Option<thread::Result<Unsent<T>>> {
        drop(self.buffer.take());
        self.thread.take().filter(|_| C::IS_WAITED_FOR).map(thread::JoinHandle::join)
    }
}

impl<T, C: Care> Drop for Feeder<T, C> {
    fn drop(&mut self) {
        // A panic of the feeder is no second one here.
        let _ = self.end();
    }
}

impl<T, C: Care> fmt::Debug for Feeder<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feeder").finish_non_exhaustive()
    }
}

/// Sends until the buffer is closed and empty.
fn feed<T: Serialize, C: Care>(mut sender: Sender<T>, items: mpsc::Receiver<T>) -> Unsent<T> {
    let mut unsent = Vec::new();
    for item in items {
        if let Err(error) = sender.put(&item) {
            unsent.push((item, error));
            if !C::GOES_ON {
                break;
            }
        }
    }
    unsent
}

//! Says on standard error where a model hangs that the engine cannot see.
//!
//! A thread of the model that waits for something else than the facade's objects (a mutex of std that another
//! thread of the model holds, a channel of std) stops the whole exploration, for all threads run on one OS
//! thread. So does a loop without end that performs no operation. Another OS thread watches: where no operation
//! has taken place for some seconds, it tells which thread runs and where its last operation was. It ends
//! nothing: the process is the user's, and what computes for long may yet come to its end.
//!
//! Not watched: loom's explorations, and native threads.

use super::{HANG, HANG_IS_OVER};
use crate::event::op::{Site, ThreadId};
use crate::event::trace::Place;
use std::panic::Location;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Time without any operation after which somebody is told.
const SILENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });

/// How far an exploration has come: written by its OS thread, read by the watchdog.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// How many operations there were, and below that who runs: 0 where the engine itself works, else one more than
    /// the thread's number.
    word: AtomicU64,
    /// Where the last operation of that thread was; null where it has had none.
    site: AtomicPtr<Location<'static>>,
}

/// Bits of a word for who runs.
const BITS: u32 = 8;

impl Pulse {
    /// The thread runs, after an operation at this place, or since its start.
    #[inline]
    pub(super) fn note(&self, thread: ThreadId, site: Option<Site>) {
        self.set(thread.0 + 1);
        let site = site.map_or(ptr::null(), ptr::from_ref);
        // Ordering: the place is only shown, and points to what is there for ever.
        self.site.store(site.cast_mut(), Ordering::Relaxed);
    }

    /// The engine works.
    pub(super) fn pause(&self) {
        self.set(0);
    }

    #[inline]
    fn set(&self, who: u32) {
        // Ordering: one thread writes, and the watchdog compares; it publishes nothing.
        let count = (self.word.load(Ordering::Relaxed) >> BITS) + 1;
        self.word.store(count << BITS | u64::from(who), Ordering::Relaxed);
    }

    fn word(&self) -> u64 {
        self.word.load(Ordering::Relaxed)
    }

    /// What is to be said while nothing moves.
    fn words(&self) -> String {
        let who = (self.word() & ((1 << BITS) - 1)).saturating_sub(1);
        let who = if who == 0 { "main".to_owned() } else { format!("thread {who}") };
        // SAFETY: null, or made from a `Site`, which is valid for ever and never changes.
        let site = unsafe { self.site.load(Ordering::Relaxed).as_ref() };
        let since = site.map_or("since its start".to_owned(), |site| format!("after {}", Place::from(site)));
        let time = SILENCE.as_secs();
        format!(
            "{HANG}{who} of the model has run for {time} s without an operation ({since}): it waits for something \
             that is not of the facade, such as a mutex of std that another thread of the model holds, or computes \
             without end"
        )
    }
}

/// Watches until it is dropped.
#[must_use]
#[derive(Debug)]
pub(super) struct Watchdog {
    _alive: Sender<()>,
}

impl Watchdog {
    /// Watches an exploration, if the system has a thread for that.
    pub(super) fn start(pulse: &Arc<Pulse>) -> Self {
        let (alive, ended) = channel();
        let pulse = Arc::clone(pulse);
        let watch = move || watch(&pulse, &ended);
        // Where there is no thread nobody watches, and everything else is as it would be.
        drop(std::thread::Builder::new().name("watchdog".to_owned()).spawn(watch));
        Self { _alive: alive }
    }
}

fn watch(pulse: &Pulse, ended: &Receiver<()>) {
    let (mut before, mut told) = (pulse.word(), false);
    while ended.recv_timeout(SILENCE) == Err(RecvTimeoutError::Timeout) {
        let now = pulse.word();
        let hangs = now == before && now & ((1 << BITS) - 1) != 0;
        match (hangs, told) {
            (true, false) => eprintln!("{}", pulse.words()),
            (false, true) => eprintln!("{HANG_IS_OVER}"),
            _ => {}
        }
        (before, told) = (now, hangs);
    }
}

//! The clock that threads on real cores read: the machine's, or one that a test moves.

#[cfg(feature = "instrumented")]
use super::super::current::{Current, current};
use super::bubble::Bubble;
#[cfg(feature = "instrumented")]
use crate::event::op::Op;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A clock that stands still until it is moved, for tests on real threads.
///
/// The thread that makes it, and all threads that are started through the facade by those that read it, read it instead of
/// the machine's until it is dropped: [`Instant`](super::Instant), [`Deadline`](super::Deadline), and every timed wait of the
/// facade. A timed wait under it looks at the clock each millisecond, and may return early as it always may. Under an
/// engine it says nothing: there the engine moves the clock.
///
/// ```
/// use refectory::sync::time::{Deadline, Duration, ManualClock};
///
/// let clock = ManualClock::new();
/// let deadline = Deadline::after(Duration::from_secs(3600));
/// clock.advance(Duration::from_secs(3599));
/// assert_eq!(deadline.left(), Some(Duration::from_secs(1)));
/// clock.advance(Duration::from_secs(1));
/// assert_eq!(deadline.left(), None);
/// ```
#[derive(Debug)]
pub struct ManualClock {
    clock: Arc<Moved>,
    before: Clock,
    /// It is dropped by the thread that made it.
    here: PhantomData<*const ()>,
}

#[derive(Debug, Default)]
struct Moved {
    now: Mutex<Duration>,
    moved: Condvar,
    readers: Bubble,
}

impl ManualClock {
    /// A clock that stands still.
    #[expect(clippy::new_without_default, reason = "it changes what the thread reads")]
    pub fn new() -> Self {
        let clock = Arc::new(Moved { now: Mutex::new(machine()), ..Moved::default() });
        let before = CLOCK.replace(Clock(Some(Arc::clone(&clock))));
        Self { clock, before, here: PhantomData }
    }

    /// So much time passes at once.
    ///
    /// # Panics
    /// If no clock will ever show that.
    pub fn advance(&self, time: Duration) {
        let mut now = self.clock.read();
        *now = now.checked_add(time).expect("a time that a clock can show");
        drop(now);
        self.clock.moved.notify_all();
    }

    /// Waits until every other thread that reads the clock waits: none of them goes on before this one does something, or
    /// moves the clock. As `synctest.Wait` of Go, 2024.
    ///
    /// On real cores the system is asked, and who spins or computes is waited for. Under an engine this goes on where nobody
    /// else can, but by a time-out; loom has no such wait.
    ///
    /// ```
    /// use refectory::sync::time::{Duration, ManualClock};
    /// use refectory::sync::{Arc, atomic::{AtomicBool, Ordering::SeqCst}, thread};
    ///
    /// # if !cfg!(target_os = "linux") { return; }
    /// const HOUR: Duration = Duration::from_secs(3600);
    /// let (clock, woke) = (ManualClock::new(), Arc::new(AtomicBool::new(false)));
    /// let sleeper = thread::spawn({
    ///     let woke = Arc::clone(&woke);
    ///     move || {
    ///         thread::sleep(HOUR);
    ///         woke.store(true, SeqCst);
    ///     }
    /// });
    /// clock.settle();
    /// assert!(!woke.load(SeqCst));
    /// clock.advance(HOUR);
    /// clock.settle();
    /// assert!(woke.load(SeqCst));
    /// sleeper.join().unwrap();
    /// ```
    ///
    /// # Panics
    /// If the system does not tell who waits; Linux does.
    #[track_caller]
    pub fn settle(&self) {
        #[cfg(feature = "instrumented")]
        match current() {
            Current::Controlled(controller) => {
                controller.perform(Op::Idle, std::panic::Location::caller());
                return;
            }
            #[cfg(feature = "loom")]
            Current::Loom => {
                super::super::hook::unsupported("a wait until all others wait, which loom has not")
            }
            Current::Native => {}
        }
        self.clock.readers.settle();
    }
}

impl Drop for ManualClock {
    fn drop(&mut self) {
        CLOCK.set(std::mem::take(&mut self.before));
    }
}

impl Moved {
    fn read(&self) -> MutexGuard<'_, Duration> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

thread_local! {
    static CLOCK: RefCell<Clock> = const { RefCell::new(Clock(None)) };
}

/// The clock that a thread on a real core reads: the machine's, if no other.
#[derive(Clone, Debug, Default)]
pub(in crate::sync) struct Clock(Option<Arc<Moved>>);

impl Clock {
    /// That of this thread.
    pub(in crate::sync) fn mine() -> Self {
        CLOCK.with_borrow(Self::clone)
    }

    /// For a thread that is about to start.
    pub(in crate::sync) fn inherited() -> Inherited {
        let clock = Self::mine();
        clock.0.iter().for_each(|clock| clock.readers.expect());
        Inherited(clock)
    }

    pub(super) fn now(&self) -> Duration {
        self.0.as_ref().map_or_else(machine, |clock| *clock.read())
    }

    /// Sleeps.
    pub(in crate::sync) fn sleep(&self, duration: Duration) {
        let Some(clock) = &self.0 else { return std::thread::sleep(duration) };
        let mut now = clock.read();
        let until = now.saturating_add(duration);
        while *now < until {
            now = clock.moved.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The clock of a thread that has not started.
#[derive(Debug)]
pub(in crate::sync) struct Inherited(Clock);

impl Inherited {
    /// The thread reads it from now on.
    pub(in crate::sync) fn adopt(mut self) {
        let clock = std::mem::take(&mut self.0);
        clock.0.iter().for_each(|clock| clock.readers.join());
        CLOCK.set(clock);
    }
}

impl Drop for Inherited {
    /// The system gave no thread.
    fn drop(&mut self) {
        self.0.0.iter().for_each(|clock| clock.readers.leave());
    }
}

/// The time on the machine's clock since it was first read.
fn machine() -> Duration {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    FIRST.elapsed()
}

/// How long a thread on a real core waits at a time.
#[derive(Debug)]
pub(in crate::sync) struct Patience {
    clock: Clock,
    until: Duration,
    duration: Duration,
}

impl Patience {
    /// How often a wait looks at a clock that a test moves.
    const LOOK: Duration = Duration::from_millis(1);

    /// For so long.
    pub(in crate::sync) fn new(duration: Duration) -> Self {
        let clock = Clock::mine();
        let until = if clock.0.is_some() { clock.now().saturating_add(duration) } else { Duration::MAX };
        Self { clock, until, duration }
    }

    /// The time to wait on the machine's clock.
    pub(in crate::sync) fn real(&self) -> Duration {
        if self.clock.0.is_some() { self.duration.min(Self::LOOK) } else { self.duration }
    }

    /// Whether the wait is over for its time; `timed_out` says so of the machine's clock.
    pub(in crate::sync) fn is_over(&self, timed_out: bool) -> bool {
        timed_out && (self.clock.0.is_none() || self.clock.now() >= self.until)
    }
}

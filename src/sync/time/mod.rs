//! Time: std's on real cores, a [clock that a test moves](ManualClock) where there is one, and a virtual one under an
//! engine, where the engine chooses when it goes on.
//!
//! # Under an engine
//! The virtual clock stands still but for three things. A thread that reads it may find that time has passed: until the
//! next instant that some thread has computed (`start + duration`), or for a day where there is none. A timed wait
//! whose time runs out, and a [`sleep`](super::thread::sleep), move it to their end. Whether time has passed is a choice of
//! the engine, of which a thread has as many as of [early time-outs](crate::engine::Budget::early_timeouts), and which costs
//! nothing where threads do nothing but look. The clock never goes back, so that of two instants the later one never passes
//! alone, whoever looks. Nothing else is ordered by it: who reads the clock learns nothing of what others did.
//!
//! In a program where nobody reads an [`Instant`] there is no clock: nobody can tell which of two time-outs is the
//! earlier one, and either may come first. loom has no such choice: there it is always the same moment.

mod bubble;
mod manual;
#[cfg(feature = "instrumented")]
mod modelled;

pub use self::manual::ManualClock;
pub(super) use self::manual::{Clock, Patience};
#[cfg(feature = "instrumented")]
pub(super) use self::modelled::TimedWait;
#[cfg(feature = "instrumented")]
use super::current::{Controller, Current, current};
#[cfg(feature = "instrumented")]
use crate::event::op::Op;
use std::ops::{Add, AddAssign, Sub, SubAssign};
#[cfg(feature = "instrumented")]
use std::panic::Location;
#[cfg(feature = "instrumented")]
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
pub use std::time::Duration;

/// A moment, as std's `Instant` is one; see the [module](self) for what it is under an engine.
///
/// Instants of one execution are not to be compared with those of another one, or with those of real cores.
///
/// ```
/// use refectory::sync::time::{Duration, Instant};
///
/// let start = Instant::now();
/// assert!(Instant::now() >= start);
/// assert!(start.elapsed() < Duration::from_secs(3600));
/// assert_eq!((start + Duration::from_secs(1)) - start, Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(
    /// Since long before the first one that was read: some earlier ones can be computed.
    Duration,
);

/// When the first instant is read.
const START: Duration = Duration::from_secs(1 << 32);

impl Instant {
    /// The present moment.
    #[track_caller]
    #[must_use]
    pub fn now() -> Self {
        #[cfg(feature = "instrumented")]
        match current() {
            Current::Controlled(controller) => return modelled::read(controller, false, Location::caller()),
            #[cfg(feature = "loom")]
            Current::Loom => return Self(START),
            Current::Native => {}
        }
        Self(START + Clock::mine().now())
    }

    /// The time since this moment.
    #[track_caller]
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        #[cfg(feature = "instrumented")]
        if let Current::Controlled(controller) = current() {
            return modelled::read(controller, true, Location::caller()).duration_since(*self);
        }
        Self::now().duration_since(*self)
    }

    /// The time from the earlier moment to this one; none where it is the later one.
    #[must_use]
    pub const fn duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The same.
    #[must_use]
    pub const fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }

    /// The time from the earlier moment to this one; `None` where it is the later one.
    #[must_use]
    pub const fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0)
    }

    /// The moment so long after this one; `None` where no clock will ever show it.
    #[track_caller]
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        let later = self.0.checked_add(duration).map(Self)?;
        #[cfg(feature = "instrumented")]
        if let Current::Controlled(controller) = current() {
            modelled::compute(controller, later, Location::caller());
        }
        Some(later)
    }

    /// The moment so long before this one; `None` where no clock has ever shown it.
    #[must_use]
    pub const fn checked_sub(&self, duration: Duration) -> Option<Self> {
        match self.0.checked_sub(duration) {
            Some(earlier) => Some(Self(earlier)),
            None => None,
        }
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// # Panics
    /// If no clock will ever show it.
    #[track_caller]
    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration).expect("an instant that a clock can show")
    }
}

impl AddAssign<Duration> for Instant {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    /// # Panics
    /// If no clock has ever shown it.
    fn sub(self, duration: Duration) -> Self {
        self.checked_sub(duration).expect("an instant that a clock has shown")
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}

/// A moment until which a thread is ready to wait, in as many waits as it takes.
///
/// Under an engine of this crate it may be over wherever its thread has done something since it last looked: a choice, of
/// which a thread has as many as of [early time-outs](crate::engine::Budget::early_timeouts), and which costs
/// nothing where threads do nothing but look. Once it is over it stays so. It goes by the clock where somebody reads an
/// [`Instant`]; where nobody does, two deadlines are not compared, and the later one may be over first. loom has no such
/// choice, and there it is never over.
///
/// ```
/// use refectory::sync::time::Deadline;
/// use std::time::Duration;
///
/// assert_eq!(Deadline::after(Duration::ZERO).left(), None);
/// assert!(Deadline::after(Duration::MAX).left().is_some());
/// ```
#[derive(Debug)]
pub struct Deadline {
    /// `None`: later than any clock shows, or there is no clock.
    at: Option<Instant>,
    whole: Duration,
    #[cfg(feature = "instrumented")]
    looks: Looks,
}

/// What an engine has said of a deadline where there is no clock.
#[cfg(feature = "instrumented")]
#[derive(Debug)]
struct Looks {
    over: AtomicBool,
    /// How far the thread had come that looked last, or that set it.
    last: AtomicU64,
}

impl Deadline {
    /// So long from now.
    #[track_caller]
    pub fn after(duration: Duration) -> Self {
        Self {
            at: Self::at(duration),
            whole: duration,
            #[cfg(feature = "instrumented")]
            looks: Looks { over: AtomicBool::new(false), last: AtomicU64::new(place()) },
        }
    }

    #[track_caller]
    fn at(duration: Duration) -> Option<Instant> {
        #[cfg(feature = "instrumented")]
        if !matches!(current(), Current::Native) {
            return TimedWait::begin(duration, Location::caller()).until();
        }
        Instant::now().checked_add(duration)
    }

    /// The time that is left, if there is any; under an engine without a clock all of it, until there is none.
    #[track_caller]
    pub fn left(&self) -> Option<Duration> {
        #[cfg(feature = "instrumented")]
        if !matches!(current(), Current::Native) {
            return self.left_in_model(Location::caller());
        }
        let Some(at) = self.at else { return Some(self.whole) };
        at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    #[cfg(feature = "instrumented")]
    fn left_in_model(&self, site: &'static Location<'static>) -> Option<Duration> {
        if let (Some(at), Current::Controlled(controller)) = (self.at, current()) {
            let now = modelled::look_for(controller, at, site);
            return at.checked_duration_since(now).filter(|left| !left.is_zero());
        }
        let over = self.whole.is_zero() || self.looks.are_over(site);
        (!over).then_some(self.whole)
    }
}

#[cfg(feature = "instrumented")]
impl Looks {
    // Ordering: an engine runs its threads on one OS thread.
    fn are_over(&self, site: &'static Location<'static>) -> bool {
        let Current::Controlled(controller) = current() else { return false };
        if self.over.load(Relaxed) || self.last.load(Relaxed) == place_in(controller) {
            return self.over.load(Relaxed);
        }
        let over = controller.perform(Op::Deadline, site) == 1;
        self.over.store(over, Relaxed);
        self.last.store(place_in(controller), Relaxed);
        over
    }
}

/// How far the running thread has come: the same number as long as it does nothing.
#[cfg(feature = "instrumented")]
fn place() -> u64 {
    match current() {
        Current::Controlled(controller) => place_in(controller),
        _ => 0,
    }
}

#[cfg(feature = "instrumented")]
fn place_in(controller: &dyn Controller) -> u64 {
    let moment = controller.moment();
    u64::from(moment.thread.0) << 32 | u64::from(moment.steps)
}

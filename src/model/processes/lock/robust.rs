//! A lock in a region, which the next one gets when its holder has been killed, and is told of it.
//!
//! Its word is the [`Robust`] one of the kernel: the holder's number, or nobody's, and beside it [`WAITERS`], and [`OWNER_DIED`]
//! where nobody holds it and the last holder was killed. Who takes it then finds what it guards as it was left: it puts that
//! right and says so, or else the lock is lost to all. A body that panics counts as killed. What the dead have
//! written is seen by who takes over, because the kernel's exchange of the word comes after all of it.
//!
//! Invariant: who sleeps has counted itself, and has then seen an owner and `WAITERS` in the word, where the mark stays for good. The
//! mark is for the kernel, which wakes one where the owner is killed, or whoever is about to take the lock or has just given it
//! back. The count is for the owner, who wakes one when it gives the lock back, as long as somebody may sleep. In textbooks' locks a
//! release takes the mark away and wakes one. But that one, or the releaser before it wakes anybody, may be killed, and a third who
//! takes the lock meanwhile does not know that there are others. Here it does, because it finds both as they were. Who is killed while it
//! sleeps stays in the count: from then on a release asks the system to wake one even where nobody sleeps.
//!
//! Who comes may take it before those who sleep, but not for ever: where it was given back [`PATIENCE`](Rules::PATIENCE) times beside
//! sleepers, a turn begins of those who sleep by then. Until each of them has got it, whoever comes later sleeps as well. So of n threads
//! that come and go, one that sleeps is passed by PATIENCE + 2(n - 1) others at most: by those of a turn that it came too late for,
//! by those who come until the next one, and by those of that one. One whose turn it is may be killed, or not come to run, so
//! nobody waits for it longer than [`COURTESY`](Rules::COURTESY), with which the turn ends: then the count begins anew. Who was killed in its sleep is
//! waited for in each turn. [`try_lock`](RobustLock::try_lock) waits for nobody's turn.
//!
//! Who holds it waits for ever where it takes it again. It is held while a function runs, and not
//! by a guard: a guard can be forgotten, and then the kernel's list would lead into memory that somebody else has by now.
//!
//! Sources: Ulrich Drepper, "Futexes are tricky", 2011, for the word with a mark of waiters; "Robust mutexes", 2006; POSIX.1-2024,
//! `pthread_mutex_consistent`, for what becomes of the lock. That a lock which lets others pass becomes one that does not, as long
//! as somebody has waited too long, is that of mutexes of Go 1.9 (Dmitry Vyukov, "sync: make Mutex more fair", 2017).

use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, fence};
use crate::sync::hint;
use crate::sync::process::point;
use crate::sync::region::robust::{OWNER, OWNER_DIED, Robust, WAITERS};
use crate::sync::region::{Futex, Shared};
use crate::sync::time::Deadline;
use std::cell::Cell;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// So often a thread looks whether the lock is free before it waits, as that of [threads](crate::model::threads::lock::futex).
const LOOKS: u32 = 100;

/// What a lock owes to those who are killed, and to those who wait.
pub trait Rules: fmt::Debug + Send + Sync + 'static {
    /// Takes the word so that the kernel knows.
    ///
    /// # Safety
    /// As that of [`Robust::take`].
    unsafe fn take(word: &Robust, take: impl FnOnce() -> bool) -> bool {
        // SAFETY: the caller's.
        unsafe { word.take(take) }
    }

    /// Gives the word back so that the kernel knows.
    fn give(word: &Robust, give: impl FnOnce()) {
        word.give(give);
    }

    /// Which mark the word has when it was taken by one who may have `waited`. It `had` these when it was free.
    fn taken(had: u32, _waited: bool) -> u32 {
        had & WAITERS
    }

    /// What stays in it when it is given back and somebody may wait.
    const GIVEN: u32 = WAITERS;
    /// So often it is given back beside sleepers until it is their turn: about half a millisecond, beside which a wake is short.
    const PATIENCE: u64 = 1_024;
    /// So long one who comes waits for those whose turn it is, or for ever. A wake takes 10 to 70 µs from one core to another.
    const COURTESY: Option<Duration> = Some(Duration::from_micros(200));
    /// Whether a turn is that of all who sleep when it begins, and not of the first of them that comes.
    const OF_ALL: bool = true;
    /// How often one that sleeps may be passed, where no turn is cut short by a courtesy: it panics where it was passed more often.
    const AT_MOST: Option<u64> = None;
}

/// All of it.
#[derive(Debug)]
pub struct Kept;

impl Rules for Kept {}

/// All of it, and it is the turn of those who sleep as soon as they are passed: what [`Kept`] does seldom is seen in a small scope.
/// None of them may be passed more often than `AT_MOST`.
#[derive(Debug)]
pub struct Impatient<const AT_MOST: u64>;

impl<const AT_MOST: u64> Rules for Impatient<AT_MOST> {
    const PATIENCE: u64 = 1;
    const AT_MOST: Option<u64> = Some(AT_MOST);
}

/// The same where nobody is killed, and so nobody whose turn it is is taken for dead. How often one is passed, whoever uses it sees.
#[derive(Debug)]
pub struct Trusting;

impl Rules for Trusting {
    const PATIENCE: u64 = 1;
    const COURTESY: Option<Duration> = None;
}

/// A holder was killed, and the next one did not put right what it left. Nobody gets the lock any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRecoverable;

impl fmt::Display for NotRecoverable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the lock is not recoverable: a holder was killed, and what it left was not made consistent",
        )
    }
}

impl Error for NotRecoverable {}

/// How the holder before has ended.
#[derive(Debug)]
pub enum Locked<'a> {
    /// It gave the lock back, or there was none.
    Consistent,
    /// It was killed, or panicked, and may have left half of something.
    OwnerDied(Repair<'a>),
}

/// What the holder before has left has to be put right.
#[derive(Debug)]
#[must_use = "the lock is lost to all unless it is said that things are consistent again"]
pub struct Repair<'a>(&'a Cell<bool>);

impl Repair<'_> {
    /// It is put right: `pthread_mutex_consistent`.
    pub fn consistent(self) {
        self.0.set(true);
    }
}

/// A lock for a [`Region`](crate::sync::region::Region).
///
/// ```
/// use refectory::model::processes::lock::robust::{Locked, NotRecoverable, RobustLock};
/// use std::panic::catch_unwind;
///
/// let lock: RobustLock = RobustLock::new();
/// assert_eq!(lock.lock(|found| matches!(found, Locked::Consistent)), Ok(true));
/// assert_eq!(lock.lock(|_| lock.try_lock(|_| ())), Ok(Ok(None)));
///
/// // A body that panics is like a process that is killed.
/// let dies = || catch_unwind(|| lock.lock(|_| panic!("in the middle of something")));
/// assert!(dies().is_err());
/// let repair = |found: Locked<'_>| match found {
///     Locked::OwnerDied(left) => left.consistent(),
///     Locked::Consistent => unreachable!(),
/// };
/// assert_eq!(lock.lock(repair), Ok(()));
///
/// assert!(dies().is_err());
/// assert_eq!(lock.lock(|_it_is_left_so| ()), Ok(()));
/// assert_eq!(lock.lock(|_| ()), Err(NotRecoverable));
/// ```
#[repr(C)]
pub struct RobustLock<R = Kept> {
    word: Robust,
    /// How many wait, or have been killed while they did; and how many [turns](A_TURN) have begun.
    sleepers: AtomicU64,
    /// How often it was given back beside sleepers. This and the next three are written by who holds the lock.
    given: AtomicU64,
    /// As often it will have been given when the next turn begins.
    due: AtomicU64,
    /// The [number](number) of the turn, and of how many it still is.
    turn: Futex,
    /// How many turns were cut short by a courtesy.
    cut: AtomicU32,
    /// Whether it is not recoverable.
    lost: AtomicBool,
    rules: PhantomData<fn() -> R>,
}

// SAFETY: all fields are shared, and the rules have no value.
unsafe impl<R: Rules> Shared for RobustLock<R> {}

impl<R: Rules> RobustLock<R> {
    /// A free lock.
    #[track_caller]
    pub fn new() -> Self {
        Self {
            word: Robust::new().named(format_args!("lock")),
            sleepers: AtomicU64::new(0).named(format_args!("sleepers")),
            given: AtomicU64::new(0).named(format_args!("given")),
            due: AtomicU64::new(R::PATIENCE).named(format_args!("due")),
            turn: Futex::new(0).named(format_args!("turn")),
            cut: AtomicU32::new(0).named(format_args!("cut")),
            lost: AtomicBool::new(false).named(format_args!("lost")),
            rules: PhantomData,
        }
    }

    /// Names the lock in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        Self { word: self.word.named(name), ..self }
    }

    /// Waits for the lock, and holds it while `body` runs.
    ///
    /// # Errors
    /// It is lost; `body` does not run.
    #[inline]
    pub fn lock<T>(&self, body: impl FnOnce(Locked<'_>) -> T) -> Result<T, NotRecoverable> {
        self.take(|| self.acquire(None)).expect("one that waits without end gets it").run(body)
    }

    /// The same, if nobody holds it. `None` where somebody does.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn try_lock<T>(&self, body: impl FnOnce(Locked<'_>) -> T) -> Result<Option<T>, NotRecoverable> {
        let now = || self.try_acquire(0, false).ok();
        self.take(now).map(|held| held.run(body)).transpose()
    }

    /// The same, but waits no longer than this. `None` where its time ran out.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn lock_timeout<T>(
        &self,
        patience: Duration,
        body: impl FnOnce(Locked<'_>) -> T,
    ) -> Result<Option<T>, NotRecoverable> {
        let deadline = Deadline::after(patience);
        self.take(|| self.acquire(Some(&deadline))).map(|held| held.run(body)).transpose()
    }

    /// How many sleep until they get it, or were killed while they did: as many as one who gives it back now takes notice of.
    #[track_caller]
    pub fn sleepers(&self) -> u32 {
        // Ordering: Relaxed; whoever looks knows that it may be old.
        if self.word.load(Relaxed) & WAITERS == 0 { 0 } else { asleep(self.sleepers.load(Relaxed)) }
    }

    /// Lets the kernel know of what `acquire` takes.
    #[inline]
    fn take(&self, acquire: impl FnOnce() -> Option<u32>) -> Option<Held<'_, R>> {
        let mut found = None;
        let takes = || {
            found = acquire();
            found.is_some()
        };
        // SAFETY: who has found something has found no owner. The lock is borrowed by `Held`, which is a local of the functions above,
        // and gives it back where it is dropped.
        let _ = unsafe { R::take(&self.word, takes) };
        found.map(|word| Held { lock: self, consistent: Cell::new(word & OWNER_DIED == 0), ended: false })
    }

    /// Takes the lock, or waits for it until its time is over.
    #[inline]
    fn acquire(&self, until: Option<&Deadline>) -> Option<u32> {
        if self.is_a_turn() {
            // Ordering: Relaxed; the lock is taken by a compare-exchange.
            return self.sleep(self.word.load(Relaxed), until);
        }
        match self.try_acquire(0, false) {
            Ok(word) => Some(word),
            Err(seen) => self.acquire_contended(seen, until),
        }
    }

    fn is_a_turn(&self) -> bool {
        // Ordering: Relaxed. It decides who is the next one, and nothing else.
        left(self.turn.load(Relaxed)) > 0
    }

    #[cold]
    fn acquire_contended(&self, mut seen: u32, until: Option<&Deadline>) -> Option<u32> {
        while self.spin() && !self.is_a_turn() {
            match self.try_acquire(0, false) {
                Ok(word) => return Some(word),
                Err(now) => seen = now,
            }
        }
        self.sleep(seen, until)
    }

    /// Counts itself, and sleeps until it gets the lock, or its time is over.
    #[cold]
    fn sleep(&self, seen: u32, until: Option<&Deadline>) -> Option<u32> {
        // Ordering: Relaxed. The fence is what counts.
        let came = turns(self.sleepers.fetch_add(1, Relaxed));
        // Ordering: SeqCst, with the fence in `release_contended`. One of the two sees what the other has done before its
        // fence: this one that the lock is free, or that one the count.
        fence(SeqCst);
        let before = R::AT_MOST.map(|most| (most, self.count()));
        let found = self.acquire_asleep(came, seen, until);
        // Ordering: Relaxed. Who still reads the old count wakes somebody for nothing.
        let slept = asleep(self.sleepers.fetch_sub(1, Relaxed));
        if found.is_some() {
            if let Some((most, before)) = before {
                self.compare(before, most);
            }
            if slept == 1 && !self.is_a_turn() {
                // There is nobody else who was passed.
                self.begin_anew();
            }
        }
        found
    }

    /// How many turns were cut short, and how often it was given back.
    fn count(&self) -> (u32, u64) {
        // Ordering: Acquire: it was given back at least as often as it was when the last turn was cut short. Relaxed, for the other one.
        (self.cut.load(Acquire), self.given.load(Relaxed))
    }

    fn compare(&self, before: (u32, u64), most: u64) {
        let now = self.count();
        let passed = now.1 - before.1;
        assert!(passed <= most || now.0 != before.0, "one that slept was passed {passed} times");
    }

    /// Woken by `release`, by the kernel where the owner is killed, and by one whose turn it is not. So many turns had begun when it
    /// `came`.
    fn acquire_asleep(&self, came: u32, mut seen: u32, until: Option<&Deadline>) -> Option<u32> {
        loop {
            point("a lock to be waited for");
            let mut expected = 0;
            if seen & OWNER != 0 {
                let marked = seen | WAITERS;
                // Ordering: Relaxed. The mark is for the kernel, which exchanges the word.
                if seen == marked || self.word.compare_exchange(seen, marked, Relaxed, Relaxed).is_ok() {
                    self.wait(marked, until)?;
                    point("a lock that was waited for");
                    expected = WAITERS;
                }
            }
            let is_late = self.of_others(came).is_some();
            if is_late && self.others_come(came, until) {
                // Ordering: Relaxed; the lock is taken by a compare-exchange.
                seen = self.word.load(Relaxed);
                continue;
            }
            match self.try_acquire(expected, true) {
                Ok(word) => {
                    self.has_slept(came, is_late);
                    return Some(word);
                }
                Err(now) => seen = now,
            }
        }
    }

    /// The turn of others, if it is one for which this one `came` too late.
    fn of_others(&self, came: u32) -> Option<u32> {
        // Ordering: Relaxed, as in `is_a_turn`.
        Some(self.turn.load(Relaxed)).filter(|turn| left(*turn) > 0 && number(*turn) == came)
    }

    /// Passes the wake that it may have had on to those whose turn it is, and waits for its end. Woken by `has_slept`. `false` where none of them
    /// has come in the time of the courtesy.
    #[cold]
    fn others_come(&self, came: u32, until: Option<&Deadline>) -> bool {
        self.word.wake_all();
        while let Some(turn) = self.of_others(came) {
            let time = until.map(|until| until.left().unwrap_or_default());
            match [R::COURTESY, time].into_iter().flatten().min() {
                Some(time) if !self.turn.wait_timeout(turn, time) => return false,
                Some(_) => {}
                None => self.turn.wait(turn),
            }
        }
        true
    }

    /// The lock is held by one who slept: its turn is over, or that of others who did not come.
    fn has_slept(&self, came: u32, was_late: bool) {
        // Ordering: Relaxed, as all that is written under the lock.
        let turn = self.turn.load(Relaxed);
        let others = match left(turn) {
            0 => return,
            all if number(turn) != came => all - 1,
            _ if !was_late => return,
            _ => {
                // Ordering: Release, for `count`.
                self.cut.store(self.cut.load(Relaxed).wrapping_add(1), Release);
                0
            }
        };
        self.turn.store(turn - left(turn) + others, Relaxed);
        if others == 0 {
            self.begin_anew();
            self.turn.wake_all();
        }
    }

    /// The next turn begins when it was given back so often once more.
    fn begin_anew(&self) {
        // Ordering: as in `has_slept`.
        self.due.store(self.given.load(Relaxed).saturating_add(R::PATIENCE), Relaxed);
    }

    /// Waits while the word is so. `None` where its time is over.
    fn wait(&self, seen: u32, until: Option<&Deadline>) -> Option<()> {
        match until {
            Some(until) => self.word.wait_timeout(seen, until.left()?).then_some(()),
            None => {
                self.word.wait(seen);
                Some(())
            }
        }
    }

    /// Takes the lock if nobody owns it, and says what its word had then; or else who does. `expected` is a guess.
    #[inline]
    fn try_acquire(&self, mut expected: u32, waited: bool) -> Result<u32, u32> {
        point("a lock to be taken");
        while expected & OWNER == 0 {
            let mine = Robust::me() | R::taken(expected, waited);
            // Ordering: Acquire, of the Release in `release`, and of the kernel's exchange: what was done under the lock is visible.
            match self.word.compare_exchange(expected, mine, Acquire, Relaxed) {
                Ok(found) => {
                    point("a lock that was taken");
                    return Ok(found);
                }
                Err(seen) => expected = seen,
            }
        }
        Err(expected)
    }

    /// Gives a holder who is nearly done the time to end; whether it is free then.
    fn spin(&self) -> bool {
        for _ in 0..hint::spins(LOOKS) {
            // Ordering: Relaxed; the lock is taken by a compare-exchange.
            if self.word.load(Relaxed) & OWNER == 0 {
                return true;
            }
            hint::spin_briefly();
        }
        false
    }

    /// Gives the lock back with this in the word.
    #[inline]
    fn release(&self, left: u32) {
        R::give(&self.word, || {
            point("a lock to be given back");
            // Ordering: Release, for the Acquire of the next holder.
            if self.word.compare_exchange(Robust::me(), left, Release, Relaxed).is_err() {
                self.release_contended(left);
            }
            point("a lock that was given back");
        });
    }

    #[cold]
    fn release_contended(&self, left: u32) {
        // Ordering: Relaxed. Who is not seen here is seen below.
        let beside_sleepers = asleep(self.sleepers.load(Relaxed)) > 0;
        if beside_sleepers {
            self.count_given();
        }
        // Ordering: as in `release`. Others have changed nothing but the mark, which is written again.
        self.word.store(left | R::GIVEN, Release);
        point("a lock that is free, and marked");
        // Ordering: SeqCst, with the fence in `sleep`.
        fence(SeqCst);
        if beside_sleepers || asleep(self.sleepers.load(Relaxed)) > 0 {
            point("a lock whose waiter is to be woken");
            self.word.wake_one();
        }
    }

    /// It is about to be given back beside those who sleep, and it may be their turn then.
    fn count_given(&self) {
        // Ordering: Relaxed, as all that is written under the lock.
        let given = self.given.load(Relaxed) + 1;
        self.given.store(given, Relaxed);
        if given >= self.due.load(Relaxed) && !self.is_a_turn() {
            let sleepers = self.sleepers.fetch_add(A_TURN, Relaxed) + A_TURN;
            let all = asleep(sleepers).min(if R::OF_ALL { LEFT } else { 1 });
            self.turn.store(turns(sleepers) << HALF | all, Relaxed);
        }
    }
}

/// In the count of sleepers: a turn has begun.
const A_TURN: u64 = 1 << 32;

/// How many sleep.
fn asleep(sleepers: u64) -> u32 {
    sleepers as u32
}

/// How many turns have begun, as far as there is room for it in the word of one.
fn turns(sleepers: u64) -> u32 {
    (sleepers / A_TURN) as u32 & LEFT
}

/// The word of a turn has two halves.
const HALF: u32 = 16;

/// The lower one: of how many it still is. More have to wait for the next one.
const LEFT: u32 = (1 << HALF) - 1;

fn left(turn: u32) -> u32 {
    turn & LEFT
}

/// One that came when so many had begun came too late for it.
fn number(turn: u32) -> u32 {
    turn >> HALF
}

impl<R: Rules> Default for RobustLock<R> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<R> fmt::Debug for RobustLock<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RobustLock").field("word", &self.word).field("lost", &self.lost).finish()
    }
}

/// Holds the lock until it is dropped, also by a panic.
struct Held<'a, R: Rules> {
    lock: &'a RobustLock<R>,
    consistent: Cell<bool>,
    /// Whether its body ran to its end.
    ended: bool,
}

impl<R: Rules> Held<'_, R> {
    fn run<T>(mut self, body: impl FnOnce(Locked<'_>) -> T) -> Result<T, NotRecoverable> {
        // Ordering: Relaxed. It is written and read under the lock.
        let done = if self.lock.lost.load(Relaxed) {
            Err(NotRecoverable)
        } else if self.consistent.get() {
            Ok(body(Locked::Consistent))
        } else {
            Ok(body(Locked::OwnerDied(Repair(&self.consistent))))
        };
        self.ended = true;
        done
    }
}

impl<R: Rules> Drop for Held<'_, R> {
    #[inline]
    fn drop(&mut self) {
        if self.ended && !self.consistent.get() {
            // Ordering: as in `run`. It comes before the lock is given back: who is killed in between leaves it lost as well.
            self.lock.lost.store(true, Relaxed);
        }
        self.lock.release(if self.ended { 0 } else { OWNER_DIED });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::thread;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;

    #[test]
    fn critical_sections_do_not_overlap() {
        let shared = Arc::new((<RobustLock>::new(), AtomicU32::new(0)));
        let threads = [(); 4].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                for _ in 0..1_000 {
                    let alone = |_: Locked<'_>| {
                        assert_eq!(shared.1.fetch_add(1, Relaxed), 0);
                        thread::yield_now();
                        shared.1.fetch_sub(1, Relaxed);
                    };
                    shared.0.lock(alone).unwrap();
                }
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(shared.0.word.load(Relaxed) & !WAITERS, 0);
    }

    #[test]
    fn a_timed_out_acquire_leaves_the_lock_intact() {
        let lock = <RobustLock>::new();
        let refused = |patience| lock.lock_timeout(patience, |_| ()) == Ok(None);
        assert_eq!(lock.lock(|_| refused(Duration::ZERO) && refused(Duration::from_millis(1))), Ok(true));
        assert_eq!(lock.lock_timeout(Duration::MAX, |_| lock.try_lock(|_| ())), Ok(Some(Ok(None))));
    }

    #[test]
    fn a_mark_stays_and_harms_nobody() {
        let lock = <RobustLock>::new();
        for marks in [WAITERS, WAITERS | OWNER_DIED] {
            lock.word.store(marks, Relaxed);
            lock.lock(|found| {
                assert_eq!(lock.word.load(Relaxed), Robust::me() | WAITERS);
                if let Locked::OwnerDied(left) = found {
                    left.consistent();
                }
            })
            .unwrap();
            assert_eq!(lock.word.load(Relaxed), WAITERS);
        }
    }

    #[test]
    fn a_repair_that_panics_is_the_next_ones() {
        let lock = <RobustLock>::new();
        for _ in 0..2 {
            let dies = || lock.lock(|_| panic!("in the middle of something"));
            assert!(catch_unwind(AssertUnwindSafe(dies)).is_err());
            assert_eq!(lock.word.load(Relaxed), OWNER_DIED);
        }
        assert_eq!(lock.lock(|found| matches!(found, Locked::OwnerDied(_))), Ok(true));
        assert_eq!(lock.try_lock(|_| ()), Err(NotRecoverable));
    }
}

//! Records a history in real time: a log for each thread, which nobody else touches, and one clock for all.
//!
//! A [`Log`] belongs to its thread. Its room is laid out before the first operation, in blocks that begin where a line of the cache
//! does, so that no two threads write into one line; the logs are put together when the threads have been joined.
//!
//! The [`Clock`] is the processor's time-stamp counter where that is *invariant*: it counts at one rate whatever the core does
//! (Intel, "Software developer's manual", volume 3, 19.17.1 "Invariant TSC"; AMD, "Architecture programmer's manual", volume 3, CPUID
//! 8000_0007h), and where no core of this machine was seen to be behind another one, which is tried at the first use, as Linux tries it
//! at boot (`arch/x86/kernel/tsc_sync.c`). Elsewhere it is the system's monotonic clock.
//!
//! What it costs beside an operation of some nanoseconds, on a processor that takes 12 ns to read its counter (AMD EPYC, family 25, in a virtual machine): 40 ns
//! with [`Log::record`], 30 ns with [`Log::record_at_once`]. Nearly all of that is the clock: to read it twice, with nothing in order, takes 24 ns, and 8 ns more
//! to wait until all that the operation has written is seen. On one that takes 9 ns it was 33 ns and 20 ns before a third of it was saved (`benches/recorder.rs`).
//!
//! What it does not do: an operation of a thread that never ends stays with that thread.
//!
//! ```
//! use refectory::history::recorder::{Log, overlap};
//!
//! let mut log = Log::with_room(0, 2);
//! let sum = log.record((1, 2), || 1 + 2);
//! log.record((3, 4), || 3 + 4);
//! let entries: Vec<_> = log.into_entries().collect();
//! assert_eq!((sum, entries[1].answer), (3, Some(7)));
//! assert!(entries[0].precedes(&entries[1]));
//! assert_eq!(overlap(&entries).overlapped, 0);
//! ```

use super::log::{Entry, NEVER};
use std::num::NonZero;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Instant;

/// What tells the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The processor's time-stamp counter: ticks since it was switched on.
    Counter,
    /// The system's monotonic clock: nanoseconds since it was first asked here.
    Monotonic(Instant),
}

impl Clock {
    /// The best clock of this machine, which is found out at the first call: that takes some milliseconds.
    pub fn of_this_machine() -> Self {
        static FOUND: LazyLock<Clock> = LazyLock::new(|| match counter::is_invariant() && cores_agree() {
            true => Clock::Counter,
            false => Clock::Monotonic(Instant::now()),
        });
        *FOUND
    }

    /// The time, as the core happens to read it: neither what comes before nor what comes after is waited for. Never 0.
    #[inline]
    pub fn glance(self) -> u64 {
        match self {
            Self::Counter => counter::read(),
            Self::Monotonic(start) => nanoseconds(start),
        }
    }

    /// The time before an operation, whose loads and stores come later.
    #[inline]
    pub fn before(self) -> u64 {
        let now = self.glance();
        later_accesses_wait_for(now);
        now
    }

    /// The time after an operation: every core sees what it has written.
    ///
    /// A store may wait in the core's buffer for half a microsecond after the clock was read, and an operation that begins in between does not
    /// see it. A fence empties the buffer.
    #[inline]
    pub fn after(self) -> u64 {
        // Ordering: earlier stores are to be seen by all before the clock is read.
        fence(Ordering::SeqCst);
        match self {
            Self::Counter => counter::read_after_loads(),
            Self::Monotonic(start) => nanoseconds(start),
        }
    }

    /// Its name, as in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "time-stamp counter",
            Self::Monotonic(_) => "monotonic clock",
        }
    }
}

/// Nothing is loaded or stored before this time is known.
///
/// An instruction that reads a clock is no access to memory, and a processor may go on to later loads before it; a fence of accesses alone would not keep it from that.
/// So the time is written to memory, which takes place when it is known. On x86 that is a locked exchange, before which no later load or store takes place
/// (Intel, "Software developer's manual", volume 3, 8.2.3.9; AMD, "Architecture programmer's manual", volume 2, 7.4.2), and it does not wait for all that
/// came before it, as `lfence` does.
#[inline]
fn later_accesses_wait_for(time: u64) {
    let place = AtomicU64::new(0);
    // Ordering: the exchange takes place before what follows; there is no partner.
    std::hint::black_box(&place).swap(time, Ordering::SeqCst);
    if cfg!(not(target_arch = "x86_64")) {
        // Ordering: elsewhere only the load of an exchange need come before what follows; a fence orders its store as well.
        fence(Ordering::SeqCst);
    }
}

#[inline]
fn nanoseconds(start: Instant) -> u64 {
    start.elapsed().as_nanos() as u64 + 1
}

/// The time-stamp counter.
#[cfg(all(target_arch = "x86_64", not(miri)))]
mod counter {
    use std::arch::x86_64::{__cpuid, _mm_lfence, _rdtsc};

    /// Leaf of CPUID that has the greatest extended one.
    const EXTENDED: u32 = 0x8000_0000;
    /// Leaf with the properties of power management; bit 8 of EDX is "invariant TSC".
    const POWER: u32 = 0x8000_0007;

    pub(super) fn is_invariant() -> bool {
        __cpuid(EXTENDED).eax >= POWER && __cpuid(POWER).edx & 1 << 8 != 0
    }

    #[inline]
    pub(super) fn read() -> u64 {
        // SAFETY: every processor of this architecture has it.
        unsafe { _rdtsc() }
    }

    /// It waits for earlier loads, a full fence among them.
    #[inline]
    pub(super) fn read_after_loads() -> u64 {
        // SAFETY: as above.
        unsafe { _mm_lfence() };
        read()
    }
}

/// There is none, or none that could be believed.
#[cfg(not(all(target_arch = "x86_64", not(miri))))]
mod counter {
    pub(super) fn is_invariant() -> bool {
        false
    }

    pub(super) fn read() -> u64 {
        unreachable!("it was not found to be invariant")
    }

    pub(super) use read as read_after_loads;
}

/// How often each thread reads the counter, to see whether another one was ahead of it.
const TRIALS: u32 = 2_000;

/// Whether no thread read an earlier time than another one had read before. There are twice as many as cores, so that each core runs
/// one at some time.
fn cores_agree() -> bool {
    let newest = AtomicU64::new(0);
    let trial = || {
        (0..TRIALS).all(|_| {
            // Ordering: what the other one read before it wrote this, was read before what is read next.
            let seen = newest.load(Ordering::Acquire);
            fence(Ordering::SeqCst);
            let now = Clock::Counter.after();
            // Ordering: as above; `fetch_max` rather than a store, so that a time that was read long ago hides no newer one.
            newest.fetch_max(now, Ordering::AcqRel);
            seen <= now
        })
    };
    let threads = 2 * std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let trials: Vec<_> = (0..threads).map(|_| scope.spawn(trial)).collect();
        trials.into_iter().all(|trial| trial.join().unwrap_or(false))
    })
}

/// Entries of a block. Only a thread's own entries share a line with each other.
const BLOCK: usize = 32;

/// Some entries of one thread. Processors fetch lines of 64 bytes in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Block<C, A>([Option<Entry<C, A>>; BLOCK]);

impl<C, A> Block<C, A> {
    fn empty() -> Self {
        Self([const { None }; BLOCK])
    }
}

/// The operations of one thread, in their order.
#[derive(Debug)]
pub struct Log<C, A> {
    process: u32,
    clock: Clock,
    blocks: Vec<Block<C, A>>,
    /// How many operations are written down.
    length: usize,
    /// What the operation asks that has begun, and has not ended. It is written down afterwards: what is written to memory that the cache does not have
    /// is waited for by the next full fence, which would be that at the end of the operation.
    under_way: Option<C>,
    /// When it began.
    begun: u64,
    /// When the last operation ended.
    latest: u64,
}

impl<C, A> Log<C, A> {
    /// The log of this thread or process, with room for so many operations. It grows where there are more, which takes time in the middle
    /// of a history.
    pub fn with_room(process: u32, operations: usize) -> Self {
        let blocks = (0..operations.div_ceil(BLOCK)).map(|_| Block::empty()).collect();
        let clock = Clock::of_this_machine();
        Self { process, clock, blocks, length: 0, under_way: None, begun: 0, latest: 0 }
    }

    /// Performs an operation, and writes down what it answered, and when.
    #[inline]
    pub fn record(&mut self, call: C, operate: impl FnOnce() -> A) -> A
    where
        A: Copy,
    {
        self.begin(call);
        let answer = operate();
        self.end(Some(answer));
        answer
    }

    /// The same of an operation that follows at once on the one before: it is said to begin where that one ended, if it did, and the clock is read
    /// once less. What the thread does in between makes it look longer than it was, so less is asked of the order of operations, never
    /// more.
    #[inline]
    pub fn record_at_once(&mut self, call: C, operate: impl FnOnce() -> A) -> A
    where
        A: Copy,
    {
        if self.length == 0 || self.under_way.is_some() {
            self.begin(call);
        } else {
            self.asks(call);
            self.begun = self.latest;
            later_accesses_wait_for(self.begun);
        }
        let answer = operate();
        self.end(Some(answer));
        answer
    }

    /// An operation begins. Until it ends it is one that never came back.
    #[inline]
    pub fn begin(&mut self, call: C) {
        self.asks(call);
        self.begun = self.clock.before();
    }

    /// The next operation asks this.
    #[inline]
    fn asks(&mut self, call: C) {
        if let Some(before) = self.under_way.replace(call) {
            self.write(before, None, NEVER);
        }
    }

    #[inline]
    fn write(&mut self, call: C, answer: Option<A>, ended: u64) {
        let (block, place) = (self.length / BLOCK, self.length % BLOCK);
        if block == self.blocks.len() {
            self.blocks.push(Block::empty());
        }
        let entry = Entry { process: self.process, call, answer, begun: self.begun, ended };
        self.blocks[block].0[place] = Some(entry);
        self.length += 1;
    }

    /// The operation that began last has ended, with this answer, or with one that is not known.
    ///
    /// # Panics
    /// If none has begun.
    #[inline]
    pub fn end(&mut self, answer: Option<A>) {
        self.latest = self.clock.after();
        let call = self.under_way.take().expect("an operation has begun");
        self.write(call, answer, self.latest);
    }

    /// How many operations have begun.
    pub const fn len(&self) -> usize {
        self.length + self.under_way.is_some() as usize
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was written down.
    pub fn into_entries(mut self) -> impl Iterator<Item = Entry<C, A>> {
        if let Some(call) = self.under_way.take() {
            self.write(call, None, NEVER);
        }
        self.blocks.into_iter().flat_map(|block| block.0).flatten()
    }
}

/// How far operations met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// How many operations there are.
    pub operations: u64,
    /// Those during which one of another thread was under way. Where there are none, the history has shown nothing: its threads took
    /// turns.
    pub overlapped: u64,
}

/// How many operations of the log met one of another thread. One that never ended is under way for ever.
pub fn overlap<C, A>(log: &[Entry<C, A>]) -> Overlap {
    overlap_of(log.iter().map(|entry| (entry.begun, entry.ended)).collect())
}

/// The same of operations that began and ended at these times, where each thread's own come one after the other.
pub fn overlap_of(mut times: Vec<(u64, u64)>) -> Overlap {
    times.sort_unstable();
    let mut latest = 0;
    let mut overlapped = 0;
    for (i, &(begun, ended)) in times.iter().enumerate() {
        // A thread's own operations follow each other, so whatever overlaps is another thread's.
        let with_the_next = times.get(i + 1).is_some_and(|&(next, _)| next < ended);
        overlapped += u64::from(begun < latest || with_the_next);
        latest = latest.max(ended);
    }
    Overlap { operations: times.len() as u64, overlapped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_log_has_what_was_asked_and_answered_in_order() {
        let mut log = Log::with_room(3, 1);
        for call in 0..100_u32 {
            assert_eq!(log.record(call, || call + 1), call + 1);
        }
        assert_eq!(log.len(), 100);
        let entries: Vec<_> = log.into_entries().collect();
        assert_eq!(entries.len(), 100);
        for (call, entry) in (0..).zip(&entries) {
            assert_eq!((entry.process, entry.call, entry.answer), (3, call, Some(call + 1)));
            assert!(entry.begun <= entry.ended, "{entry:?}");
        }
        assert!(entries.windows(2).all(|pair| pair[0].ended <= pair[1].begun), "{entries:?}");
    }

    #[test]
    fn what_follows_at_once_begins_where_the_one_before_ended() {
        let mut log = Log::with_room(0, 2);
        log.record_at_once('a', || 1);
        log.record_at_once('b', || 2);
        let entries: Vec<_> = log.into_entries().collect();
        assert_eq!(entries[0].ended, entries[1].begun);
        assert!(entries.iter().all(|entry| entry.begun > 0 && entry.begun <= entry.ended), "{entries:?}");
    }

    /// Whoever goes on without an answer leaves an operation that never came back, in its place.
    #[test]
    fn one_that_was_left_stays_in_its_place() {
        let mut log = Log::with_room(0, 1);
        log.begin('a');
        log.begin('b');
        log.end(Some(1));
        let left = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            log.record('c', || panic!("no answer"))
        }));
        assert!(left.is_err());
        log.record_at_once('d', || 2);
        log.begin('e');
        assert_eq!(log.len(), 5);
        let entries: Vec<_> = log.into_entries().collect();
        let told: Vec<_> = entries.iter().map(|entry| (entry.call, entry.answer)).collect();
        assert_eq!(told, [('a', None), ('b', Some(1)), ('c', None), ('d', Some(2)), ('e', None)]);
        assert!(
            entries.windows(2).all(|pair| 0 < pair[0].begun && pair[0].begun <= pair[1].begun),
            "{entries:?}"
        );
    }

    /// One that follows at once sees what was written before it is said to have begun.
    #[test]
    fn what_follows_at_once_misses_nothing() {
        for _ in 0..200 {
            let written = AtomicBool::new(false);
            let mut log = Log::with_room(0, 10_000);
            let ended = std::thread::scope(|scope| {
                let writer = scope.spawn(|| {
                    written.store(true, Ordering::Release);
                    Clock::of_this_machine().after()
                });
                while !log.record_at_once((), || written.load(Ordering::Acquire)) {}
                writer.join().unwrap()
            });
            let missed = log.into_entries().filter(|entry| entry.answer == Some(false)).last();
            assert!(missed.as_ref().is_none_or(|entry| entry.begun <= ended), "{missed:?} > {ended}");
        }
    }

    #[test]
    fn what_has_not_ended_is_one_that_never_came_back() {
        let mut log: Log<_, ()> = Log::with_room(0, 1);
        assert!(log.is_empty());
        log.begin("pop");
        let entries: Vec<_> = log.into_entries().collect();
        assert_eq!((entries.len(), entries[0].answer, entries[0].has_ended()), (1, None, false));
    }

    #[test]
    #[should_panic = "an operation has begun"]
    fn nothing_ends_before_it_has_begun() {
        Log::<(), ()>::with_room(0, 1).end(None);
    }

    #[test]
    fn blocks_of_two_threads_share_no_line() {
        let log: Log<u8, u8> = Log::with_room(0, BLOCK + 1);
        assert_eq!(log.blocks.len(), 2);
        assert_eq!(log.blocks.as_ptr().addr() % 128, 0);
        assert_eq!(size_of::<Block<u8, u8>>() % 128, 0);
    }

    /// What was written before the end of an operation is seen by one that begins later. The writer does what queues do: a store that
    /// stays in its core's buffer for a while.
    fn what_was_written_is_seen(clock: Clock) {
        for _ in 0..200 {
            let written = AtomicBool::new(false);
            let (missed, ended) = std::thread::scope(|scope| {
                let writer = scope.spawn(|| {
                    written.store(true, Ordering::Release);
                    clock.after()
                });
                let mut missed = None;
                while let Some(begun) = Some(clock.before()).filter(|_| !written.load(Ordering::Acquire)) {
                    missed = Some(begun);
                }
                (missed, writer.join().unwrap())
            });
            assert!(missed.is_none_or(|begun| begun <= ended), "{missed:?} > {ended}");
        }
    }

    #[test]
    fn what_was_written_before_an_end_is_seen_after_it() {
        what_was_written_is_seen(Clock::of_this_machine());
        what_was_written_is_seen(Clock::Monotonic(Instant::now()));
    }

    #[test]
    fn the_clock_of_this_machine_goes_on() {
        for clock in [Clock::of_this_machine(), Clock::Monotonic(Instant::now())] {
            let times = [clock.glance(), clock.after(), clock.before(), clock.after()];
            assert!(times.is_sorted() && times[0] > 0, "{}: {times:?}", clock.name());
        }
    }

    #[test]
    fn overlap_counts_operations_that_another_one_meets() {
        let overlapped = |times: &[(u64, u64)]| overlap_of(times.to_vec()).overlapped;
        assert_eq!(overlapped(&[]), 0);
        assert_eq!(overlapped(&[(1, 2), (3, 4), (5, 6)]), 0);
        assert_eq!(overlapped(&[(1, 9), (2, 3), (4, 5), (10, 11)]), 3);
        assert_eq!(overlapped(&[(4, 6), (1, 2), (5, 7)]), 2);
        assert_eq!(overlapped(&[(1, NEVER), (5, 7)]), 2);
        assert_eq!(overlapped(&[(1, 3), (3, 5)]), 0, "one thread's own may touch");
    }
}

//! The global interpreter lock, after CPython.
//!
//! Invariants:
//! - One thread at a time holds the lock (`locked`).
//! - A waiter asks the holder to drop the lock after it has waited a whole switch interval and the lock went to
//!   nobody in that time. The holder sees the request at its next safe point.
//! - Who drops the lock while it is being asked for returns only when another thread has taken it: *forced
//!   switching*. So the holder does not follow itself while somebody who asked still waits.
//!
//! What it does not do: it is not fair. Forced switching promises that *another* thread comes next, not which
//! one: among two threads, who has asked is overtaken by nobody; among three, the other two may take turns for
//! as long as they are faster to the mutex. And who has not yet asked may be overtaken any number of times.
//!
//! A switch interval of zero is over at once: the waiter asks before it waits, and waits without a clock; the
//! request stands as long as anybody waits. An engine that has no time-outs can run that.
//!
//! Left out: subinterpreters, `fork`, and the second reset of the request in `drop_gil`, which changes nothing:
//! whoever takes the lock resets it.
//!
//! Source: Antoine Pitrou, "Reworking the GIL", python-dev, 2009, as in `take_gil` and `drop_gil` of
//! `Python/ceval_gil.c`, CPython 3.12.

use crate::model::gil::lock::breaker::{Break, Breaker};
use crate::model::gil::lock::holder::Holder;
use crate::model::gil::lock::turn::{Asking, Turn};
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// The switch interval of an interpreter that was not told otherwise: CPython's 5 ms.
pub const SWITCH_INTERVAL: Duration = Duration::from_millis(5);

/// Where a lock and its [broken twins](crate::model::gil::lock::broken) differ.
pub trait Policy: Send + Sync + 'static {
    /// Who drops the lock on request waits until another thread has taken it.
    const FORCES_SWITCHES: bool = true;
    /// ... and begins that wait in the same critical section in which it finds that it has to.
    const WAITS_AT_ONCE: bool = true;
    /// A holder is asked only by a waiter that has seen it hold for a whole interval.
    const GRANTS_AN_INTERVAL: bool = true;
    /// A waiter that gives up withdraws its request.
    const WITHDRAWS: bool = true;
    /// Who drops the lock for the last time does not look at the interpreter afterwards.
    const LEAVES_AT_ONCE: bool = true;
    /// Who makes the pending calls says so before it lets go of their list, and not when it has made them.
    const RESETS_FIRST: bool = true;
}

/// What CPython does.
#[derive(Debug)]
pub struct Cpython;

impl Policy for Cpython {}

/// The interpreter is being finalized: only the thread that does so still gets the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finalizing;

impl fmt::Display for Finalizing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the interpreter is being finalized")
    }
}

impl std::error::Error for Finalizing {}

/// A thread, as the lock knows it; the number says who attached before whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ThreadState(u64);

/// The lock.
///
/// ```
/// use refectory::model::gil::lock::cpython::{Gil, SWITCH_INTERVAL};
///
/// let gil: Gil = Gil::new(SWITCH_INTERVAL);
/// let mut holder = gil.attach().unwrap();
/// holder.checkpoint().unwrap();
/// let line = holder.unlocked(|| "read while others run").unwrap();
/// assert_eq!(line, "read while others run");
/// ```
pub struct Gil<P = Cpython> {
    state: Mutex<State>,
    dropped: Condvar,
    /// Who took the lock last; changed by whoever takes the lock, which holds `state` too.
    last_holder: Mutex<Option<ThreadState>>,
    switched: Condvar,
    breaker: Breaker,
    policy: PhantomData<P>,
}

#[derive(Debug)]
struct State {
    locked: bool,
    /// How often the lock went to another thread than before.
    switch_number: u64,
    /// How often the lock was taken. It decides nothing: it is what [`Turn`] is counted from.
    takes: u64,
    attached: u64,
    waiters: usize,
    interval: Duration,
    finalizing: Option<ThreadState>,
}

impl State {
    fn must_exit(&self, me: ThreadState) -> bool {
        self.finalizing.is_some_and(|finalizer| finalizer != me)
    }

    /// Whether a waiter's interval is over when it begins.
    const fn is_impatient(&self) -> bool {
        self.interval.is_zero()
    }
}

impl<P: Policy> Gil<P> {
    /// A free lock with this switch interval.
    #[track_caller]
    pub fn new(interval: Duration) -> Self {
        let state = State {
            locked: false,
            switch_number: 0,
            takes: 0,
            attached: 0,
            waiters: 0,
            interval,
            finalizing: None,
        };
        Self {
            state: Mutex::new(state).named(format_args!("gil")),
            dropped: Condvar::new().named(format_args!("dropped")),
            last_holder: Mutex::new(None).named(format_args!("last holder")),
            switched: Condvar::new().named(format_args!("switched")),
            breaker: Breaker::default(),
            policy: PhantomData,
        }
    }

    /// Takes the lock for a thread that the interpreter did not yet know.
    ///
    /// # Errors
    /// The interpreter is being finalized.
    pub fn attach(&self) -> Result<Holder<'_, P>, Finalizing> {
        let mut state = self.lock();
        state.attached += 1;
        let me = ThreadState(state.attached);
        let turn = self.take(state, me)?;
        Ok(Holder::new(self, me, turn))
    }

    /// Sets the switch interval, from the next wait on.
    pub fn set_interval(&self, interval: Duration) {
        self.lock().interval = interval;
    }

    /// The switch interval.
    pub fn interval(&self) -> Duration {
        self.lock().interval
    }

    /// How often the lock went to another thread than before.
    pub fn switches(&self) -> u64 {
        self.lock().switch_number
    }

    /// The interpreter's word for what is to be done at safe points.
    pub const fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// The thread that may still take the lock from now on. Wakes the waiters, for them to give up.
    pub(super) fn finalize(&self, me: ThreadState) {
        self.lock().finalizing = Some(me);
        self.dropped.notify_all();
    }

    /// Takes the lock again.
    pub(super) fn retake(&self, me: ThreadState) -> Result<Turn, Finalizing> {
        self.take(self.lock(), me)
    }

    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn take(&self, state: MutexGuard<'_, State>, me: ThreadState) -> Result<Turn, Finalizing> {
        if state.must_exit(me) {
            return Err(Finalizing);
        }
        let (mut state, mut turn) = self.wait_until_dropped(state, me)?;
        self.hold(&mut state, me);
        turn.switch_number = state.switch_number;
        let must_exit = state.must_exit(me);
        drop(state);
        if must_exit {
            // It was taken all the same: whoever dropped it may wait for the switch.
            self.leave(me);
            return Err(Finalizing);
        }
        Ok(turn)
    }

    /// Waits while the lock is held. Woken by whoever drops it, and by the start of finalization.
    fn wait_until_dropped<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        me: ThreadState,
    ) -> Result<(MutexGuard<'a, State>, Turn), Finalizing> {
        let mut asking = Asking::since(state.takes);
        while state.locked {
            let seen = state.switch_number;
            let expired;
            (state, expired) = self.wait_an_interval(state, &mut asking);
            if state.locked && state.must_exit(me) {
                self.give_up(&asking);
                return Err(Finalizing);
            }
            let switched = state.switch_number != seen;
            if expired && state.locked && !(switched && P::GRANTS_AN_INTERVAL) {
                self.ask(&state, &mut asking, switched);
            }
        }
        let turn = asking.turn(state.takes);
        Ok((state, turn))
    }

    /// Tells whether the interval ran out.
    fn wait_an_interval<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        asking: &mut Asking,
    ) -> (MutexGuard<'a, State>, bool) {
        state.waiters += 1;
        let expired;
        if state.is_impatient() {
            self.ask(&state, asking, false);
            (state, expired) = (self.dropped.wait(state).unwrap(), false);
        } else {
            let interval = state.interval;
            let result;
            (state, result) = self.dropped.wait_timeout(state, interval).unwrap();
            expired = result.timed_out();
        }
        state.waiters -= 1;
        (state, expired)
    }

    fn ask(&self, state: &State, asking: &mut Asking, too_early: bool) {
        asking.ask(state.takes, too_early);
        self.breaker.signal(Break::Drop);
    }

    /// Nobody will come for a request that is left behind, and who drops the lock on it would wait for ever.
    fn give_up(&self, asking: &Asking) {
        if asking.has_asked() && P::WITHDRAWS {
            self.breaker.reset(Break::Drop);
        }
    }

    fn hold(&self, state: &mut State, me: ThreadState) {
        let mut last_holder = self.last_holder.lock().unwrap();
        state.locked = true;
        state.takes += 1;
        if *last_holder != Some(me) {
            *last_holder = Some(me);
            state.switch_number += 1;
        }
        self.switched.notify_one();
        drop(last_holder);
        let others_ask = state.is_impatient() && state.waiters > 0;
        if !others_ask && self.breaker.look().contain(Break::Drop) {
            self.breaker.reset(Break::Drop);
        }
    }

    fn unlock(&self) {
        let mut state = self.lock();
        state.locked = false;
        self.dropped.notify_one();
    }

    /// Drops the lock; the thread will want it again.
    pub(super) fn release(&self, me: ThreadState) {
        self.unlock();
        self.force_switch(me);
    }

    /// Drops the lock for the last time. From then on the interpreter may be gone.
    pub(super) fn leave(&self, me: ThreadState) {
        self.unlock();
        if !P::LEAVES_AT_ONCE {
            self.force_switch(me);
        }
    }

    /// Waits, if the lock is being asked for, until another thread has taken it, which wakes us.
    fn force_switch(&self, me: ThreadState) {
        if !self.breaker.look().contain(Break::Drop) || !P::FORCES_SWITCHES {
            return;
        }
        let mut last_holder = self.last_holder.lock().unwrap();
        while *last_holder == Some(me) {
            if !P::WAITS_AT_ONCE {
                drop(last_holder);
                last_holder = self.last_holder.lock().unwrap();
            }
            last_holder = self.switched.wait(last_holder).unwrap();
        }
    }
}

impl<P: Policy> Default for Gil<P> {
    #[track_caller]
    fn default() -> Self {
        Self::new(SWITCH_INTERVAL)
    }
}

impl<P> fmt::Debug for Gil<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gil").field("state", &self.state).finish_non_exhaustive()
    }
}

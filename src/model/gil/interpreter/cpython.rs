//! An interpreter: threads that run one bytecode at a time, under one lock.
//!
//! Invariants:
//! - The heap is reached by the holder of the lock alone, so a step is atomic: what one bytecode does to a list or
//!   a dictionary, no other thread sees half done.
//! - Between any two steps lies a safe point. There another thread may take over, and pending calls are made. So
//!   two steps are *not* atomic together, however short they are: `x += 1` is a load, an addition and a store.
//! - Whoever blocks does so without the lock.
//!
//! What it does not do: nothing here keeps a program from deadlock, lost wake-ups or unfairness; the lock guards the
//! interpreter, not the program. There is no bytecode either: a step is a closure, and how much it does is up to
//! the caller.
//!
//! Source: `Python/ceval.c` and `Python/ceval_gil.c`, CPython 3.12.

use crate::model::gil::lock::breaker::{Break, Breaks};
use crate::model::gil::lock::cpython::{Gil, SWITCH_INTERVAL};
use crate::model::gil::lock::parking::ParkingLot;
use crate::model::gil::lock::plain::{Hold, InterpreterLock};
use crate::sync::thread::{self, ThreadId};
use crate::sync::{Mutex, UnsafeCell};
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// An interpreter, and everything that its threads share: its heap, of type `T`.
///
/// ```
/// use refectory::model::gil::interpreter::cpython::Interpreter;
///
/// let interpreter = <Interpreter<_>>::new(vec![1, 2]);
/// let mut thread = interpreter.attach();
/// thread.step(|list| list.push(3));
/// let line = thread.unlocked(|| "read while others run");
/// assert_eq!(thread.step(|list| list.pop()), Some(3));
/// # assert_eq!(line, "read while others run");
/// ```
pub struct Interpreter<T, L = Gil> {
    lock: L,
    heap: UnsafeCell<T>,
    pending: Mutex<Pending<T>>,
}

/// What is to be done at safe points.
struct Pending<T> {
    calls: VecDeque<Call<T>>,
    /// The threads in which an exception is to be raised.
    interrupted: Vec<ThreadId>,
}

type Call<T> = Box<dyn FnOnce(&mut T) + Send>;

// SAFETY: the heap is reached through a `Thread` that holds the lock, by one thread at a time.
unsafe impl<T: Send, L: InterpreterLock> Sync for Interpreter<T, L> {}

impl<T, L: InterpreterLock> Interpreter<T, L> {
    /// An interpreter with this heap and CPython's switch interval.
    #[track_caller]
    pub fn new(heap: T) -> Self {
        Self::with_interval(heap, SWITCH_INTERVAL)
    }

    /// An interpreter with this heap and this switch interval; at zero, it is over at once.
    #[track_caller]
    pub fn with_interval(heap: T, interval: Duration) -> Self {
        let pending = Pending { calls: VecDeque::new(), interrupted: Vec::new() };
        Self {
            lock: L::with_interval(interval),
            heap: UnsafeCell::new(heap).named(format_args!("heap")),
            pending: Mutex::new(pending).named(format_args!("pending")),
        }
    }

    /// The calling thread becomes one of the interpreter's, and runs: waits for the lock.
    pub fn attach(&self) -> Thread<'_, T, L> {
        Thread { interpreter: self, holder: self.lock.attach(), fresh: true }
    }

    /// Has this done by whoever comes to a safe point next. Needs no lock: it may be called from anywhere.
    pub fn add_pending_call(&self, call: impl FnOnce(&mut T) + Send + 'static) {
        let mut pending = self.pending.lock().unwrap();
        pending.calls.push_back(Box::new(call));
        self.lock.breaker().signal(Break::Calls);
    }

    /// Raises an exception in another thread, at its next safe point.
    pub fn interrupt(&self, thread: ThreadId) {
        let mut pending = self.pending.lock().unwrap();
        pending.interrupted.push(thread);
        self.lock.breaker().signal(Break::Exception);
    }

    /// The heap, which no thread can reach any more.
    pub fn into_heap(self) -> T {
        self.heap.into_inner()
    }
}

impl<T, L: fmt::Debug> fmt::Debug for Interpreter<T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interpreter").field("lock", &self.lock).finish_non_exhaustive()
    }
}

/// The exception that another thread raised in this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another thread raised an exception in this one")
    }
}

impl std::error::Error for Interrupted {}

/// A thread of an interpreter, which holds the lock, until it is dropped.
#[must_use = "a thread that is dropped gives the lock back"]
pub struct Thread<'a, T, L: InterpreterLock = Gil> {
    interpreter: &'a Interpreter<T, L>,
    holder: L::Holder<'a>,
    /// Nothing was done since it took the lock: a safe point would be of no use.
    fresh: bool,
}

impl<T, L: InterpreterLock> Thread<'_, T, L> {
    /// Passes a safe point and runs one bytecode. An exception from another thread stays pending.
    pub fn step<R>(&mut self, bytecode: impl FnOnce(&mut T) -> R) -> R {
        self.pass_safe_point();
        self.run(bytecode)
    }

    /// Passes a safe point and runs one bytecode.
    ///
    /// # Errors
    /// Another thread raised an exception in this one: the bytecode was not run.
    pub fn try_step<R>(&mut self, bytecode: impl FnOnce(&mut T) -> R) -> Result<R, Interrupted> {
        let breaks = self.pass_safe_point();
        if breaks.contain(Break::Exception) && self.is_interrupted() {
            return Err(Interrupted);
        }
        Ok(self.run(bytecode))
    }

    /// Runs what may block while others run.
    ///
    /// # Panics
    /// If it does.
    pub fn unlocked<R>(&mut self, blocking: impl FnOnce() -> R) -> R {
        let result = self.holder.unlocked(blocking);
        self.fresh = true;
        result
    }

    /// Runs a bytecode until it has a result; in between, waits in the parking lot for somebody to wake it.
    pub fn wait_until<R>(
        &mut self,
        lot: impl Fn(&mut T) -> &mut ParkingLot,
        mut bytecode: impl FnMut(&mut T) -> Option<R>,
    ) -> R {
        loop {
            let result = self.step(|heap| {
                let result = bytecode(heap);
                if result.is_some() {
                    lot(heap).leave()
                } else {
                    lot(heap).enter()
                }
                result
            });
            match result {
                Some(result) => return result,
                None => self.unlocked(thread::park),
            }
        }
    }

    fn pass_safe_point(&mut self) -> Breaks {
        if std::mem::take(&mut self.fresh) {
            return Breaks::default();
        }
        let breaks = self.holder.checkpoint();
        if breaks.contain(Break::Calls) {
            self.make_pending_calls();
        }
        breaks
    }

    /// Each call is taken out by one thread, and made under the lock, between two steps.
    fn make_pending_calls(&mut self) {
        let mut pending = self.interpreter.pending.lock().unwrap();
        let calls = std::mem::take(&mut pending.calls);
        if L::RESETS_FIRST {
            self.interpreter.lock.breaker().reset(Break::Calls);
        }
        drop(pending);
        for call in calls {
            self.run(call);
        }
        if !L::RESETS_FIRST {
            self.interpreter.lock.breaker().reset(Break::Calls);
        }
    }

    fn is_interrupted(&self) -> bool {
        let me = thread::current().id();
        let mut pending = self.interpreter.pending.lock().unwrap();
        let found = pending.interrupted.iter().position(|&thread| thread == me);
        found.map(|index| pending.interrupted.swap_remove(index));
        if pending.interrupted.is_empty() {
            self.interpreter.lock.breaker().reset(Break::Exception);
        }
        found.is_some()
    }

    fn run<R>(&mut self, bytecode: impl FnOnce(&mut T) -> R) -> R {
        // SAFETY: this thread holds the lock until the closure returns, and has no other borrow of the heap, for
        // the closure cannot reach the `Thread` that it runs on.
        self.interpreter.heap.with_mut(|heap| bytecode(unsafe { &mut *heap }))
    }
}

impl<T, L: InterpreterLock> fmt::Debug for Thread<'_, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("fresh", &self.fresh).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_call_is_made_at_a_safe_point() {
        let interpreter = <Interpreter<_>>::new(0);
        let mut thread = interpreter.attach();
        interpreter.add_pending_call(|count| *count += 10);
        assert_eq!(thread.step(|count| *count), 0);
        assert_eq!(thread.step(|count| *count), 10);
        assert_eq!(thread.step(|count| *count), 10);
    }

    #[test]
    fn an_exception_is_raised_once_and_in_its_thread() {
        let interpreter = <Interpreter<_>>::new(());
        let mut thread = interpreter.attach();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                interpreter.interrupt(thread::current().id());
                let mut thread = interpreter.attach();
                [(); 3].map(|()| thread.try_step(|()| ()))
            });
            while thread.try_step(|()| ()).is_ok()
                && !interpreter.lock.breaker().look().contain(Break::Exception)
            {}
            interpreter.interrupt(thread::current().id());
            assert_eq!([(); 2].map(|()| thread.try_step(|()| ())), [Err(Interrupted), Ok(())]);
            drop(thread);
            assert_eq!(other.join().unwrap(), [Ok(()), Err(Interrupted), Ok(())]);
        });
    }

    #[test]
    fn a_thread_that_panics_gives_the_lock_back() {
        let interpreter = std::sync::Arc::new(<Interpreter<_>>::new(1));
        let clumsy = thread::spawn({
            let interpreter = interpreter.clone();
            move || interpreter.attach().step(|_| panic!("on purpose"))
        });
        assert!(clumsy.join().is_err());
        assert_eq!(interpreter.attach().step(|one| *one), 1);
    }
}

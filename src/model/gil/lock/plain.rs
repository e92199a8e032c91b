//! The interpreter lock as a program may think of it: what it can rely on, and nothing else.
//!
//! One thread runs at a time, and at any safe point anybody may be next. That is one mutex, given back and taken
//! again. [`Gil`] keeps that promise with a protocol of two mutexes, two condition variables and a
//! flag, whose steps multiply the executions of every program; where the program is what is checked, this lock
//! stands for it. That both give the same outcomes, a test of this module shows on small programs.
//!
//! It is not for use on real cores: it gives the lock away at every safe point.

use crate::model::gil::lock::breaker::{Breaker, Breaks};
use crate::model::gil::lock::cpython::{Finalizing, Gil, Policy};
use crate::model::gil::lock::holder::Holder;
use crate::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What an [`Interpreter`](crate::model::gil::interpreter::cpython::Interpreter) needs of its lock.
pub trait InterpreterLock: Send + Sync + Sized + 'static {
    /// A thread that holds the lock, until it is dropped.
    type Holder<'a>: Hold;

    /// Who makes the pending calls says so before it lets go of their list, and not when it has made them.
    const RESETS_FIRST: bool = true;

    /// A free lock with this switch interval.
    fn with_interval(interval: Duration) -> Self;

    /// Waits for the lock, for a thread that the interpreter did not yet know.
    fn attach(&self) -> Self::Holder<'_>;

    /// The word for what is to be done at safe points.
    fn breaker(&self) -> &Breaker;
}

/// What a thread that holds the lock can do with it.
pub trait Hold {
    /// A safe point: another thread may take the lock meanwhile. Tells what there was to do.
    fn checkpoint(&mut self) -> Breaks;

    /// Runs `blocking` without the lock, and takes it again.
    fn unlocked<R>(&mut self, blocking: impl FnOnce() -> R) -> R;
}

/// An interpreter keeps its lock to itself, and its threads to their steps: none of them can finalize it.
fn not_finalizing<T>(result: Result<T, Finalizing>) -> T {
    result.expect("no thread of an interpreter finalizes it")
}

impl<P: Policy> InterpreterLock for Gil<P> {
    type Holder<'a> = Holder<'a, P>;

    const RESETS_FIRST: bool = P::RESETS_FIRST;

    #[track_caller]
    fn with_interval(interval: Duration) -> Self {
        Self::new(interval)
    }

    fn attach(&self) -> Holder<'_, P> {
        not_finalizing(Self::attach(self))
    }

    fn breaker(&self) -> &Breaker {
        Self::breaker(self)
    }
}

impl<P: Policy> Hold for Holder<'_, P> {
    fn checkpoint(&mut self) -> Breaks {
        not_finalizing(Self::checkpoint(self))
    }

    fn unlocked<R>(&mut self, blocking: impl FnOnce() -> R) -> R {
        not_finalizing(Self::unlocked(self, blocking))
    }
}

/// One mutex for an interpreter lock.
///
/// ```
/// use refectory::model::gil::interpreter::cpython::Interpreter;
/// use refectory::model::gil::lock::plain::Plain;
///
/// let interpreter = Interpreter::<_, Plain>::new(vec![1, 2]);
/// assert_eq!(interpreter.attach().step(|list| list.pop()), Some(2));
/// ```
#[derive(Debug)]
pub struct Plain {
    mutex: Mutex<()>,
    breaker: Breaker,
}

/// A thread that holds a [`Plain`] lock.
#[derive(Debug)]
pub struct PlainHolder<'a> {
    mutex: &'a Mutex<()>,
    breaker: &'a Breaker,
    /// None only while others run.
    guard: Option<MutexGuard<'a, ()>>,
}

impl InterpreterLock for Plain {
    type Holder<'a> = PlainHolder<'a>;

    #[track_caller]
    fn with_interval(_interval: Duration) -> Self {
        Self { mutex: Mutex::new(()).named(format_args!("gil")), breaker: Breaker::default() }
    }

    fn attach(&self) -> PlainHolder<'_> {
        let guard = Some(lock(&self.mutex));
        PlainHolder { mutex: &self.mutex, breaker: &self.breaker, guard }
    }

    fn breaker(&self) -> &Breaker {
        &self.breaker
    }
}

impl Hold for PlainHolder<'_> {
    fn checkpoint(&mut self) -> Breaks {
        self.unlocked(|| ());
        self.breaker.look()
    }

    fn unlocked<R>(&mut self, blocking: impl FnOnce() -> R) -> R {
        self.guard = None;
        let result = blocking();
        self.guard = Some(lock(self.mutex));
        result
    }
}

/// A thread that panics leaves the interpreter to the others.
#[track_caller]
fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, feature = "dpor"))]
mod tests {
    use super::*;
    use crate::engine::{Budget, Engine, Extent, Program, explore};
    use crate::model::gil::interpreter::broken::LoadAddStore;
    use crate::model::gil::interpreter::counter::{Increment, OneStep};
    use crate::model::gil::interpreter::cpython::Interpreter;
    use crate::model::gil::queue::bounded::Bounded;
    use crate::model::gil::queue::broken::CheckThenAct;
    use crate::model::gil::table::{AtOnce, Ordered};
    use crate::port::{self, Item};
    use crate::sync::thread;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn outcomes(program: &Program) -> BTreeSet<String> {
        let seen = explore(Engine::Dpor, program, &Budget { spurious: 0, ..Budget::default() });
        assert!(matches!(seen.coverage, Ok(Extent::Complete(_))) && seen.failure.is_none(), "{seen:?}");
        seen.outcomes.keys().collect()
    }

    fn assert_same(gil: &Program, plain: &Program, count: usize) {
        let plain = outcomes(plain);
        assert_eq!(outcomes(gil), plain);
        assert_eq!(plain.len(), count);
    }

    /// Two threads add one, in this way. The outcome is the sum.
    fn counter<I: Increment, L: InterpreterLock>() -> Program {
        Program::new(|| {
            let interpreter = Arc::new(Interpreter::<u32, L>::with_interval(0, Duration::ZERO));
            let threads = [(); 2].map(|()| {
                let interpreter = interpreter.clone();
                thread::spawn(move || I::increment(&mut interpreter.attach()))
            });
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            Ok(interpreter.attach().step(|sum| sum.to_string()))
        })
    }

    // The plain lock stands for the other one: whatever a program can come to on one, it can on the other.

    #[test]
    fn a_counter_comes_to_the_same() {
        assert_same(&counter::<OneStep, Gil>(), &counter::<OneStep, Plain>(), 1);
        assert_same(&counter::<LoadAddStore, Gil>(), &counter::<LoadAddStore, Plain>(), 2);
    }

    #[test]
    fn tables_come_to_the_same() {
        let dinner = || port::table::dining(2, 1);
        let table = [port::table::harness::<Ordered>(), port::table::harness::<Ordered<Plain>>()];
        assert_same(&table[0].program(dinner()), &table[1].program(dinner()), 2);
        let table = [port::table::harness::<AtOnce>(), port::table::harness::<AtOnce<Plain>>()];
        assert_same(&table[0].program(dinner()), &table[1].program(dinner()), 2);
    }

    #[test]
    fn queues_come_to_the_same() {
        for (threads, count) in [((1, 1), 11), ((2, 1), 3), ((2, 2), 7)] {
            let scenario = || port::exchange::trying(threads.0, threads.1);
            let queue = [
                port::try_queue::harness::<Bounded<Item>>(),
                port::try_queue::harness::<Bounded<Item, Plain>>(),
            ];
            assert_same(&queue[0].program(scenario()), &queue[1].program(scenario()), count);
        }
        let scenario = || port::exchange::trying(1, 1);
        let queue = [
            port::try_queue::harness::<CheckThenAct<Item>>(),
            port::try_queue::harness::<CheckThenAct<Item, Plain>>(),
        ];
        assert_same(&queue[0].program(scenario()), &queue[1].program(scenario()), 11);
    }
}

//! Twins of the interpreter, and of a counter in it.

use crate::model::gil::interpreter::counter::Increment;
use crate::model::gil::interpreter::cpython::Thread;
use crate::model::gil::lock::cpython::Policy;
use crate::model::gil::lock::plain::InterpreterLock;

/// A load, an addition and a store: what `x += 1` is.
///
/// Twin of [`OneStep`](crate::model::gil::interpreter::counter::OneStep). At the safe points between them another thread may add one,
/// which the store then overwrites.
#[derive(Debug)]
pub struct LoadAddStore;

impl Increment for LoadAddStore {
    fn increment<L: InterpreterLock>(thread: &mut Thread<'_, u32, L>) {
        let loaded = thread.step(|x| *x);
        let sum = thread.step(|_| loaded + 1);
        thread.step(|x| *x = sum);
    }
}

/// Who makes the pending calls resets the eval breaker when it has made them.
///
/// Twin of [`Cpython`](crate::model::gil::lock::cpython::Cpython). A call that is added meanwhile is in the list, and nobody is told. CPython resets it first, "so that any callback
/// added in-between re-signals".
#[derive(Debug)]
pub struct ResetsLate;

impl Policy for ResetsLate {
    const RESETS_FIRST: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gil::interpreter::cpython::Interpreter;

    #[test]
    fn load_add_store_smoke() {
        let counter = <Interpreter<_>>::new(7);
        LoadAddStore::increment(&mut counter.attach());
        assert_eq!(counter.into_heap(), 8);
    }
}

//! Twins of the counter.

use crate::model::gil::counter::Increment;
use crate::model::gil::interpreter::Thread;
use crate::model::gil::plain::InterpreterLock;

/// A load, an addition and a store: what `x += 1` is.
///
/// Twin of [`OneStep`](crate::model::gil::counter::OneStep). At the safe points between them another thread may add one,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::gil::interpreter::Interpreter;

    #[test]
    fn load_add_store_smoke() {
        let counter = <Interpreter<_>>::new(7);
        LoadAddStore::increment(&mut counter.attach());
        assert_eq!(counter.into_heap(), 8);
    }
}

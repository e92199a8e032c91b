//! A counter that all threads of an interpreter increment: `x += 1`.
//!
//! Invariant: none of its own. What the interpreter promises is that one step is atomic; whether an increment is one
//! step is what the implementations differ in.

use crate::model::gil::interpreter::cpython::Thread;
use crate::model::gil::lock::plain::InterpreterLock;

/// A way to add one to the counter that is the interpreter's heap.
pub trait Increment: 'static {
    /// Adds one.
    fn increment<L: InterpreterLock>(thread: &mut Thread<'_, u32, L>);
}

/// One step, as `next` on an `itertools.count` is one call of a C function.
///
/// ```
/// use refectory::model::gil::interpreter::counter::{Increment, OneStep};
/// use refectory::model::gil::interpreter::cpython::Interpreter;
///
/// let counter = <Interpreter<_>>::new(0);
/// OneStep::increment(&mut counter.attach());
/// assert_eq!(counter.into_heap(), 1);
/// ```
#[derive(Debug)]
pub struct OneStep;

impl Increment for OneStep {
    fn increment<L: InterpreterLock>(thread: &mut Thread<'_, u32, L>) {
        thread.step(|x| *x += 1);
    }
}

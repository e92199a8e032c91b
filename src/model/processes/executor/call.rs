//! A call as bytes: which function, and its argument; and what became of it.

use super::frame::framed;
use crate::model::pool::executor::message;
use crate::model::pool::future::{Failure, Leg};
use crate::sync::process::{Function, without_bytes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The frame of a call of this function.
pub(super) fn pack<F, A, T>(_: F, argument: &A) -> Result<Vec<u8>, Failure>
where
    F: Fn(A) -> T + Copy + 'static,
    A: Serialize + DeserializeOwned,
    T: Serialize,
{
    carried(Leg::ArgumentOut, || framed(&(Function::of(run::<F, A, T>), argument)))
}

/// Calls what is in the frame; gives the frame of the answer.
///
/// # Safety
/// It is what [`pack`] has put there, in a process of the same binary.
pub(super) unsafe fn call(frame: &[u8]) -> Vec<u8> {
    let called = catch_unwind(AssertUnwindSafe(|| {
        let (function, argument) =
            postcard::take_from_bytes::<Function>(frame).expect("what `pack` has written");
        // SAFETY: as the caller promises, and `pack` has put one there that gives bytes.
        let function = unsafe { function.here::<Vec<u8>>() };
        function(argument)
    }));
    // It is the drop of an argument or a result that has panicked.
    called.unwrap_or_else(|panic| failed(&Failure::Panicked(message(&*panic))))
}

/// Calls the function, in the worker.
fn run<F, A, T>(argument: &[u8]) -> Vec<u8>
where
    F: Fn(A) -> T + Copy + 'static,
    A: DeserializeOwned,
    T: Serialize,
{
    // SAFETY: `pack` had a value of it.
    let f = unsafe { without_bytes::<F>() };
    let called = carried(Leg::ArgumentIn, || postcard::from_bytes(argument)).and_then(|argument| {
        catch_unwind(AssertUnwindSafe(|| f(argument))).map_err(|panic| Failure::Panicked(message(&*panic)))
    });
    let result = match &called {
        Ok(_) => carried(Leg::ResultOut, || framed(&called)),
        Err(failure) => Err(failure.clone()),
    };
    result.unwrap_or_else(|failure| failed(&failure))
}

/// The answer of a call that has no result: the same, whatever type that would have.
fn failed(failure: &Failure) -> Vec<u8> {
    framed(&Err::<(), _>(failure)).expect("words are written down")
}

/// What the call has come to, from the frame of its answer.
pub(super) fn answer<T: DeserializeOwned>(frame: &[u8]) -> Result<T, Failure> {
    carried(Leg::ResultIn, || postcard::from_bytes(frame)).flatten()
}

/// What became of an attempt to write or read something: its code may panic.
fn carried<T>(leg: Leg, attempt: impl FnOnce() -> postcard::Result<T>) -> Result<T, Failure> {
    let why = match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(Ok(carried)) => return Ok(carried),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => message(&*panic),
    };
    Err(Failure::NotCarried(leg, why))
}

//! What the exact explorer sees of the facade's objects: raw memory, objects that are destroyed, owners that
//! go through pointers.

use crate::engine::{Budget, Coverage, Engine, Exploration, Failure, FailureKind, Program, explore};
use crate::sync::{Arc, thread};

/// What the explorer sees of a body.
fn exploration(body: fn()) -> Exploration {
    let program = Program::new(move || {
        body();
        Ok(String::new())
    });
    explore(Engine::Dpor, &program, &Budget::default())
}

/// The body has no failure, and all its executions have been seen.
pub(super) fn holds(body: fn()) -> u64 {
    let seen = exploration(body);
    assert!(seen.failure.is_none(), "{:?}", seen.failure);
    assert!(matches!(seen.coverage, Coverage::Complete(_)), "{:?}", seen.coverage);
    seen.executions
}

/// The failure of a body.
fn failure(body: fn()) -> Failure {
    exploration(body).failure.expect("the body is broken")
}

#[test]
fn an_owner_that_is_never_taken_back_is_a_leak() {
    let leak = failure(|| {
        let value = Arc::new(1);
        let pointer = Arc::into_raw(Arc::clone(&value));
        let other = Arc::clone(&value);
        // SAFETY: `into_raw` gave the pointer, and the owner is not dropped.
        let borrowed = std::mem::ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
        thread::spawn(move || drop(other)).join().unwrap();
        assert_eq!(**borrowed, 1);
    });
    assert_eq!(leak.kind, FailureKind::Leak, "{}", leak.message);
}

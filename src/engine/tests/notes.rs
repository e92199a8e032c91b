//! What a search says besides its verdict.

use crate::engine::{Bounds, Budget, Coverage, Engine, Extent, Program, explore};
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::sync::{Mutex, thread};
use std::sync::Arc;

/// What a search of two threads that do this under a mutex has left out.
fn left_out(body: fn(&AtomicUsize), budget: Budget) -> Coverage {
    let program = Program::new(move || {
        let shared = Arc::new((AtomicUsize::new(0), Mutex::new(())));
        let threads = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let _locked = shared.1.lock().unwrap();
                body(&shared.0);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        Ok(String::new())
    });
    explore(Engine::Dpor, &program, &budget).coverage
}

#[test]
fn spurious_events_that_were_left_out_are_named() {
    let weak = |word: &AtomicUsize| {
        let _ = word.compare_exchange_weak(0, 1, SeqCst, SeqCst);
    };
    let spurious = |spurious| Budget { spurious, ..Budget::default() };
    let bounded = |spurious| Ok(Extent::Complete(Bounds { spurious: Some(spurious), ..Bounds::NONE }));
    assert_eq!(left_out(weak, spurious(0)), bounded(0));
    assert_eq!(left_out(weak, Budget::default()), bounded(1));
    assert_eq!(left_out(weak, spurious(2)), Ok(Extent::EXHAUSTIVE));
    let strong = |word: &AtomicUsize| {
        let _ = word.compare_exchange(0, 1, SeqCst, SeqCst);
    };
    assert_eq!(left_out(strong, Budget::default()), Ok(Extent::EXHAUSTIVE));
}

//! atomic-waker: a slot for the waker of a task.

use atomic_waker::AtomicWaker;
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;
use std::future::poll_fn;
use std::task::Poll;

/// A task waits for a count, as the docs of the crate have it; `wakers` threads raise it and wake.
fn is_woken_by(wakers: usize) {
    loom::model(move || {
        let shared = Arc::new((AtomicWaker::new(), AtomicUsize::new(0)));
        let threads: Vec<_> = (0..wakers)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    shared.1.fetch_add(1, Relaxed);
                    shared.0.wake();
                })
            })
            .collect();
        block_on(poll_fn(|context| {
            shared.0.register(context.waker());
            if shared.1.load(Relaxed) == wakers { Poll::Ready(()) } else { Poll::Pending }
        }));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_wake_is_not_lost() {
    is_woken_by(1);
}

#[test]
fn no_wake_of_two_is_lost() {
    is_woken_by(2);
}

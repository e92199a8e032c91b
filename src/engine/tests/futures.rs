//! Futures that are polled for no reason, and futures that are dropped while they wait.

use crate::engine::{Bounds, Budget, Engine, Exploration, Extent, FailureKind, Program, explore};
use crate::sync::atomic::{AtomicBool, Ordering::SeqCst};
use crate::sync::future::{AtomicWaker, block_on, cancellable};
use crate::sync::thread::spawn;
use crate::sync::{Arc, Mutex};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// A flag that one task waits for.
#[derive(Default)]
struct Flag {
    set: AtomicBool,
    waker: AtomicWaker,
}

impl Flag {
    async fn wait(&self) {
        poll_fn(|context| {
            self.waker.register(context.waker());
            if self.set.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn set(&self) {
        self.set.store(true, SeqCst);
        self.waker.wake();
    }
}

fn explored(program: &Program) -> Exploration {
    explore(Engine::Dpor, program, &Budget::default())
}

/// One task awaits the flag, and another thread sets it.
fn awaited() -> Program {
    Program::new(|| {
        let flag = Arc::new(Flag::default());
        let setter = spawn({
            let flag = Arc::clone(&flag);
            move || flag.set()
        });
        let end = block_on(cancellable(flag.wait()));
        setter.join().unwrap();
        Ok(if end.is_ok() { "set" } else { "cancelled" }.to_owned())
    })
}

#[test]
fn a_future_may_be_dropped_at_each_of_its_waits() {
    let found = explored(&awaited());
    assert_eq!((found.failure, found.redundant), (None, 0));
    assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["cancelled", "set"]);
}

#[test]
fn cancellations_that_were_left_out_are_named() {
    let none = Budget { cancellations: 0, ..Budget::default() };
    let found = explore(Engine::Dpor, &awaited(), &none);
    assert_eq!(found.outcomes.keys().collect::<Vec<_>>(), ["set"]);
    let Ok(Extent::Complete(bounds)) = found.coverage else { panic!("{:?}", found.coverage) };
    assert_eq!(bounds.cancellations, Some(0));
    assert_eq!(
        Bounds { cancellations: Some(0), ..Bounds::NONE }.to_string(),
        "exhaustive, without cancellations"
    );
    assert_eq!(
        Bounds { cancellations: Some(1), spurious: Some(0), ..Bounds::NONE }.to_string(),
        "exhaustive up to 1 cancellation, without spurious events"
    );
}

/// A task that leaves its waker at its first poll alone.
#[test]
fn a_future_that_keeps_its_first_waker_is_caught() {
    let program = Program::new(|| {
        let shared = Arc::new(Mutex::new((false, None::<Waker>)));
        let setter = spawn({
            let shared = Arc::clone(&shared);
            move || {
                let mut shared = shared.lock().unwrap();
                shared.0 = true;
                let waker = shared.1.take();
                drop(shared);
                waker.into_iter().for_each(Waker::wake);
            }
        });
        block_on(poll_fn(|context| {
            let mut shared = shared.lock().unwrap();
            if shared.0 {
                return Poll::Ready(());
            }
            shared.1.get_or_insert_with(|| context.waker().clone());
            Poll::Pending
        }));
        setter.join().unwrap();
        Ok(String::new())
    });
    let found = explored(&program);
    assert_eq!(found.failure.map(|failure| failure.kind), Some(FailureKind::Deadlock));
    // Without a poll for no reason there is nothing to see.
    let strictly = explore(Engine::Dpor, &program, &Budget { spurious: 0, ..Budget::default() });
    assert_eq!(strictly.failure, None);
}

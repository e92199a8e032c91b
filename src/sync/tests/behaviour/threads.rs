//! Threads and futures, and what belongs to a thread or to an execution.

use super::{both, each};
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicBool, AtomicU32};
use crate::sync::future::{AtomicWaker, block_on};
use crate::sync::{Arc, LazyLock, Mutex, lazy_static, thread, thread_local};
use std::cell::{Cell, RefCell};
use std::task::Poll;

pub(in crate::sync::tests) fn thread_hands_its_result_to_join() {
    let result = thread::spawn(|| "soup").join().unwrap();
    assert_eq!(result, "soup");
}

pub(in crate::sync::tests) fn thread_hands_its_panic_to_join() {
    let panic = thread::spawn(|| std::panic::resume_unwind(Box::new("spilt"))).join();
    let payload = panic.map(|never: ()| never).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"spilt"));
}

pub(in crate::sync::tests) fn thread_is_unparked() {
    let ready = Arc::new(AtomicBool::new(false));
    let sleeper = thread::spawn({
        let ready = Arc::clone(&ready);
        move || {
            while !ready.load(Acquire) {
                thread::park();
            }
        }
    });
    ready.store(true, Release);
    sleeper.thread().unpark();
    sleeper.join().unwrap();
}

pub(in crate::sync::tests) fn thread_has_a_name_and_an_identity() {
    let builder = thread::Builder::new().name("Plato".to_owned());
    let handle =
        builder.spawn(|| (thread::current().name().map(str::to_owned), thread::current().id())).unwrap();
    let (thread, (name, id)) = (handle.thread().clone(), handle.join().unwrap());
    assert_eq!(name.as_deref(), Some("Plato"));
    assert_eq!(thread.name(), Some("Plato"));
    assert_eq!(thread.id(), id);
    assert_ne!(thread::current().id(), id);
}

pub(in crate::sync::tests) fn future_is_driven_to_its_end() {
    let mut polls = 0;
    let future = std::future::poll_fn(|context| {
        polls += 1;
        context.waker().wake_by_ref();
        if polls == 2 { Poll::Ready("done") } else { Poll::Pending }
    });
    assert_eq!(block_on(future), "done");
}

pub(in crate::sync::tests) fn waker_is_not_lost() {
    each(
        (AtomicWaker::new(), AtomicBool::new(false)),
        [
            |(waker, ready)| {
                block_on(std::future::poll_fn(|context| {
                    waker.register(context.waker());
                    if ready.swap(false, Acquire) { Poll::Ready(()) } else { Poll::Pending }
                }));
            },
            |(waker, ready)| {
                ready.swap(true, Release);
                waker.wake();
            },
        ],
    );
}

pub(in crate::sync::tests) fn lazy_static_is_made_once() {
    lazy_static! {
        static ref COUNT: Mutex<u32> = Mutex::new(40);
    }
    for _ in 0..2 {
        thread::spawn(|| *COUNT.lock().unwrap() += 1).join().unwrap();
    }
    assert_eq!(*COUNT.lock().unwrap(), 42);
}

pub(in crate::sync::tests) fn lazy_lock_is_made_once() {
    static COUNT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(0));
    let (_, found) = both((), |()| COUNT.fetch_add(1, Relaxed));
    assert_eq!(found[0].abs_diff(found[1]), 1);
}

thread_local! {
    static MEALS: Cell<u32> = const { Cell::new(1) };
    static DISHES: RefCell<Vec<u32>> = RefCell::new(vec![MEALS.get()]);
}

pub(in crate::sync::tests) fn thread_locals_are_each_threads_own() {
    assert_eq!((MEALS.replace(5), MEALS.get()), (1, 5));
    let (_, found) = both((), |()| {
        MEALS.set(MEALS.get() + 1);
        DISHES.with_borrow_mut(|dishes| dishes.push(7));
        (MEALS.take(), DISHES.take())
    });
    assert_eq!(found, [(2, vec![2, 7]), (2, vec![2, 7])]);
    assert_eq!(MEALS.replace(1), 5);
    DISHES.set(Vec::new());
    assert_eq!(DISHES.with_borrow(Vec::len), 0);
}

/// Counts down as its thread ends, and finds then that it is no more.
struct Guest(Arc<AtomicU32>);

thread_local!(static GUEST: RefCell<Option<Guest>> = const { RefCell::new(None) });

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
        assert_eq!(GUEST.try_with(|_| ()), Err(thread::AccessError));
    }
}

pub(in crate::sync::tests) fn thread_locals_are_dropped_with_their_thread() {
    let guests = Arc::new(AtomicU32::new(1));
    let guest = Guest(Arc::clone(&guests));
    let thread = thread::spawn(move || GUEST.set(Some(guest)));
    thread.join().unwrap();
    assert_eq!(guests.load(Relaxed), 0);
}

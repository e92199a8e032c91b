//! loom's API, used as a project uses it: what holds holds, and what is broken is told.

use loom::alloc::{self, Layout, Track};
use loom::cell::{Cell, UnsafeCell};
use loom::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use loom::sync::atomic::{AtomicBool, AtomicUsize};
use loom::sync::{Arc, Condvar, Mutex, Notify, RwLock, mpsc};
use loom::{future, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a model says that is broken.
fn finding(program: impl Fn() + Send + Sync + 'static) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| loom::model(program))).expect_err("the model is broken");
    *panic.downcast::<String>().expect("a report")
}

#[test]
fn accepts_a_message_that_is_published() {
    loom::model(|| {
        let slot = Arc::new((UnsafeCell::new(0), AtomicBool::new(false)));
        let other = Arc::clone(&slot);
        let writer = thread::spawn(move || {
            // SAFETY: the reader reads the slot after the flag.
            unsafe { *other.0.get_mut().deref() = 1 };
            other.1.store(true, Release);
        });
        if slot.1.load(Acquire) {
            // SAFETY: the writer is done.
            assert_eq!(unsafe { *slot.0.get().deref() }, 1);
        }
        writer.join().unwrap();
    });
}

#[test]
fn rejects_a_message_that_is_not() {
    let report = finding(|| {
        let slot = Arc::new((UnsafeCell::new(0), AtomicBool::new(false)));
        let other = Arc::clone(&slot);
        let writer = thread::spawn(move || {
            other.0.with_mut(|slot| {
                // SAFETY: none; the engine ends the execution.
                unsafe { *slot = 1 }
            });
            other.1.store(true, Relaxed);
        });
        if slot.1.load(Relaxed) {
            // SAFETY: none, as above.
            let _ = slot.0.with(|slot| unsafe { *slot });
        }
        writer.join().unwrap();
    });
    assert!(report.starts_with("✗ data race in rejects_a_message_that_is_not, execution "), "{report}");
    assert!(report.contains("api.rs:"), "the table has places:\n{report}");
}

/// A writer that publishes while it has a pointer, and afterwards uses it or not.
fn published_with_a_pointer(used_afterwards: bool) -> impl Fn() + Send + Sync {
    move || {
        let slot = Arc::new((UnsafeCell::new(0), AtomicBool::new(false)));
        let other = Arc::clone(&slot);
        let writer = thread::spawn(move || {
            let write = other.0.get_mut();
            other.1.store(true, Release);
            if used_afterwards {
                // SAFETY: none; the engine ends the execution where the reader is there already.
                unsafe { *write.deref() = 1 };
            }
        });
        if slot.1.load(Acquire) {
            drop(slot.0.get());
        }
        writer.join().unwrap();
    }
}

/// As the drop of a reference does it that has the pointer as a field: thingbuf's, for example.
#[test]
fn accepts_a_pointer_that_is_dropped_after_the_release() {
    loom::model(published_with_a_pointer(false));
}

#[test]
fn rejects_a_pointer_that_is_used_after_the_release() {
    let report = finding(published_with_a_pointer(true));
    assert!(report.starts_with("✗ data race"), "{report}");
}

/// As event-listener does it.
#[test]
fn accepts_a_pointer_that_outlives_its_cell() {
    loom::model(|| {
        let cell = UnsafeCell::new(1);
        let pointer = cell.get();
        assert_eq!(cell.into_inner(), 1);
        drop(pointer);
    });
}

#[test]
fn rejects_a_cell_that_two_threads_use() {
    struct Shared(Cell<u32>);
    // SAFETY: none; that it is wrong is what the test shows.
    unsafe impl Sync for Shared {}
    let report = finding(|| {
        let cell = Arc::new(Shared(Cell::new(0)));
        let other = Arc::clone(&cell);
        let thread = thread::spawn(move || other.0.set(1));
        cell.0.set(2);
        thread.join().unwrap();
    });
    assert!(report.starts_with("✗ data race"), "{report}");
}

#[test]
fn rejects_a_lost_update() {
    let report = finding(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let threads = [(); 2].map(|()| {
            let count = Arc::clone(&count);
            thread::spawn(move || count.store(count.load(SeqCst) + 1, SeqCst))
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(count.load(SeqCst), 2);
    });
    assert!(report.starts_with("✗ panic"), "{report}");
    assert!(report.contains("load"), "{report}");
}

#[test]
fn rejects_a_lost_wakeup() {
    let report = finding(|| {
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&gate);
        let opener = thread::spawn(move || *other.0.lock().unwrap() = true);
        let mut open = gate.0.lock().unwrap();
        while !*open {
            open = gate.1.wait(open).unwrap();
        }
        drop(open);
        opener.join().unwrap();
    });
    assert!(report.starts_with("✗ lost wake-up"), "{report}");
}

/// loom's executions end when every thread has ended.
#[test]
fn rejects_a_thread_that_waits_when_main_has_ended() {
    let report = finding(|| drop(thread::spawn(thread::park)));
    assert!(report.starts_with("✗ lost wake-up"), "{report}");
}

#[test]
fn rejects_memory_that_leaks() {
    let layout = Layout::new::<u64>();
    let report = finding(move || {
        // SAFETY: the layout has a size.
        let _leaked = unsafe { alloc::alloc(layout) };
    });
    assert!(report.starts_with("✗ leak"), "{report}");
    let report = finding(|| std::mem::forget(Track::new(1)));
    assert!(report.starts_with("✗ leak"), "{report}");
}

#[test]
fn accepts_memory_that_is_freed() {
    let layout = Layout::new::<u64>();
    loom::model(move || {
        // SAFETY: the layout has a size.
        let memory = unsafe { alloc::alloc_zeroed(layout) };
        // SAFETY: it was allocated just now, with this layout.
        unsafe { alloc::dealloc(memory, layout) };
        assert_eq!(Track::new(1).into_inner(), 1);
    });
}

#[test]
fn rejects_memory_that_is_freed_twice() {
    let layout = Layout::new::<u64>();
    let report = finding(move || {
        // SAFETY: the layout has a size.
        let memory = unsafe { alloc::alloc(layout) };
        // SAFETY: it was allocated just now, with this layout.
        unsafe { alloc::dealloc(memory, layout) };
        // SAFETY: none; it panics before it frees.
        unsafe { alloc::dealloc(memory, layout) };
    });
    assert!(report.contains("is free already"), "{report}");
}

loom::thread_local! {
    static SEEN: Cell<u32> = Cell::new(0);
}

loom::lazy_static! {
    static ref ORDERS: AtomicUsize = AtomicUsize::new(0);
}

#[test]
fn statics_are_new_in_each_execution_and_locals_in_each_thread() {
    loom::model(|| {
        let visit = || {
            SEEN.with(|seen| {
                assert_eq!(seen.get(), 0);
                seen.set(1);
            });
            ORDERS.fetch_add(1, SeqCst)
        };
        let thread = thread::spawn(visit);
        let mine = visit();
        let theirs = thread.join().unwrap();
        assert_eq!(mine + theirs, 1);
        SEEN.with(|seen| assert_eq!(seen.get(), 1));
    });
}

#[test]
fn locals_are_dropped_when_their_thread_ends() {
    struct Told(Arc<AtomicUsize>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    loom::thread_local! {
        static TOLD: std::cell::RefCell<Option<Told>> = const { std::cell::RefCell::new(None) };
    }
    loom::model(|| {
        let told = Arc::new(AtomicUsize::new(0));
        let other = Told(Arc::clone(&told));
        thread::spawn(move || TOLD.with(|told| *told.borrow_mut() = Some(other))).join().unwrap();
        assert_eq!(told.load(SeqCst), 1);
    });
}

#[test]
fn accepts_every_way_to_hand_over() {
    loom::model(|| {
        let (sender, receiver) = mpsc::channel();
        let bell = Arc::new(Notify::new());
        let other = Arc::clone(&bell);
        let thread = thread::spawn(move || {
            other.wait();
            sender.send(std::rc::Rc::new(1)).unwrap();
        });
        bell.notify();
        assert_eq!(*receiver.recv().unwrap(), 1);
        assert!(receiver.recv().is_err());
        thread.join().unwrap();
    });
}

#[test]
fn accepts_a_task_that_is_woken() {
    loom::model(|| {
        let shared = Arc::new((future::AtomicWaker::new(), AtomicBool::new(false), RwLock::new(0)));
        let other = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            *other.2.write().unwrap() += 1;
            other.1.store(true, Release);
            other.0.wake();
        });
        let woken = future::block_on(std::future::poll_fn(|context| {
            shared.0.register_by_ref(context.waker());
            match shared.1.load(Acquire) {
                true => std::task::Poll::Ready(*shared.2.read().unwrap()),
                false => std::task::Poll::Pending,
            }
        }));
        assert_eq!(woken, 1);
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "outside of `loom::model`")]
fn a_thread_outside_of_a_model_is_refused() {
    drop(thread::spawn(|| ()));
}

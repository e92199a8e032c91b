//! Atomics, fences, and memory that nothing guards.

use super::{both, each};
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use crate::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16,
    AtomicU32, AtomicU64, AtomicUsize, fence,
};
use crate::sync::{Arc, Tracked, UnsafeCell, hint, thread};

macro_rules! every_integer {
    ($($atomic:ident)+) => {$({
        let atomic = $atomic::new(5);
        assert_eq!(atomic.swap(6, SeqCst), 5);
        assert_eq!(atomic.fetch_add(4, AcqRel), 6);
        assert_eq!(atomic.fetch_sub(2, Release), 10);
        assert_eq!(atomic.fetch_and(0b1100, Relaxed), 8);
        assert_eq!(atomic.fetch_or(0b0001, Acquire), 8);
        assert_eq!(atomic.fetch_xor(0b0011, Relaxed), 9);
        assert_eq!(atomic.fetch_max(20, Relaxed), 10);
        assert_eq!(atomic.fetch_min(3, Relaxed), 20);
        assert_eq!(atomic.fetch_nand(1, Relaxed), 3);
        assert_eq!(atomic.load(Relaxed), !1);
        atomic.store(1, Relaxed);
        assert_eq!(atomic.compare_exchange(2, 3, Relaxed, Relaxed), Err(1));
        assert_eq!(atomic.compare_exchange(1, 3, Relaxed, Relaxed), Ok(1));
        assert_eq!(atomic.fetch_update(Relaxed, Relaxed, |value| (value == 3).then_some(4)), Ok(3));
        assert_eq!(atomic.try_update(Relaxed, Relaxed, |_| None), Err(4));
        assert_eq!(atomic.update(Relaxed, Relaxed, |value| value + 1), 4);
        assert_eq!(atomic.into_inner(), 5);
    })+};
}

pub(in crate::sync::tests) fn atomics_have_every_read_modify_write() {
    every_integer!(AtomicU8 AtomicU16 AtomicU32 AtomicU64 AtomicUsize AtomicI8 AtomicI16 AtomicI32 AtomicI64 AtomicIsize);
}

pub(in crate::sync::tests) fn atomic_bool_has_every_read_modify_write() {
    let atomic = AtomicBool::new(true);
    assert!(atomic.swap(true, Relaxed));
    assert!(atomic.fetch_and(false, Relaxed));
    assert!(!atomic.fetch_or(true, Relaxed));
    assert!(atomic.fetch_xor(true, Relaxed));
    assert!(!atomic.fetch_nand(true, Relaxed));
    assert!(atomic.fetch_not(Relaxed));
    assert_eq!(atomic.compare_exchange(false, true, Relaxed, Relaxed), Ok(false));
    assert!(atomic.into_inner());
}

pub(in crate::sync::tests) fn atomic_pointer_has_every_read_modify_write() {
    let mut forks = [0_u32; 4];
    let first = forks.as_mut_ptr();
    let mut atomic = AtomicPtr::new(first);
    assert_eq!(atomic.fetch_ptr_add(3, Relaxed), first);
    assert_eq!(atomic.fetch_ptr_sub(1, Relaxed), first.wrapping_add(3));
    assert_eq!(atomic.fetch_byte_add(4, Relaxed), first.wrapping_add(2));
    assert_eq!(atomic.fetch_byte_sub(12, Relaxed), first.wrapping_add(3));
    assert_eq!(atomic.fetch_or(1, Relaxed), first);
    assert_eq!(atomic.fetch_xor(3, Relaxed).addr(), first.addr() | 1);
    assert_eq!(atomic.fetch_and(!3, Relaxed).addr(), first.addr() ^ 2);
    assert_eq!(atomic.swap(first, Relaxed).addr(), first.addr() & !3);
    assert_eq!(atomic.compare_exchange(first, std::ptr::null_mut(), Relaxed, Relaxed), Ok(first));
    assert!(atomic.get_mut().is_null());
}

pub(in crate::sync::tests) fn atomic_increments_are_not_lost() {
    let (count, found) = both(AtomicU32::new(0), |count| count.fetch_add(1, Relaxed));
    assert_eq!(found[0] + found[1], 1);
    assert_eq!(count.load(Relaxed), 2);
}

/// A stack's destructor reaches its head through the exclusive borrow.
pub(in crate::sync::tests) fn atomic_shows_its_value_to_its_owner() {
    let (count, _) = both(AtomicU32::new(0), |count| count.fetch_add(1, AcqRel));
    let mut count = Arc::into_inner(count).expect("the last owner");
    assert_eq!(*count.get_mut(), 2);
    *count.get_mut() += 1;
    assert_eq!(*count.get_mut(), 3);
    assert_eq!(count.into_inner(), 3);
}

/// A cell, and a flag that says whose it is.
struct Baton {
    value: UnsafeCell<u32>,
    passed: AtomicBool,
}

// SAFETY: the cell is written before `passed` is set, and read after.
unsafe impl Sync for Baton {}

impl Baton {
    fn new() -> Self {
        Self { value: UnsafeCell::new(0), passed: AtomicBool::new(false) }
    }

    fn write(&self) {
        // SAFETY: the reader waits for `passed`.
        self.value.with_mut(|value| unsafe { *value = 7 });
    }

    fn read(&self) -> u32 {
        // SAFETY: `passed` was seen, and the writer is done.
        self.value.with(|value| unsafe { *value })
    }
}

pub(in crate::sync::tests) fn cell_passes_from_thread_to_thread() {
    each(
        Baton::new(),
        [
            |baton| {
                baton.write();
                baton.passed.store(true, Release);
            },
            |baton| {
                while !baton.passed.load(Acquire) {
                    hint::spin_loop();
                }
                assert_eq!(baton.read(), 7);
            },
        ],
    );
}

pub(in crate::sync::tests) fn cell_is_reached_through_guards() {
    let cell = UnsafeCell::new(1);
    {
        let write = cell.begin_write();
        // SAFETY: only this thread has the cell.
        unsafe { *write.deref() += 1 };
    }
    let read = cell.begin_read();
    // SAFETY: as above.
    assert_eq!(unsafe { *read.deref() }, 2);
    // SAFETY: as above.
    assert_eq!(read.with(|value| unsafe { *value }), 2);
}

pub(in crate::sync::tests) fn fences_order_relaxed_accesses() {
    each(
        Baton::new(),
        [
            |baton| {
                baton.write();
                fence(Release);
                baton.passed.store(true, Relaxed);
            },
            |baton| {
                while !baton.passed.load(Relaxed) {
                    thread::yield_now();
                }
                fence(Acquire);
                assert_eq!(baton.read(), 7);
            },
        ],
    );
}

pub(in crate::sync::tests) fn tracked_items_pass_from_thread_to_thread() {
    let item = Tracked::new(String::from("soup"));
    let thread = thread::spawn(move || {
        assert_eq!(item.with(String::len), 4);
        item
    });
    let mut item = thread.join().unwrap();
    item.with_mut(|item| item.push('s'));
    drop(item.clone());
    assert_eq!(item.into_inner(), "soups");
}

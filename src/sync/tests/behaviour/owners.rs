//! Owners of a value, who count themselves.

use super::both;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{Relaxed, SeqCst};
use crate::sync::{Arc, UnsafeCell, Weak, thread};
use std::fmt::Display;

/// Counts its own destruction, and looks at a cell that others have written.
struct Counted {
    drops: std::sync::Arc<std::sync::atomic::AtomicU32>,
    last_words: UnsafeCell<u32>,
}

// SAFETY: nobody but the destructor reaches the cell.
unsafe impl Sync for Counted {}

impl Drop for Counted {
    fn drop(&mut self) {
        // SAFETY: the last owner is alone.
        self.last_words.with_mut(|words| unsafe { *words += 1 });
        self.drops.fetch_add(1, SeqCst);
    }
}

pub(in crate::sync::tests) fn arc_destroys_its_value_once() {
    let drops = std::sync::Arc::default();
    let counted = Counted { drops: std::sync::Arc::clone(&drops), last_words: UnsafeCell::new(0) };
    let (value, _) = both(counted, |_| ());
    let again = Arc::clone(&value);
    assert_eq!(Arc::strong_count(&value), 2);
    assert!(Arc::ptr_eq(&value, &again));
    drop(again);
    drop(value);
    assert_eq!(drops.load(SeqCst), 1);
}

pub(in crate::sync::tests) fn arc_holds_a_trait_object() {
    let shown: Arc<dyn Display + Send + Sync> = Arc::coerce(Arc::new(42), |number| number);
    let other = Arc::clone(&shown);
    let thread = thread::spawn(move || other.to_string());
    assert_eq!(thread.join().unwrap(), "42");
    let slice: Arc<[u8]> = Arc::from(vec![1, 2]);
    assert_eq!(slice.len(), 2);
}

pub(in crate::sync::tests) fn arc_goes_through_a_raw_pointer() {
    let value = Arc::new(3);
    let pointer = Arc::into_raw(Arc::clone(&value));
    assert_eq!(Arc::strong_count(&value), 2);
    // SAFETY: `into_raw` gave it.
    let again = unsafe { Arc::from_raw(pointer) };
    assert!(Arc::ptr_eq(&value, &again));
}

/// A waker written by hand: what is woken is an owner that went through a pointer.
mod by_hand {
    use super::{Arc, AtomicU32, Relaxed};
    use std::mem::ManuallyDrop;
    use std::task::{RawWaker, RawWakerVTable, Waker};

    static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

    pub(in crate::sync::tests) fn waker(woken: Arc<AtomicU32>) -> Waker {
        // SAFETY: the functions of the table keep the contract of each.
        unsafe { Waker::from_raw(RawWaker::new(Arc::into_raw(woken).cast(), &TABLE)) }
    }

    unsafe fn owner(woken: *const ()) -> Arc<AtomicU32> {
        // SAFETY: the pointer of every such waker came from `into_raw`.
        unsafe { Arc::from_raw(woken.cast()) }
    }

    unsafe fn clone(woken: *const ()) -> RawWaker {
        // SAFETY: as above.
        let another = ManuallyDrop::new(unsafe { owner(woken) });
        waker_of(Arc::clone(&another))
    }

    fn waker_of(woken: Arc<AtomicU32>) -> RawWaker {
        RawWaker::new(Arc::into_raw(woken).cast(), &TABLE)
    }

    unsafe fn wake(woken: *const ()) {
        // SAFETY: as above; this owner is given up.
        unsafe { owner(woken) }.fetch_add(1, Relaxed);
    }

    unsafe fn wake_by_ref(woken: *const ()) {
        // SAFETY: as above; the owner stays with the waker.
        ManuallyDrop::new(unsafe { owner(woken) }).fetch_add(1, Relaxed);
    }

    unsafe fn drop(woken: *const ()) {
        // SAFETY: as above; this owner is given up.
        std::mem::drop(unsafe { owner(woken) });
    }
}

pub(in crate::sync::tests) fn arc_is_cloned_through_a_raw_pointer() {
    let woken = Arc::new(AtomicU32::new(0));
    let waker = by_hand::waker(Arc::clone(&woken));
    waker.wake_by_ref();
    let other = waker.clone();
    let thread = thread::spawn(move || other.wake());
    waker.wake_by_ref();
    thread.join().unwrap();
    drop(waker);
    assert_eq!(Arc::try_unwrap(woken).expect("the last owner").into_inner(), 3);
}

pub(in crate::sync::tests) fn arc_is_counted_through_a_raw_pointer() {
    let pointers = [(); 2].map(|()| Arc::into_raw(Arc::new(3)));
    // SAFETY: `into_raw` gave the pointers, and each owner is taken back once.
    let [first, second] = pointers.map(|pointer| unsafe {
        Arc::increment_strong_count(pointer);
        Arc::decrement_strong_count(pointer);
        Arc::increment_strong_count(pointer);
        (Arc::from_raw(pointer), Arc::from_raw(pointer))
    });
    assert!(Arc::ptr_eq(&first.0, &first.1) && !Arc::ptr_eq(&first.0, &second.0));
    assert_eq!((Arc::strong_count(&first.0), Arc::strong_count(&second.1)), (2, 2));
}

pub(in crate::sync::tests) fn arc_refers_to_itself() {
    let plate = Arc::new_cyclic(|plate: &Weak<[u32; 2]>| [plate.clone().ptr_eq(plate).into(), 2]);
    assert_eq!(*plate, [1, 2]);
}

pub(in crate::sync::tests) fn arc_unwraps_for_a_sole_owner() {
    let mut value = Arc::new(3);
    let other = Arc::clone(&value);
    assert!(Arc::get_mut(&mut value).is_none());
    let value = Arc::try_unwrap(value).unwrap_err();
    assert_eq!(Arc::into_inner(other), None);
    let mut value = value;
    *Arc::make_mut(&mut value) += 1;
    assert_eq!(Arc::try_unwrap(value), Ok(4));
}

pub(in crate::sync::tests) fn arc_is_made_of_std_s() {
    let value: Arc<dyn Fn() -> u32> = Arc::from_std(std::sync::Arc::new(|| 1));
    assert_eq!(value(), 1);
}

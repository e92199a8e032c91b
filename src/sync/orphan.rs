//! Counted handles of which some may be those of a killed process.
//!
//! What such a process has in its memory is never dropped, its handles among that. So after an execution with a death nobody can tell
//! whether a value is still needed; and nobody needs it, for all threads have ended. Its place is taken by a value of the same
//! type that a later execution makes: a search of millions of deaths needs no more room than one execution.
//!
//! Invariant: a place has as many handles as it counts, unless it is orphaned: then some of them are those of the dead. Its value is
//! written only where it has no handles, or where the execution is over in which it was orphaned.

use super::current::epoch;
use std::any::{TypeId, type_name};
use std::cell::{RefCell, UnsafeCell};
use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};

/// A handle to a value.
pub(super) struct Counted<T: 'static> {
    place: &'static Place<T>,
    /// The execution that has made it.
    epoch: u32,
}

// SAFETY: a handle gives out shared borrows of the value, and the last one drops it.
unsafe impl<T: Send + Sync> Send for Counted<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Counted<T> {}

/// Room for values of this type, one after the other, for as long as the program runs.
struct Place<T> {
    state: State,
    value: UnsafeCell<Option<T>>,
}

/// Ordering: Relaxed throughout. An engine runs all threads of a model on one thread of the system.
struct State {
    /// The execution that uses it.
    epoch: AtomicU32,
    handles: AtomicUsize,
    is_orphaned: AtomicBool,
}

impl State {
    fn is_free(&self) -> bool {
        let is_over = || self.is_orphaned.load(Relaxed) && self.epoch.load(Relaxed) != epoch();
        self.handles.load(Relaxed) == 0 || is_over()
    }
}

/// A place of this thread of the system.
struct Known {
    of: TypeId,
    state: &'static State,
    place: NonNull<()>,
}

thread_local! {
    static KNOWN: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

/// A process was killed: handles to values of this execution may be left that nobody will drop.
pub(super) fn orphan_all() {
    KNOWN.with_borrow(|known| {
        let now = |known: &&Known| known.state.epoch.load(Relaxed) == epoch();
        known.iter().filter(now).for_each(|known| known.state.is_orphaned.store(true, Relaxed));
    });
}

impl<T: 'static> Place<T> {
    /// One that is free.
    fn find() -> &'static Self {
        let of = TypeId::of::<T>();
        KNOWN.with_borrow_mut(|all| {
            if let Some(known) = all.iter().find(|known| known.of == of && known.state.is_free()) {
                // SAFETY: it is one of this type, as was written down below, and is never freed.
                return unsafe { known.place.cast::<Self>().as_ref() };
            }
            let (epoch, handles, is_orphaned) = Default::default();
            let state = State { epoch, handles, is_orphaned };
            let place: &'static Self = Box::leak(Box::new(Self { state, value: UnsafeCell::new(None) }));
            all.push(Known { of, state: &place.state, place: NonNull::from(place).cast() });
            place
        })
    }
}

impl<T: 'static> Counted<T> {
    pub(super) fn new(value: T) -> Self {
        let (place, epoch) = (Place::find(), epoch());
        // SAFETY: it is free, so nobody has a borrow of what is there: its handles are gone, or were those of threads that have ended.
        let before = unsafe { (*place.value.get()).replace(value) };
        place.state.epoch.store(epoch, Relaxed);
        place.state.handles.store(1, Relaxed);
        place.state.is_orphaned.store(false, Relaxed);
        // What an earlier execution has left does nothing in its destructors.
        drop(before);
        Self { place, epoch }
    }

    /// Whether no later execution has taken the place.
    fn is_current(&self) -> bool {
        self.place.state.epoch.load(Relaxed) == self.epoch
    }
}

impl<T: 'static> Clone for Counted<T> {
    fn clone(&self) -> Self {
        if self.is_current() {
            self.place.state.handles.fetch_add(1, Relaxed);
        }
        Self { ..*self }
    }
}

impl<T: 'static> Drop for Counted<T> {
    fn drop(&mut self) {
        if self.is_current() && self.place.state.handles.fetch_sub(1, Relaxed) == 1 {
            // SAFETY: this was the last handle.
            drop(unsafe { (*self.place.value.get()).take() });
        }
    }
}

impl<T: 'static> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        assert!(self.is_current(), "{} belongs to an execution that is over", type_name::<T>());
        // SAFETY: no later execution has taken the place, and this is a handle.
        unsafe { (*self.place.value.get()).as_ref() }.expect("it is there as long as it has handles")
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Counted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counted").field(&**self).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::current::next_epoch;
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_last_handle_drops_what_is_there_and_the_place_is_used_again() {
        next_epoch();
        let value = Arc::new(());
        let first = Counted::new(Arc::clone(&value));
        let (place, second) = (first.place, first.clone());
        drop(first);
        assert_eq!((Arc::strong_count(&value), Arc::strong_count(&second)), (2, 2));
        drop(second);
        assert_eq!(Arc::strong_count(&value), 1);
        assert!(std::ptr::eq(Counted::new(value).place, place));
    }

    #[test]
    fn places_of_the_dead_are_used_again_by_the_next_execution_and_not_before() {
        next_epoch();
        let value = Arc::new(());
        let dead = std::mem::ManuallyDrop::new(Counted::new(Arc::clone(&value)));
        orphan_all();
        let beside = Counted::new(Arc::clone(&value));
        assert!(!std::ptr::eq(beside.place, dead.place));
        drop(beside);
        next_epoch();
        let (one, other) = (Counted::new(Arc::clone(&value)), Counted::new(Arc::clone(&value)));
        assert!([one.place, other.place].iter().any(|place| std::ptr::eq(*place, dead.place)));
        assert_eq!(Arc::strong_count(&value), 3);
        drop((one, other));
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    #[should_panic(expected = "belongs to an execution that is over")]
    fn who_comes_back_from_an_earlier_execution_is_told() {
        next_epoch();
        let kept = Counted::new(7_u8);
        orphan_all();
        next_epoch();
        let _others = [Counted::new(8_u8), Counted::new(9_u8)];
        let _ = *kept;
    }
}

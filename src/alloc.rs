//! An allocator that keeps what a model frees until the execution is over.
//!
//! A use after free is a finding of the engines of this crate (`use after destroy`), and they stop the execution
//! before the memory is touched. But the object has to tell who it is, and so has to be intact where a
//! thread that does not know of its end comes to use it. One line in the crate of the tests makes it so:
//!
//! ```
//! #[global_allocator]
//! static ALLOCATOR: refectory::alloc::Quarantine = refectory::alloc::Quarantine;
//! # fn main() {}
//! ```
//!
//! Outside of executions of `dpor`, `random`, `pct`, `urw` and `dpor-on-shuttle`, on OS threads that run none, and in a
//! build without these engines it is [`System`] and nothing else.

use std::alloc::{GlobalAlloc, Layout, System};

/// [`System`]; but what a model frees stays as it is until the execution is over.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quarantine;

// SAFETY: blocks are those of `System`; one that is kept is given back to it once, and to nobody else before.
unsafe impl GlobalAlloc for Quarantine {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !held::keep(block, layout) {
            // SAFETY: the caller's promise.
            unsafe { System.dealloc(block, layout) }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !held::is_keeping() {
            // SAFETY: the caller's promise.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the caller's promise: the size is good for this alignment.
        let layout_after = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the caller's promise: the size is not zero.
        let moved = unsafe { self.alloc(layout_after) };
        if !moved.is_null() {
            // SAFETY: both blocks are at least that long, and they are two.
            unsafe { moved.copy_from_nonoverlapping(block, layout.size().min(size)) };
            // SAFETY: the block is the caller's to give up.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}

#[cfg(not(feature = "instrumented"))]
mod held {
    use super::Layout;

    #[inline]
    pub(super) const fn keep(_: *mut u8, _: Layout) -> bool {
        false
    }

    #[inline]
    pub(super) const fn is_keeping() -> bool {
        false
    }
}

#[cfg(feature = "instrumented")]
pub(crate) mod held {
    //! What this OS thread keeps.

    use super::{GlobalAlloc, Layout, System};
    use std::cell::{Cell, RefCell};
    use std::mem::ManuallyDrop;

    // Nothing here has a destructor, which an allocator must not need.
    thread_local! {
        static KEEPING: Cell<bool> = const { Cell::new(false) };
        static BLOCKS: RefCell<ManuallyDrop<Vec<(*mut u8, Layout)>>> =
            const { RefCell::new(ManuallyDrop::new(Vec::new())) };
    }

    pub(super) fn is_keeping() -> bool {
        KEEPING.get()
    }

    /// Keeps a block, if the program of a model gives it up.
    #[inline]
    pub(super) fn keep(block: *mut u8, layout: Layout) -> bool {
        // The list itself allocates.
        let keeping = KEEPING.replace(false);
        if keeping {
            BLOCKS.with_borrow_mut(|blocks| blocks.push((block, layout)));
            KEEPING.set(true);
        }
        keeping
    }

    /// From here on this OS thread runs the program of a model.
    #[inline]
    pub(crate) fn enter_model() {
        KEEPING.set(true);
    }

    /// From here on it does not.
    #[inline]
    pub(crate) fn leave_model() {
        KEEPING.set(false);
    }

    /// The engine works, in the middle of the program of a model, until the guard is dropped.
    #[inline]
    pub(crate) fn engine() -> Engine {
        Engine(KEEPING.replace(false))
    }

    #[must_use]
    #[derive(Debug)]
    pub(crate) struct Engine(bool);

    impl Drop for Engine {
        #[inline]
        fn drop(&mut self) {
            KEEPING.set(self.0);
        }
    }

    /// The execution is over: what it freed is freed.
    pub(crate) fn release() {
        leave_model();
        let mut blocks = BLOCKS.with_borrow_mut(std::mem::take);
        for (block, layout) in blocks.drain(..) {
            // SAFETY: the block came from `System` with this layout, and was kept when it was given up.
            unsafe { System.dealloc(block, layout) };
        }
        // The room is used again.
        BLOCKS.with_borrow_mut(|kept| **kept = ManuallyDrop::into_inner(blocks));
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn keeps_what_a_model_frees_as_it_is() {
            enter_model();
            let value = Box::into_raw(Box::new([7_u64; 4]));
            // SAFETY: it came from `into_raw`.
            drop(unsafe { Box::from_raw(value) });
            let mut grown = vec![1_u8; 3];
            let before = grown.as_ptr();
            grown.reserve(100);
            let (value, before) = (std::hint::black_box(value), std::hint::black_box(before));
            // SAFETY: the blocks are kept until `release`. Volatile, because the compiler knows them as freed.
            let kept = unsafe { (value.read_volatile(), before.read_volatile()) };
            let engine = engine();
            let blocks = BLOCKS.with_borrow(|blocks| blocks.len());
            drop(engine);
            release();
            assert_eq!((kept, blocks, grown[2]), (([7; 4], 1), 2, 1));
            assert!(!is_keeping());
        }
    }
}

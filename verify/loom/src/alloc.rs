//! Memory whose leak is a finding, as `loom::alloc`.
//!
//! Each piece has an owner of the facade's, which the engine calls a leak where it outlives the execution.

use refectory::sync::Arc;
use std::cell::RefCell;
use std::collections::HashMap;

pub use std::alloc::Layout;

std::thread_local! {
    static PIECES: RefCell<HashMap<usize, Arc<()>>> = RefCell::default();
}

/// Allocates memory that has to be freed with [`dealloc`] before the execution ends.
///
/// # Safety
/// As for [`std::alloc::alloc`].
#[track_caller]
pub unsafe fn alloc(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise is std's.
    remember(unsafe { std::alloc::alloc(layout) })
}

/// The same, with every byte zero.
///
/// # Safety
/// As for [`std::alloc::alloc_zeroed`].
#[track_caller]
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's promise is std's.
    remember(unsafe { std::alloc::alloc_zeroed(layout) })
}

/// Frees memory.
///
/// # Safety
/// As for [`std::alloc::dealloc`].
///
/// # Panics
/// If the memory is not one that [`alloc`] gave and that has not been freed.
#[track_caller]
pub unsafe fn dealloc(pointer: *mut u8, layout: Layout) {
    let piece = PIECES.with_borrow_mut(|pieces| pieces.remove(&pointer.addr()));
    assert!(
        piece.is_some() || std::thread::panicking(),
        "memory is freed that was not allocated, or is free already"
    );
    drop(piece);
    // SAFETY: the caller's promise is std's.
    unsafe { std::alloc::dealloc(pointer, layout) };
}

#[track_caller]
fn remember(pointer: *mut u8) -> *mut u8 {
    let piece = Arc::new(());
    PIECES.with_borrow_mut(|pieces| pieces.insert(pointer.addr(), piece));
    pointer
}

/// Pieces of earlier executions are over.
pub(crate) fn next_execution() {
    std::mem::forget(PIECES.take());
}

/// A value that has to be dropped before the execution ends.
#[derive(Debug)]
pub struct Track<T> {
    value: T,
    _owner: Arc<()>,
}

impl<T> Track<T> {
    /// Tracks a value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Self { value, _owner: Arc::new(()) }
    }

    /// The value.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The value.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The value, which is tracked no longer.
    pub fn into_inner(self) -> T {
        self.value
    }
}

//! What the slots of a deque hold.

use crate::port::Item;
use std::ptr;

/// What can be kept in one atomic word.
///
/// # Safety
/// A word of `into_word` may go to another thread, and `from_word` may be called there, once, and gives the
/// value back.
pub unsafe trait Word: Send + Sized + 'static {
    /// The word for the value, which now owns it.
    fn into_word(self) -> *mut ();

    /// The value.
    ///
    /// # Safety
    /// The word is one of `into_word`, and was not turned back before.
    unsafe fn from_word(word: *mut ()) -> Self;
}

// SAFETY: a box is a pointer that is not null, and its value may be sent.
unsafe impl<T: Send + 'static> Word for Box<T> {
    #[inline]
    fn into_word(self) -> *mut () {
        Box::into_raw(self).cast()
    }

    #[inline]
    unsafe fn from_word(word: *mut ()) -> Self {
        // SAFETY: the word is that of a box that nobody else has turned back.
        unsafe { Box::from_raw(word.cast()) }
    }
}

// SAFETY: a number goes through a pointer's address unchanged.
unsafe impl Word for usize {
    #[inline]
    fn into_word(self) -> *mut () {
        ptr::without_provenance_mut(self)
    }

    #[inline]
    unsafe fn from_word(word: *mut ()) -> Self {
        word.addr()
    }
}

// SAFETY: the label goes through a pointer's address unchanged.
unsafe impl Word for Item {
    #[inline]
    fn into_word(self) -> *mut () {
        let label = self.label() as usize;
        std::mem::forget(self);
        // No label is the null pointer of an empty slot: a thief that takes one shows.
        ptr::without_provenance_mut(label + 1)
    }

    #[inline]
    unsafe fn from_word(word: *mut ()) -> Self {
        Self::new(word.addr().wrapping_sub(1) as u32)
    }
}

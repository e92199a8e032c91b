//! A store that is in order before all that comes after it.

use crate::sync::atomic::{AtomicUsize, Ordering, fence};
#[cfg(feature = "instrumented")]
use crate::sync::is_modelled;

/// A relaxed store, and a sequentially consistent fence behind it.
///
/// On x86 natively an exchange does both: an instruction with a lock is as much of a fence there as `mfence`, and takes half as
/// long. So does crossbeam-epoch. C11 knows nothing of that, and neither do engines, which explore the store and the fence.
///
/// Source: "Intel 64 and IA-32 architectures software developer's manual", volume 3A, "Memory ordering in P6 and more recent processor
/// families": "Reads or writes cannot be reordered with I/O instructions, locked instructions, or serializing instructions."
#[inline]
#[track_caller]
pub(super) fn store_and_fence(word: &AtomicUsize, value: usize) {
    #[cfg(feature = "instrumented")]
    if is_modelled() {
        word.store(value, Ordering::Relaxed);
        return fence(Ordering::SeqCst);
    }
    if cfg!(all(any(target_arch = "x86", target_arch = "x86_64"), not(miri))) {
        // Ordering: SeqCst, so that the compiler moves nothing across it either.
        word.swap(value, Ordering::SeqCst);
    } else {
        word.store(value, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }
}

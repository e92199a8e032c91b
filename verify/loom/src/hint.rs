//! Hints, as `loom::hint`.

pub use refectory::sync::hint::spin_loop;

/// Tells that this is never reached, and panics where it is.
///
/// # Safety
/// None is asked for; the name is std's.
///
/// # Panics
/// Always.
#[track_caller]
pub unsafe fn unreachable_unchecked() -> ! {
    unreachable!("unreachable_unchecked was reached!");
}

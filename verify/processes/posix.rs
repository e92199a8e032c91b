//! The robust mutex of POSIX in the scenario of the suite's own lock: it keeps the same promises, on real cores.

use crate::common::{Tested, apart, at_each_point};
use crate::lock::{Told, add_up_with};
use refectory::sync::UnsafeCell;
use refectory::sync::process::point;
use refectory::sync::region::Shared;
use std::mem::MaybeUninit;

/// `pthread_mutex_t`, shared by processes and robust.
struct Posix(UnsafeCell<MaybeUninit<libc::pthread_mutex_t>>);

// SAFETY: its attribute says that processes share it, and nobody drops it.
unsafe impl Shared for Posix {}
// SAFETY: the functions of libc may be called by any thread.
unsafe impl Sync for Posix {}

impl Posix {
    fn with(&self, call: impl FnOnce(*mut libc::pthread_mutex_t) -> libc::c_int) -> libc::c_int {
        self.0.with(|mutex| call(mutex.cast_mut().cast()))
    }
}

impl Told for Posix {
    fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    fn begin(&self) {
        let begun = self.with(|mutex| {
            let mut attributes = MaybeUninit::uninit();
            // SAFETY: the attributes are initialised first, and the mutex before anybody else knows it; it is never moved.
            unsafe {
                libc::pthread_mutexattr_init(attributes.as_mut_ptr());
                libc::pthread_mutexattr_setpshared(attributes.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED);
                libc::pthread_mutexattr_setrobust(attributes.as_mut_ptr(), libc::PTHREAD_MUTEX_ROBUST);
                libc::pthread_mutex_init(mutex, attributes.as_ptr())
            }
        });
        assert_eq!(begun, 0);
    }

    fn hold(&self, body: impl FnOnce(bool)) {
        point("a mutex to be taken");
        // SAFETY: `begin` has initialised it.
        let taken = self.with(|mutex| unsafe { libc::pthread_mutex_lock(mutex) });
        assert!([0, libc::EOWNERDEAD].contains(&taken), "{taken}");
        point("a mutex in hand");
        body(taken == libc::EOWNERDEAD);
        if taken == libc::EOWNERDEAD {
            // SAFETY: as above; it is held.
            assert_eq!(self.with(|mutex| unsafe { libc::pthread_mutex_consistent(mutex) }), 0);
        }
        // SAFETY: as above.
        assert_eq!(self.with(|mutex| unsafe { libc::pthread_mutex_unlock(mutex) }), 0);
        point("a mutex that was given back");
    }
}

pub(crate) fn a_mutex_of_posix_survives_death_at_each_point() -> Tested {
    apart(|()| at_each_point(add_up_with::<Posix>))
}

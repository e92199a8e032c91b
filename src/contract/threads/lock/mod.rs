//! Rows of locks and of what is built on them.
//!
//! Where a row is to be about threads that wait already, main holds the lock, or has begun the wait, before it starts
//! them: a lock may be released, and a wait ended, by another thread.
//!
//! | row | function or reason |
//! |---|---|
//! | L01 | [`l01_a_held_lock_is_refused`](exclusion::l01_a_held_lock_is_refused), [`l01_one_is_inside_at_a_time`](exclusion::l01_one_is_inside_at_a_time); the scopes of the port |
//! | L02 | a `Duration` is neither negative nor too long: `Duration::MAX` is for ever, which a unit test shows; a try has no time |
//! | L03 | [`l03_a_time_out_leaves_the_lock_intact`](exclusion::l03_a_time_out_leaves_the_lock_intact) |
//! | L04 | [`l04_another_thread_releases`](exclusion::l04_another_thread_releases), [`l04_a_free_lock_cannot_be_released`](exclusion::l04_a_free_lock_cannot_be_released) |
//! | L05 | [`l05_a_panic_releases`](exclusion::l05_a_panic_releases) |
//! | L06 | a lock owns nothing, and nobody can wait for what is dropped: the borrow checker's |
//! | L07 | there is no `fork` in this model |
//! | R01 | [`r01_every_acquisition_is_released`](exclusion::r01_every_acquisition_is_released), [`r01_every_way_in_counts`](exclusion::r01_every_way_in_counts), [`r01_only_the_owner_releases`](exclusion::r01_only_the_owner_releases) |
//! | R02 | [`r01_only_the_owner_releases`](exclusion::r01_only_the_owner_releases) looks at depth and owner, too; `Debug` does not look at the depth |
//! | R03 | [`r03_a_wait_releases_every_level`](condition::r03_a_wait_releases_every_level), [`r03_who_holds_it_cannot_acquire_it_again`](exclusion::r03_who_holds_it_cannot_acquire_it_again) |
//! | M01 | the types rule out negative permits and a release of none; [`m01_a_time_out_loses_no_permit`](semaphore::m01_a_time_out_loses_no_permit) |
//! | M02 | [`m02_as_many_enter_as_there_are_permits`](semaphore::m02_as_many_enter_as_there_are_permits), [`m02_a_release_of_two_wakes_two`](semaphore::m02_a_release_of_two_wakes_two), [`m02_a_release_of_three_wakes_three`](semaphore::m02_a_release_of_three_wakes_three) |
//! | M03 | [`m03_a_bounded_semaphore_refuses_a_release_too_many`](semaphore::m03_a_bounded_semaphore_refuses_a_release_too_many); more than at first: a unit test |
//! | E01 | [`e01_set_wakes_all`](meeting::e01_set_wakes_all), [`e01_who_clears_sees_what_was_done`](meeting::e01_who_clears_sees_what_was_done) |
//! | E02 | [`e02_set_and_clear_release_who_waits`](meeting::e02_set_and_clear_release_who_waits) |
//! | E03 | a `Duration` is a number |
//! | C01 | a wait and a notification take the guard of the lock; [`c01_only_the_holder_waits_and_notifies`](condition::c01_only_the_holder_waits_and_notifies) |
//! | C02 | [`c02_the_first_to_come_is_woken_first`](condition::c02_the_first_to_come_is_woken_first), [`c02_a_notification_of_all_wakes_all`](condition::c02_a_notification_of_all_wakes_all), [`c02_all_of_three_are_woken`](condition::c02_all_of_three_are_woken) |
//! | C03 | [`c06_no_notification_is_lost`](condition::c06_no_notification_is_lost) compares what waiters say with what was sent |
//! | C04 | [`c04_the_predicate_has_the_last_word`](condition::c04_the_predicate_has_the_last_word), [`c04_a_signal_before_the_wait_counts`](condition::c04_a_signal_before_the_wait_counts) |
//! | C05 | [`c05_conditions_share_a_lock`](condition::c05_conditions_share_a_lock) |
//! | C06 | [`c06_no_notification_is_lost`](condition::c06_no_notification_is_lost) |
//! | B01 | [`b01_rounds_are_in_step`](meeting::b01_rounds_are_in_step), [`b01_the_action_comes_first`](meeting::b01_the_action_comes_first), [`b01_as_many_wait_as_have_come`](meeting::b01_as_many_wait_as_have_come) |
//! | B02 | [`b02_an_abort_frees_who_waits`](meeting::b02_an_abort_frees_who_waits), [`b02_a_reset_sends_away_who_waits`](meeting::b02_a_reset_sends_away_who_waits), [`b02_a_panic_of_the_action_frees_who_waits`](meeting::b02_a_panic_of_the_action_frees_who_waits), [`b02_after_a_reset_it_works`](meeting::b02_after_a_reset_it_works) |
//! | B03 | [`b03_a_time_out_breaks_it_for_all`](meeting::b03_a_time_out_breaks_it_for_all), [`b03_a_time_out_breaks_its_own_round`](meeting::b03_a_time_out_breaks_its_own_round), [`b03_a_barrier_has_its_own_patience`](meeting::b03_a_barrier_has_its_own_patience); one party: a unit test |
//! | T01 | a thread is started where it is made, and its only handle is used up by the join |
//! | T02, T03 | need the operating system's refusal, and an interpreter that ends |
//! | T04 | [`t04_each_value_goes_to_one_thread`](exclusion::t04_each_value_goes_to_one_thread) |

pub mod condition;
pub mod exclusion;
pub mod meeting;
pub mod semaphore;

use crate::engine::Violation;
use crate::sync::{self, UnsafeCell};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// A time-out that comes soon on real cores.
const SHORT: Duration = Duration::from_millis(1);

/// A number that nothing guards but the subject: under a model checker, two threads that the subject does not order
/// are a data race here. Real threads would be undefined behaviour, so there it is an atomic, which is relaxed, so that it
/// orders nothing.
struct Bare {
    touched: UnsafeCell<u32>,
    value: AtomicU32,
}

// SAFETY: the cell is touched only where an engine runs one thread at a time, and reports a data race.
unsafe impl Sync for Bare {}

impl Bare {
    fn new(name: fmt::Arguments<'_>) -> Self {
        Self { touched: UnsafeCell::new(0).named(name), value: AtomicU32::new(0) }
    }

    fn get(&self) -> u32 {
        if sync::is_modelled() {
            // SAFETY: the pointer is valid for the call, in which the engine runs no other thread.
            self.touched.with(|touched| unsafe { *touched });
        }
        self.value.load(Relaxed)
    }

    fn set(&self, new: u32) {
        if sync::is_modelled() {
            // SAFETY: as above.
            self.touched.with_mut(|touched| unsafe { *touched = new });
        }
        self.value.store(new, Relaxed);
    }

    fn add_one(&self) {
        self.set(self.get() + 1);
    }
}

/// The two are the same.
fn ensure_eq<T: PartialEq + fmt::Debug>(
    found: T,
    expected: T,
    property: &'static str,
) -> Result<(), Violation> {
    let kept = found == expected;
    crate::contract::ensure(kept, property, || format!("{found:?} where {expected:?} was promised"))
}

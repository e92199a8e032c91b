//! Tests of the facade: the same behaviours natively and under loom, the operations that an engine
//! of this crate is told, and the sizes of a build without engines.

#[cfg(feature = "instrumented")]
mod announced;
mod behaviour;
#[cfg(feature = "dpor")]
mod in_dpor;
#[cfg(feature = "loom")]
mod in_loom;
mod manual_clock;
#[cfg(not(feature = "instrumented"))]
mod sizes;

/// Each behaviour as a test of native and of every engine that can show it.
macro_rules! everywhere {
    ($($name:ident)+) => {
        mod natively {
            $(#[test] fn $name() { super::behaviour::$name(); })+
        }

        #[cfg(feature = "loom")]
        mod under_loom {
            $(#[test] fn $name() { super::in_loom::explore(super::behaviour::$name); })+
        }

        #[cfg(feature = "dpor")]
        mod under_dpor {
            $(#[test] fn $name() { super::in_dpor::holds(super::behaviour::$name); })+
        }
    };
}

everywhere! {
    mutex_guards_a_count
    mutex_refuses_a_second_holder
    mutex_holds_unsized_values
    rwlock_admits_readers_together
    rwlock_refuses_a_writer_beside_a_reader
    condvar_wakes_a_waiter
    condvar_wakes_all_waiters
    atomics_have_every_read_modify_write
    atomic_bool_has_every_read_modify_write
    atomic_pointer_has_every_read_modify_write
    atomic_increments_are_not_lost
    atomic_shows_its_value_to_its_owner
    cell_passes_from_thread_to_thread
    cell_is_reached_through_guards
    fences_order_relaxed_accesses
    arc_destroys_its_value_once
    arc_holds_a_trait_object
    arc_goes_through_a_raw_pointer
    arc_is_cloned_through_a_raw_pointer
    arc_is_counted_through_a_raw_pointer
    arc_refers_to_itself
    arc_unwraps_for_a_sole_owner
    arc_is_made_of_std_s
    once_happens_once
    once_lock_is_set_once
    channel_hands_items_over_in_order
    channel_ends_with_its_senders
    channel_gives_items_back_without_a_receiver
    bounded_channel_makes_senders_wait
    rendezvous_waits_for_the_receiver
    barrier_lets_all_through_with_one_leader
    futex_wakes_a_waiter
    futex_wakes_all_waiters
    futex_does_not_wait_for_another_value
    thread_hands_its_result_to_join
    thread_hands_its_panic_to_join
    thread_is_unparked
    thread_has_a_name_and_an_identity
    future_is_driven_to_its_end
    waker_is_not_lost
    lazy_static_is_made_once
    lazy_lock_is_made_once
    thread_locals_are_each_threads_own
    thread_locals_are_dropped_with_their_thread
    tracked_items_pass_from_thread_to_thread
}

/// The types may go from thread to thread as std's may, whatever stands beside them.
#[test]
fn types_are_sent_and_shared_as_those_of_std() {
    use super::{
        Arc, Barrier, Condvar, Futex, Mutex, Once, OnceLock, RwLock, UnsafeCell, Weak, atomic, future, thread,
    };
    use std::cell::Cell;

    fn sent<T: Send>() {}
    fn shared<T: Send + Sync>() {}

    sent::<UnsafeCell<u8>>();
    shared::<Mutex<Cell<u8>>>();
    shared::<RwLock<u8>>();
    shared::<(Condvar, Barrier, Futex, Once, OnceLock<u8>)>();
    shared::<(Arc<u8>, Weak<u8>)>();
    shared::<(atomic::AtomicBool, atomic::AtomicU64, atomic::AtomicPtr<Cell<u8>>)>();
    shared::<(thread::Thread, thread::ThreadId, thread::JoinHandle<Cell<u8>>)>();
    shared::<future::AtomicWaker>();
}

//! Processes on real cores, and what they share.
//!
//! What is counted of a process (descriptors, threads, children) is counted in a child, where no other test runs.

#[path = "processes/arbiter.rs"]
mod arbiter;
#[path = "processes/common.rs"]
mod common;
#[path = "processes/condition.rs"]
mod condition;
#[path = "processes/futex.rs"]
mod futex;
#[path = "processes/joinable.rs"]
mod joinable;
#[path = "processes/lock.rs"]
mod lock;
#[path = "processes/lock_file.rs"]
mod lock_file;
#[path = "processes/many.rs"]
mod many;
#[path = "processes/named.rs"]
mod named;
#[path = "processes/nemesis.rs"]
mod nemesis;
#[path = "processes/pipe.rs"]
mod pipe;
#[path = "processes/pool/mod.rs"]
mod pool;
#[path = "processes/posix.rs"]
mod posix;
#[path = "processes/process.rs"]
mod process;
#[path = "processes/queues.rs"]
mod queues;
#[path = "processes/region.rs"]
mod region;
#[path = "processes/ring.rs"]
mod ring;
#[path = "processes/robust.rs"]
mod robust;
#[path = "processes/rounds/mod.rs"]
mod rounds;
#[path = "processes/semaphore.rs"]
mod semaphore;
#[path = "processes/table.rs"]
mod table;

use libtest_mimic::{Arguments, Trial};
use pool::{deaths, failures};
use std::process::ExitCode;

fn main() -> ExitCode {
    refectory::sync::process::child_main();
    let trials = if cfg!(target_os = "linux") { trials() } else { Vec::new() };
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Groups of trials: each is told as one of its group, and stands in a room.
macro_rules! trials {
    ($($group:literal: $($room:ident { $($test:ident),+ $(,)? })+)+) => {
        fn trials() -> Vec<Trial> {
            vec![$($($(Trial::test(concat!($group, "/", stringify!($test)), $room::$test)),+),+),+]
        }
    };
}

trials! {
    "process":
        process {
            arguments_arrive_as_they_were_sent, a_child_has_what_it_was_given_and_nothing_else, exits_are_told_apart,
            a_stopped_process_stands_still, a_process_that_is_dropped_is_reaped, starts_leave_nothing_behind,
            the_killed_leave_no_family, an_argument_that_cannot_be_read_is_told, too_many_handles_are_refused,
            a_handle_travels_nowhere_else, a_mark_alone_makes_no_child, engines_say_what_they_have_not,
        }
    "nemesis":
        nemesis { a_process_dies_at_the_nth_point, points_are_counted_in_all_processes }
    "region":
        region { increments_of_three_processes_add_up, a_structure_is_the_same_to_all, a_region_is_opened_as_what_it_is }
    "futex":
        futex { a_wake_reaches_another_process, a_wait_runs_out }
    "robust":
        robust {
            the_killed_leave_their_mark_and_wake_one, a_word_is_looked_after_at_each_point,
            all_words_that_are_held_are_marked, a_thread_that_ends_leaves_its_mark, a_wake_of_the_killed_is_passed_on,
        }
    "lock":
        lock {
            a_lock_survives_death_at_each_point, a_lock_that_nobody_puts_right_is_lost_to_all,
            a_lock_that_is_not_robust_dies_too,
        }
        lock_file { a_lock_on_a_file_survives_death_at_each_point, a_lock_on_a_file_is_one_of_each_process }
        posix { a_mutex_of_posix_survives_death_at_each_point }
    "ring":
        ring {
            messages_survive_death_at_each_point, twins_lose_messages_at_some_point,
            an_end_is_free_when_its_owner_is_dead, a_receiver_is_woken_where_the_sender_dies,
        }
    "queue":
        queues {
            a_queue_survives_death_at_each_point, a_killed_receiver_starves_nobody,
            a_lock_that_is_not_robust_starves_the_others, a_torn_message_ends_with_its_time,
            the_beginning_arrives_of_a_process_that_dies,
        }
        joinable { who_joins_survives_death_at_each_point }
    "table":
        table { philosophers_survive_death_at_each_point }
        arbiter { an_arbiter_survives_death_at_each_point }
    "semaphore":
        semaphore { permits_come_back_at_each_point, a_killed_holder_wakes_who_waits, a_permit_that_is_not_robust_is_lost }
    "condition":
        condition {
            who_waits_is_served_at_each_point, a_killed_waiter_holds_nobody_up, a_change_is_told_to_all,
            a_condition_that_awaits_answers_waits_for_the_dead, a_timed_wait_runs_out, a_timed_wait_is_served,
        }
    "mpmc":
        many { each_message_arrives_or_is_counted_at_each_point, a_killed_receiver_holds_nobody }
    "pipe":
        pipe {
            a_pipe_ends_with_its_writer, a_pipe_breaks_with_its_reader, the_killed_hang_up,
            a_message_may_be_longer_than_the_pipe, short_messages_stay_whole, a_timed_read_ends,
            a_timed_read_ends_where_another_reader_is_faster,
        }
    "rounds":
        rounds { each_round_ends_well_and_leaves_nothing, twins_are_caught_in_some_round, what_is_left_is_seen }
    "named":
        named {
            errors_are_those_of_the_contract, bytes_are_seen_by_another_process, the_owner_takes_only_its_own_away,
            a_sweep_removes_what_the_dead_have_left,
        }
    "pool":
        pool {
            tasks_run_in_other_processes, one_line_says_where, a_map_keeps_the_order, an_idle_worker_is_taken,
            never_more_workers_than_allowed, long_arguments_and_results_arrive,
            nobody_waits_for_a_worker_that_is_stopped, a_panic_comes_back, an_initializer_runs_first,
            a_failing_initializer_breaks_the_pool, a_worker_does_so_many_tasks, a_shutdown_does_what_was_accepted,
            no_worker_can_be_started, handles_do_not_travel, nothing_is_left,
        }
        failures { each_failure_is_told }
        deaths {
            a_death_breaks_the_pool, a_death_is_healed, an_idle_worker_may_die, a_crash_after_the_shutdown,
            a_crash_while_much_is_written, workers_are_killed, the_killed_leave_no_workers, twins_are_caught,
        }
}

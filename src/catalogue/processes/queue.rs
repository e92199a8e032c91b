//! Queues.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Scope, Subject, WhenKilled};
use crate::contract::processes::queue::{feeder, joinable, mpmc, ring, simple};
use crate::engine::FailureKind;
use crate::model::processes::queue::broken::{
    CountsFirst, CountsTwice, DiesOfIt, ForgetsTheDead, HeadFirst, LeavesItBehind, LooksAtPutFirst,
    NotRobust, ReaderStarvesOthers, TailFirst, TornIsWhole,
};
use crate::model::processes::queue::feeder::Careful;
use crate::model::processes::queue::joinable::Exact;
use crate::model::processes::queue::ring::Whole;
use crate::model::processes::queue::simple::Sound;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("processes/queue/ring").with_rows(RING).when_killed(WhenKilled::Robust),
    Subject::new("processes/queue/mpmc").with_rows(MPMC).two_may_die(BOTH).when_killed(WhenKilled::Robust),
    Subject::new("processes/queue/ring~tail_first")
        .with_rows(rows![ring::a_torn_message_is_not_seen[TailFirst]])
        .broken(&[FailureKind::DataRace, FailureKind::Property]),
    Subject::new("processes/queue/ring~head_first")
        .with_rows(rows![ring::a_message_is_read_again[HeadFirst]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/mpmc~tail_first")
        .with_rows(rows![mpmc::all_others_arrive_once[TailFirst]])
        .broken(&[FailureKind::Property, FailureKind::Panic]),
    Subject::new("processes/queue/mpmc~head_first")
        .with_rows(rows![mpmc::another_receiver_reads_it[HeadFirst]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/mpmc~counts_first")
        .with_rows(rows![mpmc::a_lost_message_is_counted_once[CountsFirst]])
        .two_may_die(BOTH)
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/mpmc~not_robust")
        .with_rows(rows![
            mpmc::all_others_arrive_once[NotRobust],
            mpmc::a_killed_receiver_holds_nobody[NotRobust],
        ])
        .broken(&[FailureKind::LostWakeup, FailureKind::Deadlock, FailureKind::Property]),
    Subject::new("processes/queue/simple").with_rows(SIMPLE).when_killed(WhenKilled::Robust),
    Subject::new("processes/queue/simple~reader_starves_others")
        .with_rows(rows![simple::a_killed_receiver_starves_nobody[ReaderStarvesOthers]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/queue/simple~torn_is_whole")
        .with_rows(rows![simple::a_torn_message_is_dropped[TornIsWhole]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/feeder").with_rows(FEEDER).when_killed(WhenKilled::Robust),
    Subject::new("processes/queue/feeder~dies_of_it")
        .with_rows(rows![feeder::the_feeder_outlives_what_it_cannot_send[DiesOfIt]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/feeder~leaves_it_behind")
        .with_rows(rows![feeder::the_beginning_arrives[LeavesItBehind]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/joinable")
        .with_rows(JOINABLE)
        .two_may_die(COUNTED)
        .when_killed(WhenKilled::Robust),
    Subject::new("processes/queue/joinable~looks_at_put_first")
        .with_rows(rows![joinable::who_joins_waits_for_all[LooksAtPutFirst]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/joinable~forgets_the_dead")
        .with_rows(rows![joinable::a_killed_worker_holds_nobody[ForgetsTheDead]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/queue/joinable~counts_twice")
        .with_rows(rows![joinable::a_lost_task_is_counted_once[CountsTwice]])
        .two_may_die(COUNTED)
        .broken(&[FailureKind::Property]),
];

const JOINABLE: &[Row] = rows![
    joinable::who_joins_waits_for_all[Exact],
    joinable::a_killed_worker_holds_nobody[Exact],
    joinable::a_lost_task_is_counted_once[Exact],
];

/// Where who settles the account of the dead may die as well.
const COUNTED: &[Scope] = &[Scope::Row("a_lost_task_is_counted_once")];

const FEEDER: &[Row] = rows![
    feeder::to_put_waits_for_nobody[Careful],
    feeder::the_beginning_arrives[Careful],
    feeder::the_feeder_outlives_what_it_cannot_send[Careful],
];

const SIMPLE: &[Row] = rows![
    simple::a_torn_message_is_dropped[Sound],
    simple::a_torn_message_ends_with_its_time[Sound],
    simple::a_killed_receiver_starves_nobody[Sound],
    simple::the_queue_outlives_what_it_cannot_carry[Sound],
];

const RING: &[Row] = rows![
    ring::a_torn_message_is_not_seen[Whole],
    ring::a_message_is_read_again[Whole],
    ring::a_full_ring_holds_its_sender[Whole],
];

const MPMC: &[Row] = rows![
    mpmc::all_others_arrive_once[Whole],
    mpmc::a_lost_message_is_counted_once[Whole],
    mpmc::another_receiver_reads_it[Whole],
    mpmc::a_killed_receiver_holds_nobody[Whole],
];

/// Where the one who counts what was lost may die as well.
const BOTH: &[Scope] = &[Scope::Row("a_lost_message_is_counted_once")];

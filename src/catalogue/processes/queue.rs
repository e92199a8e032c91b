//! Queues.

use crate::cell::{Row, Scope, Subject, WhenKilled};
use crate::contract::processes::queue as rows;
use crate::engine::FailureKind;
use crate::model::processes::queue::broken::{CountsFirst, HeadFirst, NotRobust, TailFirst};
use crate::model::processes::queue::ring::Whole;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("processes/queue/ring").with_rows(RING).when_killed(WhenKilled::Robust),
    Subject::new("processes/queue/mpmc").with_rows(MPMC).two_may_die(BOTH).when_killed(WhenKilled::Robust),
    Subject::new("processes/queue/ring~tail_first")
        .with_rows(rows![rows::a_torn_message_is_not_seen[TailFirst]])
        .broken(&[FailureKind::DataRace, FailureKind::Property]),
    Subject::new("processes/queue/ring~head_first")
        .with_rows(rows![rows::a_message_is_read_again[HeadFirst]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/mpmc~tail_first")
        .with_rows(rows![rows::all_others_arrive_once[TailFirst]])
        .broken(&[FailureKind::Property, FailureKind::Panic]),
    Subject::new("processes/queue/mpmc~head_first")
        .with_rows(rows![rows::another_receiver_reads_it[HeadFirst]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/mpmc~counts_first")
        .with_rows(rows![rows::a_lost_message_is_counted_once[CountsFirst]])
        .two_may_die(BOTH)
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/mpmc~not_robust")
        .with_rows(rows![
            rows::all_others_arrive_once[NotRobust],
            rows::a_killed_receiver_holds_nobody[NotRobust],
        ])
        .broken(&[FailureKind::LostWakeup, FailureKind::Deadlock, FailureKind::Property]),
];

const RING: &[Row] = rows![
    rows::a_torn_message_is_not_seen[Whole],
    rows::a_message_is_read_again[Whole],
    rows::a_full_ring_holds_its_sender[Whole],
];

const MPMC: &[Row] = rows![
    rows::all_others_arrive_once[Whole],
    rows::a_lost_message_is_counted_once[Whole],
    rows::another_receiver_reads_it[Whole],
    rows::a_killed_receiver_holds_nobody[Whole],
];

/// Where the one who counts what was lost may die as well.
const BOTH: &[Scope] = &[Scope::Row("a_lost_message_is_counted_once")];

//! Queues.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::processes::queue::{feeder, ring as rows, simple};
use crate::engine::FailureKind;
use crate::model::processes::queue::broken::{
    DiesOfIt, HeadFirst, LeavesItBehind, ReaderStarvesOthers, TailFirst, TornIsWhole,
};
use crate::model::processes::queue::feeder::Careful;
use crate::model::processes::queue::ring::Whole;
use crate::model::processes::queue::simple::Sound;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("processes/queue/ring").with_rows(RING),
    Subject::new("processes/queue/ring~tail_first")
        .with_rows(rows![rows::a_torn_message_is_not_seen[TailFirst]])
        .broken(&[FailureKind::DataRace, FailureKind::Property]),
    Subject::new("processes/queue/ring~head_first")
        .with_rows(rows![rows::a_message_is_read_again[HeadFirst]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/simple").with_rows(SIMPLE),
    Subject::new("processes/queue/simple~reader_starves_others")
        .with_rows(rows![simple::a_killed_receiver_starves_nobody[ReaderStarvesOthers]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/queue/simple~torn_is_whole")
        .with_rows(rows![simple::a_torn_message_is_dropped[TornIsWhole]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/feeder").with_rows(FEEDER),
    Subject::new("processes/queue/feeder~dies_of_it")
        .with_rows(rows![feeder::the_feeder_outlives_what_it_cannot_send[DiesOfIt]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/queue/feeder~leaves_it_behind")
        .with_rows(rows![feeder::the_beginning_arrives[LeavesItBehind]])
        .broken(&[FailureKind::Property]),
];

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
    rows::a_torn_message_is_not_seen[Whole],
    rows::a_message_is_read_again[Whole],
    rows::a_full_ring_holds_its_sender[Whole],
];

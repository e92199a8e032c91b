//! Queues.

use crate::cell::{Row, Subject};
use crate::contract::processes::queue as rows;
use crate::engine::FailureKind;
use crate::model::processes::queue::broken::{HeadFirst, TailFirst};
use crate::model::processes::queue::ring::Whole;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("processes/queue/ring").with_rows(RING),
    Subject::new("processes/queue/ring~tail_first")
        .with_rows(rows![rows::a_torn_message_is_not_seen[TailFirst]])
        .broken(&[FailureKind::DataRace, FailureKind::Property]),
    Subject::new("processes/queue/ring~head_first")
        .with_rows(rows![rows::a_message_is_read_again[HeadFirst]])
        .broken(&[FailureKind::Property]),
];

const RING: &[Row] = rows![
    rows::a_torn_message_is_not_seen[Whole],
    rows::a_message_is_read_again[Whole],
    rows::a_full_ring_holds_its_sender[Whole],
];

//! Mailboxes.

use crate::catalogue::{NEVER_WOKEN, queue, size};
use crate::cell::{Row, Scope, Subject};
use crate::contract::actors::queue as rows;
use crate::contract::closing;
use crate::engine::FailureKind;
use crate::model::actors::queue::broken::{EachPairAlone, FollowsRelaxed, Overtakes, SleepsUnseen};
use crate::model::actors::queue::mailbox::Correct;
use crate::model::actors::queue::network::{AnyOrder, Causal, PerPair};
use crate::model::actors::queue::{Bounded, Unbounded};
use crate::port::{Item, transfer};

/// A mailbox has one receiver.
const ONE_RECEIVER: &[Scope] = &[size(1, 1), size(2, 1)];

pub(super) static SUBJECTS: &[Subject] = &[
    queue::<Unbounded<Item>>("actors/queue/mailbox")
        .carrying(parcels![closing, T => Unbounded<T>])
        .timed(transfer::waiting::<Unbounded<u64>>)
        .only(ONE_RECEIVER)
        .with_rows(MAILBOX),
    queue::<Bounded<Item>>("actors/queue/mailbox.bounded")
        .timed(transfer::waiting::<Bounded<u64>>)
        .only(ONE_RECEIVER)
        .nightly(&[size(1, 1)])
        .with_rows(BOUNDED),
    Subject::new("actors/queue/network").with_rows(NETWORK),
    Subject::new("actors/queue/network.causal").with_rows(CAUSAL),
    Subject::new("actors/queue/network.any_order").with_rows(ANY_ORDER),
    queue::<Unbounded<Item, SleepsUnseen>>("actors/queue/mailbox~sleeps_unseen")
        .only(ONE_RECEIVER)
        .broken(NEVER_WOKEN),
    queue::<Unbounded<Item, FollowsRelaxed>>("actors/queue/mailbox~follows_relaxed")
        .only(ONE_RECEIVER)
        .broken(&[FailureKind::DataRace]),
    Subject::new("actors/queue/network~overtakes")
        .with_rows(rows![rows::a_pair_keeps_its_order[Overtakes]])
        .broken(&[FailureKind::Property]),
    Subject::new("actors/queue/network.causal~each_pair_alone")
        .with_rows(rows![rows::a_question_comes_before_its_answer[EachPairAlone]])
        .broken(&[FailureKind::Property]),
];

const NETWORK: &[Row] =
    rows![rows::a_pair_keeps_its_order[PerPair], rows::two_senders_meet_in_any_order[PerPair]];

const CAUSAL: &[Row] = rows![
    rows::a_pair_keeps_its_order[Causal],
    rows::a_question_comes_before_its_answer[Causal],
    rows::two_senders_meet_in_any_order[Causal],
];

const ANY_ORDER: &[Row] = rows![rows::two_senders_meet_in_any_order[AnyOrder]];

const MAILBOX: &[Row] = rows![
    rows::a_cause_comes_first[Unbounded<Item, Correct>],
    rows::a_close_drains[Unbounded<Item, Correct>],
    rows::a_stop_leaves_mail_in[],
    rows::a_halted_receiver_is_resumed[],
];

const BOUNDED: &[Row] = rows![
    rows::a_close_drains[Bounded<Item, Correct>],
    closing::close_wakes_producers[Bounded<Item>],
    closing::close_wakes_every_producer[Bounded<Item>],
];

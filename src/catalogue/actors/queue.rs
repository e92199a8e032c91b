//! Mailboxes.

use crate::catalogue::{NEVER_WOKEN, queue, size};
use crate::cell::{Row, Scope, Subject};
use crate::contract::actors::queue as rows;
use crate::contract::closing;
use crate::engine::FailureKind;
use crate::model::actors::queue::broken::{FollowsRelaxed, SleepsUnseen};
use crate::model::actors::queue::mailbox::Correct;
use crate::model::actors::queue::{Bounded, Unbounded};
use crate::port::{Item, transfer};

/// A mailbox has one receiver.
const ONE_RECEIVER: &[Scope] = &[size(1, 1), size(2, 1)];

pub(super) static SUBJECTS: &[Subject] = &[
    queue::<Unbounded<Item>>("actors/queue/mailbox")
        .timed(transfer::waiting::<Unbounded<u64>>)
        .only(ONE_RECEIVER)
        .with_rows(MAILBOX),
    queue::<Bounded<Item>>("actors/queue/mailbox.bounded")
        .timed(transfer::waiting::<Bounded<u64>>)
        .only(ONE_RECEIVER)
        .nightly(&[size(1, 1)])
        .with_rows(BOUNDED),
    queue::<Unbounded<Item, SleepsUnseen>>("actors/queue/mailbox~sleeps_unseen")
        .only(ONE_RECEIVER)
        .broken(NEVER_WOKEN),
    queue::<Unbounded<Item, FollowsRelaxed>>("actors/queue/mailbox~follows_relaxed")
        .only(ONE_RECEIVER)
        .broken(&[FailureKind::DataRace]),
];

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

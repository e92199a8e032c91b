//! Channels and selects.

use crate::catalogue::{NEVER_WOKEN, queue, try_queue};
use crate::cell::{Row, Subject};
use crate::contract::channels::queue as rows;
use crate::contract::closing;
use crate::engine::FailureKind;
use crate::model::channels::queue::broken::{
    ClaimsInTwoSteps, ForgetsSenders, NoRefill, TellsRelaxed, WakesFirst,
};
use crate::model::channels::queue::channel::{Channel, Correct, Rendezvous};
use crate::port::{Item, transfer};

pub(super) static SUBJECTS: &[Subject] = &[
    queue::<Channel<Item>>("channels/queue/channel")
        .carrying(parcels![closing, T => Channel<T>])
        .timed(transfer::waiting::<Channel<u64>>)
        .with_rows(CHANNEL),
    queue::<Rendezvous<Item>>("channels/queue/channel.rendezvous")
        .timed(transfer::waiting::<Rendezvous<u64>>)
        .with_rows(RENDEZVOUS),
    try_queue::<Channel<Item>>("channels/queue/channel.try"),
    Subject::new("channels/queue/select").with_rows(SELECT),
    queue::<Channel<Item, NoRefill>>("channels/queue/channel~no_refill").broken(NEVER_WOKEN),
    queue::<Channel<Item, WakesFirst>>("channels/queue/channel~wakes_first").broken(NEVER_WOKEN),
    queue::<Rendezvous<Item, TellsRelaxed>>("channels/queue/channel.rendezvous~tells_relaxed")
        .broken(&[FailureKind::DataRace]),
    Subject::new("channels/queue/channel~forgets_senders")
        .with_rows(rows![closing::close_wakes_every_producer[Channel<Item, ForgetsSenders>]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/queue/select~claims_in_two_steps")
        .with_rows(rows![rows::each_item_goes_to_one_case[ClaimsInTwoSteps]])
        .broken(NEVER_WOKEN),
];

const CHANNEL: &[Row] = rows![
    closing::close_wakes_consumers[Channel<Item>],
    closing::close_wakes_producers[Channel<Item>],
    closing::close_wakes_every_producer[Channel<Item>],
    closing::close_wakes_every_consumer[Channel<Item>],
    closing::nothing_goes_into_a_closed_queue[Channel<Item>],
    rows::a_channel_of_one_is_a_lock[Correct],
    rows::a_full_channel_holds_its_sender[Correct],
    rows::who_waited_for_room_comes_last[Correct],
];

const RENDEZVOUS: &[Row] = rows![rows::a_send_waits_for_its_receiver[Correct]];

const SELECT: &[Row] = rows![
    rows::a_select_takes_any_ready_case[Correct],
    rows::a_select_starves_nobody[Correct],
    rows::a_select_may_name_a_channel_twice[Correct],
    rows::a_select_waits_for_either[Correct],
    rows::each_item_goes_to_one_case[Correct],
    rows::two_selects_meet_once[Correct],
    rows::a_select_leaves_no_wait_behind[Correct],
    rows::a_default_never_waits[Correct],
    rows::a_select_may_time_out[Correct],
    rows::a_close_ends_a_select[Correct],
];

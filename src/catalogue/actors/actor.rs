//! Actors, and their supervisors.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Scope, Subject};
use crate::contract::actors::actor as rows;
use crate::engine::FailureKind;
use crate::model::actors::actor::Correct;
use crate::model::actors::actor::broken::{DropsMailLeft, ForgetsMailInHand, LooksThenGivesUp, MutuallyFull};

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("actors/actor/actor")
        .with_rows(ACTOR)
        .nightly(&[Scope::Row("two_actors_have_room_for_each_other")]),
    Subject::new("actors/actor/supervisor").with_rows(SUPERVISOR),
    Subject::new("actors/actor/actor~looks_then_gives_up")
        .with_rows(rows![rows::an_ask_is_answered_or_times_out[LooksThenGivesUp]])
        .broken(&[FailureKind::Property]),
    Subject::new("actors/actor/actor~drops_mail_left")
        .with_rows(rows![rows::a_stop_leaves_dead_letters[DropsMailLeft]])
        .broken(&[FailureKind::Property]),
    Subject::new("actors/actor/actor~mutually_full")
        .with_rows(rows![rows::two_actors_have_room_for_each_other[MutuallyFull]])
        .broken(NEVER_WOKEN),
    Subject::new("actors/actor/supervisor~forgets_mail_in_hand")
        .with_rows(rows![rows::a_successor_has_the_rest_of_the_mail[ForgetsMailInHand]])
        .broken(&[FailureKind::Property]),
];

const ACTOR: &[Row] = rows![
    rows::messages_are_handled_in_their_order[Correct],
    rows::a_stop_leaves_dead_letters[Correct],
    rows::a_stop_comes_after_the_message_in_hand[Correct],
    rows::a_drain_handles_what_was_accepted[Correct],
    rows::a_panic_leaves_dead_letters[Correct],
    rows::an_ask_is_answered_or_times_out[Correct],
    rows::a_dropped_question_is_told[Correct],
    rows::two_actors_have_room_for_each_other[Correct],
];

const SUPERVISOR: &[Row] = rows![
    rows::a_successor_has_the_rest_of_the_mail[Correct],
    rows::one_for_one_leaves_the_others_alone[Correct],
    rows::rest_for_one_starts_the_later_ones_again[],
    rows::rest_for_one_leaves_the_earlier_ones_alone[Correct],
    rows::a_child_that_was_told_to_end_stays_so[],
    rows::a_spent_budget_stops_all[Correct],
    rows::a_stop_of_the_supervisor_stops_all[Correct],
];

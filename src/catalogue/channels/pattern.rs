//! Patterns of threads and channels.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::Subject;
use crate::contract::channels::pattern as rows;
use crate::engine::FailureKind;
use crate::model::channels::pattern::Correct;
use crate::model::channels::pattern::broken::{
    EitherOutput, ForgetsChildren, IgnoresDone, KeepsPermit, LastError, LooksFirst, WaitsForRoom,
};

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("channels/pattern/generator").with_rows(rows![
        rows::a_generator_keeps_the_order[Correct],
        rows::a_generator_says_that_it_has_ended[Correct],
        rows::a_generator_ends_with_its_consumer[Correct],
    ]),
    Subject::new("channels/pattern/pipeline").with_rows(rows![
        rows::a_pipeline_keeps_the_order[Correct],
        rows::a_pipeline_ends_with_its_consumer[Correct],
        rows::a_panic_ends_a_pipeline[Correct],
    ]),
    Subject::new("channels/pattern/fan_in").with_rows(rows![
        rows::a_fan_in_loses_nothing[Correct],
        rows::a_fan_in_ends_with_its_consumer[Correct],
    ]),
    Subject::new("channels/pattern/fan_out").with_rows(rows![
        rows::a_fan_out_shares_the_items[Correct],
        rows::a_fan_out_ends_with_its_consumer[Correct],
    ]),
    Subject::new("channels/pattern/worker_pool").with_rows(rows![
        rows::each_job_is_done_once[Correct],
        rows::a_worker_pool_ends_with_its_consumer[Correct],
    ]),
    Subject::new("channels/pattern/bounded").with_rows(rows![
        rows::a_bound_is_kept[Correct],
        rows::a_failure_gives_its_permit_back[Correct],
        rows::who_waits_for_a_permit_goes_when_it_should[Correct],
    ]),
    Subject::new("channels/pattern/context").with_rows(rows![
        rows::a_cancellation_reaches_all_below[Correct],
        rows::a_late_child_is_cancelled[Correct],
        rows::a_cancelled_child_leaves_its_parent[Correct],
        rows::a_deadline_cancels[Correct],
        rows::a_cancellation_ends_the_timer[Correct],
    ]),
    Subject::new("channels/pattern/error_group").with_rows(rows![
        rows::the_first_error_wins[Correct],
        rows::all_may_succeed[Correct],
        rows::a_panic_cancels_the_others[Correct],
    ]),
    Subject::new("channels/pattern/or_done").with_rows(rows![
        rows::or_done_passes_everything_on[Correct],
        rows::or_done_ends_where_its_input_does_not[Correct],
    ]),
    Subject::new("channels/pattern/tee").with_rows(rows![
        rows::a_tee_gives_each_item_to_both[Correct],
        rows::a_tee_waits_for_either[Correct],
        rows::a_tee_ends_with_its_consumer[Correct],
    ]),
    Subject::new("channels/pattern/ticker").with_rows(rows![
        rows::ticks_come_no_earlier[Correct],
        rows::a_ticker_ends_with_its_consumer[Correct],
        rows::an_item_waits_for_its_tick[Correct],
    ]),
    Subject::new("channels/pattern/generator~ignores_done")
        .with_rows(rows![rows::a_generator_ends_with_its_consumer[IgnoresDone]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/pipeline~ignores_done")
        .with_rows(rows![rows::a_pipeline_ends_with_its_consumer[IgnoresDone]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/fan_in~ignores_done")
        .with_rows(rows![rows::a_fan_in_ends_with_its_consumer[IgnoresDone]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/fan_out~ignores_done")
        .with_rows(rows![rows::a_fan_out_ends_with_its_consumer[IgnoresDone]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/worker_pool~ignores_done")
        .with_rows(rows![rows::a_worker_pool_ends_with_its_consumer[IgnoresDone]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/bounded~ignores_done")
        .with_rows(rows![rows::who_waits_for_a_permit_goes_when_it_should[IgnoresDone]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/bounded~keeps_permit")
        .with_rows(rows![rows::a_failure_gives_its_permit_back[KeepsPermit]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/context~forgets_children")
        .with_rows(rows![rows::a_cancellation_reaches_all_below[ForgetsChildren]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/context~looks_first")
        .with_rows(rows![rows::a_late_child_is_cancelled[LooksFirst]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/error_group~last_error")
        .with_rows(rows![rows::the_first_error_wins[LastError]])
        .broken(&[FailureKind::Property]),
    Subject::new("channels/pattern/or_done~ignores_done")
        .with_rows(rows![rows::or_done_ends_where_its_input_does_not[IgnoresDone]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/tee~ignores_done")
        .with_rows(rows![rows::a_tee_ends_with_its_consumer[IgnoresDone]])
        .broken(NEVER_WOKEN),
    Subject::new("channels/pattern/tee~either_output")
        .with_rows(rows![rows::a_tee_gives_each_item_to_both[EitherOutput]])
        .broken(&[FailureKind::Property]),
    Subject::new("channels/pattern/ticker~waits_for_room")
        .with_rows(rows![rows::a_ticker_ends_with_its_consumer[WaitsForRoom]])
        .broken(NEVER_WOKEN),
];

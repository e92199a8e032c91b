//! Executors.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject, WhenKilled};
use crate::contract::processes::executor as rows;
use crate::engine::FailureKind;
use crate::model::processes::executor::broken::{ForgetsTheQueue, LosesTheTask, StaleIdle, TriesAgain};
use crate::model::processes::executor::process_pool::Kept;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("processes/executor/process_pool")
        .with_rows(PROCESS_POOL)
        .when_killed(WhenKilled::FailsCleanly),
    Subject::new("processes/executor/process_pool~stale_idle")
        .with_rows(rows![rows::k08_a_retired_worker_is_not_idle[StaleIdle]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/executor/process_pool~loses_the_task")
        .with_rows(rows![rows::p13_a_death_takes_its_task_along[LosesTheTask]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/executor/process_pool~forgets_the_queue")
        .with_rows(rows![rows::k01_a_death_breaks_the_pool[ForgetsTheQueue]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/executor/process_pool~tries_again")
        .with_rows(rows![rows::a_task_runs_at_most_once[TriesAgain]])
        .broken(&[FailureKind::Property]),
];

const PROCESS_POOL: &[Row] = rows![
    rows::k01_who_waits_is_told[Kept],
    rows::k01_a_death_breaks_the_pool[Kept],
    rows::k08_a_retired_worker_is_not_idle[Kept],
    rows::p13_a_death_takes_its_task_along[Kept],
    rows::a_task_runs_at_most_once[Kept],
    rows::an_idle_worker_may_die[Kept],
];

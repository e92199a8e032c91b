//! Locks.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Subject};
use crate::contract::processes::lock as rows;
use crate::model::processes::lock::broken::{ForgetsWaiters, NotRobust, TakesTheMarkAway};
use crate::model::processes::lock::robust::Kept;

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("processes/lock/robust").with_rows(ROBUST),
    Subject::new("processes/lock/robust~not_robust")
        .with_rows(rows![rows::a_killed_holder_is_told_of[NotRobust]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/robust~forgets_waiters")
        .with_rows(rows![rows::everybody_else_gets_it[ForgetsWaiters]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/robust~takes_the_mark_away")
        .with_rows(rows![rows::everybody_else_gets_it[TakesTheMarkAway]])
        .broken(NEVER_WOKEN),
];

const ROBUST: &[Row] = rows![
    rows::a_killed_holder_is_told_of[Kept],
    rows::what_nobody_repairs_is_lost[Kept],
    rows::everybody_else_gets_it[Kept],
];

//! Locks.

use crate::catalogue::NEVER_WOKEN;
use crate::cell::{Row, Scope, Subject, WhenKilled};
use crate::contract::processes::condition as conditions;
use crate::contract::processes::lock as rows;
use crate::contract::processes::lock_file as files;
use crate::engine::FailureKind;
use crate::model::processes::lock::broken::{
    AwaitsAnswers, Barges, ForgetsWaiters, LooksFirst, NotRobust, OneDescription, OneOfAll, SaysNothing,
    TakesTheMarkAway, TellsLater, WakesLater,
};
use crate::model::processes::lock::condition::Condition;
use crate::model::processes::lock::file::Careful;
use crate::model::processes::lock::robust::{Impatient, Kept, Trusting};

pub(super) static SUBJECTS: &[Subject] = &[
    Subject::new("processes/lock/robust")
        .with_rows(ROBUST)
        .nightly(&[Scope::Row("everybody_else_gets_it")])
        .when_killed(WhenKilled::Robust),
    Subject::new("processes/lock/semaphore")
        .with_rows(SEMAPHORE)
        .nightly(&[Scope::Row("everybody_else_gets_a_permit")])
        .when_killed(WhenKilled::Robust),
    Subject::new("processes/lock/condition")
        .with_rows(CONDITION)
        .nightly(&[Scope::Row("each_gets_one")])
        .when_killed(WhenKilled::Robust),
    Subject::new("processes/lock/file").with_rows(FILE).two_may_die(BOTH).when_killed(WhenKilled::Robust),
    Subject::new("processes/lock/robust~not_robust")
        .with_rows(rows![rows::a_killed_holder_is_told_of[NotRobust]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/robust~forgets_waiters")
        .with_rows(rows![rows::everybody_else_gets_it[ForgetsWaiters]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/robust~takes_the_mark_away")
        .with_rows(rows![rows::everybody_else_gets_it[TakesTheMarkAway]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/robust~barges")
        .with_rows(rows![rows::who_sleeps_is_not_passed_for_ever[Barges<1>]])
        .broken(&[FailureKind::Panic]),
    Subject::new("processes/lock/robust~one_of_all")
        .with_rows(rows![rows::each_who_sleeps_has_its_turn[OneOfAll]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/lock/semaphore~barges")
        .with_rows(rows![rows::who_waits_is_not_passed_for_ever[Barges<1>]])
        .broken(&[FailureKind::Property]),
    Subject::new("processes/lock/semaphore~not_robust")
        .with_rows(rows![rows::a_killed_holder_gives_its_permit_back[NotRobust]])
        .broken(&[FailureKind::LostWakeup, FailureKind::Deadlock, FailureKind::Property]),
    Subject::new("processes/lock/semaphore~looks_first")
        .with_rows(rows![
            rows::a_killed_holder_gives_its_permit_back[LooksFirst],
            rows::any_permit_wakes[LooksFirst],
        ])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/semaphore~wakes_later")
        .with_rows(rows![rows::a_killed_holder_gives_its_permit_back[WakesLater]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/condition~tells_later")
        .with_rows(rows![conditions::a_change_that_was_made_is_told_of[Condition<TellsLater>]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/condition~awaits_answers")
        .with_rows(rows![conditions::a_killed_waiter_answers_nobody[AwaitsAnswers]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/lock/file~one_description")
        .with_rows(rows![files::one_has_it_at_a_time[OneDescription]])
        .broken(&[FailureKind::DataRace, FailureKind::Property]),
    Subject::new("processes/lock/file~says_nothing")
        .with_rows(rows![files::who_gets_it_from_the_dead_is_told[SaysNothing]])
        .two_may_die(BOTH)
        .broken(&[FailureKind::Property]),
];

const FILE: &[Row] =
    rows![files::one_has_it_at_a_time[Careful], files::who_gets_it_from_the_dead_is_told[Careful]];

/// Where the one who repairs may die as well.
const BOTH: &[Scope] = &[Scope::Row("who_gets_it_from_the_dead_is_told")];

const ROBUST: &[Row] = rows![
    rows::a_killed_holder_is_told_of[Kept],
    rows::what_nobody_repairs_is_lost[Kept],
    rows::everybody_else_gets_it[Kept],
    rows::who_sleeps_is_not_passed_for_ever[Impatient<1>],
    rows::each_who_sleeps_has_its_turn[Trusting],
];

const SEMAPHORE: &[Row] = rows![
    rows::a_killed_holder_gives_its_permit_back[Kept],
    rows::any_permit_wakes[Kept],
    rows::everybody_else_gets_a_permit[Kept],
    rows::who_waits_is_not_passed_for_ever[Impatient<1>],
];

const CONDITION: &[Row] = rows![
    conditions::a_killed_waiter_answers_nobody[Condition],
    conditions::a_change_that_was_made_is_told_of[Condition],
    conditions::each_gets_one[Kept],
];

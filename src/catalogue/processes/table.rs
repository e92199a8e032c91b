//! Tables of philosophers.

use crate::catalogue::{NEVER_WOKEN, size, table};
use crate::cell::{Row, Scope, Subject, WhenKilled};
use crate::contract::processes::{arbiter, table as rows};
use crate::engine::FailureKind;
use crate::model::processes::table::arbiter::Just;
use crate::model::processes::table::broken::{
    ForgetsRepair, ForkByFork, FreesFirst, GrantsTooEarly, KeepsForks, LeftFirst,
};
use crate::model::processes::table::ordered::{Correct, Ordered};

pub(super) static SUBJECTS: &[Subject] = &[
    table::<Ordered>("processes/table/ordered")
        .only(&[size(2, 1), size(3, 1)])
        .with_rows(rows![
            rows::a_dead_philosopher_gives_its_forks_back[Correct],
            rows::everybody_else_dines[Correct],
            rows::the_report_says_who_died[Correct],
        ])
        .nightly(&[Scope::Row("everybody_else_dines")])
        .two_may_die(BOTH)
        .when_killed(WhenKilled::Robust),
    table::<Ordered<LeftFirst>>("processes/table/ordered~left_first")
        .only(&[size(2, 1), size(3, 1)])
        .broken(NEVER_WOKEN),
    Subject::new("processes/table/ordered~forgets_repair")
        .with_rows(rows![
            rows::a_dead_philosopher_gives_its_forks_back[ForgetsRepair],
            rows::the_report_says_who_died[ForgetsRepair],
        ])
        .two_may_die(BOTH)
        .broken(&[FailureKind::Property, FailureKind::Panic]),
    Subject::new("processes/table/ordered~frees_first")
        .with_rows(rows![rows::the_report_says_who_died[FreesFirst]])
        .two_may_die(BOTH)
        .broken(&[FailureKind::Property]),
    Subject::new("processes/table/arbiter")
        .with_rows(ARBITER)
        .nightly(&[Scope::Row("everybody_else_dines"), Scope::Row("whoever_dies_holds_nobody")])
        .when_killed(WhenKilled::Robust),
    Subject::new("processes/table/arbiter~fork_by_fork")
        .with_rows(rows![arbiter::neighbours_never_eat_together[ForkByFork]])
        .broken(NEVER_WOKEN),
    Subject::new("processes/table/arbiter~grants_too_early")
        .with_rows(rows![arbiter::neighbours_never_eat_together[GrantsTooEarly]])
        .broken(&[FailureKind::DataRace]),
    Subject::new("processes/table/arbiter~keeps_forks")
        .with_rows(rows![arbiter::a_dead_philosopher_gives_its_forks_back[KeepsForks]])
        .broken(NEVER_WOKEN),
];

const ARBITER: &[Row] = rows![
    arbiter::neighbours_never_eat_together[Just],
    arbiter::a_dead_philosopher_gives_its_forks_back[Just],
    arbiter::who_comes_after_the_dead_is_fed[Just],
    arbiter::a_dead_arbiter_holds_nobody[Just],
    arbiter::whoever_dies_holds_nobody[Just],
    arbiter::everybody_else_dines[Just],
    arbiter::the_report_says_who_died_at_what[Just],
];

/// Where the one who repairs may die as well.
const BOTH: &[Scope] = &[Scope::Row("the_report_says_who_died")];

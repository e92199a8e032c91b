//! Tables of philosophers.

use crate::catalogue::{NEVER_WOKEN, size, table};
use crate::cell::{Scope, Subject, WhenKilled};
use crate::contract::processes::table as rows;
use crate::engine::FailureKind;
use crate::model::processes::table::broken::{ForgetsRepair, FreesFirst, LeftFirst};
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
];

/// Where the one who repairs may die as well.
const BOTH: &[Scope] = &[Scope::Row("the_report_says_who_died")];

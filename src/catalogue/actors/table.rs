//! Tables whose philosophers send each other messages.

use crate::catalogue::{NEVER_WOKEN, size, table};
use crate::cell::Subject;
use crate::contract::actors::table as rows;
use crate::model::actors::table::broken::{LeavesForksInHand, Naive};
use crate::model::actors::table::hygienic::{self, Hygienic};
use crate::model::actors::table::supervised::{self, Supervised};

pub(super) static SUBJECTS: &[Subject] = &[
    table::<Hygienic>("actors/table/hygienic").only(&[size(2, 1), size(2, 2), size(3, 1)]).with_rows(rows![
        rows::precedence_stays_acyclic[hygienic::Correct],
        rows::who_does_not_dine_answers[hygienic::Correct],
    ]),
    table::<Supervised>("actors/table/supervised")
        .only(&[size(2, 1)])
        .with_rows(rows![rows::the_forks_of_the_dead_are_put_down[supervised::Correct]]),
    table::<Hygienic<Naive>>("actors/table/hygienic~naive").only(&[size(3, 1)]).broken(NEVER_WOKEN),
    Subject::new("actors/table/supervised~leaves_forks_in_hand")
        .with_rows(rows![rows::the_forks_of_the_dead_are_put_down[LeavesForksInHand]])
        .broken(NEVER_WOKEN),
];

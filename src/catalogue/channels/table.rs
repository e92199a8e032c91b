//! Tables whose philosophers share nothing but channels.

use crate::catalogue::{NEVER_WOKEN, size, table};
use crate::cell::Subject;
use crate::contract::channels::table as rows;
use crate::engine::Engine;
use crate::model::channels::table::broken::{AdmitsAll, EitherFirst, LeftFirst};
use crate::model::channels::table::{Ordered, Waiter};

pub(super) static SUBJECTS: &[Subject] = &[
    table::<Ordered>("channels/table/ordered").only(&[size(2, 1), size(2, 2), size(3, 1)]),
    table::<Waiter>("channels/table/waiter")
        .only(&[size(2, 1), size(3, 1)])
        .nightly(&[size(3, 1)])
        .with_rows(rows![rows::a_table_is_cleared[Waiter]]),
    table::<Ordered<LeftFirst>>("channels/table/ordered~left_first")
        .only(&[size(2, 1), size(3, 1)])
        .broken(NEVER_WOKEN),
    table::<EitherFirst>("channels/table/ordered~either_first")
        .only(&[size(2, 1), size(3, 1)])
        .broken(NEVER_WOKEN)
        .blind(&[(Engine::Loom, "both forks lie on the table, and loom has no choice of the program's own")]),
    table::<Waiter<AdmitsAll>>("channels/table/waiter~admits_all")
        .only(&[size(2, 1), size(3, 1)])
        .nightly(&[size(3, 1)])
        .broken(NEVER_WOKEN),
];

//! Tables of the model `gil`.
//!
//! On the lock itself two seats with a meal each are what an engine can enumerate; on the plain one, more.

use crate::catalogue::{NEVER_WOKEN, size, table};
use crate::cell::Subject;
use crate::contract::gil::table;
use crate::engine::FailureKind;
use crate::model::gil::lock::plain::Plain;
use crate::model::gil::table::broken::{LeftFirst, WakesOne};
use crate::model::gil::table::{AtOnce, Ordered};

pub(super) static SUBJECTS: &[Subject] = &[
    table::<Ordered>("gil/table/ordered").only(&[size(2, 1)]),
    table::<AtOnce>("gil/table/at_once").only(&[size(2, 1)]),
    table::<Ordered<Plain>>("gil/table/ordered.plain")
        .only(&[size(2, 1), size(2, 2), size(3, 1)])
        .with_rows(rows![table::who_share_no_fork_eat_together[Ordered<Plain>]]),
    table::<AtOnce<Plain>>("gil/table/at_once.plain")
        .only(&[size(2, 1), size(2, 2), size(3, 1), size(4, 1)])
        .with_rows(rows![table::who_share_no_fork_eat_together[AtOnce<Plain>]]),
    table::<LeftFirst>("gil/table/ordered~left_first").only(&[size(2, 1)]).broken(&[FailureKind::Deadlock]),
    table::<LeftFirst<Plain>>("gil/table/ordered.plain~left_first")
        .only(&[size(2, 1), size(3, 1)])
        .broken(&[FailureKind::Deadlock]),
    table::<AtOnce<Plain, WakesOne>>("gil/table/at_once.plain~wakes_one")
        .only(&[size(2, 1), size(3, 1)])
        .broken(NEVER_WOKEN)
        .hidden_in(&[size(2, 1)]),
];

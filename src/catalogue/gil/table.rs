//! Tables of the model `gil`.
//!
//! On the lock itself two seats with a meal each are what an engine can enumerate; on the plain one, more.

use crate::catalogue::{NEVER_WOKEN, t, table};
use crate::cell::Subject;
use crate::engine::FailureKind;
use crate::model::gil::lock::plain::Plain;
use crate::model::gil::table::broken::{LeftFirst, WakesOne};
use crate::model::gil::table::{AtOnce, Ordered};

pub(super) static SUBJECTS: &[Subject] = &[
    table::<Ordered>("gil/table/ordered").only(&[t(2, 1)]),
    table::<AtOnce>("gil/table/at_once").only(&[t(2, 1)]),
    table::<Ordered<Plain>>("gil/table/ordered.plain").only(&[t(2, 1), t(2, 2), t(3, 1)]),
    table::<AtOnce<Plain>>("gil/table/at_once.plain").only(&[t(2, 1), t(2, 2), t(3, 1), t(4, 1)]),
    table::<LeftFirst>("gil/table/ordered~left_first").only(&[t(2, 1)]).broken(&[FailureKind::Deadlock]),
    table::<LeftFirst<Plain>>("gil/table/ordered.plain~left_first")
        .only(&[t(2, 1), t(3, 1)])
        .broken(&[FailureKind::Deadlock]),
    table::<AtOnce<Plain, WakesOne>>("gil/table/at_once.plain~wakes_one")
        .only(&[t(2, 1), t(3, 1)])
        .broken(NEVER_WOKEN)
        .hidden_in(&[t(2, 1)]),
];

//! Tables whose philosophers are tasks.

use crate::catalogue::{NEVER_WOKEN, size, table};
use crate::cell::{Row, Scope, Subject};
use crate::contract::coroutines::task as rows;
use crate::model::coroutines::table::broken::{Everybody, LeftFirst, UntilFirstFork};
use crate::model::coroutines::table::{Footman, Impatient, Ordered, Tasks, Waiter};

pub(super) static SUBJECTS: &[Subject] = &[
    table::<Tasks<Ordered>>("coroutines/table/ordered").only(SIZES).with_rows(ORDERED),
    table::<Impatient<Ordered>>("coroutines/table/ordered.impatient").only(SIZES),
    table::<Tasks<Footman>>("coroutines/table/footman").only(SIZES).with_rows(FOOTMAN),
    table::<Tasks<Waiter>>("coroutines/table/waiter").only(ONCE).with_rows(WAITER),
    table::<Impatient<Waiter>>("coroutines/table/waiter.impatient").only(&[size(2, 1)]),
    table::<Tasks<Ordered<LeftFirst>>>("coroutines/table/ordered~left_first")
        .only(SIZES)
        .with_rows(rows![rows::everybody_eats_on_one_thread[Ordered<LeftFirst>]])
        .broken(NEVER_WOKEN),
    table::<Tasks<Footman<Everybody>>>("coroutines/table/footman~everybody").only(SIZES).broken(NEVER_WOKEN),
    table::<Tasks<Waiter<UntilFirstFork>>>("coroutines/table/waiter~until_first_fork")
        .only(SIZES)
        .broken(NEVER_WOKEN),
];

const SIZES: &[Scope] = &[size(2, 1), size(2, 2), size(3, 1)];
const ONCE: &[Scope] = &[size(2, 1), size(3, 1)];

const ORDERED: &[Row] = rows![rows::everybody_eats_on_one_thread[Ordered]];
const FOOTMAN: &[Row] = rows![rows::everybody_eats_on_one_thread[Footman]];
const WAITER: &[Row] = rows![rows::everybody_eats_on_one_thread[Waiter]];

//! Tables of the model `pool`: the philosophers are tasks.

use crate::catalogue::{NEVER_WOKEN, t, table};
use crate::cell::Subject;
use crate::model::pool::table::broken::BlockingTasks;
use crate::model::pool::table::state_machines::StateMachines;

pub(super) static SUBJECTS: &[Subject] = &[
    table::<StateMachines>("pool/table/state_machines").only(&[t(2, 1), t(2, 2), t(3, 1)]),
    table::<BlockingTasks>("pool/table/state_machines~blocking_tasks")
        .only(&[t(2, 1), t(3, 1)])
        .broken(NEVER_WOKEN),
];

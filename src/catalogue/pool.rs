//! The subjects of the model `pool`.

use super::{NEVER_WOKEN, NO_ORDER_IN_TIME, deque, p, t, table, try_queue};
use crate::cell::{Row, Subject};
use crate::contract::stealing;
use crate::engine::{Engine, FailureKind};
use crate::model::pool::broken::stealing::{
    HintOutsideTheLock, NoSecondLook, PopWithoutFence, ReadAfterClaim, RelaxedBottom, RelaxedGrow,
    StealFromOldBuffer,
};
use crate::model::pool::broken::tables::BlockingTasks;
use crate::model::pool::deque::{ChaseLev, Worker};
use crate::model::pool::idle::SecondLook;
use crate::model::pool::injector::Injector;
use crate::model::pool::table::StateMachines;
use crate::scenario::Item;

/// Tables whose philosophers are tasks.
pub(super) static TABLES: &[Subject] = &[
    table::<StateMachines>("pool", "state_machines").only(&[t(2, 1), t(2, 2), t(3, 1)]),
    table::<BlockingTasks>("pool", "blocking_tasks").only(&[t(2, 1), t(3, 1)]).broken(NEVER_WOKEN),
];

/// Work-stealing deques.
pub(super) static DEQUES: &[Subject] = &[
    deque::<Worker<Item, ChaseLev>>("pool", "chase_lev").with_rows(&[
        Row::new("a_push_publishes", stealing::a_push_publishes::<Worker<Item>>),
        Row::new("the_last_item_goes_to_one", stealing::the_last_item_goes_to_one::<Worker<Item>>),
        Row::new(
            "the_owner_and_a_thief_share_two",
            stealing::the_owner_and_a_thief_share_two::<Worker<Item>>,
        ),
        Row::new(
            "a_growing_deque_keeps_its_items",
            stealing::a_growing_deque_keeps_its_items::<Worker<Item>>,
        ),
        Row::new("a_slot_is_used_again", stealing::a_slot_is_used_again::<Worker<Item>>),
        Row::new("an_empty_deque_is_used_again", stealing::an_empty_deque_is_used_again::<Worker<Item>>),
    ]),
    deque::<Worker<Item, PopWithoutFence>>("pool", "pop_without_fence")
        .with_rows(&[Row::new(
            "the_owner_and_a_thief_share_two",
            stealing::the_owner_and_a_thief_share_two::<Worker<Item, PopWithoutFence>>,
        )])
        .broken(&[FailureKind::Property])
        .blind(&[
            (Engine::Random, ONE_ORDER),
            (Engine::Pct, ONE_ORDER),
            (Engine::Urw, ONE_ORDER),
            (Engine::Dpor, ONE_ORDER),
        ]),
    deque::<Worker<Item, RelaxedBottom>>("pool", "relaxed_bottom")
        .with_rows(&[Row::new("a_push_publishes", stealing::a_push_publishes::<Worker<Item, RelaxedBottom>>)])
        .broken(TAKEN_BEFORE_IT_IS_THERE),
    deque::<Worker<Item, RelaxedGrow>>("pool", "relaxed_grow")
        .with_rows(&[Row::new(
            "a_growing_deque_keeps_its_items",
            stealing::a_growing_deque_keeps_its_items::<Worker<Item, RelaxedGrow>>,
        )])
        .broken(TAKEN_BEFORE_IT_IS_THERE)
        .blind(&[
            (Engine::Random, ONE_ORDER),
            (Engine::Pct, ONE_ORDER),
            (Engine::Urw, ONE_ORDER),
            (Engine::Dpor, ONE_ORDER),
        ]),
    deque::<Worker<Item, ReadAfterClaim>>("pool", "read_after_claim")
        .with_rows(&[Row::new(
            "a_slot_is_used_again",
            stealing::a_slot_is_used_again::<Worker<Item, ReadAfterClaim>>,
        )])
        .broken(TAKEN_BEFORE_IT_IS_THERE),
    deque::<Worker<Item, StealFromOldBuffer>>("pool", "steal_from_old_buffer")
        .with_rows(&[Row::new(
            "a_growing_deque_keeps_its_items",
            stealing::a_growing_deque_keeps_its_items::<Worker<Item, StealFromOldBuffer>>,
        )])
        .broken(&[FailureKind::Property]),
];

/// Queues that never wait.
pub(super) static TRY_QUEUES: &[Subject] = &[
    try_queue::<Injector<Item>>("pool", "injector").with_rows(&[Row::new(
        "what_was_pushed_is_found",
        stealing::what_was_pushed_is_found::<Injector<Item>>,
    )]),
    try_queue::<HintOutsideTheLock<Item>>("pool", "hint_outside_the_lock")
        .with_rows(&[Row::new(
            "what_was_pushed_is_found",
            stealing::what_was_pushed_is_found::<HintOutsideTheLock<Item>>,
        )])
        .broken(&[FailureKind::NotLinearizable, FailureKind::Property])
        .hidden_in(&[p(2, 1), p(1, 2), p(3, 1), p(1, 3)])
        .blind(NO_ORDER_IN_TIME),
];

/// Pools that run tasks, with or without stealing.
pub(super) static TASKS: &[Subject] = &[
    Subject::contract(
        "pool",
        "tasks",
        "stealing",
        &[
            Row::new("a_task_from_outside_is_run", stealing::a_task_from_outside_is_run::<SecondLook>),
            Row::new(
                "a_task_of_a_busy_worker_is_stolen",
                stealing::a_task_of_a_busy_worker_is_stolen::<SecondLook>,
            ),
            Row::new("the_drop_waits_for_all_tasks", stealing::the_drop_waits_for_all_tasks::<SecondLook>),
            Row::new(
                "a_panic_leaves_tasks_to_the_others",
                stealing::a_panic_leaves_tasks_to_the_others::<SecondLook>,
            ),
            Row::new("a_panic_leaves_a_pool_at_work", stealing::a_panic_leaves_a_pool_at_work::<SecondLook>),
        ],
    ),
    Subject::contract(
        "pool",
        "tasks",
        "crew",
        &[
            Row::new("the_last_task_lets_everybody_go", stealing::the_last_task_lets_everybody_go),
            Row::new("a_panic_leaves_the_rest_to_the_crew", stealing::a_panic_leaves_the_rest_to_the_crew),
        ],
    ),
    Subject::contract(
        "pool",
        "tasks",
        "no_second_look",
        &[
            Row::new("a_task_from_outside_is_run", stealing::a_task_from_outside_is_run::<NoSecondLook>),
            Row::new(
                "a_task_of_a_busy_worker_is_stolen",
                stealing::a_task_of_a_busy_worker_is_stolen::<NoSecondLook>,
            ),
        ],
    )
    .broken(NEVER_WOKEN),
];

/// Why engines of interleavings do not see a missing fence.
const ONE_ORDER: &str = "every load sees the newest store: nothing is ever reordered";

/// A thief that takes what is not yet there: it has another item, or its own before it is written.
const TAKEN_BEFORE_IT_IS_THERE: &[FailureKind] = &[FailureKind::DataRace, FailureKind::Property];

//! The rules by which futures and executors are written, so that each broken twin can break just one, and what they are
//! made of.

use crate::model::threads::lock::monitor::{Barging, Monitor, Primitive};

/// One constant a rule. What is right is the default; a twin overrides one.
pub trait Rules: Send + Sync + 'static {
    /// What the locks are made of, and the conditions that threads wait for.
    type Monitor: Monitor;

    /// A result wakes everybody who waits for it.
    const RESULT_WAKES_ALL: bool = true;
    /// Who waits for several futures looks whether one is done and asks to be told of it in one step.
    const LOOKS_AND_ASKS_AT_ONCE: bool = true;
    /// A callback that comes while the others are being called is called after them, and once.
    const CALLBACKS_ONCE: bool = true;
    /// A worker looks whether a future was cancelled and sets it running in one step.
    const CLAIMS_AT_ONCE: bool = true;
    /// Whoever waits for a future that a shutdown cancels is told.
    const SHUTDOWN_TELLS: bool = true;
    /// A shutdown wakes every idle worker.
    const SHUTDOWN_WAKES_ALL: bool = true;
    /// A worker that takes up work is no longer counted as idle.
    const BUSY_IS_NOT_IDLE: bool = true;
    /// Whether another worker is needed is decided, and the worker counted, in one step.
    const COUNTS_AT_ONCE: bool = true;
    /// A pool whose initializer failed tells those who wait for tasks that will never run.
    const BROKEN_POOL_TELLS: bool = true;
    /// A worker that has looked a while for work looks once more when it is no longer counted among those who look.
    const LOOKS_BEFORE_SLEEPING: bool = true;
    /// Of the workers who look for work each is counted on for one task.
    const LINGERERS_TAKE_ONE_EACH: bool = true;
    /// A result of a map is written before it is said to be there.
    const WRITTEN_BEFORE_IT_IS_TOLD: bool = true;
    /// Who ends a task of a map says so, and learns whether somebody waits for it, in one step.
    const TELLS_AND_LOOKS_AT_ONCE: bool = true;
    /// How many tasks of a map are not begun is learnt when the next one is put in, and not before.
    const COUNTS_WHEN_PUTTING_IN: bool = true;
    /// A worker begins the next task of a map when it is done with the one before.
    const BEGINS_ONE_AT_A_TIME: bool = true;
    /// A worker begins no task that a map has taken back from a closed pool.
    const BEGINS_WHAT_IS_THERE: bool = true;
    /// Not a rule: under an engine too a worker looks once for work before it sleeps. It costs executions.
    const LINGERS_IN_MODELS: bool = false;
}

/// All rules are kept, on the lock that is fast on real cores.
#[derive(Debug)]
pub struct Correct;

impl Rules for Correct {
    type Monitor = Barging;
}

/// All rules are kept, on the primitives that every engine knows: what is proved in large scopes.
#[derive(Debug)]
pub struct OnPrimitives;

impl Rules for OnPrimitives {
    type Monitor = Primitive;
}

/// All rules are kept, and a worker looks once for work before it sleeps, as on real cores it does often.
#[derive(Debug)]
pub struct Lingering;

impl Rules for Lingering {
    type Monitor = Primitive;

    const LINGERS_IN_MODELS: bool = true;
}

/// Twins, each of which breaks one rule.
macro_rules! twins {
    ($($(#[$docs:meta])* $name:ident breaks $rule:ident;)+) => {
        $(
            $(#[$docs])*
            #[derive(Debug)]
            pub struct $name;

            impl $crate::model::pool::rules::Rules for $name {
                type Monitor = $crate::model::threads::lock::monitor::Primitive;

                const $rule: bool = false;
            }
        )+
    };
}
pub(super) use twins;

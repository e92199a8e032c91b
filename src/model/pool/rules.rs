//! The rules by which futures and executors are written, so that each broken twin can break just one.

/// One constant a rule. What is right is the default; a twin overrides one.
pub trait Rules: Send + Sync + 'static {
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
}

/// All rules are kept.
#[derive(Debug)]
pub struct Correct;

impl Rules for Correct {}

/// Twins, each of which breaks one rule.
macro_rules! twins {
    ($($(#[$docs:meta])* $name:ident breaks $rule:ident;)+) => {
        $(
            $(#[$docs])*
            #[derive(Debug)]
            pub struct $name;

            impl $crate::model::pool::rules::Rules for $name {
                const $rule: bool = false;
            }
        )+
    };
}
pub(super) use twins;

//! Twins of the [futures](super::super::future) and of the [thread pool](super::super::executor): each breaks one of
//! the [rules](super::super::rules).

use super::super::rules::Rules;

macro_rules! twins {
    ($($(#[$docs:meta])* $name:ident breaks $rule:ident;)+) => {
        $(
            $(#[$docs])*
            #[derive(Debug)]
            pub struct $name;

            impl Rules for $name {
                const $rule: bool = false;
            }
        )+
    };
}

twins! {
    /// A result wakes one of those who wait for it, and the others never.
    ResultWakesOne breaks RESULT_WAKES_ALL;
    /// Looks whether a future is done, then asks to be told: in between it may end, and nobody tells (row W05).
    LooksThenAsks breaks LOOKS_AND_ASKS_AT_ONCE;
    /// A callback that is added while the others are being called is called at once, before them.
    CallbackJumpsAhead breaks CALLBACKS_ONCE;
    /// Looks whether a future was cancelled, then sets it running: a task runs although `cancel` said that it would not.
    LooksThenRuns breaks CLAIMS_AT_ONCE;
    /// Futures that a shutdown cancels are done, and yet `wait` waits for them for ever: CPython up to 3.15 (row D05).
    ShutdownTellsNobody breaks SHUTDOWN_TELLS;
    /// A shutdown wakes one of the idle workers; the others wait for work that never comes, and it for their end.
    ShutdownWakesOne breaks SHUTDOWN_WAKES_ALL;
    /// A worker that took up work still counts as idle, so no other is started: a task that waits for another never ends.
    /// The stale idle token of gh-115634.
    StaleIdle breaks BUSY_IS_NOT_IDLE;
    /// Looks whether a worker is needed, then starts it: two threads that submit start one too many (gh-117344).
    LooksThenEmploys breaks COUNTS_AT_ONCE;
    /// An initializer fails, and nobody tells those who wait for the tasks that were queued.
    BreaksInSilence breaks BROKEN_POOL_TELLS;
}

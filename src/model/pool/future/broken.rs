//! Twins of the [future](super::Future): each breaks one of the [rules](crate::model::pool::rules).

use crate::model::pool::rules::twins;

twins! {
    /// A result wakes one of those who wait for it, and the others never.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    ResultWakesOne breaks RESULT_WAKES_ALL;
    /// Looks whether a future is done, then asks to be told: in between it may end, and nobody tells (row W05).
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    LooksThenAsks breaks LOOKS_AND_ASKS_AT_ONCE;
    /// A callback that is added while the others are being called is called at once, before them.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    CallbackJumpsAhead breaks CALLBACKS_ONCE;
    /// Looks whether a future was cancelled, then sets it running: a task runs although `cancel` said that it would not.
    ///
    /// Twin of [`Correct`](crate::model::pool::rules::Correct).
    LooksThenRuns breaks CLAIMS_AT_ONCE;
}

//! What a harness asks the engine: where a thread stands while it runs ([`moment`]), and how all steps are ordered at
//! the end ([`causality`]). Asking orders nothing.

use super::current::{Current, current};
use crate::event::causality::{Causality, Moment};

/// Where the running thread stands; `None` where no engine of this crate drives it.
pub fn moment() -> Option<Moment> {
    match current() {
        Current::Controlled(controller) => Some(controller.moment()),
        _ => None,
    }
}

/// The order of all steps so far; `None` where no engine of this crate drives the running thread.
pub fn causality() -> Option<Causality> {
    match current() {
        Current::Controlled(controller) => Some(controller.causality()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_engine_there_is_none() {
        assert_eq!((moment(), causality()), (None, None));
    }
}

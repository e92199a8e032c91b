//! What decides whose operation takes place.

use super::Choice;
use crate::engine::Budget;
use crate::engine::dpor::{Bounded, Explorer};

/// What decides whose operation takes place.
#[derive(Debug)]
pub(crate) enum Chooser {
    /// The exact explorer.
    Explorer(Box<Explorer>),
    /// The explorer within a bound on preemptions.
    Bounded(Box<Bounded>),
    /// A schedule that was recorded before.
    Script { schedule: Vec<Choice>, position: usize },
    /// The driver itself, which calls [`Execution::grant`].
    #[cfg_attr(not(feature = "shuttle"), expect(dead_code, reason = "shuttle's strategies are external"))]
    External,
}

impl Chooser {
    /// What explores every execution, or every one within the budget's bound on preemptions.
    pub(crate) fn exact(budget: &Budget) -> Self {
        match budget.preemptions {
            Some(bound) => Self::Bounded(Box::new(Bounded::new(bound))),
            None => Self::Explorer(Box::default()),
        }
    }

    /// An exact search begins again; false where it is none.
    pub(crate) fn reset(&mut self) -> bool {
        match self {
            Self::Explorer(explorer) => explorer.reset(),
            Self::Bounded(bounded) => bounded.reset(),
            Self::Script { .. } | Self::External => return false,
        }
        true
    }

    /// Whether it is settled how the execution goes on.
    pub(super) fn has_a_plan(&self) -> bool {
        match self {
            Self::Explorer(explorer) => explorer.has_a_plan(),
            Self::Bounded(bounded) => bounded.has_a_plan(),
            Self::Script { schedule, position } => *position < schedule.len(),
            Self::External => false,
        }
    }

    /// The order of events, where the search keeps it.
    pub(super) fn order(&self) -> Option<&Explorer> {
        match self {
            Self::Explorer(explorer) => Some(explorer),
            Self::Bounded(bounded) => Some(&bounded.order),
            Self::Script { .. } | Self::External => None,
        }
    }

    pub(super) fn order_mut(&mut self) -> Option<&mut Explorer> {
        match self {
            Self::Explorer(explorer) => Some(explorer),
            Self::Bounded(bounded) => Some(&mut bounded.order),
            Self::Script { .. } | Self::External => None,
        }
    }
}

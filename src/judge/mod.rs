//! Every judgement: what the facts that an engine reports are worth, whether that was expected, and what caused a failure.
//! Plain functions on plain data.

mod cancellation;
mod catches;
mod confirmation;
pub mod finding;
mod record;
mod rounds;
mod verdict;

pub use cancellation::{CancelSafety, cancel_safety};
pub use catches::Catches;
pub use confirmation::coverage;
pub use record::{CellReport, Status, explains, status, undecided_questions};
pub use rounds::{Histories, Rounds, RoundsReport, id_of_rounds, rounds_of, status_if_shown};
pub use verdict::{Extent, Reason, Verdict, verify};

//! Sequential objects: what a subject has to look like to its users, whatever goes on inside.

mod queue;
mod register;
mod set;

pub use self::queue::{Order, QueueAnswer, QueueCall, QueueSpec};
pub use self::register::{RegisterAnswer, RegisterCall};
pub use self::set::{SetAnswer, SetCall};

use std::fmt::Debug;
use std::hash::Hash;

/// A sequential object, by the steps that it allows.
pub trait Spec {
    /// Its state.
    type State: Clone + Debug + Ord + Hash;
    /// What can be asked of it.
    type Call: Debug;
    /// What it can answer.
    type Answer: Debug;

    /// The state in which it begins.
    fn initial(&self) -> Self::State;

    /// The state after the call, where the object may give this answer to it.
    fn step(&self, state: &Self::State, call: &Self::Call, answer: &Self::Answer) -> Option<Self::State>;

    /// Whether the answer may also be given, and changes nothing, while another operation is under way.
    fn may_fail(&self, call: &Self::Call, answer: &Self::Answer) -> bool {
        let _ = (call, answer);
        false
    }
}

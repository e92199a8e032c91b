//! Sequential objects: what a subject has to look like to its users, whatever goes on inside.
//!
//! An object of your own takes three small functions. A light that can be switched, and that tells what it was:
//!
//! ```
//! use refectory::spec::Spec;
//!
//! struct Light;
//!
//! #[derive(Debug)]
//! struct Switch;
//!
//! impl Spec for Light {
//!     type State = bool;
//!     type Call = Switch;
//!     type Answer = bool;
//!     type Next = Option<bool>;
//!
//!     fn initial(&self) -> bool {
//!         false
//!     }
//!
//!     fn step(&self, lit: &bool, _: &Switch, answer: &bool) -> Option<bool> {
//!         (answer == lit).then_some(!lit)
//!     }
//!
//!     fn answers(&self, lit: &bool, _: &Switch) -> impl IntoIterator<Item = bool> {
//!         [*lit]
//!     }
//! }
//!
//! assert_eq!(Light.step(&false, &Switch, &false), Some(true));
//! assert_eq!(Light.step(&false, &Switch, &true), None);
//! ```

mod counter;
mod kv;
mod queue;
mod register;
mod relaxed;
mod set;

pub use self::counter::{CounterAnswer, CounterCall, CounterSpec};
pub use self::kv::{KvAnswer, KvCall, KvSpec};
pub use self::queue::{Order, QueueAnswer, QueueCall, QueueSpec};
pub use self::register::{RegisterAnswer, RegisterCall, RegisterSpec};
pub use self::relaxed::RelaxedQueueSpec;
pub use self::set::{SetAnswer, SetCall, SetSpec};

use std::fmt::Debug;
use std::hash::Hash;

/// A sequential object, by the steps that it allows.
///
/// An object may consist of *parts* that know nothing of each other: the keys of a store, the members of a set. Then a state is that of
/// one part, and a history is right if that of each part is (P-compositionality: Alex Horn, Daniel Kroening, "Faster linearizability
/// checking via P-compositionality", 2015).
pub trait Spec {
    /// Its state; that of one part, where it has parts.
    type State: Clone + Debug + Ord + Hash;
    /// What can be asked of it.
    type Call: Debug;
    /// What it can answer.
    type Answer: Debug;
    /// The states that may come next: an `Option` where call and answer leave one at most, a `Vec` where they leave several.
    type Next: IntoIterator<Item = Self::State>;

    /// The state in which it begins, and each of its parts.
    fn initial(&self) -> Self::State;

    /// The states in which it may be after the call, where it may give this answer to it; none where it may not.
    fn step(&self, state: &Self::State, call: &Self::Call, answer: &Self::Answer) -> Self::Next;

    /// Every answer that it may give to the call; none where it would wait. It stands for the answers that nobody knows: of an
    /// operation that never returned, or whose result was lost.
    fn answers(&self, state: &Self::State, call: &Self::Call) -> impl IntoIterator<Item = Self::Answer>;

    /// The states in which it may be after the call, where it gives this answer; where the answer is `None`, any that is possible.
    fn nexts(
        &self,
        state: &Self::State,
        call: &Self::Call,
        answer: Option<&Self::Answer>,
    ) -> impl Iterator<Item = Self::State> {
        let known = answer.map(|answer| self.step(state, call, answer));
        let possible = answer.is_none().then(|| self.answers(state, call)).into_iter().flatten();
        let unknown = possible.flat_map(move |answer| self.step(state, call, &answer));
        known.into_iter().flatten().chain(unknown)
    }

    /// The part that the call is about.
    fn part(&self, call: &Self::Call) -> u32 {
        let _ = call;
        0
    }

    /// Whether the answer may also be given, and changes nothing, while another operation on the same part is under way. Of an answer
    /// that is not known: whether there is such an answer.
    fn may_fail(&self, call: &Self::Call, answer: Option<&Self::Answer>) -> bool {
        let _ = (call, answer);
        false
    }

    /// Whether the operation leaves every state as it is in which it may take place: it looks, and changes nothing. The answer is `None`
    /// where it is not known. Where this is so and is not said, checks are right and take longer.
    fn is_read(&self, call: &Self::Call, answer: Option<&Self::Answer>) -> bool {
        let _ = (call, answer);
        false
    }

    /// About how many bytes a state takes, with what it owns on the heap: what a check counts against its bound on memory.
    fn bytes(&self, state: &Self::State) -> usize {
        size_of_val(state)
    }
}

//! Judges of histories: pure functions, without threads.
//!
//! There are two kinds of histories. One of an [engine](crate::engine) that answers for a class of executions stands for every order of beginnings
//! and ends in that class ([`linearizability`]). One in real time is a [log](crate::history::log): a slice of entries, in any order,
//! and every check of one gives a [`Decision`].

mod budget;
pub mod container;
pub mod durable;
pub mod exclusion;
pub mod fifo;
pub mod general;
pub mod lifo;
pub mod linearizability;
pub mod overtaking;
pub mod priority;
pub mod quiescent;
pub mod register;
pub mod relaxed;
pub mod sequential;
pub mod set;

pub use self::budget::{Budget, Spent};

/// What a check says of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// The property holds.
    Holds,
    /// It does not, and this shows it.
    Violated(Witness),
    /// The check has come to an end of its means; which, and how to give it more.
    Unknown(String),
}

/// Why a log has not a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The reason in one sentence, as in "7 was enqueued wholly before 9, but 9 was dequeued wholly before 7".
    pub reason: String,
    /// The operations that it is about, by their places in the log.
    pub entries: Vec<usize>,
}

/// Where cases are kept that a random test has failed for.
#[cfg(test)]
pub(crate) mod regressions {
    use proptest::test_runner::{FailurePersistence, FileFailurePersistence};

    /// The file of this test, below `verify/regressions`.
    pub(crate) fn kept(name: &str) -> Option<Box<dyn FailurePersistence>> {
        let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/verify/regressions/{}.txt"), name);
        Some(Box::new(FileFailurePersistence::Direct(Box::leak(path.into_boxed_str()))))
    }
}

//! Judges of histories: pure functions, without threads.

pub mod linearizability;
pub mod overtaking;

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

//! Whether a node's memory has been given back: what an engine looks at.

#[cfg(not(feature = "instrumented"))]
pub(super) use absent::Life;
#[cfg(feature = "instrumented")]
pub(super) use watched::Life;

/// In a build without engines: nothing, at no cost.
#[cfg(not(feature = "instrumented"))]
mod absent {
    /// Beside a node.
    pub(in super::super) struct Life;

    #[allow(clippy::unused_self, reason = "the shape of the one that does something")]
    impl Life {
        #[inline(always)]
        pub(in super::super) const fn begin() -> Self {
            Self
        }

        #[inline(always)]
        pub(in super::super) const fn look(&self) {}

        #[inline(always)]
        pub(in super::super) const fn end(&self) {}
    }
}

/// In a build with engines.
#[cfg(feature = "instrumented")]
mod watched {
    use crate::sync::{Arc, UnsafeCell};
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Beside a node.
    pub(in super::super) struct Life {
        /// Written when the node is freed, read by everybody who looks into it: where the two are not ordered, the
        /// engine reports a data race.
        memory: UnsafeCell<()>,
        /// Plain std: no engine is to see it, for it would order what it watches.
        freed: AtomicBool,
        /// Whoever forgets a node leaks this.
        _owner: Arc<()>,
    }

    impl Life {
        #[track_caller]
        pub(in super::super) fn begin() -> Self {
            Self {
                memory: UnsafeCell::new(()).named(format_args!("node")),
                freed: AtomicBool::new(false),
                _owner: Arc::new(()),
            }
        }

        /// Somebody looks into the node.
        #[track_caller]
        pub(in super::super) fn look(&self) {
            self.memory.with(|_| ());
            assert!(!self.freed.load(Ordering::Relaxed), "a look into a node that was freed");
        }

        /// The node is freed.
        #[track_caller]
        pub(in super::super) fn end(&self) {
            self.memory.with_mut(|_| ());
            let before = self.freed.swap(true, Ordering::Relaxed);
            assert!(!before, "a node is freed twice");
        }
    }
}

//! Threads that are alike.
//!
//! They run the same code, start together, and nobody can tell which is which. So of the executions that differ by which of them does what,
//! one is as good as all, and one is among those in which they take their first steps in the order of their numbers: whatever an execution does, give the numbers
//! in that order, and it is another execution of the same program. So each starts when the one before it has taken its first step. That is an order of events
//! like any other to an explorer. Where first steps conflict with each other, of n! executions one is left; where they do not, fewer are saved.
//!
//! A thread that asks who it is can be told from others. Then the search starts again, and all executions are explored.
//!
//! C. Norris Ip and David L. Dill, "Better verification through symmetry", 1996.

use super::{Machine, Phase};
use crate::event::op::ThreadId;

impl Machine {
    /// The thread, which the running thread has just added, is like the leader, which it has added before.
    #[cfg_attr(not(any(test, feature = "dpor")), expect(dead_code, reason = "only the exact engine asks"))]
    pub(crate) fn follow(&mut self, thread: ThreadId, leader: ThreadId) {
        if !self.told_apart && self.phase(thread) == Phase::Starting {
            self.threads[thread.index()].leader = Some(leader);
        }
    }

    /// The thread that takes its first step before this one starts.
    pub(crate) fn leader(&self, thread: ThreadId) -> Option<ThreadId> {
        self.threads[thread.index()].leader
    }

    /// Whether the thread, which has not started, may do so.
    pub(super) fn may_start(&self, thread: ThreadId) -> bool {
        let has_begun =
            |leader: ThreadId| self.threads[leader.index()].stepped || self.phase(leader) == Phase::Ended;
        self.leader(thread).is_none_or(has_begun)
    }

    /// The running thread learns who it is. If others are like it, all was explored for nothing.
    #[cfg_attr(not(feature = "dpor"), expect(dead_code, reason = "only the exact engine asks"))]
    pub(crate) fn tells_apart(&mut self) {
        let me = self.running;
        if !self.told_apart && self.is_like_others(me) {
            (self.told_apart, self.learned) = (true, true);
        }
    }

    fn is_like_others(&self, me: ThreadId) -> bool {
        self.leader(me).is_some() || self.threads().any(|other| self.leader(other) == Some(me))
    }

    /// How many threads of this execution are like others.
    pub(crate) fn symmetric(&self) -> Option<u32> {
        let threads = self.threads().filter(|&thread| self.is_like_others(thread)).count();
        (threads > 0).then_some(threads as u32)
    }
}

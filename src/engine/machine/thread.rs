//! What the machine knows of a thread.

use super::clock::Clock;
use super::holds::Hold;
use super::memory::View;
use super::rounds::{Held, Rounds, Run};
use crate::event::op::{ObjectId, Op, Site, ThreadId};

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It does not exist in this execution (yet).
    Absent,
    /// It was spawned and has not run yet.
    Starting,
    /// It runs, or was granted its operation.
    Running,
    /// It has announced an operation.
    Pending,
    /// It has ended.
    Ended,
}

/// Whether a thread may be killed, and was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It goes on to its end, for all that is known.
    Immortal,
    /// It is one of a process.
    Mortal,
    /// The process has ended.
    Killed,
    /// It has found out.
    Over,
}

#[derive(Debug)]
pub(super) struct Thread {
    pub(super) phase: Phase,
    pub(super) life: Life,
    pub(super) op: Op,
    pub(super) site: Site,
    pub(super) answer: u64,
    pub(super) detached: bool,
    /// The thread that takes its first step before this one starts, because the two are alike.
    pub(super) leader: Option<ThreadId>,
    /// It has taken a step that is a choice.
    pub(super) stepped: bool,
    pub(super) held: Option<Held>,
    pub(super) run: Option<Run>,
    /// The places at which it was given many rounds in a row, once each.
    pub(super) has_run: Vec<Site>,
    /// A digest of all that happens before its next operation: what it does depends on nothing else.
    pub(super) seen: u64,
    /// The same, when it began the rounds that repeat themselves.
    pub(super) seen_at_first: Option<u64>,
    pub(super) token: bool,
    /// It has left itself a token since it last parked.
    pub(super) own_token: bool,
    pub(super) token_message: Clock,
    pub(super) permit: bool,
    pub(super) early_timeouts: u8,
    /// The deadline at which it looks next is over, because all that happens is that threads look at theirs.
    pub(super) time_is_over: bool,
    pub(super) view: View,
    pub(super) rounds: Rounds,
    pub(super) holds: Vec<Hold>,
}

impl Thread {
    pub(super) fn absent(site: Site) -> Self {
        Self {
            phase: Phase::Absent,
            life: Life::Immortal,
            op: Op::Exit,
            site,
            answer: 0,
            detached: false,
            leader: None,
            stepped: false,
            held: None,
            run: None,
            has_run: Vec::new(),
            seen: 0,
            seen_at_first: None,
            token: false,
            own_token: false,
            token_message: Clock::ZERO,
            permit: false,
            early_timeouts: 0,
            time_is_over: false,
            view: View::new(),
            rounds: Rounds::default(),
            holds: Vec::new(),
        }
    }

    pub(super) fn start(&mut self, phase: Phase, view: View) {
        let mut rounds = std::mem::take(&mut self.rounds);
        rounds.clear();
        let mut holds = std::mem::take(&mut self.holds);
        holds.clear();
        *self = Self { phase, view, rounds, holds, ..Self::absent(self.site) };
    }

    pub(super) fn notice(&mut self, object: ObjectId, look: u64) {
        self.rounds.notice(object, look);
    }

    /// The thread has learnt something that what it does next may depend on.
    pub(super) fn sees(&mut self, what: u64) {
        self.seen = (self.seen.rotate_left(5) ^ what).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

//! A thread that was given many rounds in a row, as one step.

use super::rounds::Run;
use super::{Announced, Edge, Machine, Phase};
use crate::event::op::{Op, Site, ThreadId};

impl Machine {
    /// A thread that was given many rounds in a row goes on with one of them, or does something else.
    pub(super) fn run_on(&mut self, id: ThreadId, op: Op, site: Site) -> Announced {
        let thread = &mut self.threads[id.index()];
        let run = thread.run.as_mut().expect("the thread was given rounds");
        if matches!(op, Op::Yield | Op::Await) {
            self.record_finish(id, op, 0);
            return Announced::Done(0, Edge::None);
        }
        if !run.expects(op, site) {
            (thread.run, thread.seen_at_first) = (None, None);
            thread.rounds.forget();
            return self.announced(id, op, site);
        }
        if run.is_over() {
            (thread.op, thread.site, thread.phase) = (op, site, Phase::Pending);
            self.waits_for_ever.extend(thread.seen_at_first.map(|seen| (id, seen)));
            self.fruitless = Some(id);
            return Announced::Pending;
        }
        run.step();
        let answer = self.perform_in_run(id, op, site);
        self.record_finish(id, op, answer);
        Announced::Done(answer, Edge::None)
    }

    fn perform_in_run(&mut self, id: ThreadId, op: Op, site: Site) -> u64 {
        match op {
            Op::Fence(_) | Op::CellRead(_) => self.perform_local(id, op, site).0,
            op => self.perform(id, op, 0),
        }
    }

    /// Whether the thread that runs was given many rounds in a row.
    pub(super) fn repeats_itself(&self) -> bool {
        self.threads[self.running.index()].run.is_some()
    }

    /// Whether the operation that has just taken place is one of those rounds, after the first.
    pub(crate) fn repeats_itself_in_a_row(&self) -> bool {
        self.threads[self.running.index()].run.as_ref().is_some_and(|run| !run.has_just_begun())
    }

    /// The thread that was given many rounds in a row is held back again.
    pub(crate) fn hold_again(&mut self) {
        if let Some(id) = self.fruitless.take() {
            let thread = &mut self.threads[id.index()];
            thread.held = thread.run.take().map(Run::hold);
        }
    }

    /// Whether a thread was given many rounds in a row, and has not used them to get on.
    pub(crate) fn is_fruitless(&self) -> bool {
        self.fruitless.is_some()
    }

    /// Whether the thread was given many rounds in a row, and has not got on.
    pub(crate) fn waits_for_ever(&self, id: ThreadId) -> bool {
        self.fruitless == Some(id)
    }
}

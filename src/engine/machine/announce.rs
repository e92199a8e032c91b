//! A thread announces its next operation. One that is local takes place at once.

use super::access::Target;
use super::meaning::Observable;
use super::object::State;
use super::{Announced, Edge, Life, Machine, Phase, Race};
use crate::event::op::{NONE_ARRIVED, ObjectId, Op, Site, ThreadId};

impl Machine {
    /// The running thread announces an operation. `seen` is the present value of an atomic.
    pub(crate) fn announce(&mut self, op: Op, seen: u64, site: Site) -> Announced {
        let id = self.running;
        if let Some(rare) = op.rare()
            && self.allowed.rare[rare as usize] == 0
        {
            self.left_out[rare as usize] = true;
            return Announced::Done(0, Edge::None);
        }
        let op = match op {
            Op::Send { mailbox, behind, .. } => match self.ids.message(mailbox, id) {
                number if number < u32::from(NONE_ARRIVED) => {
                    Op::Send { mailbox, message: number as u8, behind }
                }
                number => return Announced::Done(u64::from(number), Edge::None),
            },
            op => op,
        };
        if op == Op::Live && self.threads[id.index()].life == Life::Immortal {
            self.threads[id.index()].life = Life::Mortal;
        }
        self.operations += u32::from(!self.repeats_itself());
        self.log.push(id, op, site);
        self.driven |= id != ThreadId::MAIN && op.uses_primitive();
        self.shared |= id != ThreadId::MAIN && is_atomic(op) && op.object() != self.ids.known_clock();
        self.checked |= is_checked(op);
        if let (Some(object), true) = (op.object(), is_atomic(op)) {
            self.refresh(object, seen);
        }
        self.watch(op);
        if let Some(trace) = &mut self.trace {
            trace.begin(id, op, site);
        }
        if self.threads[id.index()].run.is_some() {
            return self.run_on(id, op, site);
        }
        self.announced(id, op, site)
    }

    pub(super) fn announced(&mut self, id: ThreadId, op: Op, site: Site) -> Announced {
        let local = self.is_local(op);
        let thread = &mut self.threads[id.index()];
        thread.op = op;
        thread.site = site;
        if !local {
            thread.phase = Phase::Pending;
            let is_choice = op.rare().is_none() && !matches!(op, Op::Deadline | Op::Choose(_));
            if is_choice && thread.held.is_none() && !thread.rounds.has_begun() {
                thread.held = thread.rounds.begins(op, site);
                thread.seen_at_first = thread.held.as_ref().and(thread.seen_at_first.or(Some(thread.seen)));
                self.held_back |= thread.held.is_some();
            }
            return Announced::Pending;
        }
        if !matches!(op, Op::Yield | Op::Await | Op::Deadline) {
            thread.rounds.did(op, site, 0);
        }
        if self.is_misuse(id, op) {
            return Announced::Done(0, Edge::None);
        }
        let (answer, edge) = self.perform_local(id, op, site);
        self.leave_mark(id, op);
        self.record_finish(id, op, answer);
        Announced::Done(answer, edge)
    }

    /// The value of an atomic can be changed through `get_mut`, which announces nothing.
    fn refresh(&mut self, object: ObjectId, seen: u64) {
        if let State::Atomic { value, .. } = &mut self.object_mut(object).state {
            *value = seen;
        }
    }

    fn is_local(&self, op: Op) -> bool {
        match op {
            Op::Fence(_) | Op::Spawn(_) | Op::Exit | Op::CellRead(_) | Op::CellWrite(_) => true,
            Op::Yield | Op::Await => true,
            Op::Deadline => self.threads[self.running.index()].time_is_over,
            Op::Unlock(object) => !self.is_watched(object),
            _ => false,
        }
    }

    pub(super) fn perform_local(&mut self, id: ThreadId, op: Op, site: Site) -> (u64, Edge) {
        let edge = match op {
            Op::Fence(order) => {
                self.threads[id.index()].view.fence(id, order);
                Edge::None
            }
            Op::Spawn(child) => Edge::Spawn(child),
            Op::Exit => {
                self.threads[id.index()].phase = Phase::Ended;
                Edge::None
            }
            Op::Yield | Op::Await => {
                self.end_round(id, op);
                Edge::None
            }
            Op::Deadline => {
                let thread = &mut self.threads[id.index()];
                thread.time_is_over = false;
                thread.rounds.did(op, site, 1);
                thread.sees(1);
                return (1, Edge::None);
            }
            Op::CellRead(object) => self.access_cell(id, object, false, site),
            Op::CellWrite(object) => self.access_cell(id, object, true, site),
            Op::Unlock(object) => {
                self.unlock(id, object);
                Edge::Release(Target::object(object))
            }
            _ => unreachable!("{op:?} is not local"),
        };
        (0, edge)
    }

    /// The thread yields, or has nothing to do until something changes that it has read.
    fn end_round(&mut self, id: ThreadId, op: Op) {
        let thread = &mut self.threads[id.index()];
        if thread.rounds.is_fresh() {
            return;
        }
        if op == Op::Await {
            thread.held = thread.rounds.waits();
        }
        let idle = thread.rounds.end(self.allowed.idle_rounds);
        if op == Op::Await {
            thread.rounds.look_again();
        }
        self.past.round(idle);
    }

    fn access_cell(&mut self, id: ThreadId, object: ObjectId, write: bool, site: Site) -> Edge {
        let steps = self.trace.as_ref().map_or(0, |trace| trace.steps.len());
        let view = &mut self.threads[id.index()].view;
        let cell = self.objects[object.index()].as_mut().expect("a cell of this execution");
        let State::Cell(accesses) = &mut cell.state else { unreachable!("a cell") };
        if let Some(first) = view.access(id, accesses, write, site) {
            let second = (id, write, site);
            self.race.get_or_insert(Race { object, first, second, steps });
        }
        Edge::None
    }
}

fn is_atomic(op: Op) -> bool {
    use Op::*;
    matches!(op, Load(..) | Store(..) | Rmw(..) | CompareExchange { .. } | WaitIf { .. })
}

/// Whether the operation accesses memory whose races are found, or takes a lock that guards some.
fn is_checked(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        CellRead(_) | CellWrite(_) | Lock(_) | TryLock(_) | Read(_) | TryRead(_) | Write(_) | TryWrite(_)
    )
}

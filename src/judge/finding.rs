//! From the trace of a failed execution to its cause: who holds what, who waits for whom, and which
//! steps a reader needs.
//!
//! Pure functions on a [`Trace`]. They trust the order of its steps and know no engine. The wait-for
//! graph is that of E. G. Coffman, M. J. Elphick and A. Shoshani, "System Deadlocks", Computing
//! Surveys 3(2), 1971, with an edge from each blocked thread to every thread that would have to move
//! first. A wait for a notification or a token has no such edge: anybody could have given it.

use crate::engine::FailureKind;
use crate::event::op::{Class, ObjectId, Op, ThreadId};
use crate::event::trace::{Place, Step, Trace};
use std::collections::BTreeSet;

/// A lock that a thread holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The lock.
    pub object: ObjectId,
    /// Where the thread acquired it.
    pub place: Place,
    /// Whether other readers may hold it as well.
    pub shared: bool,
}

/// What a blocked thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// A lock that others hold.
    Lock(ObjectId),
    /// A notification of a condition variable, or the wake of a futex.
    Notification(ObjectId),
    /// The token that `unpark` leaves.
    Token,
    /// A message.
    Message(ObjectId),
    /// The end of a thread.
    End(ThreadId),
    /// Another value in something that the thread reads again and again.
    Change,
}

/// A thread that is blocked at the end of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Who.
    pub thread: ThreadId,
    /// For what.
    pub awaited: Awaited,
    /// Where in the source.
    pub place: Place,
    /// What it holds meanwhile, in the order of acquisition.
    pub holds: Vec<Hold>,
    /// The threads that would have to move first; empty where no particular thread would.
    pub blockers: Vec<ThreadId>,
}

/// The blocked threads at the end of the execution, in the order of their ids.
pub fn wait_for(trace: &Trace) -> Vec<Wait> {
    let holds = Holds::at_end_of(trace);
    let mut waits: Vec<Wait> =
        trace.steps.iter().filter(|step| !step.done).filter_map(|step| holds.wait_of(step)).collect();
    waits.sort_by_key(|wait| wait.thread);
    waits
}

/// A cycle of threads of which each waits for the next, from its smallest id; `None` if there is none.
pub fn cycle(waits: &[Wait]) -> Option<Vec<&Wait>> {
    waits.iter().find_map(|start| {
        let mut path = vec![start];
        returns_to(start.thread, waits, &mut path, &mut BTreeSet::new()).then_some(path)
    })
}

/// Extends `path` until its last wait is blocked by `origin`; gives up on threads visited before.
fn returns_to<'a>(
    origin: ThreadId,
    waits: &'a [Wait],
    path: &mut Vec<&'a Wait>,
    visited: &mut BTreeSet<ThreadId>,
) -> bool {
    let last = path[path.len() - 1];
    if last.blockers.contains(&origin) {
        return true;
    }
    for next in waits.iter().filter(|wait| last.blockers.contains(&wait.thread)) {
        if visited.insert(next.thread) {
            path.push(next);
            if returns_to(origin, waits, path, visited) {
                return true;
            }
            path.pop();
        }
    }
    false
}

/// Tells a lost wake-up from a deadlock: nobody waits in a circle, and somebody waits for a
/// notification or a token that no thread is left to give.
pub fn classify(kind: FailureKind, trace: &Trace) -> FailureKind {
    if kind != FailureKind::Deadlock {
        return kind;
    }
    let waits = wait_for(trace);
    let for_a_signal = |wait: &Wait| matches!(wait.awaited, Awaited::Notification(_) | Awaited::Token);
    match cycle(&waits) {
        None if waits.iter().any(for_a_signal) => FailureKind::LostWakeup,
        _ => kind,
    }
}

/// A thread that was woken, and whose future was dropped while it waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WokenButCancelled {
    /// Which thread.
    pub thread: ThreadId,
    /// Where it was woken, the last time.
    pub woken: Place,
    /// Where its future was dropped.
    pub cancelled: Place,
}

/// Those in whom a wake-up may have got lost: it came to a future that was dropped.
pub fn woken_but_cancelled(trace: &Trace) -> Vec<WokenButCancelled> {
    let cancelled = trace.steps.iter().filter(|step| step.op == Op::Cancel && step.answer == Some(1));
    let found = cancelled.filter_map(|step| {
        let wakes = |other: &&Step| other.done && other.op == Op::Unpark(step.thread);
        let woken = trace.steps.iter().rfind(wakes)?.place.clone();
        Some(WokenButCancelled { thread: step.thread, woken, cancelled: step.place.clone() })
    });
    found.collect()
}

/// The steps that a reader needs: those that took place, in order, then what the blocked threads
/// wait for.
///
/// Left out are starts, ends and completed joins of threads, changes of reference counts where these
/// are not the matter, the wait of main for threads that are themselves blocked, the second half of an
/// access to unguarded memory that nothing came in between, what followed a race, and, where threads
/// wait for ever, every thread that shared nothing with the blocked ones, unless it was killed. What is shown did
/// happen, in this order.
pub fn trim(kind: FailureKind, trace: &Trace) -> Trace {
    let involved = if ends_in_a_wait(kind) { involved_threads(trace) } else { all_threads(trace) };
    let main_matters = main_wait_matters(trace);
    let (mut done, open): (Vec<_>, Vec<_>) = trace
        .steps
        .iter()
        .filter(|step| involved.contains(&step.thread))
        .filter(|step| is_news(kind, trace, step))
        .filter(|step| step.done || step.thread != ThreadId::MAIN || main_matters)
        .cloned()
        .partition(|step| step.done);
    let on_a_cell = |step: &Step| on_a_cell(trace, step.op);
    if kind == FailureKind::DataRace && !open.iter().any(on_a_cell) {
        let racing = done.iter().rposition(on_a_cell);
        done.truncate(racing.map_or(done.len(), |last| last + 1));
    }
    let done = without_second_halves(done, on_a_cell);
    trace.with_steps([done, open].concat())
}

/// Whether this kind of failure is that threads wait for ever.
pub const fn ends_in_a_wait(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Deadlock | FailureKind::LostWakeup | FailureKind::Livelock)
}

fn is_news(kind: FailureKind, trace: &Trace, step: &Step) -> bool {
    let counts = matches!(kind, FailureKind::Leak | FailureKind::DataRace);
    match step.op {
        Op::Spawn(_) | Op::Exit => false,
        Op::Join(_) if step.done => false,
        // A clone publishes nothing; a drop does, and may be one side of a race.
        Op::ArcClone(_) => kind == FailureKind::Leak,
        Op::ArcDrop(_) => counts,
        // What a thread was about to do is the matter only if it would have waited for ever, or raced.
        op if !step.done => ends_in_a_wait(kind) || (kind == FailureKind::DataRace && on_a_cell(trace, op)),
        _ => true,
    }
}

/// An access to unguarded memory is recorded where it begins and where it ends, so that what comes in
/// between shows. Where no operation of its own thread and no other access does, one row says it all.
fn without_second_halves(steps: Vec<Step>, on_a_cell: impl Fn(&Step) -> bool) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        let own = |before: &Step| before.thread == step.thread && before.is_operation();
        let before = kept.iter().rfind(|before| own(before) || on_a_cell(before));
        let repeats = before.is_some_and(|before| *before == step);
        if !(repeats && on_a_cell(&step)) {
            kept.push(step);
        }
    }
    kept
}

fn on_a_cell(trace: &Trace, op: Op) -> bool {
    op.object().and_then(|id| trace.object(id)).is_some_and(|object| object.class == Class::Cell)
}

fn all_threads(trace: &Trace) -> BTreeSet<ThreadId> {
    trace.steps.iter().map(|step| step.thread).collect()
}

/// The blocked threads, those that touched an object that a blocked one used, or woke one, and the killed ones.
///
/// What main used counts only where nobody else is blocked: elsewhere it waits for the others.
fn involved_threads(trace: &Trace) -> BTreeSet<ThreadId> {
    let blocked: BTreeSet<ThreadId> =
        trace.steps.iter().filter(|step| !step.done).map(|step| step.thread).collect();
    let counts = |thread| blocked.contains(&thread) && (thread != ThreadId::MAIN || blocked.len() == 1);
    let of_interest = trace.steps.iter().filter(|step| counts(step.thread));
    let shared: BTreeSet<ObjectId> = of_interest.flat_map(|step| objects_of(step.op)).collect();
    let is_involved = |step: &&Step| match step.op {
        Op::Unpark(woken) => blocked.contains(&woken),
        Op::Die => step.answer == Some(1),
        op => objects_of(op).any(|object| shared.contains(&object)),
    };
    let others = trace.steps.iter().filter(is_involved).map(|step| step.thread);
    blocked.iter().copied().chain(others).collect()
}

fn objects_of(op: Op) -> impl Iterator<Item = ObjectId> {
    let guard = match op {
        Op::Wait { mutex, .. } => Some(mutex),
        _ => None,
    };
    op.object().into_iter().chain(guard)
}

/// Whether the wait of main is more than the consequence of another thread's.
fn main_wait_matters(trace: &Trace) -> bool {
    let waits = wait_for(trace);
    let in_the_cycle = cycle(&waits).is_some_and(|c| c.iter().any(|wait| wait.thread == ThreadId::MAIN));
    in_the_cycle
        || waits.len() == 1
        || waits.iter().any(|wait| wait.thread == ThreadId::MAIN && !matches!(wait.awaited, Awaited::End(_)))
}

/// Which thread holds which locks.
struct Holds(Vec<(ThreadId, Hold)>);

impl Holds {
    fn at_end_of(trace: &Trace) -> Self {
        let mut holds = Self(Vec::new());
        for step in trace.steps.iter().filter(|step| step.done) {
            holds.after(step);
        }
        holds
    }

    fn after(&mut self, step: &Step) {
        let succeeded = step.answer == Some(1);
        match step.op {
            Op::Lock(object) | Op::Write(object) => self.acquire(step, object, false),
            Op::TryLock(object) | Op::TryWrite(object) if succeeded => self.acquire(step, object, false),
            Op::Read(object) => self.acquire(step, object, true),
            Op::TryRead(object) if succeeded => self.acquire(step, object, true),
            Op::Unlock(object) | Op::UnlockRead(object) | Op::UnlockWrite(object) => {
                self.release(step.thread, object);
            }
            Op::Wait { mutex, .. } => self.release(step.thread, mutex),
            _ => {}
        }
    }

    fn acquire(&mut self, step: &Step, object: ObjectId, shared: bool) {
        self.0.push((step.thread, Hold { object, place: step.place.clone(), shared }));
    }

    /// A guard may travel to another thread: then the lock is taken from whoever acquired it.
    fn release(&mut self, thread: ThreadId, object: ObjectId) {
        let own = self.0.iter().rposition(|(holder, hold)| *holder == thread && hold.object == object);
        let any = || self.0.iter().rposition(|(_, hold)| hold.object == object);
        if let Some(index) = own.or_else(any) {
            self.0.remove(index);
        }
    }

    fn wait_of(&self, step: &Step) -> Option<Wait> {
        let (awaited, blockers) = match step.op {
            Op::Lock(object) | Op::Write(object) => (Awaited::Lock(object), self.holders(object, None)),
            Op::Read(object) => (Awaited::Lock(object), self.holders(object, Some(step.thread))),
            Op::Wake { object, .. } => (Awaited::Notification(object), Vec::new()),
            Op::Park { .. } => (Awaited::Token, Vec::new()),
            Op::Receive { mailbox, .. } => (Awaited::Message(mailbox), Vec::new()),
            Op::Join(thread) => (Awaited::End(thread), vec![thread]),
            Op::Yield | Op::Await => (Awaited::Change, Vec::new()),
            _ => return None,
        };
        let holds = self.0.iter().filter(|(holder, _)| *holder == step.thread);
        let holds = holds.map(|(_, hold)| hold.clone()).collect();
        Some(Wait { thread: step.thread, awaited, place: step.place.clone(), holds, blockers })
    }

    /// Who holds the lock; where a reader waits, other readers do not count.
    fn holders(&self, object: ObjectId, reader: Option<ThreadId>) -> Vec<ThreadId> {
        let other_reader =
            |by: ThreadId, hold: &Hold| hold.shared && reader.is_some_and(|reader| reader != by);
        let in_the_way = |(by, hold): &&(ThreadId, Hold)| hold.object == object && !other_reader(*by, hold);
        self.0.iter().filter(in_the_way).map(|(holder, _)| *holder).collect()
    }
}

#[cfg(test)]
pub(crate) mod script;

#[cfg(test)]
mod tests {
    use super::script::{Script, crossed_forks};
    use super::*;
    use crate::event::op::Order;

    const A: ThreadId = ThreadId(1);
    const B: ThreadId = ThreadId(2);
    const C: ThreadId = ThreadId(3);

    fn threads(waits: &[&Wait]) -> Vec<u32> {
        waits.iter().map(|wait| wait.thread.0).collect()
    }

    #[test]
    fn crossed_locks_are_a_cycle() {
        let trace = crossed_forks(2);
        let waits = wait_for(&trace);
        assert_eq!(threads(&cycle(&waits).unwrap()), [1, 2]);
        assert_eq!(classify(FailureKind::Deadlock, &trace), FailureKind::Deadlock);
    }

    #[test]
    fn a_cycle_starts_at_its_smallest_thread_and_leaves_out_who_only_queues() {
        let mut script = Script::new();
        let [x, y] = [script.mutex("x"), script.mutex("y")];
        script.did(B, Op::Lock(x)).did(C, Op::Lock(y));
        script.waits(A, Op::Lock(x)).waits(B, Op::Lock(y)).waits(C, Op::Lock(x));
        let waits = wait_for(&script.trace);
        assert_eq!(threads(&cycle(&waits).unwrap()), [2, 3]);
    }

    #[test]
    fn relocking_is_a_cycle_of_one() {
        let mut script = Script::new();
        let x = script.mutex("x");
        script.did(A, Op::Lock(x)).waits(A, Op::Lock(x));
        let waits = wait_for(&script.trace);
        assert_eq!(threads(&cycle(&waits).unwrap()), [1]);
    }

    #[test]
    fn a_join_under_a_lock_closes_a_cycle() {
        let mut script = Script::new();
        let x = script.mutex("x");
        script.did(A, Op::Lock(x)).waits(A, Op::Join(B)).waits(B, Op::Lock(x));
        let waits = wait_for(&script.trace);
        assert_eq!(threads(&cycle(&waits).unwrap()), [1, 2]);
    }

    #[test]
    fn readers_do_not_block_readers() {
        let mut script = Script::new();
        let x = script.mutex("x");
        script.did(A, Op::Read(x)).did(B, Op::Write(x)).waits(C, Op::Read(x));
        assert_eq!(wait_for(&script.trace)[0].blockers, [B]);
    }

    #[test]
    fn a_condition_wait_releases_its_mutex() {
        let mut script = Script::new();
        let (mutex, condvar) = (script.mutex("state"), script.condvar("not empty"));
        script.did(A, Op::Lock(mutex)).did(A, Op::Wait { condvar, mutex });
        script.waits(A, Op::Wake { object: condvar, timed: false });
        let waits = wait_for(&script.trace);
        assert_eq!(waits[0].holds, []);
        assert_eq!(waits[0].awaited, Awaited::Notification(condvar));
    }

    #[test]
    fn waiting_for_a_notification_that_nobody_can_give_is_a_lost_wakeup() {
        let mut script = Script::new();
        let condvar = script.condvar("not empty");
        script.waits(A, Op::Wake { object: condvar, timed: false }).waits(ThreadId::MAIN, Op::Join(A));
        assert_eq!(classify(FailureKind::Deadlock, &script.trace), FailureKind::LostWakeup);
        assert_eq!(classify(FailureKind::Panic, &script.trace), FailureKind::Panic);
    }

    #[test]
    fn failed_attempts_acquire_nothing_and_released_locks_are_free() {
        let mut script = Script::new();
        let [x, y] = [script.mutex("x"), script.mutex("y")];
        script.did(A, Op::Lock(x)).answered(B, Op::TryLock(x), 0).did(A, Op::Unlock(x));
        script.answered(B, Op::TryLock(y), 1).waits(A, Op::Lock(y)).waits(B, Op::Park { timed: false });
        let waits = wait_for(&script.trace);
        assert_eq!(waits[0].blockers, [B]);
        assert_eq!(waits[0].holds, []);
        assert_eq!(waits[1].holds.len(), 1);
    }

    #[test]
    fn trimming_keeps_the_cause_and_drops_bystanders_and_bookkeeping() {
        let mut script = Script::new();
        let [x, y, elsewhere] = [script.mutex("x"), script.mutex("y"), script.mutex("elsewhere")];
        script.did(ThreadId::MAIN, Op::Spawn(A)).did(ThreadId::MAIN, Op::Spawn(B));
        script.did(C, Op::Lock(elsewhere)).did(C, Op::Unlock(elsewhere)).did(C, Op::Exit);
        script.did(A, Op::Lock(x)).did(B, Op::Lock(y));
        script.waits(ThreadId::MAIN, Op::Join(A)).waits(A, Op::Lock(y)).waits(B, Op::Lock(x));
        let trimmed = trim(FailureKind::Deadlock, &script.trace);
        let shown: Vec<(u32, bool)> = trimmed.steps.iter().map(|step| (step.thread.0, step.done)).collect();
        assert_eq!(shown, [(1, true), (2, true), (1, false), (2, false)]);
        assert_eq!(wait_for(&trimmed).len(), 2);
    }

    #[test]
    fn trimming_keeps_a_thread_that_woke_a_blocked_one() {
        let mut script = Script::new();
        script.did(B, Op::Unpark(A)).did(A, Op::Park { timed: false });
        script.waits(A, Op::Park { timed: false });
        let trimmed = trim(FailureKind::LostWakeup, &script.trace);
        assert!(trimmed.steps.iter().any(|step| step.thread == B));
    }

    #[test]
    fn trimming_keeps_who_was_killed() {
        let mut script = Script::new();
        let [x, y, z] = [script.mutex("x"), script.mutex("y"), script.mutex("z")];
        script.did(B, Op::Lock(y)).answered(B, Op::Die, 1).did(C, Op::Lock(z)).answered(C, Op::Die, 0);
        script.waits(A, Op::Lock(x));
        let trimmed = trim(FailureKind::Deadlock, &script.trace);
        let shown: Vec<Op> = trimmed.steps.iter().map(|step| step.op).collect();
        assert_eq!(shown, [Op::Lock(y), Op::Die, Op::Lock(x)]);
    }

    #[test]
    fn trimming_keeps_what_happened_around_main_where_it_alone_waits() {
        let mut script = Script::new();
        let [x, elsewhere] = [script.mutex("x"), script.mutex("elsewhere")];
        script.did(B, Op::Lock(x)).did(B, Op::Unlock(x)).did(C, Op::Lock(elsewhere));
        script.did(ThreadId::MAIN, Op::Lock(x)).waits(ThreadId::MAIN, Op::Park { timed: false });
        let trimmed = trim(FailureKind::LostWakeup, &script.trace);
        assert!(trimmed.steps.iter().any(|step| step.thread == B));
        assert!(trimmed.steps.iter().all(|step| step.thread != C));
    }

    #[test]
    fn trimming_shows_an_access_once_unless_another_came_in_between() {
        let shown = |between: &[(ThreadId, Op)]| {
            let mut script = Script::new();
            let write = Op::CellWrite(script.cell("slot"));
            script.did(A, write);
            for (thread, op) in between {
                script.did(*thread, *op);
            }
            script.did(A, write);
            script.trace.steps.iter_mut().for_each(|step| step.place.line = 1);
            trim(FailureKind::DataRace, &script.trace).steps.len()
        };
        assert_eq!(shown(&[]), 1);
        assert_eq!(shown(&[(B, Op::Fence(Order::SeqCst))]), 2);
        assert_eq!(shown(&[(B, Op::CellRead(ObjectId(0)))]), 3);
        assert_eq!(shown(&[(A, Op::Fence(Order::SeqCst))]), 3);
        // A note is nothing that comes in between.
        assert_eq!(shown(&[(A, Op::Note(0))]), 2);
    }

    #[test]
    fn trimming_ends_with_the_race() {
        let mut script = Script::new();
        let (lock, cell) = (script.mutex("m"), script.cell("slot"));
        script.did(A, Op::CellWrite(cell)).did(B, Op::CellRead(cell)).did(C, Op::Lock(lock));
        let last = trim(FailureKind::DataRace, &script.trace).steps.pop().unwrap();
        assert_eq!(last.op, Op::CellRead(cell));
    }

    #[test]
    fn trimming_drops_what_was_only_announced_when_nobody_waits_for_ever() {
        let mut script = Script::new();
        let [x, cell] = [script.mutex("x"), script.cell("slot")];
        script.did(A, Op::CellWrite(cell)).waits(B, Op::CellRead(cell)).waits(C, Op::Lock(x));
        let steps = |kind| trim(kind, &script.trace).steps.len();
        assert_eq!(steps(FailureKind::DataRace), 2);
        assert_eq!(steps(FailureKind::Panic), 1);
    }
}

//! What a thread does from one yield to the next, and what can be left out of it.
//!
//! A yield (`yield_now`, `spin_loop`) is a hint: the thread may go on. What it does from one yield to the next
//! is a *round*. A round is *idle* where it changes nothing in the end: what it took or wrote it has put back,
//! and it went nowhere twice. A thread whose idle rounds repeat themselves (the same operations, at the same
//! places, with the same answers) and that begins once more is *held back*: its next operation is enabled when
//! something changes that those rounds have read. Nothing else is left out of a search. It may still go on:
//!
//! - *Early*, where its rounds only read: as often as the budget has it, the thread is given up to
//!   [`Run::LONGEST`] rounds in a row. They are one step, because nothing that they read changes meanwhile, and it ends where
//!   the thread does something else: a loop that counts its looks and gives up is seen to give up.
//! - For nothing, where nobody else can go on.

use super::access::{AwaitCondition, Awaited};
use super::object::READERS;
use crate::event::op::{ObjectId, Op, Site};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// An operation of a round, and what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Did {
    op: Op,
    site: Site,
    answer: u64,
    /// What an atomic held before and after.
    values: (u64, u64),
}

/// What a thread has read of an object.
#[derive(Clone, Copy, Debug)]
struct Look {
    object: ObjectId,
    seen: u64,
    /// Bits of that which the thread cannot tell.
    unknown: u64,
    /// How often it had changed, if it is an atomic.
    changes: u64,
    /// Since the thread began the loop of a `spin_until`.
    fresh: bool,
}

impl Look {
    /// That the object changes, which the thread itself may have changed by what it did.
    fn awaited(&self, did: &[Did]) -> Awaited {
        let Self { object, seen, unknown, changes, .. } = *self;
        let by_changes =
            did.iter().any(|did| did.op.object() == Some(object) && did.values.0 != did.values.1);
        Awaited { object, seen: if by_changes { changes } else { seen }, unknown, by_changes }
    }
}

/// What was done between two yields.
#[derive(Debug, Default)]
struct Round {
    did: Vec<Did>,
    looks: Vec<Look>,
    /// How much had been done when the look of a `spin_until` began, if it is known to be one.
    look: Option<usize>,
}

impl Round {
    fn clear(&mut self) {
        self.did.clear();
        self.looks.clear();
        self.look = None;
    }
}

/// The rounds of one thread.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// Since it last yielded.
    present: Round,
    /// Idle rounds before that, one after the other, the latest last.
    idle: Vec<Round>,
    /// A digest of the round before.
    last: u64,
    count: u64,
    /// The rounds that repeat themselves, where the thread is to be held back if it begins them once more.
    repeated: Option<usize>,
    /// How often in a row that was so.
    repetitions: u32,
    /// Rounds that are no longer needed, for their memory.
    spare: Vec<Round>,
}

/// A thread that is held back.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// What has to change first.
    pub(super) awaits: AwaitCondition,
    /// It does nothing but wait, and says so (`spin_until`).
    pub(super) only_waits: bool,
    /// The operations of the rounds that repeat themselves, where these only read.
    round: Option<Rc<[(Op, Site)]>>,
    /// Which of them the thread is about to do.
    at: usize,
}

/// A thread that was given many rounds in a row, as one step.
#[derive(Clone, Debug)]
pub(super) struct Run {
    held: Held,
    round: Rc<[(Op, Site)]>,
    at: usize,
    operations: usize,
}

impl Run {
    /// Rounds in a row, at most. Who has not given up by then is taken to wait for ever.
    pub(super) const LONGEST: usize = 100;

    /// Whether the operation is the next one of the rounds.
    pub(super) fn expects(&self, op: Op, site: Site) -> bool {
        self.round[self.at] == (op, site)
    }

    /// The next operation takes place.
    pub(super) fn step(&mut self) {
        self.at = (self.at + 1) % self.round.len();
        self.operations += 1;
    }

    /// Whether nothing but its first operation has taken place.
    pub(super) fn has_just_begun(&self) -> bool {
        self.operations == 1
    }

    /// Whether it has had enough.
    pub(super) fn is_over(&self) -> bool {
        self.operations >= Self::LONGEST * self.round.len()
    }

    /// The thread is held back again.
    pub(super) fn hold(self) -> Held {
        self.held
    }
}

impl Held {
    /// Whether the thread may go on early, budget permitting.
    pub(super) fn may_run(&self) -> bool {
        self.round.is_some()
    }

    /// The thread goes on early.
    pub(super) fn run(self) -> Option<Run> {
        let mut run = Run { round: self.round.clone()?, at: self.at, operations: 0, held: self };
        run.step();
        Some(run)
    }
}

impl Rounds {
    /// A round with more operations than this is taken for work.
    const LONGEST: usize = 64;
    /// As many rounds as may make up the round of a loop with several yields in it.
    const PERIOD: usize = 4;
    /// Rounds that take a lock and put it back are repeated so often for others who take it. What the lock guards no
    /// engine sees, so that each time may be another one; but two threads that look under one lock would do so in
    /// turn, for ever.
    const UNDER_A_LOCK: u32 = 5;

    pub(super) fn clear(&mut self) {
        self.forget();
        (self.last, self.count) = (0, 0);
    }

    /// What the thread has done so far is not to be compared with what it will do.
    pub(super) fn forget(&mut self) {
        self.present.clear();
        (self.repeated, self.repetitions) = (None, 0);
        self.spare.append(&mut self.idle);
    }

    pub(super) fn did(&mut self, op: Op, site: Site, answer: u64) {
        self.present.did.push(Did { op, site, answer, values: (0, 0) });
    }

    /// What the operation that was granted last found in its atomic and left there.
    pub(super) fn found(&mut self, before: u64, after: u64) {
        if let Some(did) = self.present.did.last_mut() {
            did.values = (before, after);
        }
    }

    /// The thread has read an object.
    pub(super) fn notice(&mut self, object: ObjectId, seen: u64) {
        self.notice_atomic(object, seen, 0);
    }

    /// The thread has read or written an atomic that has changed so often.
    pub(super) fn notice_atomic(&mut self, object: ObjectId, seen: u64, changes: u64) {
        self.look(Look { object, seen, unknown: 0, changes, fresh: true });
    }

    /// The thread has shared a lock with others who read: it cannot tell whether there are any, unless it has found that before.
    pub(super) fn notice_shared(&mut self, object: ObjectId, seen: u64) {
        let finds_readers = |look: &&Look| look.object == object && look.seen & !look.unknown & READERS != 0;
        let found = self.present.looks.iter().any(|look| finds_readers(&look));
        let (seen, unknown) = if found { (seen | READERS, 0) } else { (seen & !READERS, READERS) };
        self.look(Look { object, seen, unknown, changes: 0, fresh: true });
    }

    fn look(&mut self, look: Look) {
        let looks = &mut self.present.looks;
        match looks.iter_mut().find(|known| known.object == look.object) {
            Some(known) => *known = look,
            None => looks.push(look),
        }
    }

    /// What was read so far is not what the thread is about to wait for.
    pub(super) fn clear_read_set(&mut self) {
        self.present.looks.iter_mut().for_each(|look| look.fresh = false);
        self.present.look = Some(self.present.did.len());
    }

    /// The thread waits until something changes that it has read afresh.
    pub(super) fn waits(&self) -> Option<Held> {
        let fresh = self.present.looks.iter().filter(|look| look.fresh);
        let looked = self.present.look.map_or(&[][..], |from| &self.present.did[from..]);
        let awaits: Vec<_> = fresh.map(|look| look.awaited(looked)).collect();
        (!awaits.is_empty()).then(|| Held { awaits: awaits.into(), only_waits: true, round: None, at: 0 })
    }

    /// What the thread does next is another look of the same loop.
    pub(super) fn look_again(&mut self) {
        self.present.look = Some(0);
    }

    /// The thread yields; says whether its round was idle. `bound` rounds may repeat the one before.
    pub(super) fn end(&mut self, bound: u8) -> bool {
        let idle = self.present.did.len() <= Self::LONGEST && is_idle(&self.present.did);
        self.count += 1;
        self.last = digest(&self.present.did);
        let mut next = self.spare.pop().unwrap_or_default();
        next.clear();
        let round = std::mem::replace(&mut self.present, next);
        if idle {
            self.idle.push(round);
            self.repeated = self.period(usize::from(bound.max(1)));
            self.repetitions = self.repeated.map_or(0, |_| self.repetitions.saturating_add(1));
            self.shed(usize::from(bound.max(1)));
        } else {
            self.spare.push(round);
            self.spare.append(&mut self.idle);
            (self.repeated, self.repetitions) = (None, 0);
        }
        idle
    }

    /// Whether the thread has done nothing since it last yielded.
    pub(super) fn is_fresh(&self) -> bool {
        self.present.did.is_empty()
    }

    /// Whether the thread has looked at a deadline of late, which was not over.
    pub(super) fn looks_at_a_deadline(&self) -> bool {
        let rounds = self.idle.iter().rev().take(self.repeated.unwrap_or(1)).chain([&self.present]);
        rounds.flat_map(|round| &round.did).any(|did| did.op == Op::Deadline && did.answer == 0)
    }

    /// How many rounds there were.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// What tells the rounds before and the present one from others.
    pub(super) fn digests(&self) -> [u64; 2] {
        [self.last, digest(&self.present.did)]
    }

    /// Whether an operation of the present round was a choice.
    pub(super) fn has_begun(&self) -> bool {
        !self.present.did.iter().all(is_local)
    }

    /// Whether the thread has yielded, and no operation since was a choice.
    pub(super) fn has_just_yielded(&self) -> bool {
        self.count > 0 && !self.has_begun()
    }

    /// How many rounds make up one that was repeated so many times.
    fn period(&self, times: usize) -> Option<usize> {
        (1..=Self::PERIOD).find(|&period| {
            let Some(first) = self.idle.len().checked_sub(period * (times + 1)) else { return false };
            let rounds = &self.idle[first..];
            let repeats = (period..rounds.len()).all(|at| rounds[at].did == rounds[at - period].did);
            repeats && (period == 1 || only_one_value_each(&rounds[..period]))
        })
    }

    /// Drops rounds that are too far back to be compared.
    fn shed(&mut self, times: usize) {
        let most = Self::PERIOD * (times + 1);
        if self.idle.len() > most {
            self.spare.extend(self.idle.drain(..self.idle.len() - most));
        }
    }

    /// The thread goes on with this operation: how it is held back, if it begins its rounds once more.
    pub(super) fn begins(&self, op: Op, site: Site) -> Option<Held> {
        let rounds = &self.idle[self.idle.len() - self.repeated?..];
        let present = &self.present.did;
        let at = present.len();
        let next = rounds[0].did.get(at)?;
        if !rounds[0].did.starts_with(present) || (next.op, next.site) != (op, site) {
            return None;
        }
        let mut awaits: Vec<Awaited> = Vec::new();
        for look in rounds.iter().flat_map(|round| &round.looks) {
            awaits.retain(|awaited| awaited.object != look.object);
            awaits.push(look.awaited(&[]));
        }
        let did = || rounds.iter().flat_map(|round| &round.did);
        let waits = !awaits.is_empty();
        if self.repetitions > Self::UNDER_A_LOCK {
            let uses = |object| did().filter(move |did| did.op.object() == Some(object));
            awaits.retain(|awaited| !uses(awaited.object).all(|did| takes(did) != 0));
        }
        let round = did().all(only_reads).then(|| did().map(|did| (did.op, did.site)).collect());
        waits.then(|| Held { awaits: awaits.into(), only_waits: false, round, at })
    }
}

/// Whether the rounds only read, and no object as two values.
fn only_one_value_each(rounds: &[Round]) -> bool {
    let did = || rounds.iter().flat_map(|round| &round.did);
    let first =
        |did: &Did| rounds.iter().flat_map(|round| &round.did).find(|it| it.op.object() == did.op.object());
    did().all(|did| only_reads(did) && first(did).is_none_or(|first| first.values == did.values))
}

/// Whether nobody else can see the operation.
fn is_local(did: &Did) -> bool {
    did.op.rare().is_some() || matches!(did.op, Op::Fence(_) | Op::CellRead(_) | Op::Deadline | Op::Choose(_))
}

fn digest(round: &[Did]) -> u64 {
    let mut hasher = DefaultHasher::new();
    round.hash(&mut hasher);
    hasher.finish()
}

/// Whether what was done changes nothing in the end.
fn is_idle(round: &[Did]) -> bool {
    if round.iter().all(only_reads) {
        return true;
    }
    let again =
        |at: usize| round[..at].iter().any(|did| (did.op, did.site) == (round[at].op, round[at].site));
    let at_first = |at: usize| !round[..at].iter().any(|did| did.op.object() == round[at].op.object());
    let put_back = |at: usize| round[at].op.object().is_none_or(|object| is_put_back(round, object));
    (0..round.len())
        .all(|at| changes_only_its_object(&round[at]) && !again(at) && (!at_first(at) || put_back(at)))
}

/// Whether an operation can do nothing but change the state of its object, which can be put back.
fn changes_only_its_object(did: &Did) -> bool {
    use Op::*;
    let op = did.op;
    let unguarded =
        matches!(op, Load(..) | Store(..) | Rmw(..) | CompareExchange { .. } | Fence(_) | CellRead(_));
    let mutex = matches!(op, Lock(_) | TryLock(_) | Unlock(_));
    let shared = matches!(op, Read(_) | TryRead(_) | UnlockRead(_) | Write(_) | TryWrite(_) | UnlockWrite(_));
    let futex = matches!(op, WaitIf { .. }) && did.answer == 0;
    let token = matches!(op, Unpark(_)) && did.answer == 1;
    let reason =
        matches!(op, Spurious(_) | Cancel | Die | Deadline) && did.answer == 0 || matches!(op, Choose(_));
    unguarded || mutex || shared || futex || token || reason
}

/// Whether the operation has looked at something and left everything as it was.
fn only_reads(did: &Did) -> bool {
    use Op::*;
    match did.op {
        Load(..) | Fence(_) | CellRead(_) | ArcCount(_) => true,
        // It did not.
        Spurious(_) | Cancel | Die => did.answer == 0,
        CompareExchange { .. } => did.values.0 == did.values.1,
        TryLock(_) | TryRead(_) | TryWrite(_) | WaitIf { .. } => did.answer == 0,
        // The thread has left itself that token before.
        Unpark(_) => did.answer == 1,
        _ => false,
    }
}

/// Whether the round leaves the object as it found it.
fn is_put_back(round: &[Did], object: ObjectId) -> bool {
    let uses = || round.iter().filter(|did| did.op.object() == Some(object));
    let held: i32 = uses().map(takes).sum();
    let mut writes = uses().filter(|did| writes(did));
    let (first, last) = (writes.next(), writes.next_back());
    let unwritten = first.is_none_or(|first| last.unwrap_or(first).values.1 == first.values.0);
    held == 0 && unwritten
}

/// How many times more a lock is held after the operation.
fn takes(did: &Did) -> i32 {
    match did.op {
        Op::Lock(_) | Op::Read(_) | Op::Write(_) => 1,
        Op::TryLock(_) | Op::TryRead(_) | Op::TryWrite(_) => did.answer as i32,
        Op::Unlock(_) | Op::UnlockRead(_) | Op::UnlockWrite(_) => -1,
        _ => 0,
    }
}

fn writes(did: &Did) -> bool {
    matches!(did.op, Op::Store(..) | Op::Rmw(..)) || did.values.0 != did.values.1
}

//! Who has a lock, or a fork, and when: recorded on real cores, and judged when all is over.
//!
//! A witness inside the critical section sees who is in it together with another one. This sees it from outside, by the times: it says how long both
//! were in it, and how often who waits was overtaken, which is measured and never judged, as nobody outside knows when a lock learns of who asks.

use crate::check::exclusion::{self, Holding, Mode};
use crate::check::{Decision, Witness};
use crate::engine::Violation;
use crate::history::log::NEVER;
use crate::history::recorder::Clock;
use crate::scenario::{Observer, Recorded};
use crate::sync;

/// What one role held, in its order. Under an engine, where time is none, it stays empty.
pub(super) struct Log {
    clock: Option<Clock>,
    process: u32,
    held: Vec<Holding>,
}

impl Log {
    /// That of this role, with room for so many.
    pub(super) fn with_room(role: usize, number: usize) -> Self {
        let clock = (!sync::is_modelled()).then(Clock::of_this_machine);
        let held = Vec::with_capacity(if clock.is_some() { number } else { 0 });
        Self { clock, process: role as u32, held }
    }

    /// The role is about to ask for it.
    pub(super) fn asks(&mut self) {
        let Some(clock) = self.clock else { return };
        let (process, mode) = (self.process, Mode::Exclusive);
        self.held.push(Holding { process, mode, asked: clock.before(), got: NEVER, left: NEVER });
    }

    /// It has it. The time is read when all that gave it has taken place.
    pub(super) fn has(&mut self) {
        if let (Some(clock), Some(last)) = (self.clock, self.held.last_mut()) {
            last.got = clock.after();
        }
    }

    /// It is about to give it back. The time is read before anything of that takes place.
    pub(super) fn leaves(&mut self) {
        if let (Some(clock), Some(last)) = (self.clock, self.held.last_mut()) {
            last.left = clock.before();
        }
    }

    /// It was told that it cannot have it now.
    pub(super) fn gives_up(&mut self) {
        self.held.pop();
    }

    /// What the role held.
    pub(super) fn into_holdings(self) -> Vec<Holding> {
        self.held
    }
}

/// Judges what was recorded of each of these locks, which have names, by the property that one role at a time has it. Nothing is recorded under an
/// engine, and nothing judged.
pub(super) fn judge(
    property: &'static str,
    mut locks: Vec<Vec<Holding>>,
    name: impl Fn(usize) -> String,
    observer: &dyn Observer,
) -> Result<(), Violation> {
    if sync::is_modelled() {
        return Ok(());
    }
    count_from_the_first(&mut locks);
    let open = |decision: &Decision| *decision != Decision::Holds;
    let wrong = locks.iter().map(|lock| exclusion::check(lock)).enumerate().find(|(_, found)| open(found));
    let (lock, decision) = wrong.unwrap_or((0, Decision::Holds));
    observer.judged(Recorded::Locks(locks), &decision);
    match decision {
        Decision::Violated(Witness { reason, .. }) => {
            Err(Violation::new(property, format!("{}: {reason}", name(lock))))
        }
        Decision::Holds | Decision::Unknown(_) => Ok(()),
    }
}

/// Times are those since the first one asked.
fn count_from_the_first(locks: &mut [Vec<Holding>]) {
    let first = locks.iter().flatten().map(|holding| holding.asked).min().unwrap_or(0);
    for holding in locks.iter_mut().flatten() {
        for time in [&mut holding.asked, &mut holding.got, &mut holding.left] {
            if *time != NEVER {
                *time -= first;
            }
        }
    }
}

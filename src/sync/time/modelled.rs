//! The virtual clock of an execution.
//!
//! It is an atomic of its own: a look at it is a load, and where time passes that is a read-modify-write, so that the
//! order of looks is explored as that of any other accesses is. Whether time passes where a thread looks is a choice that
//! comes before ([`Op::Deadline`]) and that its thread alone learns of.
//!
//! Instants that were computed decide how far time goes in one step. To compute one right after a look is
//! part of that look, since no other thread runs in between; at any other place it is a look by itself.

use super::super::current::{Controller, Current, current, epoch};
use super::{Instant, START, place_in};
use crate::event::op::{ObjectId, Op, Order, Site, ThreadId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The clock, and what of it is no part of the engine's state. Nanoseconds since the execution began.
#[derive(Debug)]
struct Clock {
    epoch: u32,
    now: u64,
    /// The instants that were computed and have not passed.
    computed: BTreeSet<u64>,
    /// How far each thread had come after it last looked.
    looked: BTreeMap<ThreadId, u64>,
}

/// A long time: what passes where nobody has computed an instant to come.
const LONG: Duration = Duration::from_secs(24 * 3600);

thread_local! {
    static CLOCK: RefCell<Clock> = const {
        RefCell::new(Clock { epoch: 0, now: 0, computed: BTreeSet::new(), looked: BTreeMap::new() })
    };
}

/// The clock of the running execution.
fn with<T>(look: impl FnOnce(&mut Clock) -> T) -> T {
    CLOCK.with_borrow_mut(|clock| {
        if clock.epoch != epoch() {
            (clock.epoch, clock.now) = (epoch(), 0);
            clock.computed.clear();
            clock.looked.clear();
        }
        look(clock)
    })
}

/// How far time goes where it passes.
#[derive(Clone, Copy)]
enum Step {
    /// To this moment.
    To(u64),
    /// To the next instant that was computed; where there is none, for long if so wanted.
    Next { or_long: bool },
}

impl Clock {
    fn after(&self, step: Step) -> u64 {
        match step {
            Step::To(at) => self.now.max(at),
            Step::Next { or_long } => {
                let long = if or_long { self.now.saturating_add(nanoseconds(LONG)) } else { self.now };
                self.computed.range(self.now + 1..).next().copied().unwrap_or(long)
            }
        }
    }
}

/// The running thread reads the clock; `compares` says that it has an instant to compare with.
pub(super) fn read(controller: &dyn Controller, compares: bool, site: Site) -> Instant {
    let has_looked = with(|clock| clock.looked.contains_key(&controller.thread()));
    // Nobody has given main an instant before its first look.
    let may_pass = compares || has_looked || controller.thread() != ThreadId::MAIN;
    look(controller, may_pass.then_some(Step::Next { or_long: compares || has_looked }), site)
}

/// The running thread looks whether the instant has passed.
pub(super) fn look_for(controller: &dyn Controller, at: Instant, site: Site) -> Instant {
    look(controller, virtual_time(at).map(Step::To), site)
}

/// The running thread looks at the clock, and time may have passed, in this step.
fn look(controller: &dyn Controller, step: Option<Step>, site: Site) -> Instant {
    let Some(clock) = controller.clock(true).filter(|_| !controller.tearing_down()) else {
        return instant(with(|clock| clock.now));
    };
    if is_where_it_looked(controller) {
        // Who does nothing but look waits for time to pass.
        controller.perform(Op::Yield, site);
    }
    let passed = step.filter(|&step| {
        let is_over = matches!(step, Step::To(at) if with(|clock| clock.now >= at));
        !is_over && controller.perform(Op::Deadline, site) == 1
    });
    instant(access(controller, clock, passed, site))
}

/// The clock is loaded, or moved by a step; gives what it shows afterwards.
fn access(controller: &dyn Controller, clock: ObjectId, step: Option<Step>, site: Site) -> u64 {
    let op = if step.is_some() { Op::Rmw } else { Op::Load };
    let found = controller.perform_on(op(clock, Order::Relaxed), || with(|clock| clock.now), site);
    let place = place_in(controller);
    let now = with(|clock| {
        clock.now = clock.now.max(found);
        clock.now = step.map_or(clock.now, |step| clock.after(step));
        clock.looked.insert(controller.thread(), place);
        clock.now
    });
    controller.commit(clock, now);
    now
}

fn is_where_it_looked(controller: &dyn Controller) -> bool {
    let place = place_in(controller);
    with(|clock| clock.looked.get(&controller.thread()) == Some(&place))
}

/// An instant was computed: time may pass up to it.
pub(super) fn compute(controller: &dyn Controller, at: Instant, site: Site) {
    let Some(at) = virtual_time(at) else { return };
    if with(|clock| clock.now >= at || clock.computed.contains(&at)) {
        return;
    }
    if let Some(clock) = controller.clock(false).filter(|_| !controller.tearing_down())
        && !is_where_it_looked(controller)
    {
        access(controller, clock, None, site);
    }
    with(|clock| clock.computed.insert(at));
}

/// A wait of the running thread that ends after a time. Where there is a clock, that moves it.
#[derive(Debug)]
pub(in crate::sync) struct TimedWait {
    until: Option<u64>,
}

impl TimedWait {
    /// It begins.
    pub(in crate::sync) fn begin(duration: Duration, site: Site) -> Self {
        let Current::Controlled(controller) = current() else { return Self { until: None } };
        let clock = controller.clock(false).filter(|_| !controller.tearing_down());
        let until = clock.and_then(|clock| {
            let until =
                access(controller, clock, None, site).checked_add(duration.as_nanos().try_into().ok()?)?;
            with(|clock| clock.computed.insert(until));
            Some(until)
        });
        Self { until }
    }

    /// When it is to end, if there is a clock that will show it.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until.map(instant)
    }

    /// Its time has run out.
    pub(in crate::sync) fn ran_out(self, site: Site) {
        if let (Some(until), Current::Controlled(controller)) = (self.until, current())
            && let Some(clock) = controller.clock(false).filter(|_| !controller.tearing_down())
        {
            access(controller, clock, Some(Step::To(until)), site);
        }
    }
}

fn instant(virtual_time: u64) -> Instant {
    Instant(START + Duration::from_nanos(virtual_time))
}

/// `None` where the clock never shows it.
fn virtual_time(at: Instant) -> Option<u64> {
    at.0.saturating_sub(START).as_nanos().try_into().ok()
}

const fn nanoseconds(duration: Duration) -> u64 {
    duration.as_secs() * 1_000_000_000
}

//! What each thread knows of the past, in the sense of C11.
//!
//! ISO/IEC 9899:2011, 5.1.2.4 and 7.17.3; the clocks after Cormac Flanagan and Stephen N. Freund,
//! "FastTrack: efficient and precise dynamic race detection", 2009.

use super::clock::Clock;
use super::object::Accesses;
use crate::event::op::{Order, Site, ThreadId};

/// A thread's view of the past.
#[derive(Clone, Debug)]
pub(crate) struct View {
    past: Clock,
    /// Messages that relaxed loads read: a later acquire fence learns them.
    unfenced: Clock,
    /// The past at the last release fence: later relaxed stores publish it.
    fenced: Clock,
}

impl View {
    /// Nothing has happened.
    pub(crate) const fn new() -> Self {
        Self { past: Clock::ZERO, unfenced: Clock::ZERO, fenced: Clock::ZERO }
    }

    /// All that happens before the thread's next operation.
    pub(crate) fn past(&self) -> &Clock {
        &self.past
    }

    /// One more operation of the thread.
    pub(crate) fn tick(&mut self, me: ThreadId) {
        self.past.tick(me);
    }

    /// The stamp of the thread's present operation.
    pub(crate) fn stamp(&self, me: ThreadId) -> u32 {
        self.past.of(me)
    }

    /// The view of a thread that this one starts.
    pub(crate) fn fork(&mut self, me: ThreadId, child: ThreadId) -> Self {
        let mut view = Self { past: self.past.clone(), ..Self::new() };
        view.tick(child);
        self.tick(me);
        view
    }

    /// The thread synchronizes with all that `message` holds.
    pub(crate) fn learn(&mut self, message: &Clock) {
        self.past.join(message);
    }

    /// The thread reads a value that carries `message`.
    pub(crate) fn receive(&mut self, message: &Clock, order: Order) {
        if order.acquires() {
            self.past.join(message);
        } else {
            self.unfenced.join(message);
        }
    }

    /// The message of a value that the thread writes. What it does later is not part of it.
    pub(crate) fn send(&mut self, me: ThreadId, order: Order) -> Clock {
        if !order.releases() {
            return self.fenced.clone();
        }
        let message = self.past.clone();
        self.tick(me);
        message
    }

    /// A fence of the thread.
    pub(crate) fn fence(&mut self, me: ThreadId, order: Order) {
        if order.acquires() {
            self.past.join(&self.unfenced);
        }
        if order.releases() {
            self.fenced.clone_from(&self.past);
            self.tick(me);
        }
    }

    /// The thread accesses unguarded memory; gives an earlier access that is not in its past though
    /// one of the two is a write.
    pub(crate) fn access(
        &self,
        me: ThreadId,
        accesses: &mut Accesses,
        write: bool,
        site: Site,
    ) -> Option<(ThreadId, bool, Site)> {
        let unordered = |&&(thread, stamp, _): &&(ThreadId, u32, Site)| !self.past.has(thread, stamp);
        let (writer, stamp, wrote_at) = accesses.write;
        let mut race = (!self.past.has(writer, stamp)).then_some((writer, true, wrote_at));
        let access = (me, self.stamp(me), site);
        if write {
            let read = accesses.reads.iter().find(unordered);
            race = race.or(read.map(|&(reader, _, read_at)| (reader, false, read_at)));
            accesses.write = access;
            accesses.reads.clear();
        } else {
            accesses.reads.retain(|&(reader, ..)| reader != me);
            accesses.reads.push(access);
        }
        race
    }
}

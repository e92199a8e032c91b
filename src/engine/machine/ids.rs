//! Names of threads and objects that stay the same from one execution to the next.
//!
//! A thread or object is (creator, k-th of the creator), never "the n-th that was made": the order of
//! creation depends on the schedule. The pairs are numbered densely, once for all executions. So are the messages to a mailbox.

use crate::event::op::{ObjectId, ThreadId};
use std::collections::HashMap;

/// The numbers given so far, and how many each thread of this execution has used up.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    threads: Numbering,
    objects: Numbering,
    messages: HashMap<ObjectId, Numbering>,
    clock: Option<ObjectId>,
}

#[derive(Debug, Default)]
struct Numbering {
    numbers: Vec<Vec<u32>>,
    used: Vec<usize>,
    next: u32,
}

/// Who has made each thread and each object, in the order of their numbers: what another process needs to give them the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Makers {
    pub(crate) threads: Vec<Maker>,
    pub(crate) objects: Vec<Maker>,
}

/// The place of whoever has made something, or nothing: nobody has made the clock.
pub(crate) type Maker = Option<u32>;

impl Numbering {
    fn restart(&mut self) {
        self.used.fill(0);
    }

    fn next_of(&mut self, creator: usize) -> u32 {
        if self.used.len() <= creator {
            self.used.resize(creator + 1, 0);
            self.numbers.resize(creator + 1, Vec::new());
        }
        let k = self.used[creator];
        self.used[creator] += 1;
        if k == self.numbers[creator].len() {
            let number = self.take();
            self.numbers[creator].push(number);
        }
        self.numbers[creator][k]
    }

    fn take(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    fn makers(&self) -> Vec<Maker> {
        let mut makers = vec![None; self.next as usize];
        for (maker, numbers) in self.numbers.iter().enumerate() {
            numbers.iter().for_each(|&number| makers[number as usize] = Some(maker as u32));
        }
        makers
    }

    fn of(makers: &[Maker]) -> Self {
        let mut numbering = Self::default();
        for maker in makers {
            match maker {
                Some(maker) => _ = numbering.next_of(*maker as usize),
                None => _ = numbering.take(),
            }
        }
        numbering.restart();
        numbering
    }
}

impl Ids {
    /// A new execution begins.
    pub(crate) fn restart(&mut self) {
        self.threads.restart();
        self.objects.restart();
        self.messages.values_mut().for_each(Numbering::restart);
    }

    /// The numbers that were given; nothing where there were messages, which have numbers of their own.
    pub(super) fn makers(&self) -> Option<Makers> {
        let makers = Makers { threads: self.threads.makers(), objects: self.objects.makers() };
        self.messages.is_empty().then_some(makers)
    }

    /// These numbers are given again.
    pub(super) fn of(makers: &Makers) -> Self {
        let clock = makers.objects.iter().position(Option::is_none);
        Self {
            threads: Numbering::of(&makers.threads),
            objects: Numbering::of(&makers.objects),
            messages: HashMap::new(),
            clock: clock.map(|number| ObjectId(number as u32)),
        }
    }

    /// The next thread that `creator` spawns. Main is 0, so that spawned threads start from 1.
    pub(crate) fn thread(&mut self, creator: ThreadId) -> ThreadId {
        ThreadId(self.threads.next_of(creator.index()) + 1)
    }

    /// The next object that `creator` makes.
    pub(crate) fn object(&mut self, creator: ThreadId) -> ObjectId {
        ObjectId(self.objects.next_of(creator.index() + 1))
    }

    /// The next message that `sender` sends there.
    pub(crate) fn message(&mut self, mailbox: ObjectId, sender: ThreadId) -> u32 {
        self.messages.entry(mailbox).or_default().next_of(sender.index())
    }

    /// The clock, if there has been one.
    pub(crate) const fn known_clock(&self) -> Option<ObjectId> {
        self.clock
    }

    /// The clock, which is the same one in every execution.
    pub(crate) fn clock(&mut self) -> ObjectId {
        *self.clock.get_or_insert_with(|| ObjectId(self.objects.take()))
    }

    /// The next object that nobody makes: it is found in zeroed memory. Its name depends on the schedule.
    pub(crate) fn foundling(&mut self) -> ObjectId {
        ObjectId(self.objects.next_of(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_depend_on_the_order_of_creation() {
        let mut ids = Ids::default();
        let (a, b) = (ids.thread(ThreadId::MAIN), ids.thread(ThreadId::MAIN));
        let (x, y) = (ids.object(a), ids.object(b));
        ids.restart();
        assert_eq!((ids.object(b), ids.object(a)), (y, x));
        assert_ne!(ids.object(a), x);
    }
}

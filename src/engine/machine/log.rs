//! What an execution did, and what the one before it did, so that the two can be compared.
//!
//! A program that is run again under the same schedule does the same. Values are not compared, as they may be
//! addresses.

use crate::event::op::{Op, Site, ThreadId};
use crate::event::trace::Place;

/// An operation that a thread announced.
#[derive(Clone, Copy, Debug)]
struct Entry {
    thread: ThreadId,
    op: Op,
    site: Site,
}

/// The operations of this execution and of the one before.
#[derive(Debug, Default)]
pub(super) struct Log {
    present: Vec<Entry>,
    before: Vec<Entry>,
}

impl Log {
    /// A new execution begins.
    pub(super) fn restart(&mut self) {
        std::mem::swap(&mut self.present, &mut self.before);
        self.present.clear();
    }

    /// A thread announces an operation.
    #[inline]
    pub(super) fn push(&mut self, thread: ThreadId, op: Op, site: Site) {
        self.present.push(Entry { thread, op, site });
    }

    /// Where the two executions differ first, in words. One that did not come to its end may do less.
    pub(super) fn difference(&self, ended: bool) -> Option<String> {
        let both = self.before.iter().zip(&self.present);
        let at = both.take_while(|(one, other)| one.is(other)).count();
        match (self.before.get(at), self.present.get(at)) {
            (Some(before), Some(present)) => {
                let (what, site) = (present.what(), present.site());
                Some(format!("at {}, and when run again {what} at {site}", before.place()))
            }
            (Some(before), None) if ended => {
                Some(format!("at {}, and when run again it had ended", before.place()))
            }
            (None, Some(present)) => {
                Some(format!("at {}, and when run before it had ended", present.place()))
            }
            _ => None,
        }
    }
}

impl Entry {
    fn is(&self, other: &Self) -> bool {
        let op = |entry: &Self| entry.op.regardless_of_values();
        self.thread == other.thread && op(self) == op(other) && self.site == other.site
    }

    fn site(&self) -> Place {
        Place::from(self.site)
    }

    fn what(&self) -> String {
        let name = self.op.name();
        match self.thread {
            ThreadId::MAIN => format!("main did {name}"),
            ThreadId(number) => format!("thread {number} did {name}"),
        }
    }

    fn place(&self) -> String {
        format!("{} {}", self.site(), self.what())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::op::{ObjectId, Order};
    use std::panic::Location;

    #[test]
    fn the_first_difference_is_named() {
        let (mut log, here) = (Log::default(), Location::caller());
        let load = Op::Load(ObjectId(0), Order::SeqCst);
        let exchange = |expected| {
            let (success, failure) = (Order::SeqCst, Order::SeqCst);
            Op::CompareExchange { object: ObjectId(0), expected, success, failure, weak: false }
        };
        log.push(ThreadId(1), exchange(0xA), here);
        log.push(ThreadId(1), load, here);
        log.restart();
        log.push(ThreadId(1), exchange(0xB), here);
        assert_eq!(log.difference(false), None);
        assert!(log.difference(true).is_some_and(|words| words.ends_with("it had ended")));
        log.push(ThreadId::MAIN, load, here);
        let words = log.difference(true).expect("a difference");
        assert!(words.contains("thread 1 did load, and when run again main did load"), "{words}");
    }
}

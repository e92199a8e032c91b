//! Twins of the [priority queue](crate::model::threads::queue::PriorityQueue).

use crate::model::threads::queue::Buffer;
use crate::port::Order;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The heap moves first and compares then, as `heapq` does, and std's `BinaryHeap`, which this is.
///
/// Twin of [`Heap`](crate::model::threads::queue::Heap). A comparison that panics in `remove` loses the item that was on its way out; one that panics in `insert` leaves an
/// item inside that was never counted. And equal items come out in any order.
#[derive(Debug)]
pub struct MovesFirst<T>(BinaryHeap<Reverse<T>>);

impl<T: Ord> Default for MovesFirst<T> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}

impl<T: Ord> Buffer<T> for MovesFirst<T> {
    const ORDER: Order = Order::Priority;
    type Plan = ();

    fn len(&self) -> usize {
        self.0.len()
    }

    fn plan_insert(&self, _: &T) {}

    fn insert(&mut self, item: T, (): ()) {
        self.0.push(Reverse(item));
    }

    fn plan_remove(&self) -> Option<()> {
        (!self.0.is_empty()).then_some(())
    }

    fn remove(&mut self, (): ()) -> T {
        self.0.pop().expect("there is an item").0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::queue::Correct;
    use crate::model::threads::queue::broken::queue::tests::smoke;

    #[test]
    fn moves_first_smoke() {
        smoke::<MovesFirst<u32>, Correct>();
    }
}

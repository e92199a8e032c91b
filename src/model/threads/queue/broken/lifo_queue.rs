//! Twins of the [queue of which the last item comes out first](crate::model::threads::queue::LifoQueue).

use crate::model::threads::queue::{Buffer, Fifo};
use crate::port::Order;

/// Takes the oldest item out, as the buffer that it is built on does.
///
/// Twin of [`Lifo`](crate::model::threads::queue::Lifo). In CPython a `LifoQueue` is a `Queue` that overrides `_init`, `_put` and
/// `_get`; this one has forgotten the last.
#[derive(Debug)]
pub struct InheritsGet<T>(Fifo<T>);

impl<T> Default for InheritsGet<T> {
    fn default() -> Self {
        Self(Fifo::default())
    }
}

impl<T> Buffer<T> for InheritsGet<T> {
    const ORDER: Order = Order::Lifo;
    type Plan = ();

    fn len(&self) -> usize {
        self.0.len()
    }

    fn plan_insert(&self, _: &T) {}

    fn insert(&mut self, item: T, (): ()) {
        self.0.insert(item, ());
    }

    fn plan_remove(&self) -> Option<()> {
        self.0.plan_remove()
    }

    fn remove(&mut self, (): ()) -> T {
        self.0.remove(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::queue::Queue;

    #[test]
    fn inherits_get_smoke() {
        let queue = <Queue<u32, InheritsGet<u32>>>::new(1);
        queue.put(7).unwrap();
        assert_eq!(queue.get(), Ok(7));
    }
}

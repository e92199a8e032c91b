//! The queue of which the item comes out first that came last.

use super::{Buffer, Queue};
use crate::port::Order;

/// A queue of which the item comes out first that came last.
pub type LifoQueue<T> = Queue<T, Lifo<T>>;

/// Last in, first out.
///
/// ```
/// use refectory::model::threads::queue::{Buffer, Lifo};
///
/// let mut pile = Lifo::default();
/// pile.insert('a', ());
/// pile.insert('b', ());
/// assert_eq!(pile.remove(()), 'b');
/// ```
#[derive(Debug)]
pub struct Lifo<T>(Vec<T>);

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Buffer<T> for Lifo<T> {
    const ORDER: Order = Order::Lifo;
    type Plan = ();

    #[inline]
    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn plan_insert(&self, _: &T) {}

    #[inline]
    fn insert(&mut self, item: T, (): ()) {
        self.0.push(item);
    }

    #[inline]
    fn plan_remove(&self) -> Option<()> {
        (!self.0.is_empty()).then_some(())
    }

    #[inline]
    fn remove(&mut self, (): ()) -> T {
        self.0.pop().expect("there is an item")
    }
}

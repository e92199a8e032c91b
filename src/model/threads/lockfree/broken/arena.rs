//! Twins of the [stack in an arena](crate::model::threads::lockfree::arena::Arena).

use crate::model::threads::lockfree::arena::{Arena, Tagging};
use crate::port::{Full, Order, TryQueue};

/// A tag that stays as it is: an index alone.
///
/// Twin of [`Counting`](crate::model::threads::lockfree::arena::Counting). A node that came back is taken for the one that
/// went (ABA), and its old successor becomes the first node, which may be free, or in somebody's hands.
#[derive(Debug)]
pub struct Tagless;

impl Tagging for Tagless {
    fn next(tag: u32) -> u32 {
        tag
    }
}

/// There is one node fewer than there is to be room for items.
///
/// Twin of [`Arena`]. It has no room for the last item, also where nobody else is at work: nothing excuses that.
/// So it is where the node that ends a list comes out of the arena, and was not counted.
#[derive(Debug)]
pub struct OneNodeShort<T>(Arena<T>);

impl<T: Send + 'static> TryQueue<T> for OneNodeShort<T> {
    const ORDER: Order = Order::Lifo;
    const FAILS_UNDER_CONTENTION: bool = true;

    fn with_capacity(capacity: usize) -> Self {
        Self(Arena::new(capacity - 1))
    }

    fn try_push(&self, item: T) -> Result<(), Full<T>> {
        self.0.try_push(item)
    }

    fn try_pop(&self) -> Option<T> {
        self.0.try_pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_short_smoke() {
        let stack = OneNodeShort::with_capacity(3);
        assert_eq!([stack.try_push(7), stack.try_push(8)], [Ok(()), Ok(())]);
        assert_eq!([stack.try_pop(), stack.try_pop(), stack.try_pop()], [Some(8), Some(7), None]);
    }
}

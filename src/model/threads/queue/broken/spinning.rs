//! Twins of the [queue that waits by trying again](crate::model::threads::queue::spinning::Spinning).

use crate::model::threads::queue::spinning::Persistence;

/// A consumer that finds nothing says so.
///
/// Twin of [`Patient`](crate::model::threads::queue::spinning::Patient). A `pop` that is to wait comes back without an item, though nobody has
/// closed the queue: a loop around an attempt was left out.
#[derive(Debug)]
pub struct GivesUp;

impl Persistence for GivesUp {
    const TRIES_AGAIN: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::lockfree::ring::Ring;
    use crate::model::threads::queue::spinning::Spinning;
    use crate::port::BlockingQueue;

    #[test]
    fn gives_up_smoke() {
        let queue = <Spinning<Ring<u32>, GivesUp>>::with_capacity(2);
        assert_eq!(queue.push(7), Ok(()));
        assert_eq!(queue.pop(), Some(7));
    }
}

//! Twins of the [stack](crate::model::threads::lockfree::treiber::Treiber): they break its hazard pointers.

use crate::model::threads::lockfree::hazard::Protection;

/// A hazard pointer that is published, and believed.
///
/// Twin of [`hazard::Correct`](crate::model::threads::lockfree::hazard::Correct). The node may have been unlinked and freed
/// before the hazard pointer was there to be seen: without the second look the thread uses freed memory.
#[derive(Debug)]
pub struct LooksOnce;

impl Protection for LooksOnce {
    const LOOKS_AGAIN: bool = false;
}

/// No fence between publishing the hazard pointer and the second look.
///
/// Twin of [`hazard::Correct`](crate::model::threads::lockfree::hazard::Correct). A processor may look before its hazard pointer
/// leaves the store buffer, even an x86: the look finds the node in its place, the scan no hazard pointer.
/// Where the fence of the scan is `membarrier`, the processor has nothing to do here: it is the compiler that may look first.
#[derive(Debug)]
pub struct Unfenced;

impl Protection for Unfenced {
    const FENCED: bool = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::lockfree::treiber::Treiber;
    use crate::port::TryQueue;

    fn smoke<Q: TryQueue<u32>>() {
        let queue = Q::with_capacity(2);
        for i in 0..3 {
            assert_eq!(queue.try_push(i), Ok(()));
            assert_eq!(queue.try_pop(), Some(i));
        }
        assert_eq!(queue.try_pop(), None);
    }

    #[test]
    fn hazards_smoke() {
        smoke::<Treiber<u32, LooksOnce>>();
        smoke::<Treiber<u32, Unfenced>>();
    }
}

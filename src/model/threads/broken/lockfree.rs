//! Queues without locks.

use crate::model::threads::arena::Tagging;
use crate::model::threads::combining::Combiner;
use crate::model::threads::hazard::Protection;
use crate::model::threads::heap::Heap;
use crate::model::threads::{michael_scott, spsc};
use std::sync::atomic::Ordering;

/// A hazard pointer that is published, and believed.
///
/// Twin of [`hazard::Sound`](crate::model::threads::hazard::Sound). The node may have been unlinked and freed
/// before the hazard pointer was there to be seen: without the second look the thread uses freed memory.
#[derive(Debug)]
pub struct LooksOnce;

impl Protection for LooksOnce {
    const LOOKS_AGAIN: bool = false;
}

/// No fence between publishing the hazard pointer and the second look.
///
/// Twin of [`hazard::Sound`](crate::model::threads::hazard::Sound). A processor may look before its hazard pointer
/// leaves the store buffer, even an x86: the look finds the node in its place, the scan no hazard pointer.
/// Natively it does no harm here: the first hazard pointer is published by an exchange, which is a fence on x86.
#[derive(Debug)]
pub struct Unfenced;

impl Protection for Unfenced {
    const FENCED: bool = false;
}

macro_rules! michael_scott {
    ($(#[$doc:meta])* $name:ident, $protection:ty, $link:ident, $follow:ident $(, $take:item)?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl michael_scott::Handover for $name {
            type Protection = $protection;
            const LINK: Ordering = Ordering::$link;
            const FOLLOW: Ordering = Ordering::$follow;
            $($take)?
        }
    };
}

michael_scott!(
    /// The queue on [`LooksOnce`].
    QueueLooksOnce, LooksOnce, Release, Acquire
);
michael_scott!(
    /// The queue on [`Unfenced`].
    QueueUnfenced, Unfenced, Release, Acquire
);
michael_scott!(
    /// A push links its node with a Relaxed exchange.
    ///
    /// Twin of [`michael_scott::Sound`]. A pop may see the link before the node: it takes an item that is not yet
    /// written. After RUSTSEC-2022-0029, whose queue was too weak in this place.
    RelaxedLink, crate::model::threads::hazard::Sound, Relaxed, Acquire
);
michael_scott!(
    /// A pop follows the link with a Relaxed load.
    ///
    /// Twin of [`michael_scott::Sound`]. The look into the node may take place before the load that found it. After
    /// RUSTSEC-2022-0029, the other side.
    RelaxedFollow, crate::model::threads::hazard::Sound, Release, Relaxed
);
michael_scott!(
    /// A pop copies the item and leaves it in the node, where reclamation drops it once more.
    ///
    /// Twin of [`michael_scott::Sound`], after RUSTSEC-2018-0009. Only for items that own nothing.
    DropsTwice, crate::model::threads::hazard::Sound, Release, Acquire,
    fn take<T>(item: &mut Option<T>) -> Option<T> {
        // SAFETY: none: this is the bug. The item is valid, and will be dropped twice.
        unsafe { std::ptr::read(item) }
    }
);

macro_rules! passage {
    ($(#[$doc:meta])* $name:ident, $publish:ident, $consume:ident, |$tail:ident, $head:ident, $capacity:ident| $distance:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl spsc::Passage for $name {
            const PUBLISH: Ordering = Ordering::$publish;
            const CONSUME: Ordering = Ordering::$consume;

            fn distance($tail: usize, $head: usize, $capacity: usize) -> usize {
                $distance
            }
        }
    };
}

passage!(
    /// Each side announces what it did to a slot with a Relaxed store.
    ///
    /// Twin of [`spsc::Sound`]. The other side may see the announcement before the slot.
    LaneRelaxedPublish, Relaxed, Acquire, |tail, head, _capacity| tail.wrapping_sub(head)
);
passage!(
    /// Each side looks for the other's announcement with a Relaxed load.
    ///
    /// Twin of [`spsc::Sound`]. It may touch the slot before the load that allows it.
    LaneRelaxedConsume, Release, Relaxed, |tail, head, _capacity| tail.wrapping_sub(head)
);
passage!(
    /// The counters are compared by the slots that they stand at.
    ///
    /// Twin of [`spsc::Sound`]. After a lap a full ring looks like an empty one: the consumer finds nothing, and the
    /// producer writes over what is there. After RUSTSEC-2020-0047, whose ring mistook its indices at the wrap.
    FullLooksEmpty, Release, Acquire, |tail, head, capacity| tail.wrapping_sub(head) & (capacity - 1)
);

/// A tag that stays as it is: an index alone.
///
/// Twin of [`arena::Counting`](crate::model::threads::arena::Counting). A node that came back is taken for the one that
/// went (ABA), and its old successor becomes the first node, which may be free, or in somebody's hands.
#[derive(Debug)]
pub struct Tagless;

impl Tagging for Tagless {
    fn next(tag: u32) -> u32 {
        tag
    }
}

/// A combiner that forgets the last slot.
///
/// Twin of [`combining::Sound`](crate::model::threads::combining::Sound). Whose request is there finds that nobody
/// serves it, not even itself.
#[derive(Debug)]
pub struct ForgetsLastSlot;

impl Combiner for ForgetsLastSlot {
    fn slots(all: usize) -> usize {
        all - 1
    }
}

/// A combiner that says that a request is served with a Relaxed store.
///
/// Twin of [`combining::Sound`](crate::model::threads::combining::Sound). The thread may see its slot empty before the
/// answer is there.
#[derive(Debug)]
pub struct RelaxedServed;

impl Combiner for RelaxedServed {
    const SERVED: Ordering = Ordering::Relaxed;
}

/// A pop that takes the item out first, and then restores the order.
///
/// Twin of [`combining::Sound`](crate::model::threads::combining::Sound). Where a comparison panics the item that it had
/// in hand is dropped: nobody ever receives it. So does CPython's `PriorityQueue.get` (row Q13), and the `pop` of
/// std's heap.
#[derive(Debug)]
pub struct LosesItemInHand;

impl Combiner for LosesItemInHand {
    fn pop<T: Ord>(heap: &mut Heap<T>) -> Option<T> {
        heap.pop_then_order()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::michael_scott::MichaelScott;
    use crate::model::threads::spsc::Spsc;
    use crate::model::threads::treiber::Treiber;
    use crate::port::{Lane, LaneConsumer, LaneProducer, TryQueue};

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

    #[test]
    fn michael_scott_smoke() {
        smoke::<MichaelScott<u32, QueueLooksOnce>>();
        smoke::<MichaelScott<u32, QueueUnfenced>>();
        smoke::<MichaelScott<u32, RelaxedLink>>();
        smoke::<MichaelScott<u32, RelaxedFollow>>();
        smoke::<MichaelScott<u32, DropsTwice>>();
    }

    fn lane_smoke<L: Lane<u32>>() {
        let (mut producer, mut consumer) = L::with_capacity(2);
        for i in 0..3 {
            assert_eq!(producer.try_push(i), Ok(()));
            assert_eq!(consumer.try_pop(), Some(i));
        }
        assert_eq!(consumer.try_pop(), None);
    }

    #[test]
    fn spsc_smoke() {
        lane_smoke::<Spsc<u32, LaneRelaxedPublish>>();
        lane_smoke::<Spsc<u32, LaneRelaxedConsume>>();
        lane_smoke::<Spsc<u32, FullLooksEmpty>>();
    }
}

//! Twins of the [queue for one producer and one consumer](crate::model::threads::lockfree::spsc::Spsc).

use crate::model::threads::lockfree::spsc::Passage;
use std::sync::atomic::Ordering;

macro_rules! passage {
    ($(#[$doc:meta])* $name:ident, $publish:ident, $consume:ident $(, $differs:item)*) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Passage for $name {
            const PUBLISH: Ordering = Ordering::$publish;
            const CONSUME: Ordering = Ordering::$consume;
            $($differs)*
        }
    };
}

passage!(
    /// Each side announces what it did to a slot with a Relaxed store.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::spsc::Correct). The other side may see the announcement before the slot.
    RelaxedPublish, Relaxed, Acquire
);
passage!(
    /// Each side looks for the other's announcement with a Relaxed load.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::spsc::Correct). It may touch the slot before the load that allows it.
    RelaxedConsume, Release, Relaxed
);
passage!(
    /// The counters are compared by the slots that they stand at.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::spsc::Correct). After a lap a full ring looks like an empty one: the consumer finds nothing, and the
    /// producer writes over what is there. After RUSTSEC-2020-0047, whose ring mistook its indices at the wrap.
    FullLooksEmpty, Release, Acquire,
    fn distance(tail: usize, head: usize, slots: usize) -> usize {
        tail.wrapping_sub(head) & (slots - 1)
    }
);
passage!(
    /// The consumer tells of two slots at once, and there is no spare slot for the first of them.
    ///
    /// Twin of [`InPairs`](crate::model::threads::lockfree::spsc::InPairs). The producer finds the ring full although there is room.
    SparesNoRoom, Release, Acquire,
    fn batch(_capacity: usize) -> usize {
        2
    },
    fn spare(_batch: usize) -> usize {
        0
    }
);
passage!(
    /// The consumer goes without a word on the slots that it has emptied since the last batch.
    ///
    /// Twin of [`InPairs`](crate::model::threads::lockfree::spsc::InPairs). The ring drops once more what was in them.
    ForgetsTheLastBatch, Release, Acquire,
    fn batch(_capacity: usize) -> usize {
        2
    },
    const TELLS_AT_THE_END: bool = false;
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::lockfree::spsc::Spsc;
    use crate::port::SpscQueue;

    fn smoke<P: Passage>() {
        let (mut producer, mut consumer) = <Spsc<u32, P> as SpscQueue<u32>>::with_capacity(2);
        for i in 0..3 {
            assert_eq!(producer.try_push(i), Ok(()));
            assert_eq!(consumer.try_pop(), Some(i));
        }
        assert_eq!(consumer.try_pop(), None);
    }

    #[test]
    fn spsc_smoke() {
        smoke::<RelaxedPublish>();
        smoke::<RelaxedConsume>();
        smoke::<FullLooksEmpty>();
        smoke::<SparesNoRoom>();
        smoke::<ForgetsTheLastBatch>();
    }
}

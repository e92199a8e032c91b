//! Twins of the [queue of segments](crate::model::threads::lockfree::segments::Segments).

use super::treiber;
use crate::model::threads::lockfree::hazard;
use crate::model::threads::lockfree::segments::Filling;
use std::sync::atomic::Ordering;

macro_rules! filling {
    ($(#[$doc:meta])* $name:ident, $protection:ty, $slots:literal $(, $differs:item)?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Filling for $name {
            type Protection = $protection;
            const SLOTS: (usize, usize) = (64, $slots);
            $($differs)?
        }
    };
}

filling!(
    /// A hazard pointer that is published, and believed: a segment is freed while a reader is in it.
    ///
    /// Twin of [`OneSlot`](crate::model::threads::lockfree::segments::OneSlot): it stands on [that of the stack](treiber::LooksOnce).
    LooksOnce, treiber::LooksOnce, 1
);
filling!(
    /// No fence between publishing the hazard pointer and the second look.
    ///
    /// Twin of [`OneSlot`](crate::model::threads::lockfree::segments::OneSlot): it stands on [that of the stack](treiber::Unfenced).
    Unfenced, treiber::Unfenced, 1
);
filling!(
    /// A push says that its slot is full with a Relaxed exchange.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::segments::Correct). A pop may see the state before the item: it takes what is not yet written.
    RelaxedFill, hazard::Correct, 2,
    const FILL: Ordering = Ordering::Relaxed;
);
filling!(
    /// A pop looks at the state with a Relaxed load.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::segments::Correct). It may take the item before the load that allows it.
    RelaxedLook, hazard::Correct, 2,
    const LOOK: Ordering = Ordering::Relaxed;
);
filling!(
    /// A push does not look if its slot was made void meanwhile.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::segments::Correct). Its item is in a slot that every pop passes over: nobody ever receives it.
    OverlooksVoid, hazard::Correct, 2,
    const MINDS_VOID: bool = false;
);
filling!(
    /// A pop takes a slot that was given to a push, and is not full yet, for the end of the queue.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::segments::Correct). The push hides the items behind it, also those whose pushes have returned.
    HidesItems, hazard::Correct, 2,
    const GOES_PAST: bool = false;
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::lockfree::segments::Segments;
    use crate::port::TryQueue;

    fn smoke<F: Filling>() {
        let queue = <Segments<u32, F>>::with_capacity(2);
        for i in 0..3 {
            assert_eq!(queue.try_push(i), Ok(()));
            assert_eq!(queue.try_pop(), Some(i));
        }
        assert_eq!(queue.try_pop(), None);
    }

    #[test]
    fn segments_smoke() {
        smoke::<LooksOnce>();
        smoke::<Unfenced>();
        smoke::<RelaxedFill>();
        smoke::<RelaxedLook>();
        smoke::<OverlooksVoid>();
        smoke::<HidesItems>();
    }
}

//! Twins of [Michael and Scott's queue](crate::model::threads::lockfree::michael_scott::MichaelScott).

use super::treiber;
use crate::model::threads::lockfree::hazard;
use crate::model::threads::lockfree::michael_scott::Handover;
use std::sync::atomic::Ordering;

macro_rules! handover {
    ($(#[$doc:meta])* $name:ident, $protection:ty, $link:ident, $follow:ident $(, $take:item)?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Handover for $name {
            type Protection = $protection;
            const LINK: Ordering = Ordering::$link;
            const FOLLOW: Ordering = Ordering::$follow;
            $($take)?
        }
    };
}

handover!(
    /// A hazard pointer that is published, and believed.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::michael_scott::Correct): it stands on [that of the stack](treiber::LooksOnce).
    LooksOnce, treiber::LooksOnce, Release, Acquire
);
handover!(
    /// No fence between publishing the hazard pointer and the second look.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::michael_scott::Correct): it stands on [that of the stack](treiber::Unfenced).
    Unfenced, treiber::Unfenced, Release, Acquire
);
handover!(
    /// A push links its node with a Relaxed exchange.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::michael_scott::Correct). A pop may see the link before the node: it takes an item that is not yet
    /// written. After RUSTSEC-2022-0029, whose queue was too weak in this place.
    RelaxedLink, hazard::Correct, Relaxed, Acquire
);
handover!(
    /// A pop follows the link with a Relaxed load.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::michael_scott::Correct). The look into the node may take place before the load that found it. After
    /// RUSTSEC-2022-0029, the other side.
    RelaxedFollow, hazard::Correct, Release, Relaxed
);
handover!(
    /// A pop copies the item and leaves it in the node, where reclamation drops it once more.
    ///
    /// Twin of [`Correct`](crate::model::threads::lockfree::michael_scott::Correct), after RUSTSEC-2018-0009. Only for items that own nothing.
    DropsTwice, hazard::Correct, Release, Acquire,
    fn take<T>(item: &mut Option<T>) -> Option<T> {
        // SAFETY: none: this is the bug. The item is valid, and will be dropped twice.
        unsafe { std::ptr::read(item) }
    }
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::threads::lockfree::michael_scott::MichaelScott;
    use crate::port::TryQueue;

    fn smoke<H: Handover>() {
        let queue = <MichaelScott<u32, H>>::with_capacity(2);
        for i in 0..3 {
            assert_eq!(queue.try_push(i), Ok(()));
            assert_eq!(queue.try_pop(), Some(i));
        }
        assert_eq!(queue.try_pop(), None);
    }

    #[test]
    fn michael_scott_smoke() {
        smoke::<LooksOnce>();
        smoke::<Unfenced>();
        smoke::<RelaxedLink>();
        smoke::<RelaxedFollow>();
        smoke::<DropsTwice>();
    }
}

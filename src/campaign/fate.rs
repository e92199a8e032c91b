//! Rounds of processes in which some of them are killed.

#[cfg(feature = "processes")]
use crate::scenario::SplitMix64;
#[cfg(feature = "processes")]
use crate::sync::process::Nemesis;
use serde::{Deserialize, Serialize};

/// What the processes of a row draw: where one dies, each time the row is played another point, and how the others dawdle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// All of it follows from this number.
    pub number: u64,
    /// Whether a second one may die.
    pub two_may_die: bool,
}

/// What befalls the processes that this one starts from now on, until this is dropped: whoever comes to a point of them all, counted from 1, is killed
/// there.
#[derive(Debug)]
pub(super) struct Fate {
    #[cfg(feature = "processes")]
    nemesis: Option<(Nemesis, u64)>,
}

#[cfg(feature = "processes")]
impl Fate {
    /// The fate of those who play a row for the n-th time, which has so many points; where that is not known yet nobody dies, so that they
    /// are counted.
    ///
    /// # Panics
    /// If the system has no room for a few bytes that processes share.
    pub(super) fn of(lot: Option<Lot>, n: u64, points: u64) -> Self {
        let set = |Lot { number, two_may_die }| {
            let mut random = SplitMix64::new(number.rotate_left(32) ^ n);
            let point = if points == 0 { u64::MAX } else { 1 + number.wrapping_add(n) % points };
            // Who repairs comes soon.
            let then = if two_may_die { random.between(0, 8) as u64 } else { 0 };
            let dawdles = random.between(0, 1) == 0;
            let seed = random.next_u64();
            (
                set(|nemesis| if dawdles { nemesis.dawdling(seed) } else { nemesis }.then_after(then), point),
                point,
            )
        };
        Self { nemesis: lot.map(set) }
    }

    /// How many have been killed.
    pub(super) fn deaths(&self) -> u64 {
        self.nemesis.as_ref().map_or(0, |(nemesis, _)| u64::from(nemesis.deaths()))
    }

    /// Points that were passed, up to that of the first death at most.
    pub(super) fn passed(&self) -> u64 {
        self.nemesis.as_ref().map_or(0, |(nemesis, point)| point.saturating_sub(nemesis.left()))
    }
}

#[cfg(feature = "processes")]
impl Drop for Fate {
    fn drop(&mut self) {
        if self.nemesis.is_some() {
            set(|nemesis| nemesis, 0);
        }
    }
}

#[cfg(feature = "processes")]
fn set(and: impl FnOnce(Nemesis) -> Nemesis, point: u64) -> Nemesis {
    let nemesis = and(Nemesis::at(point).expect("there is room for a few bytes that processes share"));
    nemesis.set_on_children();
    nemesis
}

/// Without processes nobody can be killed.
#[cfg(not(feature = "processes"))]
impl Fate {
    pub(super) const fn of(_: Option<Lot>, _: u64, _: u64) -> Self {
        Self {}
    }

    pub(super) const fn deaths(&self) -> u64 {
        0
    }

    pub(super) const fn passed(&self) -> u64 {
        0
    }
}

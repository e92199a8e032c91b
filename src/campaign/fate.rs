//! Rounds of processes in which one of them is killed.

#[cfg(feature = "processes")]
use crate::sync::process::Nemesis;

/// What befalls the processes that this one starts from now on, until this is dropped: whoever comes to a point of them all, counted from 1, is killed
/// there.
#[derive(Debug)]
pub(super) struct Fate {
    #[cfg(feature = "processes")]
    nemesis: Option<(Nemesis, u64)>,
}

#[cfg(feature = "processes")]
impl Fate {
    /// Somebody dies at this point, or nobody does.
    ///
    /// # Panics
    /// If the system has no room for a few bytes that processes share.
    pub(super) fn at(point: Option<u64>) -> Self {
        Self { nemesis: point.map(|point| (set(point), point)) }
    }

    /// How many have been killed.
    pub(super) fn deaths(&self) -> u64 {
        self.nemesis.as_ref().map_or(0, |(nemesis, _)| u64::from(nemesis.victim().is_some()))
    }

    /// Points that were passed, up to that of the death.
    pub(super) fn passed(&self) -> u64 {
        self.nemesis.as_ref().map_or(0, |(nemesis, point)| point - nemesis.left())
    }
}

#[cfg(feature = "processes")]
impl Drop for Fate {
    fn drop(&mut self) {
        if self.nemesis.is_some() {
            set(0);
        }
    }
}

#[cfg(feature = "processes")]
fn set(point: u64) -> Nemesis {
    let nemesis = Nemesis::at(point).expect("there is room for a few bytes that processes share");
    nemesis.set_on_children();
    nemesis
}

/// Without processes nobody can be killed.
#[cfg(not(feature = "processes"))]
impl Fate {
    pub(super) const fn at(_: Option<u64>) -> Self {
        Self {}
    }

    pub(super) const fn deaths(&self) -> u64 {
        0
    }

    pub(super) const fn passed(&self) -> u64 {
        0
    }
}

//! Memory that several processes have.

use crate::common::{PATIENCE, Tested, end, ensure_eq, until};
use refectory::sync::UnsafeCell;
use refectory::sync::atomic::{AtomicI32, AtomicU32, Ordering::SeqCst};
use refectory::sync::process::{self, Exit};
use refectory::sync::region::{Futex, Region, shared};
use serde::{Deserialize, Deserializer, Serialize};

const MANY: u32 = 10_000;

pub(crate) fn increments_of_three_processes_add_up() -> Tested {
    let count = Region::new(AtomicU32::new(0))?;
    let counts = |count: Region<AtomicU32>| {
        for _ in 0..MANY {
            count.fetch_add(1, SeqCst);
        }
    };
    let processes = (0..3).map(|_| process::spawn(counts, count.clone())).collect::<Result<Vec<_>, _>>()?;
    for process in processes {
        ensure_eq(end(process)?, Exit::Code(0))?;
    }
    ensure_eq(count.load(SeqCst), 3 * MANY)
}

shared! {
    /// A bowl that is filled by one process and emptied by another one.
    #[repr(align(64))]
    struct Bowl<const PORTIONS: usize> {
        size: u32,
        soup: UnsafeCell<[u64; PORTIONS]>,
        is_full: Futex,
    }
}

// SAFETY: the soup is touched by who has found the bowl full, or before it is.
unsafe impl<const PORTIONS: usize> Sync for Bowl<PORTIONS> {}

pub(crate) fn a_structure_is_the_same_to_all() -> Tested {
    let bowl = Bowl::<5> { size: 5, soup: UnsafeCell::new([0; 5]), is_full: Futex::new(0) };
    let bowl = Region::new(bowl)?;
    let fills = |bowl: Region<Bowl<5>>| {
        assert_eq!(bowl.size, 5);
        // SAFETY: it is not full yet, and nobody else fills it.
        bowl.soup.with_mut(|soup| unsafe { *soup = [1, 2, 3, 4, u64::MAX] });
        bowl.is_full.store(1, SeqCst);
        bowl.is_full.wake_all();
    };
    let process = process::spawn(fills, bowl.clone())?;
    until("a full bowl", || {
        (bowl.is_full.wait_timeout(0, PATIENCE) && bowl.is_full.load(SeqCst) == 1).then_some(())
    });
    // SAFETY: it is full.
    ensure_eq(bowl.soup.with(|soup| unsafe { *soup }), [1, 2, 3, 4, u64::MAX])?;
    ensure_eq(end(process)?, Exit::Code(0))
}

/// Sent as a region of one type, and opened as one of another, as long one.
struct Mistaken(Region<AtomicU32>);

impl Serialize for Mistaken {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Mistaken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Region::<AtomicI32>::deserialize(deserializer)?;
        Ok(Self(Region::new(AtomicU32::new(0)).map_err(serde::de::Error::custom)?))
    }
}

pub(crate) fn a_region_is_opened_as_what_it_is() -> Tested {
    let process = process::spawn(|_: Mistaken| (), Mistaken(Region::new(AtomicU32::new(0))?))?;
    let words = end(process).unwrap_err().to_string();
    if words.contains("no region of") { Ok(()) } else { Err(words.into()) }
}

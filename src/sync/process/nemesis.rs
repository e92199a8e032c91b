//! Death at a named point.

use super::super::atomic::{
    AtomicU8, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use super::super::region::{Region, shared};
use super::super::system;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// A point where the [nemesis](Nemesis) of this process may kill it: there the process ends at once, as by `SIGKILL`. Without
/// a nemesis it costs one load. Under an engine it is nothing: there a process may die before each of its operations.
#[track_caller]
#[inline]
pub fn point(name: &'static str) {
    if let Some(nemesis) = MINE.get() {
        nemesis.pass(name);
    }
}

/// Kills one of several processes: whoever comes to the n-th [`point`] of all.
///
/// Each process counts that was started by one that [has set it on its children](Self::set_on_children), and each that such a
/// one has started in its turn. A counter that they share counts down, so that a program which does the same each time dies at the same
/// instant each time; and with one nemesis after the other, from the first point to the last, it dies at each.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Nemesis(Region<Fate>);

/// Who was killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// The number of the process.
    pub process: u32,
    /// The name of the point; its beginning, if it is longer than 64 bytes.
    pub point: String,
}

shared! {
    #[derive(Debug)]
    struct Fate {
        /// Points to come, that of the death included; 0 where it is done, or never was to be.
        left: AtomicU64,
        /// And from there to a second death; 0 where there is to be none.
        then: AtomicU64,
        /// How processes dawdle at points; 0 where none does.
        dawdling: AtomicU64,
        /// How many were killed.
        deaths: AtomicU32,
        /// The victim, or 0.
        process: AtomicU32,
        /// Where it died, up to the first 0.
        point: [AtomicU8; 64],
    }
}

/// The nemesis that this process was started with.
static MINE: OnceLock<Nemesis> = OnceLock::new();
/// The one that it has set on its children instead.
static OF_CHILDREN: Mutex<Option<Nemesis>> = Mutex::new(None);

impl Nemesis {
    /// Kills at the n-th point; with 0 nowhere.
    ///
    /// # Errors
    /// As [`Region::new`].
    #[track_caller]
    pub fn at(point: u64) -> io::Result<Self> {
        let fate = Fate {
            left: AtomicU64::new(point),
            then: AtomicU64::new(0),
            dawdling: AtomicU64::new(0),
            deaths: AtomicU32::new(0),
            process: AtomicU32::new(0),
            point: std::array::from_fn(|_| AtomicU8::new(0)),
        };
        Region::new(fate).map(Self)
    }

    /// The same, and so many points later it kills once more: whoever repairs what the first one has left may die over it.
    #[must_use]
    pub fn then_after(self, points: u64) -> Self {
        // Ordering: Relaxed, here and below. No process has been started with it yet.
        self.0.then.store(points, Relaxed);
        self
    }

    /// The same, and now and then a process rests at a point for up to 3 ms, as long as it takes to start another one; who is killed does
    /// so before. When and for how long follows from the seed and from the points that were passed.
    #[must_use]
    pub fn dawdling(self, seed: u64) -> Self {
        self.0.dawdling.store(seed | 1, Relaxed);
        self
    }

    /// From now on this process starts processes with this nemesis, and not with the one it had. It is spared itself.
    pub fn set_on_children(&self) {
        OF_CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).replace(self.clone());
    }

    /// Points that have to be passed until somebody dies, the last one included: 0 where nobody else will.
    #[must_use]
    pub fn left(&self) -> u64 {
        // Ordering: Relaxed. A count, which says nothing of what was done.
        self.0.left.load(Relaxed)
    }

    /// How many were killed.
    #[must_use]
    pub fn deaths(&self) -> u32 {
        // Ordering: Relaxed. A count.
        self.0.deaths.load(Relaxed)
    }

    /// Who was killed last, if somebody was.
    #[must_use]
    pub fn victim(&self) -> Option<Victim> {
        // Ordering: Acquire. With the store of the victim: its point has been written.
        let process = Some(self.0.process.load(Acquire)).filter(|process| *process != 0)?;
        let bytes = self.0.point.iter().map(|byte| byte.load(Relaxed)).take_while(|byte| *byte != 0);
        Some(Victim { process, point: String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned() })
    }

    #[cold]
    fn pass(&self, name: &str) {
        // Ordering: Relaxed. One counter, and nothing is handed over.
        let left = self.0.left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).unwrap_or(0);
        self.dawdle(left);
        if left == 1 {
            self.0.deaths.fetch_add(1, Relaxed);
            self.0.left.store(self.0.then.swap(0, Relaxed), Relaxed);
            self.0.point.iter().zip(name.bytes()).for_each(|(to, from)| to.store(from, Relaxed));
            // Ordering: Release. With `victim`: the point comes before.
            self.0.process.store(std::process::id(), Release);
            system::kill_self();
        }
    }

    /// Rests at every fourth point or so, and at the last one.
    fn dawdle(&self, left: u64) {
        let seed = self.0.dawdling.load(Relaxed);
        let mixed = (seed ^ left).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        if seed != 0 && (left == 1 || mixed.is_multiple_of(4)) {
            std::thread::sleep(Duration::from_micros(mixed / 4 % 3_000));
        }
    }
}

/// A child begins.
pub(super) fn inherit(nemesis: Option<Nemesis>) {
    if let Some(nemesis) = nemesis {
        // It begins once.
        let _ = MINE.set(nemesis);
    }
}

/// What a child is started with.
pub(super) fn of_children() -> Option<Nemesis> {
    OF_CHILDREN.lock().unwrap_or_else(PoisonError::into_inner).clone().or_else(|| MINE.get().cloned())
}

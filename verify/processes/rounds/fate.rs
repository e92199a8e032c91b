//! What befalls a round.

use super::household::{children, regions};
use crate::common::state;
use refectory::scenario::SplitMix64;
use refectory::sync::atomic::{AtomicBool, Ordering::SeqCst};
use refectory::sync::process::Nemesis;
use refectory::sync::thread;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fmt;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// At most a death at a point, and a blow at an instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fate {
    /// Points until somebody dies at one, that one included.
    point: Option<u64>,
    blow: Option<Blow>,
}

/// What comes from outside, so long after so many points.
#[derive(Clone, Copy, Debug)]
struct Blow {
    after: u64,
    delay: Duration,
    kind: Kind,
    /// Whom it hits.
    lot: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A child is killed.
    Kill,
    /// A child stands still for so long.
    Stop(Duration),
    /// Somebody tries to make each region shorter, and longer.
    Truncate,
}

/// What a blow did.
pub(super) const KILLED: &str = "killed";
pub(super) const STOPPED: &str = "stopped";
pub(super) const REFUSED: &str = "refused to be truncated";

impl Fate {
    /// Nothing happens, and points are counted.
    pub(super) const NONE: Self = Self { point: None, blow: None };

    /// What befalls a program that passes so many points where nobody dies, and in which so many may.
    pub(super) fn draw(random: &mut SplitMix64, points: u64, deaths: u8) -> Self {
        let stop = Kind::Stop(instant(random));
        let (dies, kind) = match random.between(0, 7) {
            0..=2 => (true, None),
            3 | 4 => (false, Some(Kind::Kill)),
            5 => (false, Some(stop)),
            6 => (random.between(0, 1) == 1, Some(Kind::Truncate)),
            _ => (true, Some(if deaths > 1 { Kind::Kill } else { stop })),
        };
        let point = (dies && points > 0).then(|| 1 + random.next_u64() % points);
        // A blow that waits for a point comes before whoever dies does.
        let last = point.unwrap_or(points + 1);
        let mut blow = |kind| Blow {
            after: random.next_u64() % last,
            delay: instant(random),
            kind,
            lot: random.between(0, 1 << 10),
        };
        Self { point, blow: kind.map(&mut blow) }
    }

    pub(super) fn nemesis(&self) -> Nemesis {
        Nemesis::at(self.point.unwrap_or(u64::MAX)).expect("a region of a few bytes")
    }

    /// Points that were passed.
    pub(super) fn passed(&self, nemesis: &Nemesis) -> u64 {
        self.point.unwrap_or(u64::MAX) - nemesis.left()
    }

    /// Gives the blow, unless all is over before. What was done, in a word.
    pub(super) fn strike(
        &self,
        nemesis: &Nemesis,
        over: &AtomicBool,
    ) -> Result<Option<&'static str>, String> {
        let Some(Blow { after, delay, kind, lot }) = self.blow else { return Ok(None) };
        let wait_until = |ready: &dyn Fn() -> bool| {
            while !ready() && !over.load(SeqCst) {
                thread::yield_now();
            }
        };
        wait_until(&|| self.passed(nemesis) >= after);
        let start = Instant::now();
        wait_until(&|| start.elapsed() >= delay);
        match kind {
            Kind::Truncate => truncate_all(),
            Kind::Kill => Ok(seize(lot, over).map(|child| {
                signal(&child, Signal::KILL);
                KILLED
            })),
            Kind::Stop(time) => Ok(seize(lot, over).map(|child| {
                signal(&child, Signal::STOP);
                thread::sleep(time);
                signal(&child, Signal::CONT);
                STOPPED
            })),
        }
    }
}

/// Up to 2 ms, and as often within one microsecond as within the last one.
fn instant(random: &mut SplitMix64) -> Duration {
    let most = 1 << random.between(0, 21);
    Duration::from_nanos(random.between(0, most) as u64)
}

/// One of the children that live, and nobody who has got its number since.
fn seize(lot: usize, over: &AtomicBool) -> Option<OwnedFd> {
    let living = || -> Vec<u32> {
        children().into_iter().filter(|child| !matches!(state(*child), None | Some('Z' | 'X'))).collect()
    };
    while !over.load(SeqCst) {
        let all = living();
        let Some(child) = all.get(lot % all.len().max(1)) else { continue };
        let pid = Pid::from_raw(child.cast_signed())?;
        if let Ok(seized) = pidfd_open(pid, PidfdFlags::empty())
            && children().contains(child)
        {
            return Some(seized);
        }
    }
    None
}

fn signal(child: &OwnedFd, signal: Signal) {
    // It may have ended meanwhile.
    let _ = pidfd_send_signal(child, signal);
}

/// No region can be made shorter, nor longer.
pub(super) fn truncate_all() -> Result<Option<&'static str>, String> {
    let mut tried = None;
    for region in regions() {
        // To make it as long as it is changes nothing.
        let now = region.metadata().map_err(|error| error.to_string())?.len();
        for length in [0, 1, 1 << 20].into_iter().filter(|length| *length != now) {
            let refused = region.set_len(length).map_err(|error| error.kind());
            if refused != Err(ErrorKind::PermissionDenied) {
                return Err(format!("a region was made {length} bytes long: {refused:?}"));
            }
        }
        tried = Some(REFUSED);
    }
    Ok(tried)
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.point {
            Some(point) => write!(f, "death at point {point}")?,
            None => write!(f, "no death at a point")?,
        }
        let Some(Blow { after, delay, kind, .. }) = self.blow else { return Ok(()) };
        write!(f, ", {kind:?} {delay:?} after point {after}")
    }
}

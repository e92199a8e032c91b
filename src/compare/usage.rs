//! What a process has used so far, as the system counts it.

use serde::{Deserialize, Serialize};
use std::mem::MaybeUninit;
use std::ops::{Add, Sub};

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Usage {
    /// Time on processors, of the program and of the system for it, in seconds.
    pub(super) cpu: f64,
    /// How often a thread gave a processor to another one, because it waited or was told to.
    pub(super) switches: u64,
}

impl Usage {
    /// By this process, and by the children that it has waited for.
    #[must_use]
    pub(super) fn now() -> Self {
        of(libc::RUSAGE_SELF) + of(libc::RUSAGE_CHILDREN)
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { cpu: self.cpu + other.cpu, switches: self.switches + other.switches }
    }
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { cpu: self.cpu - before.cpu, switches: self.switches.saturating_sub(before.switches) }
    }
}

/// What getrusage(2) says.
fn of(whom: libc::c_int) -> Usage {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: there is room for what is written. It is a struct of numbers, so that zeros are a value of it too.
    let usage = unsafe {
        libc::getrusage(whom, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 * 1e-6;
    let switches = usage.ru_nvcsw.cast_unsigned() + usage.ru_nivcsw.cast_unsigned();
    Usage { cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), switches }
}

/// The most memory that this process has had, in bytes; 0 where the system does not say.
///
/// Not what getrusage(2) says: a child begins there with what its parent had.
#[must_use]
pub(super) fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    1024 * kibibytes.unwrap_or_default()
}

/// The machine's clock, in nanoseconds: the same for all processes, and it does not go back.
#[must_use]
pub(super) fn clock() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_seen() {
        let (before, began) = (Usage::now(), clock());
        let mut value = 1_u64;
        while (Usage::now() - before).cpu == 0.0 {
            value = std::hint::black_box(value.wrapping_mul(3));
        }
        assert!(clock() > began);
        assert_eq!(peak_memory() > 0, cfg!(target_os = "linux"));
    }
}

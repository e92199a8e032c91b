//! A lock on real cores, whose owners die.

use crate::common::{PATIENCE, Tested, apart, at_each_point, end, ensure_eq, sleep_for_ever};
use refectory::model::processes::lock::broken::NotRobust;
use refectory::model::processes::lock::robust::{Locked, NotRecoverable, RobustLock, Rules};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Exit};
use refectory::sync::region::{Futex, Region, Shared};
use refectory::sync::thread;
use std::io::{self, Write};
use std::time::Duration;

/// A lock that tells who takes it whether its last owner was killed, and then takes the data for repaired.
pub(crate) trait Told: Shared + Sync + 'static {
    fn new() -> Self;

    /// Called once, where it will stay.
    fn begin(&self) {}

    fn hold(&self, body: impl FnOnce(bool));
}

impl Told for RobustLock {
    fn new() -> Self {
        Self::new()
    }

    fn hold(&self, body: impl FnOnce(bool)) {
        let held = self.lock(|found| match found {
            Locked::Consistent => body(false),
            Locked::OwnerDied(left) => {
                body(true);
                left.consistent();
            }
        });
        held.expect("all repair");
    }
}

/// Two numbers that are the same to everybody who has the lock.
#[repr(C)]
struct Twice<L> {
    lock: L,
    once: AtomicU32,
    again: AtomicU32,
}

// SAFETY: all fields are shared.
unsafe impl<L: Shared> Shared for Twice<L> {}

const ADDED: u32 = 4;

fn add<L: Told>((twice, start): (Region<Twice<L>>, Region<Futex>)) {
    start.wait(0);
    for _ in 0..ADDED {
        twice.lock.hold(|died| {
            if died {
                twice.again.store(twice.once.load(SeqCst), SeqCst);
            }
            assert_eq!(twice.once.load(SeqCst), twice.again.load(SeqCst));
            twice.once.fetch_add(1, SeqCst);
            // Others come meanwhile.
            (0..5).for_each(|_| thread::yield_now());
            process::point("half of it");
            twice.again.fetch_add(1, SeqCst);
        });
    }
}

/// Three add, one of whom may be killed; the others do all that they were to do. How many were killed.
pub(crate) fn add_up() -> u32 {
    add_up_with::<RobustLock>()
}

/// The same with this lock.
pub(crate) fn add_up_with<L: Told>() -> u32 {
    let zero = || AtomicU32::new(0);
    let twice = Twice { lock: L::new(), once: zero(), again: zero() };
    let (twice, start) = (Region::new(twice).unwrap(), Region::new(Futex::new(0)).unwrap());
    twice.lock.begin();
    let adders = [(); 3].map(|()| process::spawn(add::<L>, (twice.clone(), start.clone())).unwrap());
    start.store(1, SeqCst);
    start.wake_all();
    let ends = adders.map(|adder| end(adder).unwrap());
    let dead = ends.iter().filter(|exit| **exit == Exit::Killed(9)).count() as u32;
    assert_eq!(ends.iter().filter(|exit| **exit == Exit::Code(0)).count() as u32, 3 - dead);
    twice.lock.hold(|died| {
        assert!(died || twice.once.load(SeqCst) == twice.again.load(SeqCst));
        assert!(((3 - dead) * ADDED..=3 * ADDED).contains(&twice.once.load(SeqCst)));
    });
    dead
}

/// The order of the three is not the same each time, and nor is what the n-th point is; but all points together are many.
pub(crate) fn a_lock_survives_death_at_each_point() -> Tested {
    apart(|()| at_each_point(add_up))
}

/// A process that is killed while it holds the lock.
fn killed_in<R: Rules>(lock: &Region<RobustLock<R>>) -> io::Result<()> {
    let (writer, mut reader) = pipe::pipe()?;
    let holds = |(lock, mut news): (Region<RobustLock<R>>, Writer)| {
        let _ = lock.lock(|_| {
            news.write_all(b"held").unwrap();
            sleep_for_ever()
        });
    };
    let mut holder = process::spawn(holds, (lock.clone(), writer))?;
    reader.read_timeout(&mut [0; 8], PATIENCE)?;
    holder.kill()?;
    end(holder).map(drop)
}

pub(crate) fn a_lock_that_nobody_puts_right_is_lost_to_all() -> Tested {
    let lock = Region::new(<RobustLock>::new())?;
    killed_in(&lock)?;
    ensure_eq(lock.try_lock(|found| matches!(found, Locked::OwnerDied(_))), Ok(Some(true)))?;
    let finds = |lock: Region<RobustLock>| assert_eq!(lock.lock(|_| ()), Err(NotRecoverable));
    let all = [(); 3].map(|()| process::spawn(finds, lock.clone()));
    for process in all {
        ensure_eq(end(process?)?, Exit::Code(0))?;
    }
    ensure_eq(lock.lock_timeout(PATIENCE, |_| ()), Err(NotRecoverable))
}

pub(crate) fn a_lock_that_is_not_robust_dies_too() -> Tested {
    let lock = Region::new(RobustLock::<NotRobust>::new())?;
    killed_in(&lock)?;
    ensure_eq(lock.lock_timeout(Duration::from_millis(10), |_| ()), Ok(None))
}

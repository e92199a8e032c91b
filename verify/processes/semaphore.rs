//! Permits on real cores, whose holders die.

use crate::common::{PATIENCE, Tested, apart, at_each_point, end, ensure_eq, sleep_for_ever, state, until};
use refectory::model::processes::lock::broken::NotRobust;
use refectory::model::processes::lock::robust::Kept;
use refectory::model::processes::lock::semaphore::{Semaphore, Waiting};
use refectory::sync::atomic::Ordering::SeqCst;
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Exit, Process};
use refectory::sync::region::{Futex, Region};
use refectory::sync::thread;
use std::io::{self, Write};
use std::time::Duration;

type Seats = Region<Semaphore<2>>;

fn sit((seats, start): (Seats, Region<Futex>)) {
    start.wait(0);
    for _ in 0..3 {
        // Others come meanwhile.
        seats.acquire(|_| (0..5).for_each(|_| thread::yield_now()));
    }
}

/// Three want one of two permits, and one of them may be killed; the others get all that they want, and in the end both permits are
/// free. How many were killed.
pub(crate) fn sit_down() -> u32 {
    let (seats, start) = (Region::new(Semaphore::new()).unwrap(), Region::new(Futex::new(0)).unwrap());
    let sitters = [(); 3].map(|()| process::spawn(sit, (Seats::clone(&seats), start.clone())).unwrap());
    start.store(1, SeqCst);
    start.wake_all();
    let ends = sitters.map(|sitter| end(sitter).unwrap());
    let dead = ends.iter().filter(|exit| **exit == Exit::Killed(9)).count();
    assert_eq!(ends.iter().filter(|exit| **exit == Exit::Code(0)).count(), 3 - dead, "{ends:?}");
    let both = seats.try_acquire(|_| seats.try_acquire(|_| seats.try_acquire(|_| ())));
    assert_eq!(both, Some(Some(None)));
    dead as u32
}

pub(crate) fn permits_come_back_at_each_point() -> Tested {
    apart(|()| at_each_point(sit_down))
}

/// A process that holds the only permit.
fn holder<R: Waiting>(seat: &Region<Semaphore<1, R>>) -> io::Result<Process> {
    let (writer, mut reader) = pipe::pipe()?;
    let holds = |(seat, mut news): (Region<Semaphore<1, R>>, Writer)| {
        seat.acquire(|_| {
            news.write_all(b"held").unwrap();
            sleep_for_ever()
        });
    };
    let holder = process::spawn(holds, (seat.clone(), writer))?;
    reader.read_timeout(&mut [0; 8], PATIENCE)?;
    Ok(holder)
}

pub(crate) fn a_killed_holder_wakes_who_waits() -> Tested {
    let seat = Region::new(Semaphore::<1, Kept>::new())?;
    let mut holder = holder(&seat)?;
    let waits = |seat: Region<Semaphore<1, Kept>>| seat.acquire(|_| ());
    let waiter = process::spawn(waits, seat.clone())?;
    until("one who waits", || (state(waiter.id()) == Some('S')).then_some(()));
    holder.kill()?;
    ensure_eq(end(holder)?, Exit::Killed(9))?;
    ensure_eq(end(waiter)?, Exit::Code(0))?;
    ensure_eq(seat.try_acquire(|permit| permit), Some(0))
}

pub(crate) fn a_permit_that_is_not_robust_is_lost() -> Tested {
    let seat = Region::new(Semaphore::<1, NotRobust>::new())?;
    let mut holder = holder(&seat)?;
    holder.kill()?;
    ensure_eq(end(holder)?, Exit::Killed(9))?;
    ensure_eq(seat.acquire_timeout(Duration::from_millis(10), |_| ()), None)
}

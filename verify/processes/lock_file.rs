//! A lock on a file on real cores, whose owners die.

use crate::common::{PATIENCE, Tested, apart, at_each_point, end, ensure_eq, sleep_for_ever};
use refectory::model::processes::lock::broken::OneDescription;
use refectory::model::processes::lock::file::{Care, Careful, FileLock, Found};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Exit};
use refectory::sync::region::Region;
use refectory::sync::thread;
use std::io::{self, Write};

/// Two numbers that are the same to everybody who has the lock.
type Twice = Region<[AtomicU32; 2]>;

const ADDED: u32 = 4;

fn add((mut lock, twice): (FileLock, Twice)) {
    for _ in 0..ADDED {
        lock.lock(|found| {
            let [once, again] = &*twice;
            if found == Found::HolderDied {
                again.store(once.load(SeqCst), SeqCst);
            }
            assert_eq!(once.load(SeqCst), again.load(SeqCst));
            once.fetch_add(1, SeqCst);
            // Others come meanwhile.
            (0..5).for_each(|_| thread::yield_now());
            process::point("half of it");
            again.fetch_add(1, SeqCst);
        });
    }
}

/// Three add, one of whom may be killed; the others do all that they were to do. How many were killed.
pub(crate) fn add_up() -> u32 {
    let mut lock = FileLock::new().unwrap();
    let twice: Twice = Region::new([0, 0].map(AtomicU32::new)).unwrap();
    let start = |()| process::spawn(add, (lock.try_clone().unwrap(), twice.clone())).unwrap();
    let adders = [(); 3].map(start);
    let ends = adders.map(|adder| end(adder).unwrap());
    let dead = ends.iter().filter(|exit| **exit == Exit::Killed(9)).count() as u32;
    assert_eq!(ends.iter().filter(|exit| **exit == Exit::Code(0)).count() as u32, 3 - dead);
    lock.lock(|found| {
        let [once, again] = [0, 1].map(|place| twice[place].load(SeqCst));
        assert!(found == Found::HolderDied || once == again);
        assert!(((3 - dead) * ADDED..=3 * ADDED).contains(&once));
    });
    dead
}

pub(crate) fn a_lock_on_a_file_survives_death_at_each_point() -> Tested {
    apart(|()| at_each_point(add_up))
}

/// Whether the lock is free while another process holds it, and whether one is told when that was killed.
fn is_free_to_another<C: Care>() -> io::Result<[bool; 2]> {
    let mut lock = FileLock::<C>::new()?;
    let (writer, mut reader) = pipe::pipe()?;
    let holds = |(mut lock, mut news): (FileLock<C>, Writer)| {
        lock.lock(|_| {
            news.write_all(b"held").unwrap();
            sleep_for_ever()
        })
    };
    let mut holder = process::spawn(holds, (lock.try_clone()?, writer))?;
    reader.read_timeout(&mut [0; 8], PATIENCE)?;
    let meanwhile = lock.try_lock(|_| ()).is_some();
    holder.kill()?;
    end(holder).map(drop)?;
    Ok([meanwhile, lock.try_lock(|found| found) == Some(Found::HolderDied)])
}

pub(crate) fn a_lock_on_a_file_is_one_of_each_process() -> Tested {
    ensure_eq(is_free_to_another::<Careful>()?, [false, true])?;
    let [meanwhile, _] = is_free_to_another::<OneDescription>()?;
    ensure_eq(meanwhile, true)
}

//! Waits between processes for a word to change.

use crate::common::{Tested, end, ensure_eq, state, until};
use refectory::sync::atomic::Ordering::SeqCst;
use refectory::sync::process::{self, Exit};
use refectory::sync::region::{Futex, Region};
use std::time::Duration;

/// Two take turns, neither of whom spins: a wake that does not reach the other one leaves both waiting.
fn take_turns(whose: &Futex, mine: u32, rounds: u32) {
    for _ in 0..rounds {
        while whose.load(SeqCst) != mine {
            whose.wait(1 - mine);
        }
        whose.store(1 - mine, SeqCst);
        whose.wake_one();
    }
}

pub(crate) fn a_wake_reaches_another_process() -> Tested {
    let whose = Region::new(Futex::new(0))?;
    let takes = |mine: u32| {
        process::spawn(
            |(whose, mine): (Region<Futex>, u32)| take_turns(&whose, mine, 2_000),
            (whose.clone(), mine),
        )
    };
    let both = [takes(0)?, takes(1)?];
    for process in both {
        ensure_eq(end(process)?, Exit::Code(0))?;
    }
    // And all of several at once.
    let waits = |gate: Region<Futex>| {
        gate.fetch_add(2, SeqCst);
        while gate.load(SeqCst) & 1 == 0 {
            gate.wait(gate.load(SeqCst) & !1);
        }
    };
    let gate = Region::new(Futex::new(0))?;
    let waiters = (0..3).map(|_| process::spawn(waits, gate.clone())).collect::<Result<Vec<_>, _>>()?;
    until("three who wait", || {
        let sleep = waiters.iter().all(|process| state(process.id()) == Some('S'));
        (gate.load(SeqCst) == 6 && sleep).then_some(())
    });
    gate.fetch_add(1, SeqCst);
    gate.wake_all();
    for waiter in waiters {
        ensure_eq(end(waiter)?, Exit::Code(0))?;
    }
    Ok(())
}

pub(crate) fn a_wait_runs_out() -> Tested {
    let waits = |word: Region<Futex>| while word.wait_timeout(7, Duration::from_millis(1)) {};
    ensure_eq(end(process::spawn(waits, Region::new(Futex::new(7))?)?)?, Exit::Code(0))?;
    // Another value is found at once, however long it would wait.
    let finds = |word: Region<Futex>| assert!(word.wait_timeout(8, Duration::MAX));
    ensure_eq(end(process::spawn(finds, Region::new(Futex::new(7))?)?)?, Exit::Code(0))
}

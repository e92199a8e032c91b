//! What engines are known to miss, and what they are known to invent.

use super::{Litmus, Registers, nothing, run, tuple};
use refectory::engine::Outcome;
use refectory::sync::atomic::AtomicUsize;
use refectory::sync::atomic::Ordering::Relaxed;
use refectory::sync::{Futex, Mutex, UnsafeCell, thread};
use std::sync::Arc;

pub(super) const ALL: &[Litmus] = &[
    // The load may come before the store or after it; the other thread's own load, which always reads
    // 0, changes nothing. loom keeps one last access per object, so that load hides the older one from
    // the store, and nothing is reversed: tokio-rs/loom#166, #392.
    Litmus {
        name: "a load hidden by another load",
        asks: "Does a thread's own load hide an older racing one from the search?",
        body: || run(Guarded::new(), [|s| vec![s.gate.load(Relaxed)], |s| s.look_and_open()], nothing),
        c11: &["(0)", "(1)"],
        sc: &["(0)", "(1)"],
        on_real_threads: true,
    },
    // Whoever reads 1 at a relaxed gate is not ordered after the write of the cell, and reads it: a data
    // race. It is behind the same hidden load, so a search that is blind to that misses the race.
    Litmus {
        name: "a data race behind a hidden load",
        asks: "Does that hide a data race on unguarded memory?",
        body: || run(Guarded::new(), [|s| s.enter(), |s| s.write_look_and_open()], nothing),
        c11: &["(0)", "data race"],
        sc: &["(0)", "data race"],
        on_real_threads: false,
    },
    // The same race without the load that hides it.
    Litmus {
        name: "a data race in sight",
        asks: "Is the same race found where nothing hides it?",
        body: || run(Guarded::new(), [|s| s.enter(), |s| s.write_and_open()], nothing),
        c11: &["(0)", "data race"],
        sc: &["(0)", "data race"],
        on_real_threads: false,
    },
    // Whoever finds the flag up comes to the word after the wake, and does not wait. Neither the wake nor the wait
    // promises an order, and a relaxed store and a relaxed flag have none: a data race. loom's futex is a mutex
    // and a condition variable, which order the two.
    Litmus {
        name: "message passing past a futex, relaxed",
        asks: "Does a wait that comes after a wake see what was written before the wake?",
        body: || run(Guarded::new(), [|s| s.write_and_wake(), |s| s.pass_and_read()], nothing),
        c11: &["(0)", "data race"],
        sc: &["(0)", "data race"],
        on_real_threads: false,
    },
    // The swap reads the value just before its own in mo: 0 and then the store is last, or 1 and the swap
    // is last. Not (0, 2), which has the store between the swap's read and its write: tokio-rs/loom#254.
    Litmus {
        name: "a swap against a store, relaxed",
        asks: "Can a store get in between the two halves of a read-modify-write?",
        body: || run(AtomicUsize::new(0), [store_one, swap_two], |x| vec![x.load(Relaxed)]),
        c11: &["(0, 1)", "(1, 2)"],
        sc: &["(0, 1)", "(1, 2)"],
        on_real_threads: true,
    },
    // The first to try finds the mutex free; the other fails only while it is held. Nobody waits for the
    // mutex, so whoever holds it may join the other: no deadlock, though loom sees one: tokio-rs/loom#376.
    Litmus {
        name: "try_lock held over a join",
        asks: "Can an attempt that never waits be part of a deadlock?",
        body: try_lock_held_over_a_join,
        c11: &["(0, 1)", "(1, 0)", "(1, 1)"],
        sc: &["(0, 1)", "(1, 0)", "(1, 1)"],
        on_real_threads: true,
    },
];

/// Unguarded memory behind a gate that publishes nothing.
struct Guarded {
    gate: AtomicUsize,
    word: Futex,
    memory: UnsafeCell<usize>,
}

// SAFETY: two threads do race for the memory, which is the test. Engines run one thread at a time, and
// the programs that touch it do not run on real threads.
unsafe impl Sync for Guarded {}

impl Guarded {
    fn new() -> Self {
        Self { gate: AtomicUsize::new(0), word: Futex::new(0), memory: UnsafeCell::new(0) }
    }

    fn enter(&self) -> Registers {
        let open = self.gate.load(Relaxed);
        if open == 1 {
            // SAFETY: one thread at a time, see above.
            self.memory.with(|memory| unsafe { *memory });
        }
        vec![open]
    }

    fn look_and_open(&self) -> Registers {
        self.gate.load(Relaxed);
        self.gate.store(1, Relaxed);
        vec![]
    }

    fn write_look_and_open(&self) -> Registers {
        self.write();
        self.look_and_open()
    }

    fn write_and_open(&self) -> Registers {
        self.write();
        self.gate.store(1, Relaxed);
        vec![]
    }

    fn write_and_wake(&self) -> Registers {
        self.write();
        self.word.store(1, Relaxed);
        self.word.wake_one();
        self.gate.store(1, Relaxed);
        vec![]
    }

    fn pass_and_read(&self) -> Registers {
        if self.gate.load(Relaxed) == 0 {
            return vec![0];
        }
        // Woken by `write_and_wake`; which has done so.
        self.word.wait(0);
        // SAFETY: one thread at a time, see above.
        self.memory.with(|memory| unsafe { *memory });
        vec![1]
    }

    fn write(&self) {
        // SAFETY: one thread at a time, see above.
        self.memory.with_mut(|memory| unsafe { *memory = 1 });
    }
}

fn store_one(x: &AtomicUsize) -> Registers {
    x.store(1, Relaxed);
    vec![]
}

fn swap_two(x: &AtomicUsize) -> Registers {
    vec![x.swap(2, Relaxed)]
}

/// Registers: whether the one who joins got the mutex, and whether the one who is joined did.
fn try_lock_held_over_a_join() -> Outcome {
    let mutex = Arc::new(Mutex::new(()));
    let joins = thread::spawn(move || {
        let joined = thread::spawn({
            let mutex = Arc::clone(&mutex);
            move || usize::from(mutex.try_lock().is_ok())
        });
        let held = mutex.try_lock();
        let registers = [usize::from(held.is_ok()), joined.join().unwrap()];
        drop(held);
        registers
    });
    Ok(tuple(&joins.join().unwrap()))
}

//! Mutual exclusion of two threads by loads and stores alone: the algorithms that everybody knows, and
//! that need sequential consistency.
//!
//! The register of a thread is how many others it met inside; two who meet see (0, 1) or (1, 0). The
//! witness is a relaxed counter, which orders nothing.

use super::{Litmus, Registers, nothing, run};
use refectory::sync::atomic::AtomicUsize;
use refectory::sync::atomic::Ordering::{self, Relaxed, SeqCst};
use refectory::sync::hint;

pub(super) const ALL: &[Litmus] = &[
    // One who enters has seen the other's flag down. In the total order of SeqCst operations that load
    // comes before the other's store of its flag, so the other sees this one's flag up and waits until
    // it goes down, which orders the two visits.
    Litmus {
        name: "Dekker's algorithm, SeqCst",
        asks: "Can two threads meet inside?",
        body: || run(Entrance::new(), [|s| s.dekker(0, SeqCst), |s| s.dekker(1, SeqCst)], nothing),
        c11: &["(0, 0)"],
        sc: &["(0, 0)"],
        on_real_threads: true,
    },
    // Raising the flag and looking at the other's is store buffering: both may see the other's down.
    // Of two who meet, the second to enter in mo of the counter reads 1, never both.
    Litmus {
        name: "Dekker's algorithm, relaxed",
        asks: "Does it need SeqCst?",
        body: || run(Entrance::new(), [|s| s.dekker(0, Relaxed), |s| s.dekker(1, Relaxed)], nothing),
        c11: &["(0, 0)", "(0, 1)", "(1, 0)"],
        sc: &["(0, 0)"],
        on_real_threads: true,
    },
    // As Dekker's where one sees the other's flag down. Where both flags are seen up, the one who gave
    // the turn away last waits until the other has left.
    Litmus {
        name: "Peterson's algorithm, SeqCst",
        asks: "Can two threads meet inside?",
        body: || run(Entrance::new(), [|s| s.peterson(0, SeqCst), |s| s.peterson(1, SeqCst)], nothing),
        c11: &["(0, 0)"],
        sc: &["(0, 0)"],
        on_real_threads: true,
    },
    // Store buffering again.
    Litmus {
        name: "Peterson's algorithm, relaxed",
        asks: "Does it need SeqCst?",
        body: || run(Entrance::new(), [|s| s.peterson(0, Relaxed), |s| s.peterson(1, Relaxed)], nothing),
        c11: &["(0, 0)", "(0, 1)", "(1, 0)"],
        sc: &["(0, 0)"],
        on_real_threads: true,
    },
];

/// What the two threads, 0 and 1, write and read to exclude each other.
struct Entrance {
    /// 1 while the thread wants to be inside, or is.
    flags: [AtomicUsize; 2],
    /// Dekker: who may insist. Peterson: who may go in where both want to.
    turn: AtomicUsize,
    /// The witness: how many are inside.
    inside: AtomicUsize,
}

impl Entrance {
    fn new() -> Self {
        let zero = || AtomicUsize::new(0);
        Self { flags: [zero(), zero()], turn: zero(), inside: zero() }
    }

    /// Dijkstra's account of Dekker's solution, "Over de sequentialiteit van procesbeschrijvingen" (1962).
    fn dekker(&self, me: usize, order: Ordering) -> Registers {
        let other = 1 - me;
        self.flags[me].store(1, order);
        while self.flags[other].load(order) == 1 {
            if self.turn.load(order) == me {
                // The other one lowers its flag: it has left, or it is not its turn.
                hint::spin_loop();
                continue;
            }
            self.flags[me].store(0, order);
            // The other one gives the turn away when it leaves.
            while self.turn.load(order) != me {
                hint::spin_loop();
            }
            self.flags[me].store(1, order);
        }
        let met = self.visit();
        self.turn.store(other, order);
        self.flags[me].store(0, order);
        met
    }

    /// Peterson, "Myths about the Mutual Exclusion Problem" (1981).
    fn peterson(&self, me: usize, order: Ordering) -> Registers {
        let other = 1 - me;
        self.flags[me].store(1, order);
        self.turn.store(other, order);
        // The other one leaves, or gives the turn away on its way in.
        hint::spin_until(1, || self.flags[other].load(order) == 0 || self.turn.load(order) == me);
        let met = self.visit();
        self.flags[me].store(0, order);
        met
    }

    fn visit(&self) -> Registers {
        let met = self.inside.fetch_add(1, Relaxed);
        self.inside.fetch_sub(1, Relaxed);
        vec![met]
    }
}

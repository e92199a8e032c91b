//! The tests that the literature of memory models uses; names after Maranget, Sarkar and Sewell, "A
//! Tutorial Introduction to the ARM and POWER Relaxed Memory Models" (2012).

use super::{Litmus, Registers, nothing, run};
use refectory::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use refectory::sync::atomic::{AtomicUsize, fence};

pub(super) const ALL: &[Litmus] = &[
    // Without an order of all four operations nothing forbids both reads of the initial value: each
    // store may reach the other thread after that thread's load.
    Litmus {
        name: "store buffering (SB), relaxed",
        asks: "Two threads write one variable each and read the other's: can both miss the write?",
        body: || {
            run(Pair::new(), [|s| s.x_then_y(Relaxed, Relaxed), |s| s.y_then_x(Relaxed, Relaxed)], nothing)
        },
        c11: &["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"],
        sc: &["(0, 1)", "(1, 0)", "(1, 1)"],
        on_real_threads: true,
    },
    // A release store and an acquire load order nothing between a store and a later load of another
    // variable.
    Litmus {
        name: "store buffering (SB), release/acquire",
        asks: "Does release/acquire keep a store before a later load of another variable?",
        body: || {
            run(Pair::new(), [|s| s.x_then_y(Release, Acquire), |s| s.y_then_x(Release, Acquire)], nothing)
        },
        c11: &["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"],
        sc: &["(0, 1)", "(1, 0)", "(1, 1)"],
        on_real_threads: true,
    },
    // The four operations are in one total order that agrees with sb; the load that comes last in it
    // follows both stores.
    Litmus {
        name: "store buffering (SB), SeqCst",
        asks: "Does one total order of all operations forbid that both miss the write?",
        body: || run(Pair::new(), [|s| s.x_then_y(SeqCst, SeqCst), |s| s.y_then_x(SeqCst, SeqCst)], nothing),
        c11: &["(0, 1)", "(1, 0)", "(1, 1)"],
        sc: &["(0, 1)", "(1, 0)", "(1, 1)"],
        on_real_threads: true,
    },
    // One of the two fences comes first in the total order of SeqCst operations; the load behind the
    // other one then reads the store before the first, or a later one.
    Litmus {
        name: "store buffering (SB), SeqCst fences",
        asks: "Do SeqCst fences between relaxed operations forbid the same?",
        body: || run(Pair::new(), [|s| s.x_fence_y(), |s| s.y_fence_x()], nothing),
        c11: &["(0, 1)", "(1, 0)", "(1, 1)"],
        sc: &["(0, 1)", "(1, 0)", "(1, 1)"],
        on_real_threads: true,
    },
    // (1, 0): relaxed operations on two variables are not ordered by hb, so the flag may be seen
    // before the message.
    Litmus {
        name: "message passing (MP), relaxed",
        asks: "A message is written, then a flag: can the flag be seen without the message?",
        body: || run(Pair::new(), [|s| s.send(Relaxed), |s| s.receive(Relaxed)], nothing),
        c11: &["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"],
        sc: &["(0, 0)", "(0, 1)", "(1, 1)"],
        on_real_threads: true,
    },
    // A load of the flag that reads 1 synchronizes with the store, so the message is hb the load of
    // it, which cannot read what is older.
    Litmus {
        name: "message passing (MP), release/acquire",
        asks: "Does a release store publish what its thread wrote before?",
        body: || run(Pair::new(), [|s| s.send(Release), |s| s.receive(Acquire)], nothing),
        c11: &["(0, 0)", "(0, 1)", "(1, 1)"],
        sc: &["(0, 0)", "(0, 1)", "(1, 1)"],
        on_real_threads: true,
    },
    // A release fence before the store and an acquire fence after the load synchronize in the same way.
    Litmus {
        name: "message passing (MP), fences",
        asks: "Do fences around relaxed operations publish in the same way?",
        body: || run(Pair::new(), [|s| s.send_fenced(), |s| s.receive_fenced()], nothing),
        c11: &["(0, 0)", "(0, 1)", "(1, 1)"],
        sc: &["(0, 0)", "(0, 1)", "(1, 1)"],
        on_real_threads: true,
    },
    // A compare_exchange that fails is a load with the failure ordering, and relaxed: as above, it may
    // read the old message after the flag.
    Litmus {
        name: "message passing (MP), relaxed, received by a compare_exchange that fails",
        asks: "May a compare_exchange that fails read an old value?",
        body: || run(Pair::new(), [|s| s.send(Relaxed), |s| s.receive_by_failing()], nothing),
        c11: &["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"],
        sc: &["(0, 0)", "(0, 1)", "(1, 1)"],
        on_real_threads: true,
    },
    // (1, 1): each load reads the store that follows the other load. sb and rf form a cycle, and C11
    // forbids no such cycle of relaxed operations. No value comes out of thin air here: both stores
    // write constants.
    Litmus {
        name: "load buffering (LB), relaxed",
        asks: "Two threads read one variable each and write the other's: can both see the later write?",
        body: || run(Pair::new(), [|s| s.read_x_write_y(), |s| s.read_y_write_x()], nothing),
        c11: &["(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)"],
        sc: &["(0, 0)", "(0, 1)", "(1, 0)"],
        on_real_threads: true,
    },
    // The writes are of two threads and unordered; acquire loads keep each reader's own order and
    // nothing makes the readers agree. (1, 0, 1, 0): one sees x first, the other y.
    Litmus {
        name: "independent reads of independent writes (IRIW), release/acquire",
        asks: "Do two readers agree on the order of two writes by two other threads?",
        body: || {
            run(Pair::new(), [|s| s.write_x(), |s| s.write_y(), |s| s.read_x_y(), |s| s.read_y_x()], nothing)
        },
        c11: &[
            "(0, 0, 0, 0)",
            "(0, 0, 0, 1)",
            "(0, 0, 1, 0)",
            "(0, 0, 1, 1)",
            "(0, 1, 0, 0)",
            "(0, 1, 0, 1)",
            "(0, 1, 1, 0)",
            "(0, 1, 1, 1)",
            "(1, 0, 0, 0)",
            "(1, 0, 0, 1)",
            "(1, 0, 1, 0)",
            "(1, 0, 1, 1)",
            "(1, 1, 0, 0)",
            "(1, 1, 0, 1)",
            "(1, 1, 1, 0)",
            "(1, 1, 1, 1)",
        ],
        sc: &[
            "(0, 0, 0, 0)",
            "(0, 0, 0, 1)",
            "(0, 0, 1, 0)",
            "(0, 0, 1, 1)",
            "(0, 1, 0, 0)",
            "(0, 1, 0, 1)",
            "(0, 1, 1, 0)",
            "(0, 1, 1, 1)",
            "(1, 0, 0, 0)",
            "(1, 0, 0, 1)",
            "(1, 0, 1, 1)",
            "(1, 1, 0, 0)",
            "(1, 1, 0, 1)",
            "(1, 1, 1, 0)",
            "(1, 1, 1, 1)",
        ],
        on_real_threads: true,
    },
    // (1, 1): mo of x ends with the first thread's store, mo of y with the second's, though each is
    // that thread's earlier one. mo is an order per variable, and sb of relaxed stores adds nothing.
    Litmus {
        name: "two writes twice (2+2W), relaxed",
        asks: "Two threads write both variables in opposite order: can both first writes end up last?",
        body: || run(Pair::new(), [|s| s.x_1_y_2(), |s| s.y_1_x_2()], Pair::values),
        c11: &["(1, 1)", "(1, 2)", "(2, 1)", "(2, 2)"],
        sc: &["(1, 2)", "(2, 1)", "(2, 2)"],
        on_real_threads: true,
    },
    // Coherence: two loads of one variable in sb order cannot read against mo, which is 0, 1, 2 here
    // by sb of the stores. The pairs that do not decrease remain.
    Litmus {
        name: "coherence of two reads (CoRR), relaxed",
        asks: "Can a thread that reads a variable twice see its values go back?",
        body: || run(Pair::new(), [|s| s.count_to_two(), |s| s.read_twice()], nothing),
        c11: &["(0, 0)", "(0, 1)", "(0, 2)", "(1, 1)", "(1, 2)", "(2, 2)"],
        sc: &["(0, 0)", "(0, 1)", "(0, 2)", "(1, 1)", "(1, 2)", "(2, 2)"],
        on_real_threads: true,
    },
    // A read-modify-write reads the value that is just before its own in mo; so one reads 0 and the
    // other 1, and 2 is last.
    Litmus {
        name: "atomicity of two read-modify-writes, relaxed",
        asks: "Can two fetch_add read the same value?",
        body: || run(Pair::new(), [|s| s.add(), |s| s.add()], |s| vec![s.x.load(Relaxed)]),
        c11: &["(0, 1, 2)", "(1, 0, 2)"],
        sc: &["(0, 1, 2)", "(1, 0, 2)"],
        on_real_threads: true,
    },
];

/// Two variables, both 0.
struct Pair {
    x: AtomicUsize,
    y: AtomicUsize,
}

impl Pair {
    fn new() -> Self {
        Self { x: AtomicUsize::new(0), y: AtomicUsize::new(0) }
    }

    fn values(&self) -> Registers {
        vec![self.x.load(Relaxed), self.y.load(Relaxed)]
    }

    fn x_then_y(&self, store: Ordering, load: Ordering) -> Registers {
        self.x.store(1, store);
        vec![self.y.load(load)]
    }

    fn y_then_x(&self, store: Ordering, load: Ordering) -> Registers {
        self.y.store(1, store);
        vec![self.x.load(load)]
    }

    fn x_fence_y(&self) -> Registers {
        self.x.store(1, Relaxed);
        fence(SeqCst);
        vec![self.y.load(Relaxed)]
    }

    fn y_fence_x(&self) -> Registers {
        self.y.store(1, Relaxed);
        fence(SeqCst);
        vec![self.x.load(Relaxed)]
    }

    /// The message is x, the flag y.
    fn send(&self, flag: Ordering) -> Registers {
        self.x.store(1, Relaxed);
        self.y.store(1, flag);
        vec![]
    }

    fn receive(&self, flag: Ordering) -> Registers {
        vec![self.y.load(flag), self.x.load(Relaxed)]
    }

    fn send_fenced(&self) -> Registers {
        self.x.store(1, Relaxed);
        fence(Release);
        self.y.store(1, Relaxed);
        vec![]
    }

    fn receive_fenced(&self) -> Registers {
        let flag = self.y.load(Relaxed);
        fence(Acquire);
        vec![flag, self.x.load(Relaxed)]
    }

    fn receive_by_failing(&self) -> Registers {
        let flag = self.y.load(Relaxed);
        let never = 7;
        let message = self.x.compare_exchange(never, never, Relaxed, Relaxed).unwrap_err();
        vec![flag, message]
    }

    fn read_x_write_y(&self) -> Registers {
        let x = self.x.load(Relaxed);
        self.y.store(1, Relaxed);
        vec![x]
    }

    fn read_y_write_x(&self) -> Registers {
        let y = self.y.load(Relaxed);
        self.x.store(1, Relaxed);
        vec![y]
    }

    fn write_x(&self) -> Registers {
        self.x.store(1, Release);
        vec![]
    }

    fn write_y(&self) -> Registers {
        self.y.store(1, Release);
        vec![]
    }

    fn read_x_y(&self) -> Registers {
        vec![self.x.load(Acquire), self.y.load(Acquire)]
    }

    fn read_y_x(&self) -> Registers {
        vec![self.y.load(Acquire), self.x.load(Acquire)]
    }

    fn x_1_y_2(&self) -> Registers {
        self.x.store(1, Relaxed);
        self.y.store(2, Relaxed);
        vec![]
    }

    fn y_1_x_2(&self) -> Registers {
        self.y.store(1, Relaxed);
        self.x.store(2, Relaxed);
        vec![]
    }

    fn count_to_two(&self) -> Registers {
        self.x.store(1, Relaxed);
        self.x.store(2, Relaxed);
        vec![]
    }

    fn read_twice(&self) -> Registers {
        vec![self.x.load(Relaxed), self.x.load(Relaxed)]
    }

    fn add(&self) -> Registers {
        vec![self.x.fetch_add(1, Relaxed)]
    }
}

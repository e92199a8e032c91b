//! Litmus tests of the engines: programs of a few operations whose outcomes are known by hand.
//!
//! For each program there stands, beside what the engines show, what the C11 memory model allows and
//! what sequential consistency allows (threads that take turns). So it can be seen what an engine is
//! blind to, and what it shows that cannot happen. The derivations are in the comments; hb, sb, mo and
//! rf are happens-before, sequenced-before, modification order and reads-from of C11 as Batty, Owens,
//! Sarkar, Sewell and Weber formalise it ("Mathematizing C++ Concurrency", 2011).
//!
//! An outcome is the tuple of the registers, thread by thread, and then of the values that main reads
//! after all joins. In every program main only spawns, joins and then reads.

mod blindness;
mod classic;
mod exclusion;
mod table;
mod table_tests;
mod trials;

use table::table;
pub(crate) use trials::trials;

use refectory::engine::{Budget, Outcome, Program};
use refectory::sync::thread;
// std's own: what threads share here is no part of the test, and a facade's Arc would add operations
// to it. It is sound: main holds the last owner until after the joins.
use std::sync::Arc;

/// A program with the outcomes that it may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Litmus {
    /// The name, as in the literature where it has one.
    pub(crate) name: &'static str,
    /// What it asks, in one sentence.
    pub(crate) asks: &'static str,
    /// Main's body.
    pub(crate) body: fn() -> Outcome,
    /// What the C11 memory model allows: outcomes, or the name of a failure (`data race`).
    pub(crate) c11: &'static [&'static str],
    /// What threads that take turns can show. Data races are those of C11's happens-before here too.
    pub(crate) sc: &'static [&'static str],
    /// Whether it may run on real threads: a program with a data race may not.
    pub(crate) on_real_threads: bool,
}

impl Litmus {
    /// The test as a program.
    pub(crate) fn program(&self) -> Program {
        Program::new(self.body)
    }
}

/// How far an engine goes for one litmus test. Enough for loom to complete each of them, IRIW with a
/// bound on preemptions; but not Peterson's algorithm, in which it finds an execution without an end.
pub(crate) fn budget() -> Budget {
    Budget { executions: 10_000, operations: 1_000, ..Budget::default() }
}

/// Every litmus test, in the order of the tables.
pub(crate) fn all() -> impl Iterator<Item = Litmus> {
    [classic::ALL, exclusion::ALL, blindness::ALL].into_iter().flatten().copied()
}

/// What one thread, or main at the end, has read.
type Registers = Vec<usize>;

/// Runs the threads on what they share; main reads `last` after the joins.
fn run<S: Send + Sync + 'static, const N: usize>(
    shared: S,
    threads: [fn(&S) -> Registers; N],
    last: fn(&S) -> Registers,
) -> Outcome {
    let shared = Arc::new(shared);
    let threads = threads.map(|body| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || body(&shared))
    });
    let mut registers: Registers = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    registers.extend(last(&shared));
    Ok(tuple(&registers))
}

/// Main reads nothing.
fn nothing<S>(_: &S) -> Registers {
    Registers::new()
}

fn tuple(registers: &[usize]) -> String {
    let texts: Vec<String> = registers.iter().map(usize::to_string).collect();
    format!("({})", texts.join(", "))
}

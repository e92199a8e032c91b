//! Facts made by hand, for the tests of the formatters.

use crate::engine::{Bounds, Engine, Exhausted, Failure, FailureKind, Outcomes};
use crate::event::trace::Trace;
use crate::judge::finding::script::crossed_forks;
use crate::judge::{CellReport, Extent, Reason, Status, Verdict};
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) fn held() -> Verdict {
    Verdict::Held(Extent::EXHAUSTIVE)
}

pub(crate) fn broken(kind: FailureKind) -> Verdict {
    let message = format!("a {kind}");
    Verdict::Broken(Box::new(Failure { kind, message, trace: Trace::default(), execution: 1 }))
}

pub(crate) fn unsupported() -> Verdict {
    Verdict::Inconclusive(Reason::Unsupported("five threads at most".to_owned()))
}

pub(crate) fn report(question: &str, engine: Engine, verdict: Verdict) -> CellReport {
    CellReport {
        id: format!("{question}@{engine}").parse().expect("a cell's name"),
        engine,
        twin: false,
        verdict,
        status: Status::Expected,
        executions: 1,
        outcomes: Outcomes::default(),
        measures: BTreeMap::new(),
        redundant: 0,
        notes: Vec::new(),
        elapsed: Duration::ZERO,
    }
}

/// A naive table that was caught.
pub(crate) fn caught_deadlock(seats: u32) -> CellReport {
    let failure = Failure {
        kind: FailureKind::Deadlock,
        message: format!("{seats} threads wait for each other"),
        trace: crossed_forks(seats),
        execution: 2,
    };
    let question = format!("threads/table/ordered~left_first/{seats}x1");
    let verdict = Verdict::Broken(Box::new(failure));
    CellReport { twin: true, executions: 2, ..report(&question, Engine::Dpor, verdict) }
}

/// One report of each look.
pub(crate) fn reports() -> Vec<CellReport> {
    let sampled = |n| Verdict::Held(Extent::Sampled(n));
    let budget = || Verdict::Inconclusive(Reason::Budget(Exhausted::Executions(10_000)));
    let ring = |scope: &str, engine, verdict, executions| CellReport {
        twin: true,
        executions,
        ..report(&format!("threads/queue/ring/{scope}"), engine, verdict)
    };
    let ordered = |scope: &str, engine, verdict, executions| CellReport {
        executions,
        ..report(&format!("threads/table/ordered/{scope}"), engine, verdict)
    };
    let missed = CellReport { status: Status::Violation, ..ring("2x1", Engine::Dpor, held(), 1_204) };
    let wrong = CellReport {
        status: Status::Violation,
        executions: 5,
        ..report("threads/table/ordered~left_first/3x1", Engine::Random, broken(FailureKind::Deadlock))
    };
    vec![
        ring("1x1", Engine::Native, sampled(200), 200),
        ring("1x1", Engine::Random, sampled(2_000), 2_000),
        ring("1x1", Engine::Dpor, held(), 31),
        ring("2x1", Engine::Native, sampled(200), 200),
        ring("2x1", Engine::Random, broken(FailureKind::DataRace), 17),
        missed,
        ordered("3x1", Engine::Native, sampled(200), 200),
        ordered("3x1", Engine::Random, sampled(2_000), 2_000),
        ordered("3x1", Engine::Dpor, held(), 6),
        ordered("8x1", Engine::Native, sampled(200), 200),
        ordered("8x1", Engine::Random, Verdict::Held(Extent::Complete(Bounds::preemptions(2))), 1_204),
        ordered("8x1", Engine::Dpor, budget(), 10_000),
        wrong,
    ]
}

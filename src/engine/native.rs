//! OS threads: the program as it is, on the cores of this machine.
//!
//! Each execution is one run of the program; the scenario lets its threads go together, so that they
//! do overlap. What is seen depends on the machine and its load, so nothing here is deterministic and
//! nothing is ever exhausted: a bug that does not show is not a bug that is not there.
//!
//! Not detected here: a hang (whoever runs a program that may hang gives its process a deadline), and
//! data races. There is no trace: a recorder would order the threads that it watches.

use super::{Budget, Exhausted, Exploration, Extent, Failure, FailureKind, Outcome, Program, Reason, panics};
use crate::event::trace::Trace;
use crate::sync::current;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Runs the program `budget.executions` times on this thread, which plays its main thread.
pub(crate) fn explore(program: &Program, budget: &Budget) -> Exploration {
    let watch = panics::watch(None);
    let started = Instant::now();
    let mut exploration = Exploration::new(Ok(Extent::Sampled(0)));
    while exploration.executions < budget.executions {
        if let Some(time) = budget.time.filter(|time| started.elapsed() >= *time) {
            // What was seen until now is a sample, as what a smaller budget of executions would have been.
            if exploration.executions == 0 {
                exploration.coverage = Err(Reason::Budget(Exhausted::Time { time, executions: 0 }));
            }
            break;
        }
        watch.forget();
        execute(program, &mut exploration);
        let stops = exploration.failure.is_some() && !budget.count_failures;
        if stops || exploration.coverage.is_err() {
            break;
        }
    }
    exploration
}

fn execute(program: &Program, exploration: &mut Exploration) {
    current::next_epoch();
    exploration.executions += 1;
    exploration.coverage = Ok(Extent::Sampled(exploration.executions));
    let ended = catch_unwind(AssertUnwindSafe(|| program.run()));
    exploration.threads = exploration.threads.max(current::threads());
    if let Some(why) = current::given_up() {
        exploration.coverage = Err(Reason::Unsupported(why));
        return;
    }
    match ended {
        Ok(outcome) => count(exploration, outcome),
        Err(payload) => {
            let message = panics::explain(panics::message(&*payload));
            fail(exploration, FailureKind::Panic, message);
        }
    }
}

fn count(exploration: &mut Exploration, outcome: Outcome) {
    match outcome {
        Ok(outcome) => exploration.outcomes.add(&outcome, 1),
        Err(violation) => fail(exploration, violation.kind, violation.to_string()),
    }
}

/// Counts a failure; the first one is kept.
fn fail(exploration: &mut Exploration, kind: FailureKind, message: String) {
    exploration.failures += 1;
    let execution = exploration.executions;
    exploration.failure.get_or_insert(Failure { kind, message, trace: Trace::default(), execution });
}

#[cfg(test)]
mod tests {
    use super::super::Violation;
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    const TEN: Budget = Budget {
        executions: 10,
        time: None,
        operations: 0,
        preemptions: None,
        seed: 0,
        spurious: 0,
        cancellations: 0,
        deaths: 0,
        early_timeouts: 0,
        daemons: true,
        idle_rounds: 0,
        count_failures: false,
        shorten: 0,
    };

    /// A program that is told the number of its execution, from 1.
    fn numbered(body: impl Fn(u64) -> Outcome + Send + Sync + 'static) -> Program {
        let runs = Arc::new(AtomicU64::new(0));
        Program::new(move || body(runs.fetch_add(1, Ordering::Relaxed) + 1))
    }

    #[test]
    fn outcomes_are_counted() {
        let program = numbered(|run| Ok(format!("{}", run % 2)));
        let exploration = explore(&program, &TEN);
        assert_eq!(exploration.coverage, Ok(Extent::Sampled(10)));
        assert_eq!(exploration.executions, 10);
        assert_eq!(exploration.outcomes, [("0", 5), ("1", 5)].into());
        assert_eq!(exploration.failure, None);
    }

    #[test]
    fn a_violation_stops_the_search() {
        let program = numbered(|run| {
            if run == 3 {
                return Err(Violation::new("nothing_lost", "7 is missing".to_owned()));
            }
            Ok(String::new())
        });
        let exploration = explore(&program, &TEN);
        let failure = exploration.failure.unwrap();
        assert_eq!((exploration.executions, failure.execution), (3, 3));
        assert_eq!((failure.kind, &*failure.message), (FailureKind::Property, "nothing_lost: 7 is missing"));
    }

    #[test]
    fn a_panic_is_told_with_its_place() {
        let program = Program::new(|| panic!("no soup today"));
        let failure = explore(&program, &TEN).failure.unwrap();
        assert_eq!(failure.kind, FailureKind::Panic);
        assert!(failure.message.starts_with("no soup today (native.rs:"), "{}", failure.message);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "this engine is std's threads")]
    fn a_panic_of_another_thread_is_told_in_its_own_words() {
        let program = Program::new(|| {
            let run = current::hire();
            let waiter = std::thread::spawn(move || {
                current::work_for(run);
                panic!("the waiter fell")
            });
            waiter.join().unwrap();
            Ok(String::new())
        });
        let exploration = explore(&program, &TEN);
        assert_eq!(exploration.threads, 2);
        let failure = exploration.failure.unwrap();
        assert!(failure.message.starts_with("the waiter fell (native.rs:"), "{}", failure.message);
    }

    #[test]
    fn failures_are_counted_where_that_is_asked() {
        let program = numbered(|run| {
            assert!(run.is_multiple_of(2), "odd");
            Ok("even".to_owned())
        });
        let exploration = explore(&program, &Budget { count_failures: true, ..TEN });
        assert_eq!((exploration.executions, exploration.failures), (10, 5));
        assert_eq!(exploration.failure.unwrap().execution, 1);
        assert_eq!(exploration.outcomes.count("even"), 5);
    }

    #[test]
    fn a_search_that_ran_out_of_time_is_cut() {
        let program = Program::new(|| Ok(String::new()));
        let exploration = explore(&program, &Budget { time: Some(Duration::ZERO), ..TEN });
        assert_eq!(
            (exploration.executions, exploration.coverage),
            (0, Err(Reason::Budget(Exhausted::Time { time: Duration::ZERO, executions: 0 })))
        );
    }
}

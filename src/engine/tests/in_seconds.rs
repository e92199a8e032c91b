//! What is asked without a budget ends in seconds, and says how much was seen.

use crate::engine::{Budget, Engine, Extent, Program, explore};
#[cfg(feature = "shuttle")]
use crate::judge::Verdict;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::thread;
use std::sync::Arc;
use std::time::Duration;

/// So many threads increment a count so often.
fn counting(threads: u32, times: u32) -> Program {
    Program::new(move || {
        let count = Arc::new(AtomicU32::new(0));
        let counters: Vec<_> = (0..threads)
            .map(|_| {
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    for _ in 0..times {
                        count.fetch_add(1, SeqCst);
                    }
                })
            })
            .collect();
        counters.into_iter().for_each(|counter| counter.join().unwrap());
        Ok(count.load(SeqCst).to_string())
    })
}

#[test]
#[cfg(feature = "shuttle")]
fn an_engine_that_draws_says_how_many_executions_it_drew() {
    for engine in [Engine::Random, Engine::Pct, Engine::Urw] {
        let budget = Budget { time: None, ..Budget::in_seconds(engine) };
        let explored = explore(engine, &counting(2, 2), &budget);
        assert_eq!(Verdict::of(engine, &explored), Verdict::Held(Extent::Sampled(10_000)));
    }
}

#[test]
fn real_threads_that_ran_out_of_time_are_a_sample() {
    let budget = Budget { time: Some(Duration::from_millis(20)), ..Budget::default() };
    let explored = explore(Engine::Native, &counting(2, 2), &budget);
    assert!((1..budget.executions).contains(&explored.executions));
    assert_eq!(explored.coverage, Ok(Extent::Sampled(explored.executions)));
}

#[test]
fn a_search_that_was_cut_says_after_how_many_executions_and_seconds() {
    let budget = Budget { time: Some(Duration::from_millis(20)), ..Budget::in_seconds(Engine::Dpor) };
    for engine in [Engine::Dpor, Engine::DporOnShuttle, Engine::Loom] {
        if !engine.available() {
            continue;
        }
        let explored = explore(engine, &counting(4, 8), &budget);
        let cut = format!("budget: {} executions in 0.02 s", explored.executions);
        assert_eq!(explored.coverage.map_err(|reason| reason.to_string()), Err(cut), "{engine}");
    }
}

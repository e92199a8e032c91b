//! Time to a proof: the exact explorer, loom, and shuttle's depth-first search each see a small table to its end.
//!
//! The program is the same for all: philosophers who take the fork with the smaller number first, on the primitives of each tool. An
//! iteration is a search that leaves nothing out, so its time is that of a proof; what differs is how many executions a tool takes for one. loom
//! looks at weak memory as well, which locks leave nothing of; shuttle's search knows no equivalence of executions.

use criterion::{Criterion, criterion_group, criterion_main};
use refectory::engine::{Engine, Program};
use refectory::judge::{Extent, Verdict, verify};
use refectory::sync;
use std::sync::Arc;
use std::time::Duration;

/// The program, on the primitives of whatever module is named.
macro_rules! table {
    ($seats:expr, $meals:expr, $($primitives:ident)::+) => {{
        use $($primitives)::+::sync::Mutex;
        use $($primitives)::+::thread;
        let forks: Arc<Vec<Mutex<u32>>> = Arc::new((0..$seats).map(|_| Mutex::new(0)).collect());
        let philosopher = |seat: usize| {
            let forks = Arc::clone(&forks);
            thread::spawn(move || {
                let next = (seat + 1) % forks.len();
                for _ in 0..$meals {
                    let mut first = forks[seat.min(next)].lock().unwrap();
                    let mut second = forks[seat.max(next)].lock().unwrap();
                    (*first, *second) = (*first + 1, *second + 1);
                }
            })
        };
        let philosophers: Vec<_> = (0..$seats).map(philosopher).collect();
        philosophers.into_iter().for_each(|philosopher| philosopher.join().unwrap());
    }};
}

/// The facade, under the names that the others have.
mod facade {
    pub(crate) use super::sync;
    pub(crate) use super::sync::thread;
}

fn by_ours(engine: Engine, seats: usize, meals: usize) {
    let program = Program::new(move || {
        table!(seats, meals, facade);
        Ok(String::new())
    });
    assert_eq!(verify(engine, &program), Verdict::Held(Extent::EXHAUSTIVE));
}

fn by_loom(seats: usize, meals: usize) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = None;
    builder.check(move || table!(seats, meals, loom));
}

fn by_shuttle(seats: usize, meals: usize) {
    let mut config = shuttle::Config::new();
    config.silence_warnings = true;
    let every = shuttle::scheduler::DfsScheduler::new(None, false);
    shuttle::Runner::new(every, config).run(move || table!(seats, meals, shuttle));
}

/// Seats, and meals of each philosopher.
const TABLES: [(usize, usize); 3] = [(2, 1), (2, 2), (3, 1)];

fn measure(criterion: &mut Criterion, name: &str, tables: &[(usize, usize)], search: impl Fn(usize, usize)) {
    for &(seats, meals) in tables {
        let mut group = criterion.benchmark_group(format!("proof/{seats} philosophers, {meals} meals each"));
        group.bench_function(name, |bencher| bencher.iter(|| search(seats, meals)));
        group.finish();
    }
}

/// loom comes first: shuttle leaves a hook that speaks of each unwinding, and loom ends its threads by that.
fn proofs(criterion: &mut Criterion) {
    measure(criterion, "loom", &TABLES, by_loom);
    measure(criterion, "engine/dpor", &TABLES, |seats, meals| by_ours(Engine::Dpor, seats, meals));
    measure(criterion, "engine/dpor-on-shuttle", &TABLES, |seats, meals| {
        by_ours(Engine::DporOnShuttle, seats, meals);
    });
    // Of three philosophers it has more schedules than anybody would wait for.
    measure(criterion, "shuttle, depth first", &TABLES[..2], by_shuttle);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = proofs
}
criterion_main!(benches);

//! A program that runs on threads or on processes, and which is said in one line.
//!
//! `cargo run --example one_line` runs it on processes; with `-- threads`, on threads.

use refectory::model::pool::executor::map::MapOptions;
use refectory::model::pool::executor::thread_pool::ThreadPoolExecutor;
use refectory::model::pool::future::FutureError;
use refectory::model::processes::executor::PortableExecutor;
use refectory::model::processes::executor::process_pool::ProcessPoolExecutor;
use refectory::sync::process;
use std::num::NonZeroUsize;

fn main() {
    process::child_main();
    let counts = match std::env::args().nth(1).as_deref() {
        Some("threads") => primes(&<ThreadPoolExecutor>::new(2).unwrap()),
        _ => primes(&<ProcessPoolExecutor>::new(2).unwrap()),
    };
    println!("primes below 1000, by hundreds: {counts:?}");
}

/// How many primes there are in each hundred below 1000.
pub(crate) fn primes(pool: &impl PortableExecutor) -> Vec<usize> {
    // A task that panics fails, and nothing else.
    let failed = pool.submit(|n: u32| 1 / n, 0).unwrap().result();
    assert!(matches!(failed, Err(FutureError::Failed(_))));
    let options = MapOptions { chunk: NonZeroUsize::new(3).unwrap(), ..MapOptions::default() };
    let counts =
        pool.map(0..10, |hundred| (100 * hundred..100 * (hundred + 1)).filter(is_prime).count(), options);
    counts.collect::<Result<_, _>>().unwrap()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "that is how `filter` calls it")]
fn is_prime(n: &u32) -> bool {
    *n > 1 && (2..*n).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d))
}

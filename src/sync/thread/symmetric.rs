//! Threads that are alike.

use super::{JoinHandle, Result, spawn};

/// Threads that were [started together](spawn_symmetric), and which nobody can tell apart.
#[derive(Debug)]
pub struct Symmetric<T> {
    threads: Vec<JoinHandle<T>>,
}

/// Starts so many threads that run the same code, and of which nobody can tell which is which: the workers of a pool, say.
///
/// Under `dpor` that saves executions: of those that differ by which of the threads does what, one is explored, as far as that shows in their first steps, and the verdict
/// is "up to the symmetry of" so many threads. Where the threads begin with the same lock, say, that is one of n!. A thread that asks who it is
/// ([`current`](super::current), [`place`](super::place)) can be told from others: the search then starts again, and saves nothing. Under every
/// other engine, and natively, they are threads like others.
///
/// Each thread runs a clone of the body. The body must not tell its threads apart by what the facade does not see: a counter of std's, an address.
///
/// ```
/// use refectory::engine::{Bounds, Budget, Engine, Extent, Program, explore};
/// use refectory::sync::{Arc, Mutex, thread::spawn_symmetric};
///
/// let program = Program::new(|| {
///     let done = Arc::new(Mutex::new(0));
///     let work = {
///         let done = Arc::clone(&done);
///         move || *done.lock().unwrap() += 1
///     };
///     spawn_symmetric(4, work).join();
///     Ok(done.lock().unwrap().to_string())
/// });
/// if Engine::Dpor.available() {
///     let seen = explore(Engine::Dpor, &program, &Budget::default());
///     assert_eq!((seen.executions, seen.outcomes.count("4")), (1, 1));
///     assert_eq!(seen.coverage, Ok(Extent::Complete(Bounds { symmetry: Some(4), ..Bounds::NONE })));
/// }
/// ```
///
/// # Panics
/// If the operating system gives no thread.
#[track_caller]
pub fn spawn_symmetric<F, T>(threads: usize, body: F) -> Symmetric<T>
where
    F: FnOnce() -> T + Clone + Send + 'static,
    T: Send + 'static,
{
    // What a clone does comes before any of them starts.
    let bodies = vec![body; threads];
    let mut started: Vec<JoinHandle<T>> = Vec::with_capacity(threads);
    for body in bodies {
        let thread = spawn(body);
        if let Some(leader) = started.last() {
            thread.follows(leader);
        }
        started.push(thread);
    }
    Symmetric { threads: started }
}

impl<T> Symmetric<T> {
    /// Waits for the end of all of them. What they have given is sorted, so that it does not tell who has given it, and panics come last.
    #[track_caller]
    pub fn join(self) -> Vec<Result<T>>
    where
        T: Ord,
    {
        let mut results: Vec<Result<T>> = self.threads.into_iter().map(JoinHandle::join).collect();
        results.sort_by(|one, other| match (one, other) {
            (Ok(one), Ok(other)) => one.cmp(other),
            (one, other) => one.is_err().cmp(&other.is_err()),
        });
        results
    }
}

//! What each type does, wherever it is driven. Main spawns and joins; two threads do the rest.

mod memory;
mod owners;
mod threads;
mod waiting;

pub(super) use self::{memory::*, owners::*, threads::*, waiting::*};

use crate::sync::{Arc, thread};

/// Runs the body on two threads that share a value, and gives what they give.
fn both<S, T>(shared: S, body: fn(&S) -> T) -> (Arc<S>, [T; 2])
where
    S: Send + Sync + 'static,
    T: Send + 'static,
{
    let shared = Arc::new(shared);
    let threads = [(); 2].map(|()| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || body(&shared))
    });
    let results = threads.map(|thread| thread.join().unwrap());
    (shared, results)
}

/// Runs two bodies on threads that share a value.
fn each<S: Send + Sync + 'static>(shared: S, bodies: [fn(&S); 2]) -> Arc<S> {
    let shared = Arc::new(shared);
    let threads = bodies.map(|body| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || body(&shared))
    });
    for thread in threads {
        thread.join().unwrap();
    }
    shared
}

//! Threads, as `loom::thread`.

use refectory::sync::{self, is_modelled};
use std::fmt;
use std::io;

pub use refectory::sync::thread::{
    AccessError, LocalKey, Thread, ThreadId, current, panicking, park, park_timeout, sleep, yield_now,
};

/// The right to wait for a thread's end.
pub struct JoinHandle<T> {
    handle: sync::thread::JoinHandle<Stays<T>>,
    thread: Thread,
}

/// What a thread is made with.
#[derive(Debug)]
pub struct Builder(sync::thread::Builder);

/// What goes to a thread of a model, and stays on its OS thread.
struct Stays<T>(T);

// SAFETY: `start` refuses to work outside of a model, and an engine runs all threads of an execution on one OS thread.
unsafe impl<T> Send for Stays<T> {}

impl<T> Stays<T> {
    fn into_inner(self) -> T {
        self.0
    }
}

/// Starts a thread.
///
/// # Panics
/// Outside of a model.
#[track_caller]
pub fn spawn<F, T>(body: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    start(sync::thread::Builder::new(), body).expect("an engine starts every thread")
}

#[track_caller]
fn start<F, T>(builder: sync::thread::Builder, body: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    assert!(is_modelled(), "a thread of loom's is started outside of `loom::model`");
    let body = Stays(body);
    let handle = builder.spawn(move || Stays(body.into_inner()()))?;
    let thread = handle.thread();
    Ok(JoinHandle { handle, thread })
}

impl Builder {
    /// An unnamed thread.
    #[allow(clippy::new_without_default, reason = "std's has none")]
    pub fn new() -> Self {
        Self(sync::thread::Builder::new())
    }

    /// Names the thread.
    #[must_use]
    pub fn name(self, name: String) -> Self {
        Self(self.0.name(name))
    }

    /// The size of the thread's stack, in bytes.
    #[must_use]
    pub fn stack_size(self, bytes: usize) -> Self {
        Self(self.0.stack_size(bytes))
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Panics
    /// Outside of a model.
    #[track_caller]
    pub fn spawn<F, T>(self, body: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        start(self.0, body)
    }
}

impl<T> JoinHandle<T> {
    /// Waits for the thread's end.
    ///
    /// # Errors
    /// If the thread panicked: what it panicked with.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        self.handle.join().map(Stays::into_inner)
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

//! Threads: [`std::thread`] behind the facade.
//!
//! Under an engine a thread is one of the model's. Its panic is handed to the one who joins it, as
//! std does; a panic that nobody takes is a finding. No time passes: a [`sleep`] does nothing,
//! because the other threads may run before or after it anyhow, and a time-out is a choice.

#[cfg(feature = "instrumented")]
pub(super) mod driven;
pub(crate) mod local;
mod symmetric;

pub use self::local::{AccessError, LocalKey};
pub use self::symmetric::{Symmetric, spawn_symmetric};
#[cfg(feature = "instrumented")]
use super::current::{Current, current as engine};
use super::time::{Clock, Patience};
#[cfg(feature = "instrumented")]
use crate::event::op::Op;
use std::any::Any;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
pub use std::thread::Result;
use std::time::Duration;

/// A handle on a thread, as [`std::thread::Thread`].
#[derive(Clone)]
pub struct Thread(Whose);

#[derive(Clone)]
enum Whose {
    Native(std::thread::Thread),
    #[cfg(feature = "instrumented")]
    Driven(driven::Thread),
}

/// The identity of a thread, as [`std::thread::ThreadId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(Identity);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Identity {
    Native(std::thread::ThreadId),
    #[cfg(feature = "instrumented")]
    Driven(driven::Identity),
}

/// The right to wait for a thread's end, as [`std::thread::JoinHandle`].
///
/// Dropping it lets the thread go on alone.
pub struct JoinHandle<T> {
    joining: Joining,
    gives: PhantomData<fn() -> T>,
}

/// What a thread gives, of a type that only its handle knows. It is boxed as the body is, so that what starts threads
/// and waits for them is compiled once and not for each body.
pub(super) type Given = Box<dyn Any + Send>;

/// What a thread runs.
pub(super) type Body = Box<dyn FnOnce() -> Given + Send>;

/// The thread that runs, to an engine.
#[cfg(all(feature = "instrumented", feature = "processes"))]
pub(super) fn running() -> crate::event::op::ThreadId {
    driven::id()
}

enum Joining {
    Native(std::thread::JoinHandle<Given>),
    #[cfg(feature = "instrumented")]
    Driven(driven::JoinHandle),
}

/// Whether the calling thread is unwinding because of a panic.
///
/// Under an engine, where all threads of an execution run on one OS thread, this one alone is meant. Where two of them
/// unwind at a time it cannot be told; the search is then not decided, and says so.
#[must_use]
pub fn panicking() -> bool {
    #[cfg(feature = "instrumented")]
    if !matches!(engine(), Current::Native) {
        return super::unwinding::is_panicking();
    }
    std::thread::panicking()
}

/// What a thread is made with, as [`std::thread::Builder`].
///
/// ```
/// use refectory::sync::thread;
///
/// let builder = thread::Builder::new().name("Plato".to_owned());
/// let plato = builder.spawn(|| thread::current().name().map(str::to_owned)).unwrap();
/// assert_eq!(plato.join().unwrap().as_deref(), Some("Plato"));
/// ```
#[derive(Debug, Default)]
#[must_use = "must eventually spawn the thread"]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// An unnamed thread.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the thread.
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// The size of the thread's stack, in bytes; 2 MiB where none is given. loom's and shuttle's runtimes have
    /// sizes of their own: 32 KiB, and a little more than 2 MiB. A thread that asks shuttle's for more ends the
    /// exploration as unsupported.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Starts the thread. `Send` is asked for whatever the engine asks.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    #[track_caller]
    pub fn spawn<F, T>(self, body: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let body = Box::new(move || -> Given { Box::new(body()) });
        Ok(JoinHandle { joining: self.start(body)?, gives: PhantomData })
    }

    #[track_caller]
    fn start(self, body: Body) -> io::Result<Joining> {
        #[cfg(feature = "instrumented")]
        if !matches!(engine(), Current::Native) {
            return Ok(Joining::Driven(driven::spawn(self.name, self.stack_size, body)));
        }
        let mut native = std::thread::Builder::new();
        if let Some(name) = self.name {
            native = native.name(name);
        }
        if let Some(bytes) = self.stack_size {
            native = native.stack_size(bytes);
        }
        // The thread works for the same run of an engine as the one that starts it.
        let (run, clock) = (super::current::hire(), Clock::inherited());
        let body = move || {
            super::current::work_for(run);
            clock.adopt();
            body()
        };
        native.spawn(body).map(Joining::Native)
    }
}

/// Starts a thread.
///
/// # Panics
/// If the operating system gives no thread.
#[track_caller]
pub fn spawn<F, T>(body: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(body).expect("failed to spawn thread")
}

impl<T> JoinHandle<T> {
    /// The thread is like the other one, which was started just before.
    fn follows(&self, leader: &Self) {
        match (&self.joining, &leader.joining) {
            #[cfg(feature = "instrumented")]
            (Joining::Driven(thread), Joining::Driven(leader)) => thread.follows(leader),
            _ => {}
        }
    }

    /// Waits for the thread's end.
    ///
    /// # Errors
    /// If the thread panicked: what it panicked with.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.joining.join().map(Self::given)
    }

    fn given(given: Given) -> T {
        let given = Box::into_raw(given);
        // SAFETY: `spawn` has made this handle with a body that gives a `T`, and boxes it.
        *unsafe { Box::from_raw(given.cast::<T>()) }
    }

    /// The thread.
    pub fn thread(&self) -> Thread {
        match &self.joining {
            Joining::Native(handle) => Thread(Whose::Native(handle.thread().clone())),
            #[cfg(feature = "instrumented")]
            Joining::Driven(handle) => Thread(Whose::Driven(handle.thread().clone())),
        }
    }
}

#[cfg(all(feature = "instrumented", feature = "processes"))]
impl<T> JoinHandle<T> {
    /// Its number, under an engine.
    pub(super) fn number(&self) -> crate::event::op::ThreadId {
        match &self.joining {
            Joining::Native(_) => crate::event::op::ThreadId::MAIN,
            Joining::Driven(handle) => handle.thread().number(),
        }
    }

    /// Waits for the thread's end; `None` if it has died where it was.
    #[track_caller]
    pub(super) fn outlived(self) -> Option<Result<T>> {
        let given = match self.joining {
            Joining::Native(handle) => Some(handle.join()),
            Joining::Driven(handle) => handle.outlived(),
        };
        given.map(|given| given.map(Self::given))
    }
}

impl Joining {
    #[track_caller]
    fn join(self) -> Result<Given> {
        match self {
            Self::Native(handle) => {
                #[cfg(feature = "instrumented")]
                driven::refuse_native("joined");
                handle.join()
            }
            #[cfg(feature = "instrumented")]
            Self::Driven(handle) => handle.join(),
        }
    }
}

impl Thread {
    /// Leaves the token that [`park`] takes.
    #[track_caller]
    pub fn unpark(&self) {
        match &self.0 {
            Whose::Native(thread) => thread.unpark(),
            #[cfg(feature = "instrumented")]
            Whose::Driven(thread) => thread.unpark(),
        }
    }

    /// The thread's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Whose::Native(thread) => thread.name(),
            #[cfg(feature = "instrumented")]
            Whose::Driven(thread) => thread.name(),
        }
    }

    /// The thread's identity.
    pub fn id(&self) -> ThreadId {
        ThreadId(match &self.0 {
            Whose::Native(thread) => Identity::Native(thread.id()),
            #[cfg(feature = "instrumented")]
            Whose::Driven(thread) => Identity::Driven(thread.id()),
        })
    }
}

/// The thread that calls.
pub fn current() -> Thread {
    #[cfg(feature = "instrumented")]
    if !matches!(engine(), Current::Native) {
        return Thread(Whose::Driven(driven::current()));
    }
    Thread(Whose::Native(std::thread::current()))
}

/// A small number of the thread that calls, for structures that give each thread a place of its own.
///
/// Under an engine it is the thread's number in the execution, main's being 0, so that no two threads have
/// the same. Natively each thread gets the next number when it first asks, and numbers wrap around.
#[inline]
pub fn place() -> usize {
    #[cfg(feature = "instrumented")]
    if !matches!(engine(), Current::Native) {
        return driven::place();
    }
    PLACE.with(|place| *place)
}

/// The number that the next thread gets which asks for its place.
static PLACES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static PLACE: usize = PLACES.fetch_add(1, Ordering::Relaxed);
}

/// Waits for the thread's token and takes it. May return without it.
#[track_caller]
pub fn park() {
    #[cfg(feature = "instrumented")]
    if !matches!(engine(), Current::Native) {
        return driven::park(None);
    }
    std::thread::park();
}

/// Waits for the thread's token, but not longer than `duration`. Under an engine it may return at
/// any moment; loom has no such choice, and the call ends the model as unsupported.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    #[cfg(feature = "instrumented")]
    if !matches!(engine(), Current::Native) {
        return driven::park(Some(duration));
    }
    std::thread::park_timeout(Patience::new(duration).real());
}

/// Lets others run: a hint, after which the thread may go on at once.
///
/// A loop that waits for others must call this or [`spin_loop`](super::hint::spin_loop), or the executions in
/// which it goes round have no end. An engine leaves out nothing but repetition: a thread whose rounds from one yield
/// to the next change nothing and repeat themselves is held back until something changes that it has
/// read, and the verdict says so. A loop that does nothing but wait is better written with
/// [`spin_until`](super::hint::spin_until), of which nothing has to be left out.
#[track_caller]
pub fn yield_now() {
    #[cfg(feature = "instrumented")]
    if !matches!(engine(), Current::Native) {
        return driven::give_way(Op::Yield);
    }
    std::thread::yield_now();
}

/// Waits for a time. Under an engine this is a [`yield_now`] that moves the [clock](super::time), if there is one.
#[track_caller]
pub fn sleep(duration: Duration) {
    #[cfg(feature = "instrumented")]
    if !matches!(engine(), Current::Native) {
        return driven::sleep(duration);
    }
    Clock::mine().sleep(duration);
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

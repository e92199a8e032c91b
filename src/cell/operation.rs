//! Operations that are futures, of which one asks what a cancellation does to them.

use crate::engine::{Outcome, Program};
use crate::scenario::{join, spawn};
use crate::sync::future::{block_on, cancellable};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

/// A future, as an operation of what it borrows.
pub type Running<'s> = Pin<Box<dyn Future<Output = String> + 's>>;

/// What an [`Operation`] is made of.
pub struct Parts<S> {
    /// An object at which the operation has to wait.
    pub setup: fn() -> S,
    /// What the caller hands over, in words: it has that still where it has not begun. Empty for most.
    pub brings: &'static str,
    /// The operation, and what the caller has when it is complete, in words.
    pub run: for<'s> fn(&'s S) -> Running<'s>,
    /// What somebody else does, so that one wait is over.
    pub other: fn(&S),
    /// What there is in the object in the end, in words.
    pub rest: fn(&S) -> String,
}

/// An operation that waits, and what is around it: enough to say what becomes of it where it is cancelled.
///
/// Nothing has to be said about what is right: an operation that was cancelled should have taken place, or not have begun.
///
/// ```
/// use refectory::cell::{Operation, Parts, Way};
/// use refectory::model::coroutines::queue::Queue;
///
/// let get = Operation::new("get", Parts {
///     setup: || Queue::<u32>::new(1),
///     brings: "",
///     run: |queue| Box::pin(async { format!("{:?}", queue.get().await) }),
///     other: |queue| queue.put_nowait(7).unwrap(),
///     rest: |queue| format!("{:?}", queue.get_nowait()),
/// });
/// assert_eq!(get.program(Way::Completes).run().unwrap(), "caller: Ok(7), left: Err(Empty)");
/// assert_eq!(get.program(Way::NeverBegins).run().unwrap(), "caller: nothing, left: Ok(7)");
/// ```
pub struct Operation {
    /// Its name, as in `Queue::get`.
    pub name: &'static str,
    play: Arc<dyn Fn(Way) -> String + Send + Sync>,
    place: Box<dyn Fn() -> Place + Send + Sync>,
}

/// How far the caller lets the operation come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Not at all.
    NeverBegins,
    /// To its end.
    Completes,
    /// To its end, or to one of its waits.
    MayBeCancelled,
}

/// Where somebody stands who was cancelled while it waited, and comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nobody has a place: all who wait go on together.
    None,
    /// Before those who came after it.
    Kept,
    /// Behind them.
    Lost,
    /// Nobody goes on.
    Stuck,
}

impl Operation {
    /// An operation of this name.
    pub fn new<S: Send + Sync + 'static>(name: &'static str, parts: Parts<S>) -> Self {
        let Parts { setup, brings, run, other, rest } = parts;
        let play = move |way| {
            let shared = Arc::new(setup());
            let caller = spawn("caller", {
                let shared = Arc::clone(&shared);
                move || match way {
                    Way::NeverBegins => brings.to_owned(),
                    Way::Completes => block_on(run(&shared)),
                    Way::MayBeCancelled => block_on(cancellable(run(&shared))).unwrap_or_default(),
                }
            });
            let other = spawn("other", {
                let shared = Arc::clone(&shared);
                move || other(&shared)
            });
            join(other);
            let has = join(caller);
            let words = |words: String| if words.is_empty() { "nothing".to_owned() } else { words };
            format!("caller: {}, left: {}", words(has), words(rest(&shared)))
        };
        let place = move || {
            let shared = setup();
            let mut first = run(&shared);
            let begun = is_ready(&mut first);
            let mut second = run(&shared);
            let begun = begun || is_ready(&mut second);
            drop(first);
            let mut again = run(&shared);
            if begun || is_ready(&mut again) {
                return Place::None;
            }
            other(&shared);
            match (is_ready(&mut again), is_ready(&mut second)) {
                (true, true) => Place::None,
                (true, false) => Place::Kept,
                (false, true) => Place::Lost,
                (false, false) => Place::Stuck,
            }
        };
        Self { name, play: Arc::new(play), place: Box::new(place) }
    }

    /// The operation in one thread, and what it waits for in another one. The outcome is what everybody has in the end.
    pub fn program(&self, way: Way) -> Program {
        self.judged(way, Ok)
    }

    /// The same, and what is in the end is judged.
    pub fn judged(&self, way: Way, judge: impl Fn(String) -> Outcome + Send + Sync + 'static) -> Program {
        let play = Arc::clone(&self.play);
        Program::new(move || judge(play(way)))
    }

    /// Where somebody stands who was cancelled and comes again.
    pub fn place(&self) -> Place {
        (self.place)()
    }
}

fn is_ready(future: &mut Running<'_>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

impl<S> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("brings", &self.brings).finish_non_exhaustive()
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("name", &self.name).finish_non_exhaustive()
    }
}

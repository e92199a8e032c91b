//! Tasks that end together.
//!
//! Source: Nathaniel J. Smith, "Notes on structured concurrency, or: Go statement considered harmful", 2018; CPython 3.13,
//! `Lib/asyncio/taskgroups.py`.

use super::event_loop::{EventLoop, Task};
use super::{Correct, Protocol};
use crate::sync::future::Awaits;
use std::cell::RefCell;
use std::error::Error;
use std::fmt;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// The group has failed, and starts no more tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the group has failed, and starts no more tasks")
    }
}

impl Error for Refused {}

/// A group of tasks. The first that fails cancels the others; whoever joins waits for all of them. Dropped before, it cancels them.
///
/// ```
/// use refectory::model::coroutines::task::{EventLoop, TaskGroup};
///
/// let event_loop = <EventLoop>::new();
/// let joined = event_loop.run(async {
///     let group = TaskGroup::new(&event_loop);
///     group.spawn(async { Ok(()) }).unwrap();
///     group.spawn(async { Err("no fork") }).unwrap();
///     group.spawn(std::future::pending()).unwrap();
///     group.join().await
/// });
/// assert_eq!(joined, Err(vec!["no fork"]));
/// ```
pub struct TaskGroup<E: 'static, P: Protocol = Correct> {
    event_loop: EventLoop<P>,
    state: Rc<RefCell<State<E, P>>>,
}

struct State<E, P: Protocol> {
    tasks: Vec<Task<(), P>>,
    errors: Vec<E>,
    /// Of who joins.
    waker: Option<Waker>,
}

impl<E: 'static, P: Protocol> TaskGroup<E, P> {
    /// A group without tasks.
    pub fn new(event_loop: &EventLoop<P>) -> Self {
        let state = State { tasks: Vec::new(), errors: Vec::new(), waker: None };
        Self { event_loop: event_loop.clone(), state: Rc::new(RefCell::new(state)) }
    }

    /// Starts a task in the group.
    ///
    /// # Errors
    /// One of its tasks has failed.
    #[track_caller]
    pub fn spawn(&self, future: impl Future<Output = Result<(), E>> + 'static) -> Result<(), Refused> {
        if !self.state.borrow().errors.is_empty() {
            return Err(Refused);
        }
        let state = Rc::clone(&self.state);
        let task = self.event_loop.spawn(async move {
            let member = Member(state);
            if let Err(error) = future.await {
                member.failed(error);
            }
        });
        self.state.borrow_mut().tasks.push(task);
        Ok(())
    }

    /// Waits until every task has ended, those that are started meanwhile included.
    ///
    /// # Errors
    /// What went wrong in those that failed, in that order.
    #[track_caller]
    pub fn join(self) -> impl Future<Output = Result<(), Vec<E>>> {
        let mut awaits = Awaits::new(format_args!("group.join()"));
        std::future::poll_fn(move |context| {
            awaits.begin();
            let mut state = self.state.borrow_mut();
            if !state.tasks.iter().all(Task::is_done) {
                state.waker = Some(context.waker().clone());
                return Poll::Pending;
            }
            let errors = std::mem::take(&mut state.errors);
            Poll::Ready(if errors.is_empty() { Ok(()) } else { Err(errors) })
        })
    }
}

impl<E: 'static, P: Protocol> Drop for TaskGroup<E, P> {
    fn drop(&mut self) {
        cancel_all(&self.state);
    }
}

/// Destructors of tasks may use the group.
fn cancel_all<E, P: Protocol>(state: &RefCell<State<E, P>>) {
    let tasks = std::mem::take(&mut state.borrow_mut().tasks);
    tasks.iter().for_each(Task::cancel);
    state.borrow_mut().tasks.extend(tasks);
}

/// Goes with a task of the group.
struct Member<E, P: Protocol>(Rc<RefCell<State<E, P>>>);

impl<E, P: Protocol> Member<E, P> {
    fn failed(&self, error: E) {
        self.0.borrow_mut().errors.push(error);
        if P::CANCELS_SIBLINGS {
            cancel_all(&self.0);
        }
    }
}

impl<E, P: Protocol> Drop for Member<E, P> {
    fn drop(&mut self) {
        let waker = self.0.borrow_mut().waker.take();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl<E, P: Protocol> fmt::Debug for TaskGroup<E, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup").field("tasks", &self.state.borrow().tasks.len()).finish_non_exhaustive()
    }
}

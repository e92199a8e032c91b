//! The event loop of asyncio.
//!
//! A turn of the loop polls, in order, the tasks that could go on when it began; those that are woken meanwhile have the next
//! turn. Where none can go on it sleeps until another thread wakes a task, or the first timer is due. A task that is
//! cancelled is dropped where it waits.
//!
//! The clock is the machine's, or a virtual one that stands still while a task can go on, and then jumps to the first
//! timer: nothing sleeps in a test.
//!
//! Source: CPython 3.13, `Lib/asyncio/base_events.py`; the ancestor of all event loops that are woken by others is the reactor of
//! Douglas C. Schmidt, "Reactor: an object behavioral pattern for demultiplexing and dispatching handles for synchronous events", 1995.

use super::ready::{Call, Ready, TaskWaker, Turn};
use super::{Correct, Protocol};
use crate::event::op::Site;
use crate::sync::future::{Awaits, Cancelled, polls_again};
use crate::sync::time::Instant;
use crate::sync::{Label, acting_as, note_at};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Runs tasks on the thread that it belongs to. A clone is the same loop.
///
/// ```
/// use refectory::model::coroutines::task::EventLoop;
/// use std::time::Duration;
///
/// let event_loop = <EventLoop>::with_virtual_time();
/// let answer = event_loop.run(async {
///     let task = event_loop.spawn(async { 6 * 7 });
///     event_loop.sleep(Duration::from_secs(3600)).await;
///     task.await
/// });
/// assert_eq!(answer, Ok(42));
/// assert_eq!(event_loop.time(), Duration::from_secs(3600));
/// ```
pub struct EventLoop<P: Protocol = Correct>(Rc<Inner<P>>);

struct Inner<P: Protocol> {
    ready: Arc<Ready<P>>,
    /// Those that wait, and those in the queue; not the one that is polled.
    tasks: RefCell<BTreeMap<u64, Waiting<P>>>,
    /// The number of the next task, and that of the next timer.
    next: [Cell<u64>; 2],
    clock: Clock,
    /// Of those who wait until nobody else can go on.
    idlers: RefCell<Vec<Rc<Idler>>>,
    /// By when they are due, and then in the order in which they were set.
    timers: RefCell<BTreeMap<Timer, Waker>>,
}

/// When a timer is due, and which one it is.
pub(super) type Timer = (Duration, u64);

struct Waiting<P: Protocol> {
    name: Label,
    /// `None` while it is polled.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// That of the last poll: who has an earlier one wakes nobody.
    waker: Arc<TaskWaker<P>>,
}

/// A task that waits until no other one can go on.
struct Idler {
    may_go_on: Cell<bool>,
    waker: RefCell<Waker>,
}

impl Idler {
    fn goes_on(&self) {
        self.may_go_on.set(true);
        self.waker.borrow().wake_by_ref();
    }
}

enum Clock {
    Machine { start: Instant },
    Virtual { now: Cell<Duration> },
}

/// The future that `run` was called with.
const MAIN: u64 = 0;

impl<P: Protocol> EventLoop<P> {
    /// A loop that goes by the machine's clock; under an engine, by the engine's.
    pub fn new() -> Self {
        Self::with(Clock::Machine { start: Instant::now() })
    }

    /// A loop whose time passes only when no task can go on: to the first timer, at once.
    pub fn with_virtual_time() -> Self {
        Self::with(Clock::Virtual { now: Cell::new(Duration::ZERO) })
    }

    fn with(clock: Clock) -> Self {
        Self(Rc::new(Inner {
            ready: Ready::new(),
            tasks: RefCell::new(BTreeMap::new()),
            next: [Cell::new(MAIN + 1), Cell::new(0)],
            clock,
            idlers: RefCell::new(Vec::new()),
            timers: RefCell::new(BTreeMap::new()),
        }))
    }

    /// Runs this future, and the tasks that it starts, until it ends. Tasks that still wait then are cancelled.
    ///
    /// # Panics
    /// If a task does.
    #[track_caller]
    pub fn run<F: Future>(&self, main: F) -> F::Output {
        let mut main = pin!(main);
        let mut waker = TaskWaker::new(MAIN, &self.0.ready);
        Waker::from(Arc::clone(&waker)).wake();
        loop {
            let Turn { calls, tasks } = self.turn();
            calls.into_iter().for_each(|call| call(self));
            for ready in tasks {
                if ready.task != MAIN {
                    self.poll(&ready);
                } else if Arc::ptr_eq(&ready, &waker) {
                    let polled = acting_as(format_args!("main task"), || {
                        let polled = main.as_mut().poll(&mut Context::from_waker(&Waker::from(ready)));
                        if polled.is_pending() {
                            waker = self.waits(Arc::clone(&waker));
                        }
                        polled
                    });
                    if let Poll::Ready(output) = polled {
                        self.cancel_all();
                        return output;
                    }
                }
            }
        }
    }

    /// What can go on; waits where nothing can.
    fn turn(&self) -> Turn<P> {
        let Inner { ready, clock, timers, idlers, .. } = &*self.0;
        if !idlers.borrow().is_empty() {
            let turn = ready.take();
            if !turn.is_empty() {
                return turn;
            }
            idlers.take().iter().for_each(|idler| idler.goes_on());
            return ready.take();
        }
        let first = timers.borrow().first_key_value().map(|((due, _), _)| *due);
        let Some(due) = first else { return ready.wait(None) };
        if let Clock::Virtual { now } = clock {
            let turn = ready.take();
            if !turn.is_empty() {
                return turn;
            }
            now.set(due.max(now.get()));
            self.wake_due();
            return ready.take();
        }
        self.wake_due();
        let first = timers.borrow().first_key_value().map(|((due, _), _)| *due);
        ready.wait(first.map(|due| due.saturating_sub(self.time())))
    }

    /// Wakes those whose timers are due.
    fn wake_due(&self) {
        let now = self.time();
        loop {
            let mut timers = self.0.timers.borrow_mut();
            let Some(first) = timers.first_entry().filter(|first| first.key().0 <= now) else { break };
            let waker = first.remove();
            drop(timers);
            waker.wake();
        }
    }

    fn poll(&self, ready: &Arc<TaskWaker<P>>) {
        let taken = self.0.tasks.borrow_mut().get_mut(&ready.task).and_then(|task| {
            // One that was polled with another waker since is not the task's any more.
            let future = Arc::ptr_eq(&task.waker, ready).then(|| task.future.take()).flatten()?;
            Some((future, task.name.clone()))
        });
        let Some((mut future, name)) = taken else { return };
        acting_as(format_args!("{name}"), || {
            let waker = Waker::from(Arc::clone(ready));
            if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                self.0.tasks.borrow_mut().remove(&ready.task);
                return;
            }
            let waker = self.waits(Arc::clone(ready));
            // It may have been cancelled while it ran: then it is dropped here.
            if let Some(task) = self.0.tasks.borrow_mut().get_mut(&ready.task) {
                (task.future, task.waker) = (Some(future), waker);
            }
        });
    }

    /// The task waits; with this waker, or with a new one where it is polled again for no reason.
    fn waits(&self, waker: Arc<TaskWaker<P>>) -> Arc<TaskWaker<P>> {
        waker.waits();
        if !polls_again() {
            return waker;
        }
        let waker = TaskWaker::new(waker.task, &self.0.ready);
        Waker::from(Arc::clone(&waker)).wake();
        waker
    }

    /// Starts a task. It runs when its turn comes, whether or not somebody waits for it.
    #[track_caller]
    pub fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Task<T, P> {
        self.spawn_named(format_args!("task {}", self.0.next[0].get()), future)
    }

    /// The same, under a name for traces.
    #[track_caller]
    pub fn spawn_named<T: 'static>(
        &self,
        name: fmt::Arguments<'_>,
        future: impl Future<Output = T> + 'static,
    ) -> Task<T, P> {
        let number = take_number(&self.0.next[0]);
        let end = Rc::new(RefCell::new(End { outcome: None, waker: None }));
        let teller = Teller(Rc::clone(&end));
        let future = Box::pin(async move {
            let teller = teller;
            let value = future.await;
            teller.0.borrow_mut().outcome = Some(Ok(value));
        });
        let waker = TaskWaker::new(number, &self.0.ready);
        let task = Waiting { name: Label::new(name), future: Some(future), waker: Arc::clone(&waker) };
        self.0.tasks.borrow_mut().insert(number, task);
        Waker::from(waker).wake();
        Task { event_loop: self.clone(), number, end, awaits: Awaits::new(name) }
    }

    /// Waits until no other task can go on, before any time passes: what the others would do by now they have done. Several who wait so
    /// go on together. Where tasks wait for other threads, the loop does not know what those are about to do.
    ///
    /// Source: `Wait` of Go's package `testing/synctest`, 2025.
    ///
    /// ```
    /// use refectory::model::coroutines::task::EventLoop;
    /// use std::time::Duration;
    ///
    /// let event_loop = <EventLoop>::with_virtual_time();
    /// event_loop.run(async {
    ///     let task = event_loop.spawn(event_loop.sleep(Duration::from_secs(1)));
    ///     event_loop.idle().await;
    ///     assert_eq!((task.is_done(), event_loop.time()), (false, Duration::ZERO));
    /// });
    /// ```
    #[track_caller]
    pub fn idle(&self) -> impl Future<Output = ()> {
        let mut awaits = Awaits::new(format_args!("idle()"));
        let mut idler = None::<Rc<Idler>>;
        std::future::poll_fn(move |context| {
            awaits.begin();
            match &idler {
                Some(idler) if idler.may_go_on.get() => return Poll::Ready(()),
                Some(idler) => idler.waker.borrow_mut().clone_from(context.waker()),
                None => {
                    let waker = RefCell::new(context.waker().clone());
                    let new = Rc::new(Idler { may_go_on: Cell::new(false), waker });
                    self.0.idlers.borrow_mut().push(Rc::clone(&new));
                    idler = Some(new);
                }
            }
            Poll::Pending
        })
    }

    /// Drops a task where it waits.
    #[track_caller]
    fn cancel(&self, task: u64) {
        let task = self.0.tasks.borrow_mut().remove(&task);
        // Its destructors may use the loop.
        if let Some(task) = task {
            task.cancel(Location::caller());
        }
    }

    #[track_caller]
    fn cancel_all(&self) {
        loop {
            let first = self.0.tasks.borrow_mut().pop_first();
            let Some((_, task)) = first else { break };
            task.cancel(Location::caller());
        }
    }

    /// The time since the loop was made.
    pub fn time(&self) -> Duration {
        match &self.0.clock {
            Clock::Machine { start } => start.elapsed(),
            Clock::Virtual { now } => now.get(),
        }
    }

    /// A handle for other threads.
    pub fn remote(&self) -> Remote<P> {
        Remote { ready: Arc::clone(&self.0.ready) }
    }

    pub(super) fn set_timer(&self, timer: Timer, waker: &Waker) {
        self.0.timers.borrow_mut().insert(timer, waker.clone());
    }

    pub(super) fn stop_timer(&self, timer: Timer) {
        self.0.timers.borrow_mut().remove(&timer);
    }

    /// A number that no other timer has.
    pub(super) fn number_timer(&self) -> u64 {
        take_number(&self.0.next[1])
    }
}

fn take_number(next: &Cell<u64>) -> u64 {
    next.replace(next.get() + 1)
}

impl<P: Protocol> Waiting<P> {
    /// Drops it, if it waits; one that runs is dropped when it waits next.
    fn cancel(self, site: Site) {
        let Self { name, future: Some(future), .. } = self else { return };
        acting_as(format_args!("{name}"), || {
            note_at(format_args!("cancelled here"), site);
            drop(future);
        });
    }
}

impl<P: Protocol> Clone for EventLoop<P> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<P: Protocol> Default for EventLoop<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// A task that was started. As a future, it is the task's end: what it came to, or that it was cancelled. To drop this does not
/// stop the task.
pub struct Task<T, P: Protocol = Correct> {
    event_loop: EventLoop<P>,
    number: u64,
    end: Rc<RefCell<End<T>>>,
    awaits: Awaits,
}

struct End<T> {
    outcome: Option<Result<T, Cancelled>>,
    /// Of who waits for it.
    waker: Option<Waker>,
}

impl<T, P: Protocol> Task<T, P> {
    /// Drops the task where it waits; one that runs, when it waits next. Does nothing where it has ended.
    #[track_caller]
    pub fn cancel(&self) {
        self.event_loop.cancel(self.number);
    }

    /// Whether it has ended, or was cancelled.
    pub fn is_done(&self) -> bool {
        self.end.borrow().outcome.is_some()
    }
}

impl<T, P: Protocol> Future for Task<T, P> {
    type Output = Result<T, Cancelled>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.awaits.begin();
        let mut end = self.end.borrow_mut();
        match end.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                end.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Goes with the task, and tells its end.
struct Teller<T>(Rc<RefCell<End<T>>>);

impl<T> Drop for Teller<T> {
    fn drop(&mut self) {
        let mut end = self.0.borrow_mut();
        end.outcome.get_or_insert(Err(Cancelled));
        let waker = end.waker.take();
        drop(end);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// Reaches a loop from other threads.
pub struct Remote<P: Protocol = Correct> {
    ready: Arc<Ready<P>>,
}

impl<P: Protocol> Remote<P> {
    /// Calls this on the thread of the loop, in its next turn; not at all if the loop does not run any more.
    pub fn call(&self, call: impl FnOnce(&EventLoop<P>) + Send + 'static) {
        let call: Call<P> = Box::new(call);
        self.ready.call(call);
    }
}

impl<P: Protocol> Clone for Remote<P> {
    fn clone(&self) -> Self {
        Self { ready: Arc::clone(&self.ready) }
    }
}

impl<P: Protocol> fmt::Debug for EventLoop<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventLoop").finish_non_exhaustive()
    }
}

impl<T, P: Protocol> fmt::Debug for Task<T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("number", &self.number).finish_non_exhaustive()
    }
}

impl<P: Protocol> fmt::Debug for Remote<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

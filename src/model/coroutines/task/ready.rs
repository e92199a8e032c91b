//! The tasks that can go on: what a loop shares with other threads.

use super::Protocol;
use super::event_loop::EventLoop;
use crate::sync::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::Wake;
use std::time::Duration;

/// A call from another thread.
pub(super) type Call<P> = Box<dyn FnOnce(&EventLoop<P>) + Send>;

/// The queue of a loop. Any thread may put in; the loop takes out, and sleeps while it is empty.
pub(super) struct Ready<P: Protocol> {
    queue: Mutex<Queue<P>>,
    filled: Condvar,
    protocol: PhantomData<fn() -> P>,
}

struct Queue<P: Protocol> {
    tasks: VecDeque<Arc<TaskWaker<P>>>,
    calls: VecDeque<Call<P>>,
    /// The loop sleeps, and is to be woken.
    sleeps: bool,
}

/// What a turn of the loop does.
pub(super) struct Turn<P: Protocol> {
    pub(super) calls: VecDeque<Call<P>>,
    pub(super) tasks: VecDeque<Arc<TaskWaker<P>>>,
}

impl<P: Protocol> Turn<P> {
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.tasks.is_empty()
    }
}

impl<P: Protocol> Ready<P> {
    pub(super) fn new() -> Arc<Self> {
        let queue = Queue { tasks: VecDeque::new(), calls: VecDeque::new(), sleeps: false };
        Arc::new(Self {
            queue: Mutex::new(queue).named(format_args!("ready")),
            filled: Condvar::new().named(format_args!("filled")),
            protocol: PhantomData,
        })
    }

    pub(super) fn call(&self, call: Call<P>) {
        let mut queue = self.lock();
        queue.calls.push_back(call);
        self.filled(queue);
    }

    fn lock(&self) -> MutexGuard<'_, Queue<P>> {
        self.queue.lock().unwrap()
    }

    /// Something was put in: the loop is woken if it sleeps.
    fn filled(&self, mut queue: MutexGuard<'_, Queue<P>>) {
        let sleeps = std::mem::take(&mut queue.sleeps);
        drop(queue);
        if sleeps {
            self.filled.notify_one();
        }
    }

    /// All that can go on now.
    pub(super) fn take(&self) -> Turn<P> {
        self.lock().take()
    }

    /// The same, but waits until there is something, and not longer than so long.
    pub(super) fn wait(&self, at_most: Option<Duration>) -> Turn<P> {
        let mut queue = self.lock();
        if !P::LOOKS_AND_SLEEPS && queue.is_empty() {
            drop(queue);
            queue = self.lock();
            queue.sleeps = true;
            return self.filled.wait(queue).unwrap().take();
        }
        queue.sleeps = queue.is_empty();
        // Woken by `filled`.
        let mut queue = match at_most {
            None => self.filled.wait_while(queue, |queue| queue.is_empty()).unwrap(),
            Some(time) => self.filled.wait_timeout_while(queue, time, |queue| queue.is_empty()).unwrap().0,
        };
        queue.take()
    }
}

impl<P: Protocol> Queue<P> {
    fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.calls.is_empty()
    }

    fn take(&mut self) -> Turn<P> {
        self.sleeps = false;
        // Ordering: the flag is only used under the lock.
        self.tasks.iter().for_each(|waker| waker.queued.store(!P::COUNTS_EARLY_WAKES, Relaxed));
        Turn { calls: std::mem::take(&mut self.calls), tasks: std::mem::take(&mut self.tasks) }
    }
}

/// Puts its task into the queue of the loop.
pub(super) struct TaskWaker<P: Protocol> {
    pub(super) task: u64,
    ready: Arc<Ready<P>>,
    /// Whether the task is in the queue. Guarded by its lock.
    queued: AtomicBool,
}

impl<P: Protocol> TaskWaker<P> {
    pub(super) fn new(task: u64, ready: &Arc<Ready<P>>) -> Arc<Self> {
        Arc::new(Self { task, ready: Arc::clone(ready), queued: AtomicBool::new(false) })
    }

    /// The task waits from now on. A wake-up that came while it ran counts, unless the protocol forgets it.
    pub(super) fn waits(&self) {
        if !P::COUNTS_EARLY_WAKES {
            let _queue = self.ready.lock();
            // Ordering: as above.
            self.queued.store(false, Relaxed);
        }
    }
}

impl<P: Protocol> Wake for TaskWaker<P> {
    fn wake(self: Arc<Self>) {
        let ready = Arc::clone(&self.ready);
        let mut queue = ready.lock();
        // Ordering: as above.
        if !self.queued.swap(true, Relaxed) {
            queue.tasks.push_back(self);
        }
        ready.filled(queue);
    }
}

//! The threads of patterns, and what ends them.

use super::{Correct, Rules};
use crate::model::channels::queue::select::{Case, Never, Receiving, Sending};
use crate::model::channels::queue::{Channel, select};
use crate::sync;
use crate::sync::thread::{self, Builder, JoinHandle};
use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::iter::repeat_n;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// A channel at which nothing is sent: it is closed to tell all who look at it that they should end.
pub type Done = Channel<Infallible>;

/// Threads that end together.
///
/// Patterns start their threads in a group. They end when they have nothing more to do, when the group is told to
/// [`stop`](Self::stop), when one of them panics, or when the group is dropped, which does not wait for them.
///
/// ```
/// use refectory::model::channels::pattern::{Group, generator, stage};
///
/// let mut group = <Group>::new();
/// let numbers = generator(&mut group, 1..);
/// let squares = stage(&mut group, numbers, |n| n * n);
/// assert_eq!(squares.iter().take(3).collect::<Vec<_>>(), [1, 4, 9]);
/// group.stop();
/// group.join();
/// ```
pub struct Group<R: Rules = Correct> {
    done: Arc<Done>,
    /// In the outputs of its threads.
    room: usize,
    threads: Vec<Handle>,
    rules: PhantomData<R>,
}

impl<R: Rules> Group<R> {
    /// A group of its own.
    #[expect(clippy::new_without_default, reason = "a group is there to be joined")]
    pub fn new() -> Self {
        Self::until(Arc::new(Channel::new(0)))
    }

    /// A group that ends when this channel is closed, as that of a [`Context`](super::Context); it closes it itself where it
    /// is told to stop.
    pub const fn until(done: Arc<Done>) -> Self {
        Self { done, room: 0, threads: Vec::new(), rules: PhantomData }
    }

    /// The same group, in which the outputs of the patterns have room for so many items: threads that send wait for each other
    /// less often.
    #[must_use]
    pub const fn with_room(mut self, items: usize) -> Self {
        self.room = items;
        self
    }

    /// The channel that is closed when the threads should end.
    pub const fn done(&self) -> &Arc<Done> {
        &self.done
    }

    /// Tells the threads to end, and does not wait for it.
    pub fn stop(&self) {
        self.done.close();
    }

    /// Waits until all threads have ended, each by itself or because the group was told to stop.
    ///
    /// # Panics
    /// If a thread has panicked.
    pub fn join(mut self) {
        let panic = join_all(self.threads.drain(..));
        // Nobody waits for a lock while it unwinds.
        drop(self);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Starts a thread. What the body owns is dropped when it has ended, also where it panics.
    pub fn go(&mut self, name: &str, body: impl FnMut() + Send + 'static) {
        let done = Arc::clone(&self.done);
        self.threads.push(start(name, body, move || done.close()));
    }

    /// A channel, and the right to send there.
    pub(super) fn output<T: Send>(&self) -> (Output<T, R>, Arc<Channel<T>>) {
        self.output_to(Arc::new(Channel::new(self.room)))
    }

    /// The right to send to this channel.
    pub(super) fn output_to<T: Send>(&self, channel: Arc<Channel<T>>) -> (Output<T, R>, Arc<Channel<T>>) {
        let output =
            Output { channel: Arc::clone(&channel), done: Arc::clone(&self.done), rules: PhantomData };
        (output, channel)
    }

    /// A thread for each input, which sends what its function makes of the items. All have one output, which the last one
    /// closes.
    pub(super) fn map<T, U, F>(
        &mut self,
        name: &str,
        inputs: impl ExactSizeIterator<Item = (Arc<Channel<T>>, F)>,
    ) -> Arc<Channel<U>>
    where
        T: Send + 'static,
        U: Send + 'static,
        F: FnMut(T) -> U + Send + 'static,
    {
        let (output, channel) = self.output();
        // Whose end is the last one depends on the schedule, so that an engine has to see the count.
        let outputs = repeat_n(sync::Arc::new(output), inputs.len());
        for ((input, mut each), output) in inputs.zip(outputs) {
            self.go(name, move || {
                input.iter().map(&mut each).all(|item| output.send(item));
            });
        }
        channel
    }
}

impl<R: Rules> Drop for Group<R> {
    fn drop(&mut self) {
        self.stop();
    }
}

impl<R: Rules> fmt::Debug for Group<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

/// The right to send to a channel, which is closed when nobody has it any more.
pub(super) struct Output<T: Send, R: Rules> {
    channel: Arc<Channel<T>>,
    done: Arc<Done>,
    rules: PhantomData<fn() -> R>,
}

impl<T: Send, R: Rules> Output<T, R> {
    /// Whether the item was sent; if not, the thread should end.
    pub(super) fn send(&self, item: T) -> bool {
        let mut put = self.sending(item);
        select(&mut [&mut put, &mut *self.stop()]);
        put.sent().is_ok()
    }

    pub(super) fn sending(&self, item: T) -> Sending<'_, T> {
        Sending::new(&self.channel, item)
    }

    /// The case of a select that says that the thread should end.
    pub(super) fn stop(&self) -> Box<dyn Case<'_> + '_> {
        stop::<R>(&self.done)
    }

    pub(super) fn done(&self) -> &Done {
        &self.done
    }

    pub(super) fn channel(&self) -> &Channel<T> {
        &self.channel
    }
}

impl<T: Send, R: Rules> Drop for Output<T, R> {
    fn drop(&mut self) {
        self.channel.close();
    }
}

/// The case of a select that is ready once `done` is closed.
pub(super) fn stop<'d, R: Rules>(done: &'d Done) -> Box<dyn Case<'d> + 'd> {
    if R::LOOKS_AT_DONE { Box::new(Receiving::new(done)) } else { Box::new(Never) }
}

/// A thread of a pattern. A panic comes back as a value, for the thread to tell the others outside of any unwinding.
pub(super) type Handle = JoinHandle<thread::Result<()>>;

/// Starts a thread; if it panics, `alarm` tells the others. What the body owns is dropped after the unwinding: a destructor that waited
/// for a lock would do so in the middle of it.
pub(super) fn start(
    name: &str,
    mut body: impl FnMut() + Send + 'static,
    alarm: impl FnOnce() + Send + 'static,
) -> Handle {
    let body = move || catch_unwind(AssertUnwindSafe(&mut body)).inspect_err(|_| alarm());
    Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

/// Waits until all of them have ended; gives the panic of the first one that has panicked.
pub(super) fn join_all(threads: impl Iterator<Item = Handle>) -> Option<Box<dyn Any + Send>> {
    threads.filter_map(|thread| thread.join().flatten().err()).reduce(|first, _| first)
}

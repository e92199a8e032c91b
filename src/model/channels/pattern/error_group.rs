//! Threads of which the first failure ends the others.

use super::context::{Cancel, Context, Reason};
use super::group::{Handle, join_all, start};
use super::{Correct, Rules};
use crate::sync::Mutex;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

/// Threads that do one thing together: where one fails, the others are cancelled, and its error is the group's. A group that is
/// dropped cancels them too, and does not wait.
///
/// Invariant: the first error is kept before the context is cancelled, so that no failure that follows from the cancellation
/// can take its place. A panic cancels the others as well.
///
/// Source: Go's package `golang.org/x/sync/errgroup`, 2016.
///
/// ```
/// use refectory::model::channels::pattern::{Context, ErrorGroup};
///
/// let mut group = <ErrorGroup<_>>::below(&Context::background());
/// group.go(|_| Err("no such file"));
/// group.go(|context| {
///     context.done().receive();
///     Err("cancelled")
/// });
/// assert_eq!(group.wait(), Err("no such file"));
/// ```
pub struct ErrorGroup<E, R: Rules = Correct> {
    context: Context<R>,
    cancel: Cancel<R>,
    first: Arc<Mutex<Option<E>>>,
    threads: Vec<Handle>,
}

impl<E: Send + 'static, R: Rules> ErrorGroup<E, R> {
    /// A group that has a context of its own, below this one.
    pub fn below(context: &Context<R>) -> Self {
        let (context, cancel) = context.with_cancel();
        let first = Arc::new(Mutex::new(None).named(format_args!("first error")));
        Self { context, cancel, first, threads: Vec::new() }
    }

    /// Starts a thread, which should end early where the context is cancelled.
    pub fn go(&mut self, work: impl FnOnce(&Context<R>) -> Result<(), E> + Send + 'static) {
        let (context, first) = (self.context.clone(), Arc::clone(&self.first));
        let alarm = self.context.clone();
        let mut work = Some(work);
        let work = move || {
            let work = work.take().expect("it is called once");
            if let Err(error) = work(&context) {
                keep::<E, R>(&mut first.lock().unwrap(), error);
                context.cancel(Reason::Cancelled);
            }
        };
        self.threads.push(start("member", work, move || alarm.cancel(Reason::Cancelled)));
    }

    /// Waits until all threads have ended, and cancels the context.
    ///
    /// # Errors
    /// The first one of a thread.
    ///
    /// # Panics
    /// If a thread has panicked.
    pub fn wait(self) -> Result<(), E> {
        let Self { cancel, first, threads, .. } = self;
        let panic = join_all(threads.into_iter());
        drop(cancel);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        first.lock().unwrap().take().map_or(Ok(()), Err)
    }
}

fn keep<E, R: Rules>(first: &mut Option<E>, error: E) {
    if first.is_none() || !R::FIRST_ERROR_STAYS {
        *first = Some(error);
    }
}

impl<E, R: Rules> fmt::Debug for ErrorGroup<E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorGroup").field("threads", &self.threads.len()).finish_non_exhaustive()
    }
}

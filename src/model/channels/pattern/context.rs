//! A tree of cancellations.
//!
//! Invariant, under a context's lock: it has a reason if and only if it is cancelled, and then it has no children. The reason
//! is set before `done` is closed. Locks are taken from parent to child: who is cancelled cancels its children before it lets
//! others see them, and leaves its parent after it has given its own lock back.
//!
//! What it does not do: Go's contexts carry values as well.

use super::group::Done;
use super::{Correct, Rules};
use crate::model::channels::queue::select::Receiving;
use crate::model::channels::queue::{Channel, select_timeout};
use crate::sync::thread::{Builder, JoinHandle};
use crate::sync::time::{Deadline, Instant};
use crate::sync::{Mutex, MutexGuard};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a piece of work is wanted: until it is cancelled, by hand or by a deadline, or one of those above it is.
///
/// A clone is the same context. A [`Cancel`] cancels it, at the latest when it is dropped.
///
/// Source: Sameer Ajmani, "Go Concurrency Patterns: Context", 2014; the algorithm is that of Go's package `context`.
///
/// ```
/// use refectory::model::channels::pattern::Context;
/// use refectory::model::channels::pattern::context::Reason;
///
/// let (request, cancel) = <Context>::background().with_cancel();
/// let (query, _guard) = request.with_cancel();
/// assert_eq!(query.err(), None);
/// cancel.cancel();
/// assert_eq!((query.done().receive(), query.err()), (None, Some(Reason::Cancelled)));
/// ```
pub struct Context<R: Rules = Correct>(Arc<Node<R>>);

struct Node<R: Rules> {
    done: Arc<Done>,
    parent: Option<Context<R>>,
    state: Mutex<State<R>>,
}

struct State<R: Rules> {
    reason: Option<Reason>,
    children: Vec<Context<R>>,
}

/// Why a context is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody cancelled it.
    Cancelled,
    /// Its time is over.
    DeadlineExceeded,
}

impl<R: Rules> Context<R> {
    /// The root of a tree, which nobody cancels.
    pub fn background() -> Self {
        Self::below(None)
    }

    fn below(parent: Option<Self>) -> Self {
        let state = State { reason: None, children: Vec::new() };
        Self(Arc::new(Node {
            done: Arc::new(Channel::new(0)),
            parent,
            state: Mutex::new(state).named(format_args!("context")),
        }))
    }

    /// The channel that is closed when the context is cancelled.
    pub fn done(&self) -> &Arc<Done> {
        &self.0.done
    }

    /// Why it is over; `None` while it is not. Whoever finds `done` closed finds a reason.
    pub fn err(&self) -> Option<Reason> {
        self.locked().reason
    }

    /// How many contexts right below it are not over.
    pub fn children(&self) -> usize {
        self.locked().children.len()
    }

    /// A context below this one, to be cancelled by hand.
    pub fn with_cancel(&self) -> (Self, Cancel<R>) {
        let child = Self::below(Some(self.clone()));
        if let Some(reason) = self.adopt(&child) {
            child.cancel(reason);
        }
        (child.clone(), Cancel { context: child, timer: None })
    }

    /// The same, cancelled after this time by a thread of its own.
    pub fn with_timeout(&self, duration: Duration) -> (Self, Cancel<R>) {
        let (context, mut cancel) = self.with_cancel();
        // It begins here, however late the thread does.
        let (timed, deadline) = (context.clone(), Deadline::after(duration));
        let timer = move || {
            let wait = |left| select_timeout(&mut [&mut Receiving::new(timed.done())], left);
            if deadline.left().and_then(wait).is_none() {
                timed.cancel(Reason::DeadlineExceeded);
            }
        };
        cancel.timer =
            Some(Builder::new().name("timer".to_owned()).spawn(timer).expect("a thread can be started"));
        (context, cancel)
    }

    /// The same, cancelled at this moment.
    pub fn with_deadline(&self, deadline: Instant) -> (Self, Cancel<R>) {
        self.with_timeout(deadline.duration_since(Instant::now()))
    }

    fn locked(&self) -> MutexGuard<'_, State<R>> {
        self.0.state.lock().unwrap()
    }

    /// Takes the child, which a cancellation reaches from now on. Where the context is over it says why.
    fn adopt(&self, child: &Self) -> Option<Reason> {
        let mut state = self.locked();
        if state.reason.is_some() {
            return state.reason;
        }
        if !R::ADOPTS_AT_ONCE {
            drop(state);
            state = self.locked();
        }
        state.children.push(child.clone());
        None
    }

    /// Cancels the context and all below it, if it is not over yet.
    pub(super) fn cancel(&self, reason: Reason) {
        self.end(reason);
        if let Some(parent) = &self.0.parent {
            parent.locked().children.retain(|child| !Arc::ptr_eq(&child.0, &self.0));
        }
    }

    fn end(&self, reason: Reason) {
        let mut state = self.locked();
        if state.reason.is_some() {
            return;
        }
        state.reason = Some(reason);
        self.0.done.close();
        let children = std::mem::take(&mut state.children);
        if R::CANCELS_CHILDREN {
            children.iter().for_each(|child| child.end(reason));
        }
    }
}

/// The right to cancel a context. To drop it cancels it.
#[derive(Debug)]
#[must_use = "a context is cancelled when this is dropped"]
pub struct Cancel<R: Rules = Correct> {
    context: Context<R>,
    timer: Option<JoinHandle<()>>,
}

impl<R: Rules> Cancel<R> {
    /// Cancels the context and all below it; if it is over already, nothing.
    pub fn cancel(&self) {
        self.context.cancel(Reason::Cancelled);
    }
}

impl<R: Rules> Drop for Cancel<R> {
    /// Waits for the thread that kept the deadline, too: it ends at once.
    fn drop(&mut self) {
        self.cancel();
        // It does not panic.
        drop(self.timer.take().map(JoinHandle::join));
    }
}

impl<R: Rules> Clone for Context<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Rules> fmt::Debug for Context<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled => "the context is cancelled",
            Self::DeadlineExceeded => "the deadline of the context is exceeded",
        })
    }
}

impl std::error::Error for Reason {}

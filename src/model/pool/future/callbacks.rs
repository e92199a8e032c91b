//! Who calls callbacks, and when.

use super::{Callback, Future, Guard};
use crate::model::pool::rules::Rules;
use std::panic::{AssertUnwindSafe, catch_unwind};

impl<T, R: Rules> Future<T, R> {
    /// Calls `callback` with this future when it is finished or cancelled: at once if it already is.
    pub fn add_done_callback(&self, callback: impl FnOnce(&Self) + Send + 'static) {
        let mut inner = self.lock();
        if !R::CALLBACKS_ONCE && inner.done() {
            drop(inner);
            return call(Box::new(callback), self);
        }
        inner.callbacks.push_back(Box::new(callback));
        // If somebody is at it already, that one goes on to what was added.
        if inner.done() && inner.begins_calling() {
            self.call_back(inner);
        }
    }

    /// Calls what is to be called, in order, also what is added meanwhile. This thread has begun to.
    pub(super) fn call_back<'a>(&'a self, mut inner: Guard<'a, T, R>) {
        while let Some(callback) = inner.callbacks.pop_front() {
            drop(inner);
            call(callback, self);
            inner = self.lock();
        }
        inner.calling = false;
    }
}

/// A callback's panic is its own affair.
fn call<T, R: Rules>(callback: Callback<T, R>, future: &Future<T, R>) {
    let _ = catch_unwind(AssertUnwindSafe(|| callback(future)));
}

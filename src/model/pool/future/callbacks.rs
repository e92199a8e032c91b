//! Who calls callbacks, and when.

use super::{Callback, Future, Inner};
use crate::model::pool::rules::Rules;
use crate::sync::MutexGuard;
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
        if inner.done() {
            self.call_back(inner);
        }
    }

    /// Calls what is to be called, in order. If somebody is at it already, that one goes on to what was added.
    pub(super) fn call_back<'a>(&'a self, mut inner: MutexGuard<'a, Inner<T, R>>) {
        if std::mem::replace(&mut inner.calling, true) {
            return;
        }
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

//! What who waits for several futures asks of each, and is told.

use super::{Future, Inner};
use crate::model::pool::future::waiting::Watcher;
use crate::model::pool::rules::Rules;
use std::sync::Arc;

impl<T, R: Rules> Future<T, R> {
    /// Asks to be told when the future is finished, or its cancellation told; gives whether it already is, and failed.
    pub(super) fn watch(&self, watcher: &Arc<Watcher>) -> Option<Told> {
        if !R::LOOKS_AND_ASKS_AT_ONCE {
            let told = self.told();
            self.lock().watchers.push(watcher.clone());
            return told;
        }
        let mut inner = self.lock();
        match inner.told() {
            true => Some(Told { failed: inner.failed() }),
            false => {
                inner.watchers.push(watcher.clone());
                None
            }
        }
    }

    /// Asks no longer.
    pub(super) fn forget(&self, watcher: &Arc<Watcher>) {
        self.lock().watchers.retain(|known| !Arc::ptr_eq(known, watcher));
    }

    /// What who waits for several futures knows of this one.
    pub(super) fn told(&self) -> Option<Told> {
        let inner = self.lock();
        inner.told().then(|| Told { failed: inner.failed() })
    }
}

/// Tells those who wait for several futures.
pub(super) fn tell<T, R: Rules>(inner: &mut Inner<T, R>) {
    let told = Told { failed: inner.failed() };
    for watcher in inner.watchers.drain(..) {
        watcher.tell(told);
    }
}

/// What who waits for several futures is told of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model::pool) struct Told {
    pub(in crate::model::pool) failed: bool,
}

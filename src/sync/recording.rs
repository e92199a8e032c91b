//! Additions to the trace of an execution that is recorded, which no engine takes for operations.

use super::current::{Current, current};
use crate::event::op::{Site, ThreadId};
use crate::event::trace::Trace;
use std::fmt;

/// Whether there is a trace to add to.
pub(super) fn is_recorded() -> bool {
    match current() {
        Current::Native => false,
        #[cfg(feature = "loom")]
        Current::Loom => super::loom_record::recording(),
        Current::Controlled(controller) => controller.recording() && !controller.tearing_down(),
    }
}

/// Adds to the trace, if there is one, for the running thread.
pub(super) fn record<R>(add: impl FnOnce(&mut Trace, ThreadId) -> R) -> Option<R> {
    if !is_recorded() {
        return None;
    }
    let (mut add, mut added) = (Some(add), None);
    let mut once = |trace: &mut Trace, thread| added = add.take().map(|add| add(trace, thread));
    match current() {
        Current::Native => {}
        #[cfg(feature = "loom")]
        Current::Loom => super::loom_record::record(&mut once),
        Current::Controlled(controller) => controller.record(&mut once),
    }
    added
}

/// Adds a line for this place.
pub(super) fn note(text: fmt::Arguments<'_>, site: Site) {
    // The text comes first, because the program's own code runs then, and the engine is not to be borrowed.
    if let Some(text) = is_recorded().then(|| text.to_string()) {
        record(|trace, thread| trace.note(thread, text, site));
    }
}

/// The running thread acts as somebody, until this is dropped.
pub(super) struct Acting {
    /// As whom it acted before.
    before: Option<String>,
}

impl Acting {
    pub(super) fn begin(name: fmt::Arguments<'_>) -> Option<Self> {
        let name = is_recorded().then(|| name.to_string())?;
        Some(Self { before: act_as(Some(name)) })
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        act_as(self.before.take());
    }
}

fn act_as(actor: Option<String>) -> Option<String> {
    record(|trace, thread| trace.act_as(thread, actor)).flatten()
}

//! The life of a worker, in a process of its own.

use super::call::call;
use super::frame::{Frames, Kind, bare};
use crate::sync::pipe::{Reader, Writer};
use crate::sync::process::point;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a worker is given.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Desk {
    pub(super) tasks: Reader,
    pub(super) answers: Writer,
    /// So many tasks, and it ends.
    pub(super) most: Option<NonZeroUsize>,
}

/// Calls the initializer, then works; ends where that panics.
pub(super) fn work_after(initialize: impl FnOnce(), desk: Desk) {
    if catch_unwind(AssertUnwindSafe(initialize)).is_ok() {
        return work(desk);
    }
    let Desk { tasks, mut answers, .. } = desk;
    // Who writes a long task does not wait for it to be read.
    drop(tasks);
    let _ = answers.write_all(&bare(Kind::Uninitialized));
}

/// Does one task after the other, until nobody is left to give it one, or to hear what became of it.
pub(super) fn work(desk: Desk) {
    let Desk { tasks, mut answers, most } = desk;
    let (mut tasks, mut done) = (Frames(tasks), 0);
    while most.is_none_or(|most| done < most.get()) {
        let told = match tasks.next() {
            Some((Kind::Task, frame)) => {
                done += 1;
                point("a task to be run");
                // SAFETY: the pool has packed it, whose process has started this one.
                unsafe { call(&frame) }
            }
            Some((kind, _)) => bare(kind),
            None => return,
        };
        point("an answer to be given");
        if answers.write_all(&told).is_err() {
            return;
        }
        point("an answer that was given");
    }
}

//! The life of a worker, in a process of its own.

use super::call::{answer, call};
use super::frame::{Frames, Kind, bare, body};
use crate::sync::pipe::{Reader, Writer};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::num::NonZeroUsize;

/// What a worker is given.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Desk {
    pub(super) tasks: Reader,
    pub(super) answers: Writer,
    /// What it calls first.
    pub(super) initializer: Option<Vec<u8>>,
    /// So many tasks, and it ends.
    pub(super) most: Option<NonZeroUsize>,
}

/// Does one task after the other, until nobody is left to give it one, or to hear what became of it.
pub(super) fn work(desk: Desk) {
    let Desk { tasks, mut answers, initializer, most } = desk;
    if initializer.is_some_and(|frame| !initialize(&frame)) {
        // Who writes a long task does not wait for it to be read.
        drop(tasks);
        let _ = answers.write_all(&bare(Kind::Uninitialized));
        return;
    }
    let (mut tasks, mut done) = (Frames(tasks), 0);
    while most.is_none_or(|most| done < most.get()) {
        let told = match tasks.next() {
            Some((Kind::Task, frame)) => {
                done += 1;
                // SAFETY: the pool has packed it, whose process has started this one.
                unsafe { call(&frame) }
            }
            Some((kind, _)) => bare(kind),
            None => return,
        };
        if answers.write_all(&told).is_err() {
            return;
        }
    }
}

/// Whether it came to its end.
fn initialize(frame: &[u8]) -> bool {
    // SAFETY: as in `work`.
    let told = unsafe { call(body(frame)) };
    answer::<()>(body(&told)).is_ok()
}

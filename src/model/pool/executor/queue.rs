//! What waits for a worker: tasks that were submitted, and rows of tasks that came together.
//!
//! Invariant: it is first in, first out. A row stands in it as long as tasks of it are not begun, but for those that its map has put in
//! and not yet announced; they get a place when the row's turn is over. A worker that takes a task of a row goes on with
//! others of the row, without the queue.

use super::job::Task;
use super::progress::Progress;
use crate::model::pool::rules::Rules;
use std::collections::VecDeque;
use std::sync::Arc;

/// Tasks that stand side by side, numbered from 0, whatever their type.
pub(super) trait Row: Send + Sync {
    /// Begins the next task, if its number is below the end of the turn.
    fn begin(&self, turn: &mut Turn) -> Option<usize>;
    /// Another turn, for what was put in after the last one's end and is not begun. There is none if the row is closed.
    fn next_turn(&self) -> Option<Turn>;
    /// Runs the task that was begun, and others of the turn as long as there are any.
    fn run(self: Arc<Self>, begun: usize, turn: Turn);
    /// Takes no more; gives a turn for what was put in so far, which is still run.
    fn close(&self) -> Turn;
    /// The pool is shut down: what was not begun is cancelled.
    fn cancel(&self);
    /// The pool is broken: what was not begun fails.
    fn fail(&self);
}

/// The tasks of a row that stand in one place of the queue.
#[derive(Clone, Copy)]
pub(super) struct Turn {
    /// Those before this number, all of which were put in when the turn was given.
    pub(super) end: usize,
    /// How far the row was when somebody looked.
    pub(super) seen: Progress,
}

/// What a worker takes.
pub(super) enum Work<R: Rules> {
    One(Box<dyn Task<R>>),
    /// A task of a row that was begun, and the turn it belongs to.
    Some(Arc<dyn Row>, usize, Turn),
}

impl<R: Rules> Work<R> {
    pub(super) fn run(self) {
        match self {
            Self::One(task) => task.run(),
            Self::Some(row, begun, turn) => row.run(begun, turn),
        }
    }
}

enum Entry<R: Rules> {
    One(Box<dyn Task<R>>),
    Row(Arc<dyn Row>, Turn),
}

/// What no worker has begun.
pub(super) struct Queue<R: Rules>(VecDeque<Entry<R>>);

impl<R: Rules> Queue<R> {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are more than so many tasks. It looks at no more entries than it must.
    pub(super) fn has_more_than(&self, count: usize) -> bool {
        let mut tasks = 0;
        self.0.iter().any(|entry| {
            tasks += match entry {
                Entry::One(_) => 1,
                // If others were begun since then, a worker more than needed is woken.
                Entry::Row(_, turn) => turn.end.saturating_sub(turn.seen.begun()),
            };
            tasks > count
        })
    }

    pub(super) fn push(&mut self, task: Box<dyn Task<R>>) {
        self.0.push_back(Entry::One(task));
    }

    /// So many tasks were put into the row, the last one when it was so far: they have their place.
    pub(super) fn push_row(&mut self, row: &Arc<dyn Row>, turn: Turn) {
        match self.0.back_mut() {
            Some(Entry::Row(last, its)) if Arc::ptr_eq(last, row) => *its = turn,
            _ => self.0.push_back(Entry::Row(row.clone(), turn)),
        }
    }

    /// The oldest task, begun if it is one of a row.
    pub(super) fn pop(&mut self) -> Option<Work<R>> {
        loop {
            match self.0.front_mut()? {
                Entry::Row(row, turn) => {
                    if let Some(begun) = row.begin(turn) {
                        return Some(Work::Some(row.clone(), begun, *turn));
                    }
                    let (row, next) = (row.clone(), row.next_turn());
                    self.0.pop_front();
                    if let Some(turn) = next {
                        self.push_row(&row, turn);
                    }
                }
                Entry::One(_) => match self.0.pop_front()? {
                    Entry::One(task) => return Some(Work::One(task)),
                    Entry::Row(..) => unreachable!("it was looked at"),
                },
            }
        }
    }

    /// The pool takes no more. What was put into a row so far has its place; what is put in from now on, its map takes back.
    pub(super) fn close(&mut self) {
        for entry in &mut self.0 {
            if let Entry::Row(row, turn) = entry {
                *turn = row.close();
            }
        }
    }

    /// The pool is shut down.
    pub(super) fn cancel(&self) {
        for entry in &self.0 {
            match entry {
                Entry::One(task) => task.cancel(),
                Entry::Row(row, _) => row.cancel(),
            }
        }
    }

    /// The pool is broken.
    pub(super) fn fail(&self) {
        for entry in &self.0 {
            match entry {
                Entry::One(task) => task.fail(),
                Entry::Row(row, _) => row.fail(),
            }
        }
    }
}

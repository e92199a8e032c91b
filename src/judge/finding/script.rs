//! Traces written by hand, for the tests of what reads traces.

use crate::event::op::{Class, ObjectId, Op, ThreadId};
use crate::event::trace::{Object, Place, Trace};
use std::panic::Location;

/// A trace in the making; each kind of operation has a line of its own.
pub(crate) struct Script {
    pub(crate) trace: Trace,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self { trace: Trace::default() }
    }

    pub(crate) fn thread(&mut self, id: ThreadId, name: &str) -> &mut Self {
        self.trace.add_thread(id, Some(name));
        self
    }

    pub(crate) fn mutex(&mut self, name: &str) -> ObjectId {
        self.object(Class::Mutex, name)
    }

    pub(crate) fn condvar(&mut self, name: &str) -> ObjectId {
        self.object(Class::Condvar, name)
    }

    pub(crate) fn cell(&mut self, name: &str) -> ObjectId {
        self.object(Class::Cell, name)
    }

    pub(crate) fn atomic(&mut self, name: &str) -> ObjectId {
        self.object(Class::Atomic, name)
    }

    pub(crate) fn did(&mut self, thread: ThreadId, op: Op) -> &mut Self {
        self.step(thread, op, true, None, None)
    }

    pub(crate) fn answered(&mut self, thread: ThreadId, op: Op, answer: u64) -> &mut Self {
        self.step(thread, op, true, Some(answer), None)
    }

    pub(crate) fn wrote(&mut self, thread: ThreadId, op: Op, read: Option<u64>, wrote: u64) -> &mut Self {
        self.step(thread, op, true, read, Some(wrote))
    }

    pub(crate) fn waits(&mut self, thread: ThreadId, op: Op) -> &mut Self {
        self.step(thread, op, false, None, None)
    }

    pub(crate) fn notes(&mut self, thread: ThreadId, text: &str) -> &mut Self {
        let number = self.trace.notes.len() as u32;
        self.trace.notes.push(text.to_owned());
        self.did(thread, Op::Note(number))
    }

    /// The thread acts as somebody from now on, or as itself.
    pub(crate) fn acts_as(&mut self, thread: ThreadId, actor: Option<&str>) -> &mut Self {
        self.trace.act_as(thread, actor.map(str::to_owned));
        self
    }

    fn object(&mut self, class: Class, name: &str) -> ObjectId {
        let id = ObjectId(self.trace.objects.len() as u32);
        let born = Place { file: "src/table.rs".to_owned(), line: 10 };
        self.trace.objects.push(Object { id, class, name: Some(name.to_owned()), born });
        id
    }

    fn step(
        &mut self,
        thread: ThreadId,
        op: Op,
        done: bool,
        answer: Option<u64>,
        wrote: Option<u64>,
    ) -> &mut Self {
        self.trace.add_thread(thread, None);
        let line = 40 + self.trace.steps.iter().filter(|step| step.thread == thread).count() as u32;
        let index = self.trace.begin(thread, op, Location::caller());
        let step = &mut self.trace.steps[index];
        step.place = Place { file: "src/table.rs".to_owned(), line };
        (step.done, step.answer, step.wrote) = (done, answer, wrote);
        self
    }
}

/// Philosophers who each hold one fork and want the next: the naive table of `seats`.
pub(crate) fn crossed_forks(seats: u32) -> Trace {
    let mut script = Script::new();
    let forks: Vec<ObjectId> = (1..=seats).map(|n| script.mutex(&format!("fork {n}"))).collect();
    for seat in 0..seats {
        let philosopher = ThreadId(seat + 1);
        script.thread(philosopher, &format!("philosopher {}", seat + 1));
        script.did(ThreadId::MAIN, Op::Spawn(philosopher));
    }
    for seat in 0..seats {
        script.did(ThreadId(seat + 1), Op::Lock(forks[seat as usize]));
    }
    script.waits(ThreadId::MAIN, Op::Join(ThreadId(1)));
    for seat in 0..seats {
        script.waits(ThreadId(seat + 1), Op::Lock(forks[((seat + 1) % seats) as usize]));
    }
    script.trace
}

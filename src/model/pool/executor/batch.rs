//! The tasks of a map, in one allocation: a place each, and one word that says how far they are.
//!
//! The word counts the tasks that were put in and those that were begun. The map puts in, workers begin; each of them changes the word in
//! one step, so a task is begun once, by whoever moved the count over it, and who puts one in learns how many are not begun. Where those
//! are more than there are workers, all workers have been told of earlier ones, and putting in is all that is to be done.
//!
//! Invariant: a place belongs to the map until its task is put in, to who begins it until it is done, and to the map again from
//! then on. Its own word says whether it is done, or that the map sleeps until it is: who ends a task exchanges that word, and so
//! cannot miss who is about to sleep.
//!
//! Source: self-scheduling of the iterations of a loop, by fetch-and-add on their index: Peiyi Tang and Pen-Chung Yew,
//! "Processor self-scheduling for multiple-nested parallel loops", ICPP 1986.

use super::job::message;
use super::map::{Portion, Queued, Source};
use super::progress::Progress;
use super::queue::{Row, Turn};
use super::thread_pool::Shared;
use crate::model::pool::future::{Failure, FutureError};
use crate::model::pool::rules::Rules;
use crate::model::threads::lock::monitor::Mutex;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::hint::Pauses;
use crate::sync::time::Deadline;
use crate::sync::{self, Futex, UnsafeCell};
use std::any::Any;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// How long the map looks at intervals, for a task that is done in a moment: 4 µs.
const PAUSES: Pauses = Pauses::spinning(0).then_yielding(10);
/// How long it sleeps between two looks, at least: systems add about 50 µs.
const NAP: Duration = Duration::from_micros(20);
/// So often it does, for some milliseconds: then tasks are long, and to be woken for each costs little.
const NAPS: usize = 64;

/// The task of a place is not done, or there is none yet.
const OPEN: u32 = 0;
/// The map sleeps until it is done.
const AWAITED: u32 = 1;
/// It is done.
const DONE: u32 = 2;

/// A task, and then what came of it. What is larger than one item is in a box, so that an item takes little room.
#[expect(clippy::box_collection, reason = "a vector is three words, and most places hold one")]
enum Content<A, T> {
    /// There is nothing yet, or no longer.
    Nothing,
    Item(A),
    Chunk(Box<Vec<A>>),
    Result(T),
    Results(Box<Vec<T>>),
    Failed(Box<FutureError>),
}

/// They are small and side by side, because the map reads each of them after a worker has written it. Two workers that are at
/// neighbours lose nothing by it: each line of the cache has to come from the map first, anyway.
struct Place<A, T> {
    state: Futex,
    content: UnsafeCell<Content<A, T>>,
}

impl<A, T> Place<A, T> {
    fn new(number: usize) -> Self {
        Self {
            state: Futex::new(OPEN).named(format_args!("task {number}")),
            content: UnsafeCell::new(Content::Nothing).named(format_args!("item {number}")),
        }
    }

    /// Puts something in its place.
    ///
    /// # Safety
    /// The place belongs to this thread.
    unsafe fn replace(&self, content: Content<A, T>) -> Content<A, T> {
        // SAFETY: nobody else reaches the content, as the caller says.
        self.content.with_mut(|place| std::mem::replace(unsafe { &mut *place }, content))
    }

    /// Its task is done: wakes the map, if it sleeps until then.
    ///
    /// # Safety
    /// The place belongs to this thread, which has begun its task.
    unsafe fn end<R: Rules>(&self, content: Content<A, T>) {
        if !R::WRITTEN_BEFORE_IT_IS_TOLD {
            self.tell::<R>();
        }
        // SAFETY: the place is this thread's until it has told.
        drop(unsafe { self.replace(content) });
        if R::WRITTEN_BEFORE_IT_IS_TOLD {
            self.tell::<R>();
        }
    }

    fn tell<R: Rules>(&self) {
        // Ordering: Release, for the Acquire loads of the map: the content is visible.
        let before = if R::TELLS_AND_LOOKS_AT_ONCE {
            self.state.swap(DONE, Release)
        } else {
            let before = self.state.load(Relaxed);
            self.state.store(DONE, Release);
            before
        };
        if before == AWAITED {
            self.state.wake_one();
        }
    }

    fn is_done(&self) -> bool {
        // Ordering: Acquire, of the Release in `tell`.
        self.state.load(Acquire) == DONE
    }

    /// Says that the map sleeps until the task is done; whether that is so, because it is not done.
    fn await_end(&self) -> bool {
        // Ordering: Acquire on failure, as in `is_done`; there is nothing to release.
        self.state.compare_exchange(OPEN, AWAITED, Relaxed, Acquire) != Err(DONE)
    }

    /// Waits until the task is done; whether it is. Woken by `tell`.
    fn wait(&self, deadline: Option<&Deadline>) -> bool {
        while self.await_end() {
            match deadline.map(|deadline| deadline.left()) {
                None => self.state.wait(AWAITED),
                Some(Some(left)) if self.state.wait_timeout(AWAITED, left) => {}
                Some(_) => return self.is_done(),
            }
        }
        true
    }
}

/// Tasks of a map, with the function that they call.
struct Batch<A, T, F, R: Rules> {
    /// It may be cloned and sent, but not shared: workers clone it one after the other.
    f: Mutex<F, R::Monitor>,
    progress: AtomicU64,
    places: Box<[Place<A, T>]>,
}

// SAFETY: items and results go from thread to thread, one thread at a time; the function is in a mutex.
unsafe impl<A: Send, T: Send, F: Send, R: Rules> Sync for Batch<A, T, F, R> {}

impl<A, T, F, R: Rules> Batch<A, T, F, R> {
    fn with_room_for(tasks: usize, f: F) -> Self {
        Self {
            f: Mutex::new(f, format_args!("function")),
            progress: AtomicU64::new(0).named(format_args!("progress")),
            places: (0..tasks).map(Place::new).collect(),
        }
    }

    fn progress(&self) -> Progress {
        // Ordering: Relaxed; an answer, and no access to a place.
        Progress(self.progress.load(Relaxed))
    }

    /// Changes the progress, if it may be changed; gives what it was.
    fn advance(&self, change: impl Fn(Progress) -> Option<Progress>) -> Option<Progress> {
        // Ordering: Release when a task is put in, for the Acquire when it is begun: its item is visible. What comes in
        // between are read-modify-writes, which pass it on.
        let changed = self.progress.fetch_update(AcqRel, Relaxed, |now| change(Progress(now)).map(|to| to.0));
        changed.ok().map(Progress)
    }

    /// The map puts a task in, after so many others; how far they were then, with this one, if it is accepted.
    fn put_in(&self, number: usize, task: Content<A, T>) -> Option<Progress> {
        // SAFETY: no task of this place was put in, so it is the map's.
        drop(unsafe { self.places[number].replace(task) });
        let before = (!R::COUNTS_WHEN_PUTTING_IN).then(|| self.progress());
        // Ordering: as in `advance`.
        let now = Progress(self.progress.fetch_add(Progress::ANOTHER, AcqRel));
        (!now.closed() || !self.take_back()).then_some(before.unwrap_or(now).with_another())
    }

    /// The map waits for a task, of so many that were put in.
    fn wait(&self, number: usize, put_in: usize, deadline: Option<&Deadline>) -> bool {
        let place = &self.places[number];
        let mut pauses = PAUSES;
        while !pauses.are_over() {
            if place.is_done() {
                return true;
            }
            pauses.pause();
        }
        if deadline.is_none() && !sync::is_modelled() {
            self.nap(place, &self.places[put_in - 1]);
        }
        place.wait(deadline)
    }

    /// Sleeps until the last task is done, and looks now and then whether the one is that it waits for: to be woken for each task would cost
    /// more than many tasks take, and where the map has no processor it takes none from the workers.
    fn nap(&self, place: &Place<A, T>, last: &Place<A, T>) {
        for _ in 0..NAPS {
            if place.is_done() || !last.await_end() {
                return;
            }
            last.state.wait_timeout(AWAITED, NAP);
        }
    }

    /// The map takes back the task that it put in last, if no worker has begun it; whether it did.
    fn take_back(&self) -> bool {
        let before = self.advance(Progress::without_the_last);
        if let Some(before) = before {
            // SAFETY: it was not begun, and is not put in any more.
            drop(unsafe { self.places[before.put_in() - 1].replace(Content::Nothing) });
        }
        before.is_some()
    }

    /// No task is begun any more, and no other put in: those that are left end like this.
    fn give_up(&self, why: &FutureError) {
        if let Some(before) = self.advance(|now| Some(now.beginning_all())) {
            for place in &self.places[before.begun()..before.put_in()] {
                // SAFETY: its task was begun by this thread, just now.
                unsafe { place.end::<R>(Content::Failed(Box::new(why.clone()))) };
            }
        }
    }
}

impl<A, T, F: Fn(A) -> T, R: Rules> Batch<A, T, F, R> {
    /// Runs the task that this thread has begun, and others of the turn. It begins none before it is done with the one before:
    /// that one may wait for the next, which is another worker's then.
    fn run_turn(&self, begun: usize, mut turn: Turn, f: &F)
    where
        Self: Row,
    {
        let mut next = Some(begun);
        while let Some(number) = next {
            if R::BEGINS_ONE_AT_A_TIME {
                self.run_one(number, f);
                next = self.begin(&mut turn);
            } else {
                next = self.begin(&mut turn);
                self.run_one(number, f);
            }
        }
    }

    /// Runs a task that this thread has begun.
    fn run_one(&self, number: usize, f: &F) {
        let place = &self.places[number];
        // SAFETY: its task was begun by this thread.
        let task = unsafe { place.replace(Content::Nothing) };
        let run = || match task {
            Content::Item(item) => Content::Result(f(item)),
            Content::Chunk(items) => Content::Results(Box::new(items.into_iter().map(f).collect())),
            _ => unreachable!("only tasks are put in"),
        };
        let (content, panic) = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(content) => (content, None),
            Err(payload) => (Content::panicked(&*payload), Some(payload)),
        };
        // SAFETY: as above.
        unsafe { place.end::<R>(content) };
        // It may panic as well.
        drop(panic);
    }
}

impl<A, T> Content<A, T> {
    fn panicked(payload: &(dyn Any + Send)) -> Self {
        Self::Failed(Box::new(FutureError::Failed(Failure::Panicked(message(payload)))))
    }
}

impl<A, T, F, R> Row for Batch<A, T, F, R>
where
    A: Send + 'static,
    T: Send + 'static,
    F: Fn(A) -> T + Clone + Send + 'static,
    R: Rules,
{
    /// An exchange that fails tells how far the tasks are, and has fetched the word for the next one; a load would fetch it twice.
    fn begin(&self, turn: &mut Turn) -> Option<usize> {
        // What the map has taken back, because the pool was closed, is below the end of the turn and not there.
        let is_there = |seen: Progress| !R::BEGINS_WHAT_IS_THERE || seen.left() > 0;
        while turn.seen.begun() < turn.end && is_there(turn.seen) {
            let next = turn.seen.beginning_one();
            // Ordering: as in `advance`.
            match self.progress.compare_exchange(turn.seen.0, next.0, AcqRel, Relaxed) {
                Ok(_) => return Some(std::mem::replace(&mut turn.seen, next).begun()),
                Err(now) => turn.seen = Progress(now),
            }
        }
        None
    }

    fn next_turn(&self) -> Option<Turn> {
        let now = self.progress();
        (!now.closed() && now.left() > 0).then_some(Turn { end: now.put_in(), seen: now })
    }

    fn run(self: Arc<Self>, begun: usize, turn: Turn) {
        match catch_unwind(AssertUnwindSafe(|| self.f.lock().clone())) {
            Ok(f) => self.run_turn(begun, turn, &f),
            // SAFETY: its task was begun by this thread.
            Err(payload) => unsafe { self.places[begun].end::<R>(Content::panicked(&*payload)) },
        }
    }

    fn close(&self) -> Turn {
        let seen = self.advance(|now| Some(now.closing())).expect("it can be closed").closing();
        Turn { end: seen.put_in(), seen }
    }

    fn cancel(&self) {
        self.give_up(&FutureError::Cancelled);
    }

    fn fail(&self) {
        self.give_up(&FutureError::Failed(Failure::BrokenPool));
    }
}

/// The tasks of a map on a pool of threads: in batches, each of which has room for so many.
pub(super) struct Batches<'a, A, T, F, R: Rules> {
    pool: &'a Arc<Shared<R>>,
    f: F,
    chunk: usize,
    /// The oldest first. Tasks are put into the last one, and their results taken from the first.
    open: VecDeque<Arc<Batch<A, T, F, R>>>,
    /// How many tasks were put into the last one.
    put_in: usize,
    /// How many results of the first one were taken.
    taken: usize,
    /// The last one has tasks that were not announced.
    unannounced: Option<Turn>,
}

/// Room for tasks where nobody knows how many will come.
const LEAST_ROOM: usize = 8;
/// Room for tasks where very many are to come.
const MOST_ROOM: usize = 4_096;

impl<'a, A, T, F, R> Batches<'a, A, T, F, R>
where
    A: Send + 'static,
    T: Send + 'static,
    F: Fn(A) -> T + Clone + Send + 'static,
    R: Rules,
{
    pub(super) fn new(pool: &'a Arc<Shared<R>>, f: F, chunk: NonZeroUsize) -> Self {
        Self { pool, f, chunk: chunk.get(), open: VecDeque::new(), put_in: 0, taken: 0, unannounced: None }
    }

    fn next_task(&self, items: &mut dyn Iterator<Item = A>) -> Option<Content<A, T>> {
        if self.chunk == 1 {
            return items.next().map(Content::Item);
        }
        let chunk: Vec<A> = items.take(self.chunk).collect();
        (!chunk.is_empty()).then(|| Content::Chunk(Box::new(chunk)))
    }

    /// Sees to it that the last batch has room for a task. A new one has room for twice as many as the last one, or for all that are to
    /// come.
    fn make_room(&mut self, to_come: usize) {
        let last = self.open.back();
        if last.is_some_and(|batch| self.put_in < batch.places.len()) {
            return;
        }
        let more = last.map_or(LEAST_ROOM, |last| 2 * last.places.len());
        let room = match to_come.div_ceil(self.chunk) {
            0 => more,
            to_come => to_come,
        };
        self.keep_place();
        self.open.push_back(Arc::new(Batch::with_room_for(room.min(MOST_ROOM), self.f.clone())));
        self.put_in = 0;
    }

    /// Puts a task into the last batch; whether it is accepted.
    fn put(&mut self, task: Content<A, T>, to_come: usize) -> bool {
        self.make_room(to_come);
        let batch = self.open.back().expect("there is one");
        let Some(seen) = batch.put_in(self.put_in, task) else { return false };
        self.put_in += 1;
        let turn = Turn { end: self.put_in, seen };
        if seen.left() > self.pool.most() {
            self.unannounced = Some(turn);
            return true;
        }
        self.unannounced = None;
        let row: Arc<dyn Row> = batch.clone();
        if self.pool.announce(&row, turn).is_err() && batch.take_back() {
            self.put_in -= 1;
            return false;
        }
        true
    }

    /// Whatever was put in has its place in the queue.
    fn keep_place(&mut self) {
        if let Some((batch, turn)) = self.open.back().zip(self.unannounced.take()) {
            let row: Arc<dyn Row> = batch.clone();
            self.pool.keep_place(&row, turn);
        }
    }
}

impl<A, T, F, R> Source<A, T> for Batches<'_, A, T, F, R>
where
    A: Send + 'static,
    T: Send + 'static,
    F: Fn(A) -> T + Clone + Send + 'static,
    R: Rules,
{
    fn queue(&mut self, items: &mut dyn Iterator<Item = A>) -> Queued {
        let (to_come, _) = items.size_hint();
        let Some(task) = self.next_task(items) else { return Queued::NoItems };
        if self.put(task, to_come) { Queued::Accepted } else { Queued::Refused }
    }

    fn settle(&mut self) {
        self.keep_place();
    }

    fn take(&mut self, deadline: Option<&Deadline>) -> Result<Portion<T>, FutureError> {
        while self.open.front().is_some_and(|batch| self.taken == batch.places.len()) {
            self.open.pop_front();
            self.taken = 0;
        }
        let batch = self.open.front().expect("a task was put in");
        let put_in = if self.open.len() == 1 { self.put_in } else { batch.places.len() };
        let place = &batch.places[self.taken];
        if !batch.wait(self.taken, put_in, deadline) {
            return Err(FutureError::TimedOut);
        }
        self.taken += 1;
        // SAFETY: its task is done, so the place is the map's again.
        match unsafe { place.replace(Content::Nothing) } {
            Content::Result(result) => Ok(Portion::One(result)),
            Content::Results(results) => Ok(Portion::Several(*results)),
            Content::Failed(why) => Err(*why),
            _ => unreachable!("a task that is done has left something"),
        }
    }

    fn give_up(&mut self) {
        for batch in self.open.drain(..) {
            batch.give_up(&FutureError::Cancelled);
        }
        self.taken = 0;
    }
}

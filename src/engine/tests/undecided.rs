//! What is a limit of the checker, and no fault of the subject.

use crate::engine::{Budget, Engine, Extent, Program, Reason, explore, give_up};
use crate::model::threads::queue::bounded::Bounded;
use crate::port::exchange::{Waiting, exchange};
use crate::port::{self, TryQueue};
use crate::port::{Full, Item};
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crossbeam::queue::SegQueue;
use std::sync::Arc;

fn available() -> impl Iterator<Item = Engine> {
    Engine::ALL.into_iter().filter(|engine| engine.available())
}

#[test]
fn an_execution_that_cannot_be_judged_ends_every_search() {
    let program = Program::new(|| {
        give_up("nobody can say");
        Ok(String::new())
    });
    for engine in available() {
        let explored = explore(engine, &program, &Budget { executions: 10, ..Budget::default() });
        let undecided = Err(Reason::Unsupported("nobody can say".to_owned()));
        assert_eq!((explored.coverage, explored.executions), (undecided, 1), "{engine}");
        assert_eq!(explored.failure, None, "{engine}");
    }
}

#[test]
fn giving_up_outside_an_exploration_does_nothing() {
    give_up("nobody asked");
    let program = Program::new(|| Ok(String::new()));
    let explored = explore(Engine::Dpor, &program, &Budget::default());
    assert_eq!(explored.coverage, Ok(Extent::EXHAUSTIVE));
}

#[test]
fn a_history_of_more_operations_than_bits_of_a_word_is_judged() {
    let scenario = exchange(Waiting::Tries, 70, &[65], 0);
    let program = port::try_queue::harness::<Bounded<_>>().program(scenario);
    let explored = explore(Engine::Dpor, &program, &Budget::default());
    assert_eq!((explored.failure, explored.coverage), (None, Ok(Extent::EXHAUSTIVE)));
}

/// A queue that the engine does not see, so that all operations on it may take place in any order.
struct Unseen(SegQueue<Item>);

impl TryQueue<Item> for Unseen {
    fn with_capacity(_capacity: usize) -> Self {
        Self(SegQueue::new())
    }

    fn try_push(&self, item: Item) -> Result<(), Full<Item>> {
        self.0.push(item);
        Ok(())
    }

    fn try_pop(&self) -> Option<Item> {
        self.0.pop()
    }
}

#[test]
fn a_history_that_takes_too_long_is_no_panic_of_the_subject() {
    let scenario = exchange(Waiting::Tries, 70, &[16; 4], 0);
    let program = port::try_queue::harness::<Unseen>().program(scenario);
    let explored = explore(Engine::Dpor, &program, &Budget::default());
    assert_eq!(explored.failure, None);
    let Err(Reason::Unsupported(why)) = explored.coverage else { panic!("{:?}", explored.coverage) };
    assert_eq!(why, "the order of 64 operations was not decided within 500000 steps: play fewer at a time");
}

/// The thread of std is joined, so that its panic comes before the end of the execution.
#[test]
#[expect(clippy::disallowed_methods, reason = "that is what the engine does not see")]
fn a_thread_of_std_in_a_model_is_unsupported() {
    let program = Program::new(|| {
        let count = Arc::new(AtomicU32::new(0));
        let counting = Arc::clone(&count);
        let counted = std::thread::spawn(move || counting.fetch_add(1, SeqCst));
        counted.join().unwrap();
        Ok(count.load(SeqCst).to_string())
    });
    for engine in available().filter(|engine| *engine != Engine::Native) {
        let explored = explore(engine, &program, &Budget::default());
        assert_eq!(explored.failure, None, "{engine}");
        let Err(Reason::Unsupported(why)) = explored.coverage else { panic!("{engine}: supported") };
        assert!(why.starts_with("a thread of std uses an AtomicU32 of the model at undecided.rs:"), "{why}");
        assert!(why.ends_with("start it with refectory::sync::thread"), "{why}");
    }
}

/// An object that outlives its exploration belongs to nobody that could be told.
#[test]
fn an_object_that_is_left_over_says_where_it_was_made() {
    let (leave, left) = std::sync::mpsc::channel();
    let program = Program::new(move || {
        leave.send(AtomicU32::new(0)).unwrap();
        Ok(String::new())
    });
    assert_eq!(explore(Engine::Dpor, &program, &Budget::default()).coverage, Ok(Extent::EXHAUSTIVE));
    let left = left.recv().unwrap();
    let used = std::panic::catch_unwind(|| left.load(SeqCst)).unwrap_err();
    let message = used.downcast::<String>().unwrap();
    assert!(message.starts_with("an AtomicU32 made at "), "{message}");
}

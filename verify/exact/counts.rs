//! Small programs whose traces have been counted.

use super::{exactly, threads};
use libtest_mimic::Failed;
use refectory::engine::{Budget, Engine, Program, explore};
use refectory::sync::Mutex;
use refectory::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;

/// The classic on which source sets alone explore too much: a reader looks for the last zero of an
/// array in which each writer makes one element larger than its left neighbour.
pub(super) fn lastzero(engine: Engine) -> Result<(), Failed> {
    for (writers, traces) in [(3, 12), (5, 64), (7, 320), (10, 3_328)] {
        let program = Program::new(move || {
            let array: Arc<[AtomicUsize]> = (0..=writers).map(|_| AtomicUsize::new(0)).collect();
            let reader = Arc::clone(&array);
            let mut bodies: Vec<Box<dyn FnOnce() + Send>> = vec![Box::new(move || {
                let mut last = writers;
                while reader[last].load(SeqCst) != 0 {
                    last -= 1;
                }
            })];
            for writer in 1..=writers {
                let array = Arc::clone(&array);
                bodies.push(Box::new(move || {
                    let left = array[writer - 1].load(SeqCst);
                    array[writer].store(left + 1, SeqCst);
                }));
            }
            threads(bodies);
            Ok(String::new())
        });
        exactly(&explore(engine, &program, &Budget::default()), traces)?;
    }
    Ok(())
}

pub(super) fn increments(engine: Engine) -> Result<(), Failed> {
    for (count, each, traces) in [(2, 1, 2), (3, 1, 6), (4, 1, 24), (5, 1, 120), (3, 2, 90)] {
        let program = Program::new(move || {
            let counter = Arc::new(AtomicUsize::new(0));
            threads((0..count).map(|_| {
                let counter = Arc::clone(&counter);
                move || {
                    for _ in 0..each {
                        counter.fetch_add(1, SeqCst);
                    }
                }
            }));
            Ok(counter.load(SeqCst).to_string())
        });
        exactly(&explore(engine, &program, &Budget::default()), traces)?;
    }
    let locked = Program::new(|| {
        let counter = Arc::new(Mutex::new(0));
        threads((0..3).map(|_| {
            let counter = Arc::clone(&counter);
            move || (0..3).for_each(|_| *counter.lock().expect("no poison") += 1)
        }));
        Ok(counter.lock().expect("no poison").to_string())
    });
    exactly(&explore(engine, &locked, &Budget::default()), 1_680)
}

/// A stack that leaks its nodes: reclamation is not the matter here.
#[derive(Default)]
struct Stack {
    head: AtomicPtr<Node>,
}

struct Node {
    next: *mut Node,
}

impl Stack {
    fn push(&self) {
        let node = Box::into_raw(Box::new(Node { next: std::ptr::null_mut() }));
        let mut head = self.head.load(SeqCst);
        loop {
            // SAFETY: the node is not published yet.
            unsafe { (*node).next = head };
            match self.head.compare_exchange(head, node, SeqCst, SeqCst) {
                Ok(_) => return,
                Err(found) => head = found,
            }
        }
    }

    fn pop(&self) {
        let mut head = self.head.load(SeqCst);
        while !head.is_null() {
            // SAFETY: nodes are never freed.
            let next = unsafe { (*head).next };
            match self.head.compare_exchange(head, next, SeqCst, SeqCst) {
                Ok(_) => return,
                Err(found) => head = found,
            }
        }
    }
}

/// `count` threads, each of which pushes and pops `each` times.
pub(super) fn treiber_stack(engine: Engine) -> Result<(), Failed> {
    let program = |count: usize, each: usize| {
        Program::new(move || {
            let stack = Arc::new(Stack::default());
            threads((0..count).map(|_| {
                let stack = Arc::clone(&stack);
                move || {
                    for _ in 0..each {
                        stack.push();
                        stack.pop();
                    }
                }
            }));
            Ok(String::new())
        })
    };
    for (count, each, traces) in [(2, 1, 40), (2, 2, 6_372), (3, 1, 25_680)] {
        exactly(&explore(engine, &program(count, each), &Budget::default()), traces)?;
    }
    Ok(())
}

//! What a search says besides its verdict.

use crate::engine::{Budget, Engine, Note, Program, explore};
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::sync::{Mutex, thread};
use std::sync::Arc;

fn notes(body: fn(&AtomicUsize), budget: Budget) -> Vec<Note> {
    let program = Program::new(move || {
        let shared = Arc::new((AtomicUsize::new(0), Mutex::new(())));
        let threads = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let _locked = shared.1.lock().unwrap();
                body(&shared.0);
            })
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        Ok(String::new())
    });
    explore(Engine::Dpor, &program, &budget).notes
}

#[test]
fn spurious_events_that_were_left_out_are_named() {
    let weak = |word: &AtomicUsize| {
        let _ = word.compare_exchange_weak(0, 1, SeqCst, SeqCst);
    };
    assert_eq!(notes(weak, Budget::default()), [Note::NoSpuriousEvents]);
    let spurious = Budget { spurious_failures: true, ..Budget::default() };
    assert_eq!(notes(weak, spurious), []);
    let strong = |word: &AtomicUsize| {
        let _ = word.compare_exchange(0, 1, SeqCst, SeqCst);
    };
    assert_eq!(notes(strong, Budget::default()), []);
}

//! triomphe: counted references without weak ones.

mod item;

use item::Item;
use loom::thread;
use triomphe::{Arc, ThinArc};

#[test]
fn the_last_owner_drops_the_value() {
    loom::model(|| {
        let first = Arc::new(Item::new(1));
        let threads = [(); 2].map(|()| {
            let item = first.clone();
            thread::spawn(move || assert_eq!(item.value(), 1))
        });
        drop(first);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_sole_owner_reaches_the_value() {
    loom::model(|| {
        let mut first = Arc::new(Item::new(1));
        let second = first.clone();
        let thread = thread::spawn(move || assert_eq!(second.value(), 1));
        if let Some(item) = Arc::get_mut(&mut first) {
            *item = Item::new(2);
        }
        thread.join().unwrap();
    });
}

#[test]
fn one_owner_unwraps_the_value() {
    loom::model(|| {
        let first = Arc::new(Item::new(1));
        let second = first.clone();
        let thread = thread::spawn(move || Arc::try_unwrap(second).ok().map(|item| item.value()));
        let mine = Arc::try_unwrap(first).ok().map(|item| item.value());
        let theirs = thread.join().unwrap();
        assert!(mine.or(theirs).is_none_or(|value| value == 1));
        assert!(mine.is_none() || theirs.is_none());
    });
}

#[test]
fn a_thin_reference_drops_its_items() {
    loom::model(|| {
        let first = ThinArc::from_header_and_iter((), [1, 2].map(Item::new).into_iter());
        let second = first.clone();
        let thread = thread::spawn(move || assert_eq!(second.slice[1].value(), 2));
        assert_eq!(first.slice[0].value(), 1);
        drop(first);
        thread.join().unwrap();
    });
}

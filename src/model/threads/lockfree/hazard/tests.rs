//! What a domain does with nodes, natively.

use super::*;
use crate::sync::Barrier;
use std::sync::Arc;

type Guarded = Domain<Arc<()>, 1>;

fn source(value: &Arc<()>) -> AtomicPtr<Node<Arc<()>>> {
    AtomicPtr::new(Node::new(value.clone()))
}

/// Unlinks what `source` points to and retires it.
fn replace(domain: &Guarded, source: &AtomicPtr<Node<Arc<()>>>, with: *mut Node<Arc<()>>) {
    let guard = domain.protect(source).unwrap();
    source.store(with, Ordering::Release);
    // SAFETY: the node is unlinked, and nobody else retires it.
    unsafe { guard.retire(guard.node()) };
}

/// How many owners the value has beside those in nodes that are free.
fn owners(domain: &Guarded, value: &Arc<()>) -> usize {
    while domain.spare().is_some() {}
    Arc::strong_count(value)
}

#[test]
fn a_scan_frees_what_nobody_looks_into() {
    let (domain, value) = (Guarded::with_records(2, 1), Arc::new(()));
    let source = source(&value);
    replace(&domain, &source, null_mut());
    assert_eq!(owners(&domain, &value), 1);
    assert!(domain.protect(&source).is_none());
}

#[test]
fn a_protected_node_stays() {
    let (domain, value, meeting) = (Guarded::with_records(2, 1), Arc::new(()), Barrier::new(2));
    let [first, second, third] = [(); 3].map(|()| source(&value));
    let mut looking = domain.protect(&first).unwrap();
    let other = || {
        replace(&domain, &first, null_mut());
        let protected = owners(&domain, &value);
        meeting.wait();
        meeting.wait();
        replace(&domain, &third, null_mut());
        [protected, owners(&domain, &value)]
    };
    let (owners_of_protected, turned, seen) = std::thread::scope(|scope| {
        let other = scope.spawn(other);
        meeting.wait();
        let owners_of_protected = Arc::strong_count(looking.body());
        let turned = looking.turn_to(&second, second.load(Ordering::Relaxed));
        meeting.wait();
        (owners_of_protected, turned, other.join().unwrap())
    });
    assert_eq!((owners_of_protected, turned, seen), (4, true, [4, 2]), "the next scan frees both");
    drop(looking);
    replace(&domain, &second, null_mut());
    assert_eq!(owners(&domain, &value), 1);
}

#[test]
fn retired_nodes_wait_for_a_scan() {
    let (domain, value) = (Guarded::with_records(1, 3), Arc::new(()));
    for retired in 1..=3 {
        replace(&domain, &source(&value), null_mut());
        assert_eq!(owners(&domain, &value), [1, 2, 3, 1][retired]);
    }
}

#[test]
fn drops() {
    let (domain, value) = (Guarded::with_records(1, 3), Arc::new(()));
    replace(&domain, &source(&value), null_mut());
    assert_eq!(Arc::strong_count(&value), 2);
    drop(domain);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn records_grow_in_number() {
    let (domain, value) = (Guarded::with_records(1, 1), Arc::new(()));
    let (source, meeting) = (source(&value), Barrier::new(6));
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| {
                let _guard = domain.protect(&source).unwrap();
                meeting.wait();
                meeting.wait();
            });
        }
        meeting.wait();
        assert!(domain.segments().count() >= 5);
        replace(&domain, &source, null_mut());
        assert_eq!(Arc::strong_count(&value), 2, "a guard in a later segment is seen too");
        meeting.wait();
    });
}

#[test]
fn nodes_are_used_again() {
    let (domain, value) = (Guarded::with_records(2, 1), Arc::new(()));
    let (source, other) = (source(&value), Arc::new(()));
    let first = source.load(Ordering::Relaxed);
    replace(&domain, &source, null_mut());
    let second = std::thread::scope(|scope| {
        let elsewhere = scope.spawn(|| domain.node(other.clone()) as usize);
        elsewhere.join().unwrap() as *mut Node<Arc<()>>
    });
    assert_eq!((second, Arc::strong_count(&other)), (first, 2));
    // SAFETY: nobody else knows the node.
    drop(unsafe { Node::free(second) });
    assert_eq!([value, other].map(|value| Arc::strong_count(&value)), [1, 1]);
}

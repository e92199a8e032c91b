//! spin: locks that spin.

use loom::cell::Cell;
use loom::sync::Arc;
use loom::thread;

/// Two threads run the body, and main looks at what they shared.
fn twice<S: 'static>(shared: fn() -> S, body: fn(&S), look: fn(&S)) {
    loom::model(move || {
        let shared = Arc::new(shared());
        let threads = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || body(&shared))
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        look(&shared);
    });
}

fn raise(count: &Cell<u32>) {
    count.set(count.get() + 1);
}

#[test]
fn spin_mutex_guards_a_count() {
    use spin::mutex::SpinMutex;
    twice(|| <SpinMutex<_>>::new(Cell::new(0)), |count| raise(&count.lock()), |count| assert_eq!(count.lock().get(), 2));
}

#[test]
fn ticket_mutex_guards_a_count() {
    use spin::mutex::TicketMutex;
    twice(|| <TicketMutex<_>>::new(Cell::new(0)), |count| raise(&count.lock()), |count| assert_eq!(count.lock().get(), 2));
}

#[test]
fn fair_mutex_guards_a_count() {
    use spin::mutex::FairMutex;
    twice(|| <FairMutex<_>>::new(Cell::new(0)), |count| raise(&count.lock()), |count| assert_eq!(count.lock().get(), 2));
}

#[test]
fn rwlock_guards_a_count() {
    twice(
        || spin::RwLock::new(Cell::new(0)),
        |count| {
            assert!(count.read().get() < 2);
            raise(&count.write());
        },
        |count| assert_eq!(count.read().get(), 2),
    );
}

#[test]
fn rwlock_is_upgraded() {
    twice(
        || spin::RwLock::new(Cell::new(0)),
        |count| {
            let count = count.upgradeable_read();
            let before = count.get();
            count.upgrade().set(before + 1);
        },
        |count| assert_eq!(count.read().get(), 2),
    );
}

#[test]
fn once_happens_once() {
    twice(
        || (spin::Once::new(), Cell::new(0)),
        |(once, count)| {
            once.call_once(|| raise(count));
            assert_eq!(count.get(), 1);
        },
        |(once, _)| assert!(once.is_completed()),
    );
}

#[test]
fn barrier_has_one_leader() {
    twice(
        || (spin::Barrier::new(2), loom::sync::atomic::AtomicUsize::new(0)),
        |(barrier, leaders)| {
            if barrier.wait().is_leader() {
                leaders.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        },
        |(_, leaders)| assert_eq!(leaders.load(std::sync::atomic::Ordering::Relaxed), 1),
    );
}

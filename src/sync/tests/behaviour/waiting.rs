//! Locks, channels, and what else threads wait at.

use super::{both, each};
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::{Arc, Barrier, Condvar, Futex, Mutex, Once, OnceLock, RwLock, TryLockError, mpsc, thread};
use std::fmt::Display;
use std::time::Duration;

pub(in crate::sync::tests) fn mutex_guards_a_count() {
    let (count, _) = both(Mutex::new(0), |count| *count.lock().unwrap() += 1);
    assert_eq!(*count.lock().unwrap(), 2);
}

pub(in crate::sync::tests) fn mutex_refuses_a_second_holder() {
    let mutex = Mutex::new(());
    let held = mutex.lock().unwrap();
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    drop(held);
    assert!(mutex.try_lock().is_ok());
}

pub(in crate::sync::tests) fn mutex_holds_unsized_values() {
    let bytes: Box<Mutex<[u8]>> = Box::new(Mutex::new([1, 2, 3]));
    assert_eq!(bytes.lock().unwrap().len(), 3);
    let shown: Arc<Mutex<dyn Display + Send>> = Arc::coerce(Arc::new(Mutex::new("soup")), |mutex| mutex);
    assert_eq!(shown.lock().unwrap().to_string(), "soup");
}

pub(in crate::sync::tests) fn rwlock_admits_readers_together() {
    let lock = RwLock::new(1);
    let reader = lock.read().unwrap();
    assert!(lock.try_write().is_err());
    drop(reader);
    let (lock, seen) = both(lock, |lock| *lock.read().unwrap());
    assert_eq!(seen, [1, 1]);
    *lock.write().unwrap() += 1;
    assert_eq!(*lock.try_read().unwrap(), 2);
}

pub(in crate::sync::tests) fn rwlock_refuses_a_writer_beside_a_reader() {
    let (lock, _) = both(RwLock::new(0), |lock| *lock.write().unwrap() += 1);
    let writer = lock.try_write().unwrap();
    assert_eq!(*writer, 2);
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
}

pub(in crate::sync::tests) fn condvar_wakes_a_waiter() {
    each(
        (Mutex::new(false), Condvar::new()),
        [
            |(open, changed)| {
                let open = changed.wait_while(open.lock().unwrap(), |open| !*open).unwrap();
                assert!(*open);
            },
            |(open, changed)| {
                *open.lock().unwrap() = true;
                changed.notify_one();
            },
        ],
    );
}

pub(in crate::sync::tests) fn condvar_wakes_all_waiters() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let waiters = [(); 2].map(|()| {
        let gate = Arc::clone(&gate);
        thread::spawn(move || drop(gate.1.wait_while(gate.0.lock().unwrap(), |open| !*open).unwrap()))
    });
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    for waiter in waiters {
        waiter.join().unwrap();
    }
}

pub(in crate::sync::tests) fn channel_hands_items_over_in_order() {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || [1, 2].map(|item| sender.send(item).is_ok()));
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(thread.join().unwrap(), [true, true]);
}

pub(in crate::sync::tests) fn channel_ends_with_its_senders() {
    let (sender, receiver) = mpsc::channel::<u32>();
    assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Empty));
    let other = sender.clone();
    let thread = thread::spawn(move || drop(other));
    drop(sender);
    assert_eq!(receiver.recv(), Err(mpsc::RecvError));
    assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    thread.join().unwrap();
}

pub(in crate::sync::tests) fn channel_gives_items_back_without_a_receiver() {
    let (sender, receiver) = mpsc::channel();
    drop(receiver);
    assert_eq!(sender.send(1), Err(mpsc::SendError(1)));
    let (sender, receiver) = mpsc::sync_channel(0);
    let thread = thread::spawn(move || drop(receiver));
    assert_eq!(sender.send(1), Err(mpsc::SendError(1)));
    assert_eq!(sender.try_send(2), Err(mpsc::TrySendError::Disconnected(2)));
    thread.join().unwrap();
}

pub(in crate::sync::tests) fn bounded_channel_makes_senders_wait() {
    let (sender, receiver) = mpsc::sync_channel(1);
    sender.send(1).unwrap();
    assert_eq!(sender.try_send(2), Err(mpsc::TrySendError::Full(2)));
    let thread = thread::spawn(move || sender.send(3).is_ok());
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [1, 3]);
    assert!(thread.join().unwrap());
}

pub(in crate::sync::tests) fn rendezvous_waits_for_the_receiver() {
    let (sender, receiver) = mpsc::sync_channel(0);
    assert_eq!(sender.try_send(1), Err(mpsc::TrySendError::Full(1)));
    let received = Arc::new(AtomicU32::new(0));
    let thread = thread::spawn({
        let received = Arc::clone(&received);
        move || {
            sender.send(1).unwrap();
            received.load(Acquire)
        }
    });
    received.store(1, Release);
    assert_eq!(receiver.recv(), Ok(1));
    assert_eq!(thread.join().unwrap(), 1);
}

pub(in crate::sync::tests) fn once_happens_once() {
    let (shared, _) = both((Once::new(), AtomicU32::new(0)), |(once, count)| {
        once.call_once(|| {
            count.fetch_add(1, Relaxed);
        });
        assert_eq!(count.load(Relaxed), 1);
    });
    assert!(shared.0.is_completed());
}

pub(in crate::sync::tests) fn once_lock_is_set_once() {
    let (lock, seen) = both(OnceLock::new(), |lock| {
        let mine = thread::current().id();
        (*lock.get_or_init(|| mine) == mine, *lock.get().unwrap())
    });
    assert!(seen[0].0 != seen[1].0, "one of the two sets it");
    assert_eq!(seen[0].1, seen[1].1);
    assert!(lock.set(thread::current().id()).is_err());
    let mut lock = Arc::into_inner(lock).unwrap();
    assert!(lock.take().is_some());
    assert!(lock.get().is_none());
}

pub(in crate::sync::tests) fn barrier_lets_all_through_with_one_leader() {
    let (_, leads) = both(Barrier::new(2), |barrier| barrier.wait().is_leader());
    assert!(leads[0] != leads[1]);
}

pub(in crate::sync::tests) fn futex_wakes_a_waiter() {
    each(
        Futex::new(0).named(format_args!("word")),
        [
            |word| {
                while word.load(Acquire) == 0 {
                    word.wait(0);
                }
            },
            |word| {
                word.store(1, Release);
                word.wake_one();
            },
        ],
    );
}

pub(in crate::sync::tests) fn futex_wakes_all_waiters() {
    let word = Arc::new(Futex::new(0));
    let waiters = [(); 2].map(|()| {
        let word = Arc::clone(&word);
        thread::spawn(move || {
            while word.load(Acquire) == 0 {
                word.wait(0);
            }
        })
    });
    word.store(1, Release);
    word.wake_all();
    for waiter in waiters {
        waiter.join().unwrap();
    }
}

pub(in crate::sync::tests) fn futex_does_not_wait_for_another_value() {
    let word = Futex::new(7);
    word.wait(0);
    assert!(word.wait_timeout(0, Duration::MAX));
    assert_eq!(word.swap(8, Relaxed), 7);
    assert_eq!(format!("{word:?}"), "Futex(8)");
}

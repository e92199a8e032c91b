//! What each type does, wherever it is driven. Main spawns and joins; two threads do the rest.

use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use crate::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16,
    AtomicU32, AtomicU64, AtomicUsize, fence,
};
use crate::sync::future::{AtomicWaker, block_on};
use crate::sync::{
    Arc, Barrier, Condvar, Futex, LazyLock, Mutex, Once, OnceLock, RwLock, Tracked, TryLockError, UnsafeCell,
    Weak, hint, lazy_static, mpsc, thread, thread_local,
};
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::task::Poll;
use std::time::Duration;

/// Runs the body on two threads that share a value, and gives what they give.
fn both<S, T>(shared: S, body: fn(&S) -> T) -> (Arc<S>, [T; 2])
where
    S: Send + Sync + 'static,
    T: Send + 'static,
{
    let shared = Arc::new(shared);
    let threads = [(); 2].map(|()| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || body(&shared))
    });
    let results = threads.map(|thread| thread.join().unwrap());
    (shared, results)
}

/// Runs two bodies on threads that share a value.
fn each<S: Send + Sync + 'static>(shared: S, bodies: [fn(&S); 2]) -> Arc<S> {
    let shared = Arc::new(shared);
    let threads = bodies.map(|body| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || body(&shared))
    });
    for thread in threads {
        thread.join().unwrap();
    }
    shared
}

pub(super) fn mutex_guards_a_count() {
    let (count, _) = both(Mutex::new(0), |count| *count.lock().unwrap() += 1);
    assert_eq!(*count.lock().unwrap(), 2);
}

pub(super) fn mutex_refuses_a_second_holder() {
    let mutex = Mutex::new(());
    let held = mutex.lock().unwrap();
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    drop(held);
    assert!(mutex.try_lock().is_ok());
}

pub(super) fn mutex_holds_unsized_values() {
    let bytes: Box<Mutex<[u8]>> = Box::new(Mutex::new([1, 2, 3]));
    assert_eq!(bytes.lock().unwrap().len(), 3);
    let shown: Arc<Mutex<dyn Display + Send>> = Arc::coerce(Arc::new(Mutex::new("soup")), |mutex| mutex);
    assert_eq!(shown.lock().unwrap().to_string(), "soup");
}

pub(super) fn rwlock_admits_readers_together() {
    let lock = RwLock::new(1);
    let reader = lock.read().unwrap();
    assert!(lock.try_write().is_err());
    drop(reader);
    let (lock, seen) = both(lock, |lock| *lock.read().unwrap());
    assert_eq!(seen, [1, 1]);
    *lock.write().unwrap() += 1;
    assert_eq!(*lock.try_read().unwrap(), 2);
}

pub(super) fn rwlock_refuses_a_writer_beside_a_reader() {
    let (lock, _) = both(RwLock::new(0), |lock| *lock.write().unwrap() += 1);
    let writer = lock.try_write().unwrap();
    assert_eq!(*writer, 2);
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
}

pub(super) fn condvar_wakes_a_waiter() {
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

pub(super) fn condvar_wakes_all_waiters() {
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

macro_rules! every_integer {
    ($($atomic:ident)+) => {$({
        let atomic = $atomic::new(5);
        assert_eq!(atomic.swap(6, SeqCst), 5);
        assert_eq!(atomic.fetch_add(4, AcqRel), 6);
        assert_eq!(atomic.fetch_sub(2, Release), 10);
        assert_eq!(atomic.fetch_and(0b1100, Relaxed), 8);
        assert_eq!(atomic.fetch_or(0b0001, Acquire), 8);
        assert_eq!(atomic.fetch_xor(0b0011, Relaxed), 9);
        assert_eq!(atomic.fetch_max(20, Relaxed), 10);
        assert_eq!(atomic.fetch_min(3, Relaxed), 20);
        assert_eq!(atomic.fetch_nand(1, Relaxed), 3);
        assert_eq!(atomic.load(Relaxed), !1);
        atomic.store(1, Relaxed);
        assert_eq!(atomic.compare_exchange(2, 3, Relaxed, Relaxed), Err(1));
        assert_eq!(atomic.compare_exchange(1, 3, Relaxed, Relaxed), Ok(1));
        assert_eq!(atomic.fetch_update(Relaxed, Relaxed, |value| (value == 3).then_some(4)), Ok(3));
        assert_eq!(atomic.try_update(Relaxed, Relaxed, |_| None), Err(4));
        assert_eq!(atomic.update(Relaxed, Relaxed, |value| value + 1), 4);
        assert_eq!(atomic.into_inner(), 5);
    })+};
}

pub(super) fn atomics_have_every_read_modify_write() {
    every_integer!(AtomicU8 AtomicU16 AtomicU32 AtomicU64 AtomicUsize AtomicI8 AtomicI16 AtomicI32 AtomicI64 AtomicIsize);
}

pub(super) fn atomic_bool_has_every_read_modify_write() {
    let atomic = AtomicBool::new(true);
    assert!(atomic.swap(true, Relaxed));
    assert!(atomic.fetch_and(false, Relaxed));
    assert!(!atomic.fetch_or(true, Relaxed));
    assert!(atomic.fetch_xor(true, Relaxed));
    assert!(!atomic.fetch_nand(true, Relaxed));
    assert!(atomic.fetch_not(Relaxed));
    assert_eq!(atomic.compare_exchange(false, true, Relaxed, Relaxed), Ok(false));
    assert!(atomic.into_inner());
}

pub(super) fn atomic_pointer_has_every_read_modify_write() {
    let mut forks = [0_u32; 4];
    let first = forks.as_mut_ptr();
    let mut atomic = AtomicPtr::new(first);
    assert_eq!(atomic.fetch_ptr_add(3, Relaxed), first);
    assert_eq!(atomic.fetch_ptr_sub(1, Relaxed), first.wrapping_add(3));
    assert_eq!(atomic.fetch_byte_add(4, Relaxed), first.wrapping_add(2));
    assert_eq!(atomic.fetch_byte_sub(12, Relaxed), first.wrapping_add(3));
    assert_eq!(atomic.fetch_or(1, Relaxed), first);
    assert_eq!(atomic.fetch_xor(3, Relaxed).addr(), first.addr() | 1);
    assert_eq!(atomic.fetch_and(!3, Relaxed).addr(), first.addr() ^ 2);
    assert_eq!(atomic.swap(first, Relaxed).addr(), first.addr() & !3);
    assert_eq!(atomic.compare_exchange(first, std::ptr::null_mut(), Relaxed, Relaxed), Ok(first));
    assert!(atomic.get_mut().is_null());
}

pub(super) fn atomic_increments_are_not_lost() {
    let (count, found) = both(AtomicU32::new(0), |count| count.fetch_add(1, Relaxed));
    assert_eq!(found[0] + found[1], 1);
    assert_eq!(count.load(Relaxed), 2);
}

/// A stack's destructor reaches its head through the exclusive borrow.
pub(super) fn atomic_shows_its_value_to_its_owner() {
    let (count, _) = both(AtomicU32::new(0), |count| count.fetch_add(1, AcqRel));
    let mut count = Arc::into_inner(count).expect("the last owner");
    assert_eq!(*count.get_mut(), 2);
    *count.get_mut() += 1;
    assert_eq!(*count.get_mut(), 3);
    assert_eq!(count.into_inner(), 3);
}

/// A cell, and a flag that says whose it is.
struct Baton {
    value: UnsafeCell<u32>,
    passed: AtomicBool,
}

// SAFETY: the cell is written before `passed` is set, and read after.
unsafe impl Sync for Baton {}

impl Baton {
    fn new() -> Self {
        Self { value: UnsafeCell::new(0), passed: AtomicBool::new(false) }
    }

    fn write(&self) {
        // SAFETY: the reader waits for `passed`.
        self.value.with_mut(|value| unsafe { *value = 7 });
    }

    fn read(&self) -> u32 {
        // SAFETY: `passed` was seen, and the writer is done.
        self.value.with(|value| unsafe { *value })
    }
}

pub(super) fn cell_passes_from_thread_to_thread() {
    each(
        Baton::new(),
        [
            |baton| {
                baton.write();
                baton.passed.store(true, Release);
            },
            |baton| {
                while !baton.passed.load(Acquire) {
                    hint::spin_loop();
                }
                assert_eq!(baton.read(), 7);
            },
        ],
    );
}

pub(super) fn cell_is_reached_through_guards() {
    let cell = UnsafeCell::new(1);
    {
        let write = cell.begin_write();
        // SAFETY: only this thread has the cell.
        unsafe { *write.deref() += 1 };
    }
    let read = cell.begin_read();
    // SAFETY: as above.
    assert_eq!(unsafe { *read.deref() }, 2);
    // SAFETY: as above.
    assert_eq!(read.with(|value| unsafe { *value }), 2);
}

pub(super) fn channel_hands_items_over_in_order() {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || [1, 2].map(|item| sender.send(item).is_ok()));
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(thread.join().unwrap(), [true, true]);
}

pub(super) fn channel_ends_with_its_senders() {
    let (sender, receiver) = mpsc::channel::<u32>();
    assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Empty));
    let other = sender.clone();
    let thread = thread::spawn(move || drop(other));
    drop(sender);
    assert_eq!(receiver.recv(), Err(mpsc::RecvError));
    assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    thread.join().unwrap();
}

pub(super) fn channel_gives_items_back_without_a_receiver() {
    let (sender, receiver) = mpsc::channel();
    drop(receiver);
    assert_eq!(sender.send(1), Err(mpsc::SendError(1)));
    let (sender, receiver) = mpsc::sync_channel(0);
    let thread = thread::spawn(move || drop(receiver));
    assert_eq!(sender.send(1), Err(mpsc::SendError(1)));
    assert_eq!(sender.try_send(2), Err(mpsc::TrySendError::Disconnected(2)));
    thread.join().unwrap();
}

pub(super) fn bounded_channel_makes_senders_wait() {
    let (sender, receiver) = mpsc::sync_channel(1);
    sender.send(1).unwrap();
    assert_eq!(sender.try_send(2), Err(mpsc::TrySendError::Full(2)));
    let thread = thread::spawn(move || sender.send(3).is_ok());
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [1, 3]);
    assert!(thread.join().unwrap());
}

pub(super) fn rendezvous_waits_for_the_receiver() {
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

pub(super) fn fences_order_relaxed_accesses() {
    each(
        Baton::new(),
        [
            |baton| {
                baton.write();
                fence(Release);
                baton.passed.store(true, Relaxed);
            },
            |baton| {
                while !baton.passed.load(Relaxed) {
                    thread::yield_now();
                }
                fence(Acquire);
                assert_eq!(baton.read(), 7);
            },
        ],
    );
}

/// Counts its own destruction, and looks at a cell that others have written.
struct Counted {
    drops: std::sync::Arc<std::sync::atomic::AtomicU32>,
    last_words: UnsafeCell<u32>,
}

// SAFETY: nobody but the destructor reaches the cell.
unsafe impl Sync for Counted {}

impl Drop for Counted {
    fn drop(&mut self) {
        // SAFETY: the last owner is alone.
        self.last_words.with_mut(|words| unsafe { *words += 1 });
        self.drops.fetch_add(1, SeqCst);
    }
}

pub(super) fn arc_destroys_its_value_once() {
    let drops = std::sync::Arc::default();
    let counted = Counted { drops: std::sync::Arc::clone(&drops), last_words: UnsafeCell::new(0) };
    let (value, _) = both(counted, |_| ());
    let again = Arc::clone(&value);
    assert_eq!(Arc::strong_count(&value), 2);
    assert!(Arc::ptr_eq(&value, &again));
    drop(again);
    drop(value);
    assert_eq!(drops.load(SeqCst), 1);
}

pub(super) fn arc_holds_a_trait_object() {
    let shown: Arc<dyn Display + Send + Sync> = Arc::coerce(Arc::new(42), |number| number);
    let other = Arc::clone(&shown);
    let thread = thread::spawn(move || other.to_string());
    assert_eq!(thread.join().unwrap(), "42");
    let slice: Arc<[u8]> = Arc::from(vec![1, 2]);
    assert_eq!(slice.len(), 2);
}

pub(super) fn arc_goes_through_a_raw_pointer() {
    let value = Arc::new(3);
    let pointer = Arc::into_raw(Arc::clone(&value));
    assert_eq!(Arc::strong_count(&value), 2);
    // SAFETY: `into_raw` gave it.
    let again = unsafe { Arc::from_raw(pointer) };
    assert!(Arc::ptr_eq(&value, &again));
}

/// A waker written by hand: what is woken is an owner that went through a pointer.
mod by_hand {
    use super::{Arc, AtomicU32, Relaxed};
    use std::mem::ManuallyDrop;
    use std::task::{RawWaker, RawWakerVTable, Waker};

    static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

    pub(super) fn waker(woken: Arc<AtomicU32>) -> Waker {
        // SAFETY: the functions of the table keep the contract of each.
        unsafe { Waker::from_raw(RawWaker::new(Arc::into_raw(woken).cast(), &TABLE)) }
    }

    unsafe fn owner(woken: *const ()) -> Arc<AtomicU32> {
        // SAFETY: the pointer of every such waker came from `into_raw`.
        unsafe { Arc::from_raw(woken.cast()) }
    }

    unsafe fn clone(woken: *const ()) -> RawWaker {
        // SAFETY: as above.
        let another = ManuallyDrop::new(unsafe { owner(woken) });
        waker_of(Arc::clone(&another))
    }

    fn waker_of(woken: Arc<AtomicU32>) -> RawWaker {
        RawWaker::new(Arc::into_raw(woken).cast(), &TABLE)
    }

    unsafe fn wake(woken: *const ()) {
        // SAFETY: as above; this owner is given up.
        unsafe { owner(woken) }.fetch_add(1, Relaxed);
    }

    unsafe fn wake_by_ref(woken: *const ()) {
        // SAFETY: as above; the owner stays with the waker.
        ManuallyDrop::new(unsafe { owner(woken) }).fetch_add(1, Relaxed);
    }

    unsafe fn drop(woken: *const ()) {
        // SAFETY: as above; this owner is given up.
        std::mem::drop(unsafe { owner(woken) });
    }
}

pub(super) fn arc_is_cloned_through_a_raw_pointer() {
    let woken = Arc::new(AtomicU32::new(0));
    let waker = by_hand::waker(Arc::clone(&woken));
    waker.wake_by_ref();
    let other = waker.clone();
    let thread = thread::spawn(move || other.wake());
    waker.wake_by_ref();
    thread.join().unwrap();
    drop(waker);
    assert_eq!(Arc::try_unwrap(woken).expect("the last owner").into_inner(), 3);
}

pub(super) fn arc_is_counted_through_a_raw_pointer() {
    let pointers = [(); 2].map(|()| Arc::into_raw(Arc::new(3)));
    // SAFETY: `into_raw` gave the pointers, and each owner is taken back once.
    let [first, second] = pointers.map(|pointer| unsafe {
        Arc::increment_strong_count(pointer);
        Arc::decrement_strong_count(pointer);
        Arc::increment_strong_count(pointer);
        (Arc::from_raw(pointer), Arc::from_raw(pointer))
    });
    assert!(Arc::ptr_eq(&first.0, &first.1) && !Arc::ptr_eq(&first.0, &second.0));
    assert_eq!((Arc::strong_count(&first.0), Arc::strong_count(&second.1)), (2, 2));
}

pub(super) fn arc_refers_to_itself() {
    let plate = Arc::new_cyclic(|plate: &Weak<[u32; 2]>| [plate.clone().ptr_eq(plate).into(), 2]);
    assert_eq!(*plate, [1, 2]);
}

pub(super) fn arc_unwraps_for_a_sole_owner() {
    let mut value = Arc::new(3);
    let other = Arc::clone(&value);
    assert!(Arc::get_mut(&mut value).is_none());
    let value = Arc::try_unwrap(value).unwrap_err();
    assert_eq!(Arc::into_inner(other), None);
    let mut value = value;
    *Arc::make_mut(&mut value) += 1;
    assert_eq!(Arc::try_unwrap(value), Ok(4));
}

pub(super) fn arc_is_made_of_std_s() {
    let value: Arc<dyn Fn() -> u32> = Arc::from_std(std::sync::Arc::new(|| 1));
    assert_eq!(value(), 1);
}

pub(super) fn once_happens_once() {
    let (shared, _) = both((Once::new(), AtomicU32::new(0)), |(once, count)| {
        once.call_once(|| {
            count.fetch_add(1, Relaxed);
        });
        assert_eq!(count.load(Relaxed), 1);
    });
    assert!(shared.0.is_completed());
}

pub(super) fn once_lock_is_set_once() {
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

pub(super) fn barrier_lets_all_through_with_one_leader() {
    let (_, leads) = both(Barrier::new(2), |barrier| barrier.wait().is_leader());
    assert!(leads[0] != leads[1]);
}

pub(super) fn futex_wakes_a_waiter() {
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

pub(super) fn futex_wakes_all_waiters() {
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

pub(super) fn futex_does_not_wait_for_another_value() {
    let word = Futex::new(7);
    word.wait(0);
    assert!(word.wait_timeout(0, Duration::MAX));
    assert_eq!(word.swap(8, Relaxed), 7);
    assert_eq!(format!("{word:?}"), "Futex(8)");
}

pub(super) fn thread_hands_its_result_to_join() {
    let result = thread::spawn(|| "soup").join().unwrap();
    assert_eq!(result, "soup");
}

pub(super) fn thread_hands_its_panic_to_join() {
    let panic = thread::spawn(|| std::panic::resume_unwind(Box::new("spilt"))).join();
    let payload = panic.map(|never: ()| never).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"spilt"));
}

pub(super) fn thread_is_unparked() {
    let ready = Arc::new(AtomicBool::new(false));
    let sleeper = thread::spawn({
        let ready = Arc::clone(&ready);
        move || {
            while !ready.load(Acquire) {
                thread::park();
            }
        }
    });
    ready.store(true, Release);
    sleeper.thread().unpark();
    sleeper.join().unwrap();
}

pub(super) fn thread_has_a_name_and_an_identity() {
    let builder = thread::Builder::new().name("Plato".to_owned());
    let handle =
        builder.spawn(|| (thread::current().name().map(str::to_owned), thread::current().id())).unwrap();
    let (thread, (name, id)) = (handle.thread().clone(), handle.join().unwrap());
    assert_eq!(name.as_deref(), Some("Plato"));
    assert_eq!(thread.name(), Some("Plato"));
    assert_eq!(thread.id(), id);
    assert_ne!(thread::current().id(), id);
}

pub(super) fn future_is_driven_to_its_end() {
    let mut polls = 0;
    let future = std::future::poll_fn(|context| {
        polls += 1;
        context.waker().wake_by_ref();
        if polls == 2 { Poll::Ready("done") } else { Poll::Pending }
    });
    assert_eq!(block_on(future), "done");
}

pub(super) fn waker_is_not_lost() {
    each(
        (AtomicWaker::new(), AtomicBool::new(false)),
        [
            |(waker, ready)| {
                block_on(std::future::poll_fn(|context| {
                    waker.register(context.waker());
                    if ready.swap(false, Acquire) { Poll::Ready(()) } else { Poll::Pending }
                }));
            },
            |(waker, ready)| {
                ready.swap(true, Release);
                waker.wake();
            },
        ],
    );
}

pub(super) fn lazy_static_is_made_once() {
    lazy_static! {
        static ref COUNT: Mutex<u32> = Mutex::new(40);
    }
    for _ in 0..2 {
        thread::spawn(|| *COUNT.lock().unwrap() += 1).join().unwrap();
    }
    assert_eq!(*COUNT.lock().unwrap(), 42);
}

pub(super) fn lazy_lock_is_made_once() {
    static COUNT: LazyLock<AtomicU32> = LazyLock::new(|| AtomicU32::new(0));
    let (_, found) = both((), |()| COUNT.fetch_add(1, Relaxed));
    assert_eq!(found[0].abs_diff(found[1]), 1);
}

thread_local! {
    static MEALS: Cell<u32> = const { Cell::new(1) };
    static DISHES: RefCell<Vec<u32>> = RefCell::new(vec![MEALS.get()]);
}

pub(super) fn thread_locals_are_each_threads_own() {
    assert_eq!((MEALS.replace(5), MEALS.get()), (1, 5));
    let (_, found) = both((), |()| {
        MEALS.set(MEALS.get() + 1);
        DISHES.with_borrow_mut(|dishes| dishes.push(7));
        (MEALS.take(), DISHES.take())
    });
    assert_eq!(found, [(2, vec![2, 7]), (2, vec![2, 7])]);
    assert_eq!(MEALS.replace(1), 5);
    DISHES.set(Vec::new());
    assert_eq!(DISHES.with_borrow(Vec::len), 0);
}

/// Counts down as its thread ends, and finds then that it is no more.
struct Guest(Arc<AtomicU32>);

thread_local!(static GUEST: RefCell<Option<Guest>> = const { RefCell::new(None) });

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
        assert_eq!(GUEST.try_with(|_| ()), Err(thread::AccessError));
    }
}

pub(super) fn thread_locals_are_dropped_with_their_thread() {
    let guests = Arc::new(AtomicU32::new(1));
    let guest = Guest(Arc::clone(&guests));
    let thread = thread::spawn(move || GUEST.set(Some(guest)));
    thread.join().unwrap();
    assert_eq!(guests.load(Relaxed), 0);
}

pub(super) fn tracked_items_pass_from_thread_to_thread() {
    let item = Tracked::new(String::from("soup"));
    let thread = thread::spawn(move || {
        assert_eq!(item.with(String::len), 4);
        item
    });
    let mut item = thread.join().unwrap();
    item.with_mut(|item| item.push('s'));
    drop(item.clone());
    assert_eq!(item.into_inner(), "soups");
}

//! What the exact explorer sees of the facade's objects: raw memory, objects that are destroyed, owners that
//! go through pointers.

use crate::engine::{Budget, Engine, Exploration, Extent, Failure, FailureKind, Note, Program, explore};
use crate::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use crate::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize};
use crate::sync::{Arc, LazyLock, Mutex, Tracked, UnsafeCell, hint, thread};

/// What the explorer sees of a body.
fn exploration(body: fn()) -> Exploration {
    let program = Program::new(move || {
        body();
        Ok(String::new())
    });
    explore(Engine::Dpor, &program, &Budget::default())
}

/// The body has no failure, and all its executions have been seen.
pub(super) fn holds(body: fn()) -> u64 {
    let seen = exploration(body);
    assert!(seen.failure.is_none(), "{:?}", seen.failure);
    assert!(matches!(seen.coverage, Ok(Extent::Complete(_))), "{:?}", seen.coverage);
    assert_eq!(seen.redundant, 0);
    seen.executions
}

/// The failure of a body.
fn failure(body: fn()) -> Failure {
    exploration(body).failure.expect("the body is broken")
}

#[test]
fn an_owner_that_is_never_taken_back_is_a_leak() {
    let leak = failure(|| {
        let value = Arc::new(1);
        let pointer = Arc::into_raw(Arc::clone(&value));
        let other = Arc::clone(&value);
        // SAFETY: `into_raw` gave the pointer, and the owner is not dropped.
        let borrowed = std::mem::ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
        thread::spawn(move || drop(other)).join().unwrap();
        assert_eq!(**borrowed, 1);
    });
    assert_eq!(leak.kind, FailureKind::Leak, "{}", leak.message);
}

/// A value behind a pointer that two threads have, as the two ends of a channel have its state.
struct Shared<T>(*mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

// SAFETY: not kept by the broken ones; the explorer is to find that before memory is touched.
unsafe impl<T> Send for Shared<T> {}

impl<T> Shared<T> {
    fn new(value: T) -> Self {
        Self(Box::into_raw(Box::new(value)))
    }

    fn get(&self) -> &T {
        // SAFETY: as above.
        unsafe { &*self.0 }
    }

    fn free(&self) {
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// The two run at once, on what they share.
fn both<T: 'static>(shared: Shared<T>, bodies: [fn(Shared<T>); 2]) {
    let threads = bodies.map(|body| thread::spawn(move || body(shared)));
    for thread in threads {
        thread.join().unwrap();
    }
}

/// The explorer finds it, and shows how it comes about.
fn is_used_after_its_end(body: fn()) -> String {
    let found = failure(body);
    assert_eq!(found.kind, FailureKind::UseAfterDestroy, "{}", found.message);
    assert!(!found.trace.steps.is_empty(), "{}", found.message);
    found.message
}

/// The last of two to say goodbye frees what they share; the other one looks at it once more.
fn looks_once_more() {
    both(
        Shared::new(AtomicU8::new(0)),
        [
            |state| {
                if state.get().swap(1, AcqRel) == 2 {
                    state.free();
                }
            },
            |state| {
                if state.get().swap(2, AcqRel) == 1 {
                    state.free();
                } else {
                    hint::spin_loop();
                    state.get().load(Acquire);
                }
            },
        ],
    );
}

#[test]
fn a_look_at_a_channel_that_was_freed_is_found() {
    let message = is_used_after_its_end(looks_once_more);
    assert!(message.contains("in_dpor.rs") && message.contains("used (load) by thread 2"), "{message}");
}

#[test]
fn a_channel_that_the_last_one_frees_holds() {
    assert_eq!(
        holds(|| {
            let leave: fn(Shared<AtomicU8>) = |state| {
                if state.get().fetch_add(1, AcqRel) == 1 {
                    state.free();
                }
            };
            both(Shared::new(AtomicU8::new(0)), [leave, leave]);
        }),
        2
    );
}

#[test]
fn a_free_that_comes_too_early_in_another_order_is_found() {
    is_used_after_its_end(|| {
        let shared = Shared::new((AtomicU8::new(0), AtomicU8::new(0)));
        both(
            shared,
            [
                |shared| {
                    shared.get().0.store(1, Relaxed);
                },
                |shared| {
                    shared.get().1.store(1, Relaxed);
                    shared.free();
                },
            ],
        );
    });
}

#[test]
fn a_copy_that_is_dropped_twice_is_found() {
    let message = is_used_after_its_end(|| {
        let value = std::mem::ManuallyDrop::new(AtomicU8::new(0));
        // SAFETY: the explorer stops at the second end.
        drop(unsafe { std::ptr::read(&raw const *value) });
        // SAFETY: as above.
        drop(unsafe { std::ptr::read(&raw const *value) });
    });
    assert!(message.contains("destroyed again by main"), "{message}");
}

#[test]
fn an_owner_that_comes_after_the_last_is_found() {
    is_used_after_its_end(|| {
        let pointer = Arc::into_raw(Arc::new(1));
        // SAFETY: the explorer stops before the count is touched that is no more.
        unsafe {
            let borrowed = std::mem::ManuallyDrop::new(Arc::from_raw(pointer));
            Arc::decrement_strong_count(pointer);
            drop(Arc::clone(&borrowed));
        }
    });
}

/// The one who unlocks has told the other before that it may free the lock.
#[test]
fn a_lock_that_is_freed_while_it_is_unlocked_is_found() {
    is_used_after_its_end(|| {
        both(
            Shared::new((Mutex::new(()), AtomicU8::new(0))),
            [
                |shared| {
                    let (mutex, done) = shared.get();
                    let guard = mutex.lock().unwrap();
                    done.store(1, Release);
                    drop(guard);
                },
                |shared| {
                    if shared.get().1.load(Acquire) == 1 {
                        shared.free();
                    }
                },
            ],
        );
    });
}

/// No engine sees how std counts: the last owner is another one in each order, and nothing is wrong.
#[test]
fn an_owner_that_std_counts_destroys_last() {
    let executions = holds(|| {
        let count = std::sync::Arc::new((AtomicU8::new(0), Mutex::new(())));
        let threads = [(); 2].map(|()| {
            let count = std::sync::Arc::clone(&count);
            thread::spawn(move || {
                let _guard = count.1.lock().unwrap();
                count.0.load(Relaxed);
            })
        });
        drop(count);
        for thread in threads {
            thread.join().unwrap();
        }
    });
    assert_eq!(executions, 2, "two orders of the lock");
}

#[cfg(feature = "shuttle")]
#[test]
fn shuttle_finds_a_look_at_a_channel_that_was_freed() {
    for engine in [Engine::DporOnShuttle, Engine::Random] {
        let program = Program::new(|| {
            looks_once_more();
            Ok(String::new())
        });
        let seen = explore(engine, &program, &Budget { executions: 1000, ..Budget::default() });
        assert_eq!(seen.failure.expect("found").kind, FailureKind::UseAfterDestroy);
    }
}

/// The end of one who is not looked at: memory that was freed and is looked at all the same is still there.
#[test]
fn an_object_in_memory_that_was_freed_tells_who_it_was() {
    let message = is_used_after_its_end(|| {
        let shared = Shared::new((AtomicU8::new(0), [0_u64; 64]));
        shared.free();
        let other = Box::new([u64::MAX; 66]);
        shared.get().0.store(1, Relaxed);
        drop(other);
    });
    assert!(message.contains("used (store) by main"), "{message}");
}

/// A block of zeroed memory, as an unbounded queue allocates it: slots that are full where their state says so.
struct Block {
    slots: [Slot; 2],
    next: AtomicU32,
    lock: Mutex<u32>,
}

struct Slot {
    item: UnsafeCell<u32>,
    state: AtomicUsize,
}

impl Block {
    fn zeroed() -> Shared<Self> {
        let layout = std::alloc::Layout::new::<Self>();
        // SAFETY: the layout is not empty, and all bytes zero is a valid block.
        let block = unsafe { std::alloc::alloc_zeroed(layout) };
        Shared(block.cast())
    }

    fn push(&self, item: u32, publish: Ordering) {
        let slot = &self.slots[self.next.fetch_add(1, Relaxed) as usize];
        // SAFETY: the slot is this thread's until the state is published.
        slot.item.with_mut(|place| unsafe { *place = item });
        slot.state.fetch_or(1, publish);
    }

    fn look(&self) -> Option<u32> {
        let slot = &self.slots[0];
        // SAFETY: the state says that the item is there.
        (slot.state.load(Acquire) != 0).then(|| slot.item.with(|item| unsafe { *item }))
    }
}

fn two_push(publish: fn(Shared<Block>)) {
    let block = Block::zeroed();
    both(block, [publish, |block| assert_ne!(block.get().look(), Some(0))]);
    drop(block.get().lock.lock().unwrap());
    block.free();
}

#[test]
fn objects_in_zeroed_memory_are_born_at_their_first_use() {
    let executions = holds(|| two_push(|block| block.get().push(7, Release)));
    assert!(executions >= 2, "{executions}");
    assert_eq!(failure(|| two_push(|block| block.get().push(7, Relaxed))).kind, FailureKind::DataRace);
}

/// Every order of what is found is explored, whatever it is called.
#[test]
fn objects_in_zeroed_memory_show_all_their_orders() {
    fn store_and_look<const MINE: usize>(both: Shared<[AtomicU8; 2]>) -> u8 {
        both.get()[MINE].store(1, SeqCst);
        both.get()[1 - MINE].load(SeqCst)
    }
    let program = Program::new(|| {
        let layout = std::alloc::Layout::new::<[AtomicU8; 2]>();
        // SAFETY: the layout is not empty, and all bytes zero are two atomics.
        let both = Shared(unsafe { std::alloc::alloc_zeroed(layout) }.cast::<[AtomicU8; 2]>());
        let threads = [
            thread::spawn(move || store_and_look::<0>(both)),
            thread::spawn(move || store_and_look::<1>(both)),
        ];
        let seen = threads.map(|thread| thread.join().unwrap());
        both.free();
        Ok(format!("{seen:?}"))
    });
    for engine in Engine::ALL.into_iter().filter(|engine| engine.name().starts_with("dpor")) {
        if engine.available() {
            let seen = explore(engine, &program, &Budget::default());
            assert_eq!(seen.coverage, Ok(Extent::EXHAUSTIVE));
            assert_eq!(seen.outcomes.keys().collect::<Vec<_>>(), ["[0, 1]", "[1, 0]", "[1, 1]"]);
        }
    }
}

/// Locks and conditions are found, too; and natively nothing has to be.
#[test]
fn a_lock_in_zeroed_memory_guards() {
    fn zeroed() -> u32 {
        let block = Block::zeroed();
        let add = |block: Shared<Block>| {
            if let Ok(mut count) = block.get().lock.try_lock() {
                *count += 1;
            }
            *block.get().lock.lock().unwrap() += 1;
        };
        both(block, [add, add]);
        let count = *block.get().lock.lock().unwrap();
        block.free();
        count
    }
    assert!((2..=4).contains(&zeroed()), "natively");
    let executions = holds(|| assert!((2..=4).contains(&zeroed())));
    assert!(executions > 2, "{executions}");
}

#[cfg(feature = "loom")]
#[test]
fn loom_refuses_objects_in_zeroed_memory() {
    let program = Program::new(|| {
        Block::zeroed().get().next.load(Relaxed);
        Ok(String::new())
    });
    let seen = explore(Engine::Loom, &program, &Budget::default());
    let Err(crate::engine::Reason::Unsupported(why)) = seen.coverage else { panic!("{seen:?}") };
    assert!(why.contains("zeroed memory"), "{why}");
}

/// A lane of tracked items behind raw pointers: one thread puts, the other takes.
struct SpscQueue {
    slots: [*mut Tracked<u32>; 2],
    put: AtomicUsize,
    taken: AtomicUsize,
}

impl SpscQueue {
    fn shared() -> Shared<Self> {
        let slot = || Box::into_raw(Box::<std::mem::MaybeUninit<Tracked<u32>>>::new_uninit()).cast();
        let slots = [slot(), slot()];
        Shared::new(Self { slots, put: AtomicUsize::new(0), taken: AtomicUsize::new(0) })
    }

    fn put(&self, item: u32, publish: Ordering) {
        let put = self.put.load(Relaxed);
        if put - self.taken.load(Acquire) < self.slots.len() {
            // SAFETY: the slot is empty, and the other thread leaves it alone until `put` says otherwise.
            unsafe { self.slots[put % self.slots.len()].write(Tracked::new(item)) };
            self.put.store(put + 1, publish);
        }
    }

    fn take(&self) -> Option<u32> {
        let taken = self.taken.load(Relaxed);
        if self.put.load(Acquire) == taken {
            return None;
        }
        // SAFETY: `put` says that the slot is full.
        let item = unsafe { self.slots[taken % self.slots.len()].read() };
        let item = item.into_inner();
        self.taken.store(taken + 1, Release);
        Some(item)
    }
}

fn two_items(put: fn(Shared<SpscQueue>)) {
    both(
        SpscQueue::shared(),
        [put, |lane| {
            let taken = [lane.get().take(), lane.get().take()];
            assert!(taken.iter().flatten().eq([1, 2].iter().take(taken.iter().flatten().count())));
        }],
    );
}

#[test]
fn a_lane_of_tracked_items_holds_where_it_releases() {
    holds(|| {
        two_items(|lane| {
            lane.get().put(1, Release);
            lane.get().put(2, Release);
        });
    });
}

#[test]
fn a_lane_of_tracked_items_that_publishes_relaxed_is_a_race() {
    let race = failure(|| {
        two_items(|lane| {
            lane.get().put(1, Relaxed);
            lane.get().put(2, Relaxed);
        });
    });
    assert_eq!(race.kind, FailureKind::DataRace, "{}", race.message);
}

#[test]
fn a_tracked_item_that_is_dropped_twice_is_found() {
    is_used_after_its_end(|| {
        let item = std::mem::ManuallyDrop::new(Tracked::new(Box::new(1)));
        // SAFETY: the explorer stops before the box is freed again.
        drop(unsafe { std::ptr::read(&raw const *item) });
        // SAFETY: as above.
        drop(unsafe { std::ptr::read(&raw const *item) });
    });
}

/// Each execution makes its own, and what is no static is forgotten with its place.
#[test]
fn a_lazy_lock_is_made_in_each_execution() {
    static COUNT: LazyLock<AtomicU8> = LazyLock::new(|| AtomicU8::new(0));
    let executions = holds(|| {
        let threads = [(); 2].map(|()| thread::spawn(|| COUNT.fetch_add(1, Relaxed)));
        let found = threads.map(|thread| thread.join().unwrap());
        assert_eq!(found[0] + found[1], 1);
        for round in 0..3 {
            let local = LazyLock::new(|| AtomicU8::new(0));
            assert_eq!(local.fetch_add(1, Relaxed), 0, "in round {round}");
        }
    });
    assert!(executions >= 2, "{executions}");
}

#[test]
fn a_program_without_checked_memory_says_so() {
    let notes = |body: fn()| exploration(body).notes;
    let atomics =
        || both(Shared::new(AtomicU8::new(0)), [|it| assert_eq!(it.get().swap(1, AcqRel), 0), |_| ()]);
    assert_eq!(notes(atomics), [Note::NoCheckedMemory]);
    let alone = || assert_eq!(AtomicU8::new(0).swap(1, AcqRel), 0);
    assert_eq!(notes(alone), []);
    assert_eq!(notes(|| two_items(|lane| lane.get().put(1, Release))), []);
}

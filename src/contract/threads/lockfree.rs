//! Rows of the queues without locks.
//!
//! What their ports' scenarios do not reach: that memory is given back in time and not before it, that an old
//! node is not taken for a new one, what happens where an item's `Drop` or `Ord` panics, and where numbers wrap
//! around.
//!
//! | row | where |
//! |-----|-------|
//! | Q01, Q09 order, Q03 non-blocking, Q08 no loss | the scenarios of the ports, and their linearizability |
//! | Q02 unbounded | `MichaelScott`, `Treiber`, `Combining` never answer `Full`; the ring and `Spsc` are bounded |
//! | Q04–Q06 time-outs, Q07 shrinking, Q12 lost wake-up | nobody waits, and no capacity changes: nothing to show |
//! | Q10 references | [`q10_an_item_leaves_with_its_receiver`] |
//! | Q11 reentrant put | [`q11_a_drop_may_push`] |
//! | Q12 usable after a panic | [`q12_a_drop_may_panic`]; user hooks there are none but `Drop` and `Ord` |
//! | Q12 nothing leaks after a panic | [`q12_a_drop_may_panic_with_the_queue`] |
//! | Q13 comparison that raises | [`q13_a_comparison_may_panic`] |
//! | Q14 ties | [`q14_ties_come_out_as_they_went_in`]: stable, unlike CPython's |
//! | Q15 sizes | there is no `len` |
//! | room for as many items as asked | [`there_is_room_for_all`] |
//! | numbers that wrap around | [`positions_wrap_around`], [`counters_wrap_around`] |
//! | tags that count | [`a_tag_does_not_come_back_soon`] |

use crate::contract::{ensure, join, rounds, spawn};
use crate::engine::{Outcome, Violation};
use crate::model::threads::lockfree::arena::Tagging;
use crate::model::threads::lockfree::ring::{self, Ring};
use crate::model::threads::lockfree::spsc::{Passage, Spsc};
use crate::port::{Item, SpscConsumer, SpscProducer, SpscQueue, TryQueue};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// One thread takes an item, while another takes two and puts one in: the first node, or the one after it, may
/// be given back while the first thread still looks into it.
pub fn a_node_stays_while_a_pop_looks<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0, 1, 2]);
    let slow = spawn("slow", {
        let queue = queue.clone();
        move || take(&*queue)
    });
    let quick = spawn("quick", {
        let queue = queue.clone();
        move || {
            let taken = [take(&*queue), take(&*queue)];
            put(&*queue, [3]);
            taken
        }
    });
    let (slow, quick) = (join(slow), join(quick));
    let left = drain(&*queue);
    every_label_once(4, slow.into_iter().chain(quick.into_iter().flatten()).chain(left.iter().copied()))?;
    Ok(format!("slow {slow:?}, quick {quick:?}, left {left:?}"))
}

/// One thread puts an item in, while another puts two in and takes two out: the last node that the first
/// thread saw may have come and gone.
pub fn a_node_stays_while_a_push_looks<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let slow = spawn("slow", {
        let queue = queue.clone();
        move || put(&*queue, [0])
    });
    let quick = spawn("quick", {
        let queue = queue.clone();
        move || {
            put(&*queue, [1, 2]);
            [take(&*queue), take(&*queue)]
        }
    });
    join(slow);
    let quick = join(quick);
    let left = drain(&*queue);
    every_label_once(3, quick.into_iter().flatten().chain(left.iter().copied()))?;
    Ok(format!("quick {quick:?}, left {left:?}"))
}

/// Two put an item in, while a third thread takes out what was there and what one of them has put in: the last
/// node may be given back before the slower one is done with it, and the other one finds it.
pub fn a_node_stays_while_two_push<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0]);
    let pushes = [1, 2].map(|label| {
        let queue = queue.clone();
        spawn(&format!("push {label}"), move || put(&*queue, [label]))
    });
    let taker = spawn("taker", {
        let queue = queue.clone();
        move || [take(&*queue), take(&*queue)]
    });
    pushes.into_iter().for_each(join);
    let taken = join(taker);
    let left = drain(&*queue);
    every_label_once(3, taken.into_iter().flatten().chain(left.iter().copied()))?;
    Ok(format!("taken {taken:?}, left {left:?}"))
}

/// Three put an item in. What one has linked, another may publish, and the third find.
pub fn a_helped_push_is_complete<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let pushes = [0, 1, 2].map(|label| {
        let queue = queue.clone();
        spawn(&format!("push {label}"), move || put(&*queue, [label]))
    });
    pushes.into_iter().for_each(join);
    let left = drain(&*queue);
    every_label_once(3, left.iter().copied())?;
    Ok(format!("{left:?}"))
}

/// Three take an item each. With fewer hazard pointers than threads, what one has retired becomes another's, and one
/// may find the hazard pointers that another has just added.
pub fn a_crowd_shares_records<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0, 1, 2]);
    let takers = [0, 1, 2].map(|i| {
        let queue = queue.clone();
        spawn(&format!("taker {i}"), move || take(&*queue))
    });
    let taken = takers.map(join);
    every_label_once(3, taken.into_iter().flatten())?;
    Ok(format!("{taken:?}"))
}

/// One thread takes three items and another one takes one, with one record for both: it may be claimed again as
/// soon as its owner gives it up. Both nodes that the next one looks into stay.
pub fn a_node_stays_while_its_record_changes_hands<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    put(&*queue, [0, 1, 2, 3]);
    let slow = spawn("slow", {
        let queue = queue.clone();
        move || take(&*queue)
    });
    let quick = spawn("quick", {
        let queue = queue.clone();
        move || [(); 3].map(|()| take(&*queue))
    });
    let (slow, quick) = (join(slow), join(quick));
    every_label_once(4, slow.into_iter().chain(quick.into_iter().flatten()))?;
    Ok(format!("slow {slow:?}, quick {quick:?}"))
}

/// A slow pop, a pop, and a third thread that takes an item out and puts one in: the node that the slow one saw
/// may go and come back, with another successor (ABA).
pub fn a_node_that_comes_back_is_another<Q: TryQueue<Item>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(2));
    put(&*queue, [0, 1]);
    let pops = ["slow", "quick"].map(|name| {
        let queue = queue.clone();
        spawn(name, move || take(&*queue))
    });
    let recycler = spawn("recycler", {
        let queue = queue.clone();
        move || {
            let taken = take(&*queue);
            (taken, queue.try_push(Item::new(2)).is_ok())
        }
    });
    let (pops, (taken, put)) = (pops.map(join), join(recycler));
    let left = drain(&*queue);
    let out = pops.into_iter().flatten().chain(taken).chain(left.iter().copied());
    every_label_once(2 + u32::from(put), out)?;
    Ok(format!("{pops:?}, taken {taken:?}, put {put}, left {left:?}"))
}

/// A head's tag is a new one after each of many takings, also where its numbers begin again: who sleeps meanwhile
/// does not find the old one.
pub fn a_tag_does_not_come_back_soon<G: Tagging>() -> Outcome {
    let mut seen = HashSet::new();
    let mut tag = u32::MAX - 500;
    for takings in 0..1_000 {
        ensure(seen.insert(tag), "a_new_tag", || format!("{tag} comes back within {takings} takings"))?;
        tag = G::next(tag);
    }
    Ok("1000 tags".to_owned())
}

/// The positions of a ring with two slots wrap around, while one thread puts an item in, and another one puts one
/// in, takes one out, and puts one more in where there was one to take: what went in comes out. The slow one may be
/// told of a full ring, where it still sees what a slot held a lap before.
pub fn positions_wrap_around<H: ring::Handover>() -> Outcome {
    let ring = Arc::new(Ring::<Item, H>::starting_at(usize::MAX - 1, 2));
    let slow = spawn("slow", {
        let ring = ring.clone();
        move || ring.try_push(Item::new(0)).is_ok()
    });
    let quick = spawn("quick", {
        let ring = ring.clone();
        move || {
            let first = ring.try_push(Item::new(1)).is_ok();
            let taken = take(&*ring);
            // The item of a push that is under way hides those behind it.
            let second = taken.is_none() || ring.try_push(Item::new(2)).is_ok();
            ([first, second], taken)
        }
    });
    let slow = join(slow);
    let (quick, taken) = join(quick);
    ensure(quick == [true; 2], "there_is_room", || format!("{quick:?} of two items went in"))?;
    let left = drain(&*ring);
    let mut out: Vec<u32> = taken.into_iter().chain(left.iter().copied()).collect();
    out.sort_unstable();
    let put = [(slow, 0), (true, 1), (taken.is_some(), 2)];
    let put: Vec<u32> = put.into_iter().filter_map(|(put, label)| put.then_some(label)).collect();
    ensure(out == put, "nothing_lost_or_duplicated", || format!("{put:?} went in, and {out:?} came out"))?;
    Ok(format!("taken {taken:?}, left {left:?}"))
}

/// The counters of a full ring for two items have wrapped around: there is no room for a third, and the two come
/// out.
pub fn counters_wrap_around<P: Passage>() -> Outcome {
    let (mut producer, mut consumer) = Spsc::<Item, P>::starting_at(usize::MAX, 2).split();
    for label in [0, 1] {
        ensure(producer.try_push(Item::new(label)).is_ok(), "has_room", || format!("for item {label}"))?;
    }
    ensure(producer.try_push(Item::new(2)).is_err(), "full", || "a third item went in".to_owned())?;
    let out: Vec<u32> = std::iter::from_fn(|| consumer.try_pop()).map(|item| item.label()).collect();
    ensure(out == [0, 1], "nothing_lost", || format!("{out:?} came out"))?;
    Ok("2 items".to_owned())
}

/// As many items go in as room was asked for, at least, and all come out in their order, lap after lap.
pub fn there_is_room_for_all<Q: SpscQueue<Item>>() -> Outcome {
    for capacity in 1..=5 {
        let (mut producer, mut consumer) = Q::with_capacity(capacity);
        for lap in 0..3 {
            let put = (0..10).take_while(|&label| producer.try_push(Item::new(label)).is_ok()).count();
            ensure(put >= capacity, "has_room", || format!("for {put} of {capacity} items in lap {lap}"))?;
            let out: Vec<u32> = std::iter::from_fn(|| consumer.try_pop()).map(|item| item.label()).collect();
            let all = out.iter().copied().eq(0..put as u32);
            ensure(all, "nothing_lost", || format!("{put} went in, {out:?} came out"))?;
        }
    }
    Ok("room for 1 to 5".to_owned())
}

/// What goes through a queue in the rows where an item does something: ordered by its label.
pub struct DropProbe {
    label: u32,
    on_drop: Option<Box<dyn FnOnce() + Send>>,
    /// Comparisons with this parcel panic as long as it is set.
    fragile: Arc<AtomicBool>,
}

impl DropProbe {
    fn new(label: u32) -> Self {
        Self { label, on_drop: None, fragile: Arc::default() }
    }

    fn dropping(label: u32, what: impl FnOnce() + Send + 'static) -> Self {
        Self { label, on_drop: Some(Box::new(what)), fragile: Arc::default() }
    }

    fn counted(label: u32, drops: &Count) -> Self {
        let drops = drops.clone();
        Self::dropping(label, move || {
            drops.fetch_add(1, Ordering::Relaxed);
        })
    }

    fn fragile(label: u32, fragile: &Arc<AtomicBool>) -> Self {
        Self { label, on_drop: None, fragile: fragile.clone() }
    }
}

impl Drop for DropProbe {
    fn drop(&mut self) {
        if let Some(what) = self.on_drop.take() {
            what();
        }
    }
}

impl std::fmt::Debug for DropProbe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DropProbe").field("label", &self.label).finish_non_exhaustive()
    }
}

impl Ord for DropProbe {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if [self, other].iter().any(|parcel| parcel.fragile.load(Ordering::Relaxed)) {
            // Not `panic!`: the hook would report what is part of the row.
            resume_unwind(Box::new(Broken));
        }
        self.label.cmp(&other.label)
    }
}

impl PartialOrd for DropProbe {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for DropProbe {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label
    }
}

impl Eq for DropProbe {}

/// The payload of the panics in these rows.
struct Broken;

/// Runs the body; `None` where it ended in the panic of a parcel.
fn caught<T>(body: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => Some(value),
        Err(panic) if panic.is::<Broken>() => None,
        Err(other) => resume_unwind(other),
    }
}

/// A counter of drops: plain std, for the rows only read it after the joins.
type Count = Arc<AtomicU32>;

/// When its receiver drops an item, it is gone: no slot or node keeps it.
pub fn q10_an_item_leaves_with_its_receiver<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(2));
    let drops = Count::default();
    for round in rounds(1) {
        let before = drops.load(Ordering::Relaxed);
        let producer = spawn("producer", {
            let (queue, drops) = (queue.clone(), drops.clone());
            move || queue.try_push(DropProbe::counted(0, &drops)).is_ok()
        });
        let consumer = spawn("consumer", {
            let queue = queue.clone();
            move || queue.try_pop().is_some()
        });
        ensure(join(producer), "has_room", || "an empty queue is full".to_owned())?;
        let received = join(consumer) || queue.try_pop().is_some();
        let dropped = drops.load(Ordering::Relaxed) - before;
        ensure(received && dropped == 1, "gone_when_dropped", || {
            format!("round {round}: received {received}, dropped {dropped} times")
        })?;
    }
    Ok("dropped once".to_owned())
}

/// An item whose drop puts another one into the same queue.
pub fn q11_a_drop_may_push<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let again = {
        let queue = Arc::downgrade(&queue);
        move || {
            let queue = queue.upgrade().expect("the queue is there");
            queue.try_push(DropProbe::new(2)).expect("there is room");
        }
    };
    queue.try_push(DropProbe::dropping(0, again)).expect("there is room");
    let consumers = [0, 1].map(|i| {
        let queue = queue.clone();
        spawn(&format!("consumer {i}"), move || queue.try_pop().map(|parcel| parcel.label))
    });
    let taken = consumers.map(join);
    let left = labels(&*queue);
    let mut all: Vec<u32> = taken.into_iter().flatten().chain(left.iter().copied()).collect();
    all.sort_unstable();
    ensure(all == [0, 2], "nothing_lost", || format!("{all:?} came out"))?;
    Ok(format!("taken {taken:?}, left {left:?}"))
}

/// One of three items has a drop that panics, in the receiver's hands or with the queue: the queue goes on, and
/// each is dropped once.
pub fn q12_a_drop_may_panic<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let drops = Count::default();
    queue.try_push(DropProbe::counted(0, &drops)).expect("there is room");
    let consumer = spawn("consumer", {
        let queue = queue.clone();
        move || [0, 1].map(|_| caught(|| drop(queue.try_pop())).is_none())
    });
    let producer = spawn("producer", {
        let (queue, drops) = (queue.clone(), drops.clone());
        move || {
            let fall = {
                let drops = drops.clone();
                move || {
                    drops.fetch_add(1, Ordering::Relaxed);
                    resume_unwind(Box::new(Broken));
                }
            };
            queue.try_push(DropProbe::dropping(1, fall)).expect("there is room");
            queue.try_push(DropProbe::counted(2, &drops)).expect("there is room");
        }
    });
    let [first, second] = join(consumer);
    join(producer);
    let before = drops.load(Ordering::Relaxed);
    let with_queue = caught(|| drop(queue)).is_none();
    let dropped = drops.load(Ordering::Relaxed);
    let falls = [first, second, with_queue].into_iter().filter(|&fell| fell).count();
    ensure(falls == 1, "the_panic_is_seen", || format!("seen {falls} times"))?;
    ensure(dropped == 3, "dropped_once", || format!("3 items, {before} drops and then {dropped}"))?;
    Ok(format!("{before} dropped before the queue, the panic with the queue: {with_queue}"))
}

/// A queue goes with three items in it, and the drop of one panics: the others are dropped all the same.
pub fn q12_a_drop_may_panic_with_the_queue<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Q::with_capacity(4);
    let drops = Count::default();
    let fall = {
        let drops = drops.clone();
        move || {
            drops.fetch_add(1, Ordering::Relaxed);
            resume_unwind(Box::new(Broken));
        }
    };
    for item in [DropProbe::counted(0, &drops), DropProbe::dropping(1, fall), DropProbe::counted(2, &drops)] {
        queue.try_push(item).expect("there is room");
    }
    let fell = caught(|| drop(queue)).is_none();
    ensure(fell, "the_panic_is_seen", || "the drop of the queue did not panic".to_owned())?;
    let dropped = drops.load(Ordering::Relaxed);
    ensure(dropped == 3, "dropped_once", || format!("3 items, {dropped} drops"))?;
    Ok("3 dropped".to_owned())
}

/// One thread puts an item in with which every comparison panics, another takes one out: the push panics,
/// whoever serves it, and so does the pop if it comes second; nothing is lost. When comparisons are well again, so
/// is the order.
pub fn q13_a_comparison_may_panic<Q: TryQueue<DropProbe>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let fragile = Arc::new(AtomicBool::new(true));
    for label in [1, 2] {
        queue.try_push(DropProbe::new(label)).expect("there is room");
    }
    let producer = spawn("producer", {
        let queue = queue.clone();
        let parcel = DropProbe::fragile(0, &fragile);
        move || caught(|| queue.try_push(parcel).is_ok()).is_none()
    });
    let consumer = spawn("consumer", {
        let queue = queue.clone();
        move || caught(|| queue.try_pop().map(|parcel| parcel.label))
    });
    let (push_fell, popped) = (join(producer), join(consumer));
    fragile.store(false, Ordering::Relaxed);
    queue.try_push(DropProbe::new(3)).expect("there is room");
    let left = labels(&*queue);
    let said = format!("push fell {push_fell}, popped {popped:?}, left {left:?}");
    let mut all: Vec<u32> = popped.flatten().into_iter().chain(left.iter().copied()).collect();
    all.sort_unstable();
    ensure(push_fell, "the_panic_reaches_whose_item_it_was", || said.clone())?;
    ensure(all == [0, 1, 2, 3], "nothing_lost", || said.clone())?;
    ensure(left.is_sorted(), "order_restored", || said.clone())?;
    Ok(said)
}

/// Items that are equal come out in the order in which they went in, whoever serves.
pub fn q14_ties_come_out_as_they_went_in<Q: TryQueue<Tie>>() -> Outcome {
    let queue = Arc::new(Q::with_capacity(4));
    let threads = [0, 10].map(|first| {
        let queue = queue.clone();
        spawn(&format!("producer {first}"), move || {
            for number in [first, first + 1] {
                queue.try_push(Tie(number)).expect("there is room");
            }
        })
    });
    threads.into_iter().for_each(join);
    let out: Vec<u32> = std::iter::from_fn(|| queue.try_pop()).map(|tie| tie.0).collect();
    let of = |first: u32| out.iter().copied().filter(move |number| number / 10 == first / 10);
    let kept = of(0).eq([0, 1]) && of(10).eq([10, 11]);
    ensure(kept, "stable", || format!("{out:?} came out"))?;
    Ok(format!("{out:?}"))
}

/// An item that is equal to all others of its kind.
#[derive(Debug)]
pub struct Tie(u32);

impl Ord for Tie {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl PartialOrd for Tie {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Tie {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Tie {}

fn labels<Q: TryQueue<DropProbe>>(queue: &Q) -> Vec<u32> {
    std::iter::from_fn(|| queue.try_pop()).map(|parcel| parcel.label).collect()
}

fn put<Q: TryQueue<Item>>(queue: &Q, labels: impl IntoIterator<Item = u32>) {
    for label in labels {
        assert!(queue.try_push(Item::new(label)).is_ok(), "there is room for {label}");
    }
}

fn take<Q: TryQueue<Item>>(queue: &Q) -> Option<u32> {
    queue.try_pop().map(|item| item.label())
}

fn drain<Q: TryQueue<Item>>(queue: &Q) -> Vec<u32> {
    std::iter::from_fn(|| take(queue)).collect()
}

fn every_label_once(labels: u32, found: impl Iterator<Item = u32>) -> Result<(), Violation> {
    let mut found: Vec<u32> = found.collect();
    found.sort_unstable();
    ensure(found.iter().copied().eq(0..labels), "every_label_once", || format!("{found:?} came out"))
}

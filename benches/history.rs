//! Checks of logs: operations a second, of eight threads that always overlap.
//!
//! Each log is that of an object which takes the operations one by one; every operation overlaps its next four on either side, and
//! the log has those of one thread after those of another, as recorders leave them. A checker has a function, named after its module.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refectory::check::{Decision, container, register, set};
use refectory::history::log::Entry;
use refectory::spec::{
    Order, QueueAnswer, QueueCall, QueueSpec, RegisterAnswer, RegisterCall, SetAnswer, SetCall,
};
use std::collections::{BTreeSet, VecDeque};
use std::hint::black_box;
use std::time::Duration;

/// A million where time is measured, or as many as `REFECTORY_OPERATIONS` says; few where it is only seen whether the benches run.
fn operations() -> usize {
    let asked = std::env::var("REFECTORY_OPERATIONS").ok();
    let usual = || if std::env::args().any(|argument| argument == "--bench") { 1_000_000 } else { 10_000 };
    asked.map_or_else(usual, |number| number.parse().expect("REFECTORY_OPERATIONS is a number"))
}

/// Times between two operations.
const STEP: u64 = 10;
/// So far an operation reaches to either side, at most.
const REACH: u64 = 4 * STEP;

/// Numbers that look random (Guy L. Steele Jr., Doug Lea, Christine H. Flood, "Fast splittable pseudorandom number generators", 2014).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }
}

/// The log of an object, by what it is asked and what it answers.
fn log<C, A>(mut ask: impl FnMut(&mut Numbers) -> (C, A)) -> Vec<Entry<C, A>> {
    let mut numbers = Numbers(1);
    let mut log: Vec<Entry<C, A>> = (0..operations() as u64)
        .map(|index| {
            let moment = REACH + index * STEP;
            let (begun, ended) = (moment - numbers.below(REACH), moment + numbers.below(REACH));
            let (call, answer) = ask(&mut numbers);
            Entry { process: (index % 8) as u32, call, answer: Some(answer), begun, ended }
        })
        .collect();
    log.sort_by_key(|entry| entry.process);
    log
}

/// Items of a container.
#[derive(Default)]
struct Items {
    row: VecDeque<u32>,
    sorted: BTreeSet<u32>,
}

impl Items {
    fn push(&mut self, order: Order, label: u32) {
        match order {
            Order::Priority => _ = self.sorted.insert(label),
            Order::Fifo | Order::Lifo | Order::Unordered => self.row.push_back(label),
        }
    }

    fn pop(&mut self, order: Order) -> Option<u32> {
        match order {
            Order::Fifo => self.row.pop_front(),
            Order::Priority => self.sorted.pop_first(),
            Order::Lifo | Order::Unordered => self.row.pop_back(),
        }
    }

    fn count(&self) -> u64 {
        (self.row.len() + self.sorted.len()) as u64
    }
}

fn containers(criterion: &mut Criterion) {
    for order in [Order::Fifo, Order::Lifo, Order::Priority, Order::Unordered] {
        let mut group = criterion.benchmark_group(format!("history/{order}"));
        group.throughput(Throughput::Elements(operations() as u64));
        // Few items or many, on average.
        for items in [2, 1_000, 1_000_000] {
            let log = container_log(order, items);
            let spec = QueueSpec {
                order,
                capacity: usize::MAX,
                answers_at_once: true,
                fails_under_contention: false,
            };
            group.bench_function(BenchmarkId::new("check/container", format!("{items} items")), |bencher| {
                bencher.iter(|| assert_eq!(container::check(&spec, black_box(&log)), Decision::Holds))
            });
        }
        group.finish();
    }
}

fn container_log(order: Order, average: u64) -> Vec<Entry<QueueCall, QueueAnswer>> {
    let (mut items, mut pushed) = (Items::default(), 0_u32);
    log(|numbers| {
        if numbers.below(2 * average) < items.count() {
            return (QueueCall::Pop, items.pop(order).map_or(QueueAnswer::Empty, QueueAnswer::Popped));
        }
        pushed += 1;
        // An odd factor: labels are distinct, and in no order.
        let label = pushed.wrapping_mul(2_654_435_761);
        items.push(order, label);
        (QueueCall::Push(label), QueueAnswer::Pushed)
    })
}

fn registers(criterion: &mut Criterion) {
    let (mut value, mut written) = (0, 0);
    let log = log(|numbers| {
        written += 1;
        match numbers.below(4) {
            0 => {
                value = written;
                (RegisterCall::Write(written), RegisterAnswer::Done)
            }
            1 => {
                let exchanged = std::mem::replace(&mut value, written);
                (RegisterCall::CompareExchange(exchanged, written), RegisterAnswer::Done)
            }
            _ => (RegisterCall::Read, RegisterAnswer::Value(value)),
        }
    });
    let mut group = criterion.benchmark_group("history/register");
    group.throughput(Throughput::Elements(operations() as u64));
    group.bench_function(BenchmarkId::new("check/register", "distinct values"), |bencher| {
        bencher.iter(|| assert_eq!(register::check(black_box(&log)), Decision::Holds))
    });
    group.finish();
}

fn sets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("history/set");
    group.throughput(Throughput::Elements(operations() as u64));
    for values in [8, 1_000] {
        let mut inside = BTreeSet::new();
        let log = log(|numbers| {
            let value = numbers.below(values) as u32;
            match numbers.below(3) {
                0 => (SetCall::Insert(value), SetAnswer(inside.insert(value))),
                1 => (SetCall::Remove(value), SetAnswer(inside.remove(&value))),
                _ => (SetCall::Contains(value), SetAnswer(inside.contains(&value))),
            }
        });
        group.bench_function(BenchmarkId::new("check/set", format!("{values} values")), |bencher| {
            bencher.iter(|| assert_eq!(set::check(black_box(&log)), Decision::Holds))
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(2));
    targets = containers, registers, sets
}
criterion_main!(benches);

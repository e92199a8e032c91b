//! Linearizability of registers and stores by the general check: logs of 100 and 1,000 operations, good and with one wrong answer.
//!
//! One element of throughput is one operation of the log. Clients ask without a pause and their operations overlap at random, so the number of
//! clients is about the number of operations under way at any time.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refectory::check::{Budget, general};
use refectory::history::log::Entry;
use refectory::scenario::SplitMix64;
use refectory::spec::{KvAnswer, KvCall, KvSpec, RegisterAnswer, RegisterCall, RegisterSpec, Spec};
use std::hint::black_box;
use std::time::Duration;

const SIZES: [(usize, usize); 4] = [(100, 4), (100, 12), (1_000, 4), (1_000, 12)];
const VALUES: usize = 5;
const KEYS: usize = 10;

/// Who asks, when that begins and when it ends, in the order in which the operations take place.
fn times(clients: usize, operations: usize, random: &mut SplitMix64) -> Vec<(u32, u64, u64)> {
    let mut free = vec![0; clients];
    let mut times: Vec<_> = (0..operations)
        .map(|_| {
            let client = (0..clients).min_by_key(|&client| free[client]).expect("there are clients");
            let begun = free[client] + random.between(1, 5);
            let length = random.between(10, 100);
            free[client] = begun + length + 1;
            let takes_place = begun + random.between(0, length);
            (takes_place, client as u32, begun as u64, (begun + length) as u64)
        })
        .collect();
    times.sort_unstable();
    times.into_iter().map(|(_, client, begun, ended)| (client, begun, ended)).collect()
}

/// A log of what `answers` to each of so many operations.
fn log<C, A>(
    (operations, clients): (usize, usize),
    mut answers: impl FnMut(&mut SplitMix64) -> (C, A),
) -> Vec<Entry<C, A>> {
    let mut random = SplitMix64::new(12);
    let times = times(clients, operations, &mut random);
    let entry = |(process, begun, ended)| {
        let (call, answer) = answers(&mut random);
        Entry { process, call, answer: Some(answer), begun, ended }
    };
    times.into_iter().map(entry).collect()
}

fn register(size: (usize, usize)) -> Vec<Entry<RegisterCall, RegisterAnswer>> {
    let mut held = 0;
    log(size, |random| {
        let [old, new] = [(); 2].map(|()| random.between(0, VALUES - 1) as u32);
        match random.between(0, 5) {
            0 | 1 => {
                held = new;
                (RegisterCall::Write(new), RegisterAnswer::Done)
            }
            2 if old == held => {
                held = new;
                (RegisterCall::CompareExchange(old, new), RegisterAnswer::Done)
            }
            2 => (RegisterCall::CompareExchange(old, new), RegisterAnswer::Differs),
            _ => (RegisterCall::Read, RegisterAnswer::Value(held)),
        }
    })
}

fn store(size: (usize, usize)) -> Vec<Entry<KvCall, KvAnswer>> {
    let (mut held, mut count) = (vec![String::new(); KEYS], 0);
    log(size, |random| {
        let key = random.between(0, KEYS - 1);
        count += 1;
        let text = format!("x {count} y");
        match random.between(0, 11) {
            0 => {
                held[key].clone_from(&text);
                (KvCall::Put(key as u32, text.into()), KvAnswer::Done)
            }
            1..=5 => {
                held[key].push_str(&text);
                (KvCall::Append(key as u32, text.into()), KvAnswer::Done)
            }
            _ => (KvCall::Get(key as u32), KvAnswer::Value(held[key].as_str().into())),
        }
    })
}

/// Checks the log, and the log with a wrong answer to its last read.
fn measure<S: Spec>(
    c: &mut Criterion,
    name: &str,
    spec: &S,
    log: impl Fn((usize, usize)) -> Vec<Entry<S::Call, S::Answer>>,
    wrong: impl Fn() -> S::Answer,
) {
    let mut group = c.benchmark_group(name);
    for size in SIZES {
        let mut log = log(size);
        let (operations, clients) = size;
        let id = |what| {
            BenchmarkId::new("check/general", format!("{operations} operations of {clients} clients, {what}"))
        };
        group.throughput(Throughput::Elements(operations as u64));
        group.bench_function(id("good"), |b| {
            b.iter(|| black_box(general::check(spec, &log, Budget::default())))
        });
        let last = log.iter().rposition(|entry| spec.is_read(&entry.call, None)).expect("somebody reads");
        log[last].answer = Some(wrong());
        group.bench_function(id("bad"), |b| {
            b.iter(|| black_box(general::check(spec, &log, Budget::default())))
        });
    }
    group.finish();
}

fn registers(c: &mut Criterion) {
    measure(c, "general/register", &RegisterSpec::default(), register, || RegisterAnswer::Value(77));
}

fn stores(c: &mut Criterion) {
    measure(c, "general/store", &KvSpec, store, || KvAnswer::Value("no such text".into()));
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = registers, stores
}
criterion_main!(benches);

//! What a process costs, and how fast two of them hand things to each other, beside two threads.

use criterion::{Criterion, criterion_group};
use refectory::sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Release};
use refectory::sync::pipe::{self, Reader, Writer};
use refectory::sync::process::{self, Process};
use refectory::sync::region::{Futex, Region, shared};
use refectory::sync::{hint::spin_loop, thread};

use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// A worker is started, does nothing, and is waited for.
fn started(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("process/started and waited for");
    group.bench_function("refectory process", |bencher| {
        bencher.iter(|| process::spawn(|()| (), ()).unwrap().wait().unwrap());
    });
    group.bench_function("std Command, /bin/true", |bencher| {
        bencher.iter(|| std::process::Command::new("/bin/true").status().unwrap());
    });
    group.bench_function("std thread", |bencher| bencher.iter(|| thread::spawn(|| ()).join().unwrap()));
    group.finish();
}

shared! {
    /// A cache line that goes to and fro.
    #[repr(align(128))]
    struct Ball {
        whose: Futex,
    }
}

const STOP: u32 = 2;

fn ball() -> Region<Ball> {
    Region::new(Ball { whose: Futex::new(0) }).unwrap()
}

/// How one waits for the ball, and how one lets the other one know.
trait Play {
    fn look_again(whose: &Futex, seen: u32);
    fn tell(_: &Futex) {}
}

struct Spinning;

impl Play for Spinning {
    fn look_again(_: &Futex, _: u32) {
        spin_loop();
    }
}

struct Sleeping;

impl Play for Sleeping {
    fn look_again(whose: &Futex, seen: u32) {
        whose.wait(seen);
    }

    fn tell(whose: &Futex) {
        whose.wake_one();
    }
}

/// The other side: gives the ball back until it is told to stop.
fn give_back<P: Play>(ball: &Ball) {
    loop {
        match ball.whose.load(Acquire) {
            0 => P::look_again(&ball.whose, 0),
            STOP => return,
            _ => {
                ball.whose.store(0, Release);
                P::tell(&ball.whose);
            }
        }
    }
}

/// The time of so many round trips.
fn play<P: Play>(ball: &Ball, rounds: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..rounds {
        ball.whose.store(1, Release);
        P::tell(&ball.whose);
        while ball.whose.load(Acquire) == 1 {
            P::look_again(&ball.whose, 1);
        }
    }
    start.elapsed()
}

fn stop<P: Play>(ball: &Ball) {
    ball.whose.store(STOP, Release);
    P::tell(&ball.whose);
}

fn round_trips<P: Play + 'static>(criterion: &mut Criterion, what: &str) {
    let mut group = criterion.benchmark_group(format!("process/round trip, {what}"));
    // On a machine that is busy a look may take a turn of the scheduler.
    group.sample_size(10);
    group.bench_function("2 threads", |bencher| {
        bencher.iter_custom(|rounds| {
            let ball = ball();
            let other = thread::spawn({
                let ball = ball.clone();
                move || give_back::<P>(&ball)
            });
            play::<P>(&ball, 1);
            let time = play::<P>(&ball, rounds);
            stop::<P>(&ball);
            other.join().unwrap();
            time
        });
    });
    let ball = ball();
    let other = process::spawn(|ball: Region<Ball>| give_back::<P>(&ball), ball.clone()).unwrap();
    play::<P>(&ball, 1);
    group.bench_function("2 processes", |bencher| bencher.iter_custom(|rounds| play::<P>(&ball, rounds)));
    stop::<P>(&ball);
    assert!(ended(other));
    group.finish();
}

fn ended(process: Process) -> bool {
    process.wait().is_ok_and(|exit| exit == process::Exit::Code(0))
}

fn in_a_line(criterion: &mut Criterion) {
    round_trips::<Spinning>(criterion, "a cache line");
}

fn by_futex(criterion: &mut Criterion) {
    round_trips::<Sleeping>(criterion, "a futex");
}

fn echo((mut reader, mut writer): (Reader, Writer)) {
    let mut byte = [0];
    while reader.read(&mut byte).unwrap() == 1 {
        writer.write_all(&byte).unwrap();
    }
}

fn by_pipe(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("process/round trip, a pipe");
    let (mut to, theirs) = pipe::pipe().unwrap();
    let (answer, mut from) = pipe::pipe().unwrap();
    let other = process::spawn(echo, (theirs, answer)).unwrap();
    group.bench_function("2 processes", |bencher| {
        bencher.iter(|| {
            to.write_all(&[1]).unwrap();
            from.read_exact(&mut [0]).unwrap();
        });
    });
    drop(to);
    assert!(ended(other));
    group.finish();
}

/// A point without a nemesis, beside a load.
fn points(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("process/point");
    group.bench_function("refectory point", |bencher| bencher.iter(|| process::point("a point")));
    let word = AtomicU32::new(0);
    group.bench_function("load", |bencher| bencher.iter(|| std::hint::black_box(&word).load(Acquire)));
    group.finish();
}

criterion_group!(benches, started, in_a_line, by_futex, by_pipe, points);

fn main() {
    process::child_main();
    benches();
    Criterion::default().configure_from_args().final_summary();
}

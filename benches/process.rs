//! What a process costs, and how fast two of them hand things to each other, beside two threads.

use criterion::{Criterion, Throughput, criterion_group};
use refectory::model::processes::lock::robust::RobustLock;
use refectory::model::processes::queue::mpmc::Mpmc;
use refectory::model::processes::queue::ring::Ring;
use refectory::model::processes::queue::simple;
#[cfg(target_os = "linux")]
use refectory::sync::UnsafeCell;
use refectory::sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Release};
use refectory::sync::pipe::{self, Reader, Writer};
use refectory::sync::process::{self, Process};
use refectory::sync::region::{Futex, Region, Shared, shared};
use refectory::sync::{hint::spin_loop, thread};
#[cfg(target_os = "linux")]
use std::mem::MaybeUninit;

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

/// A lock that the next one gets where its holder is killed.
trait Lock: Send + Shared + Sync + Sized {
    fn region() -> Region<Self>;
    fn locked(&self);
}

impl Lock for RobustLock {
    fn region() -> Region<Self> {
        Region::new(Self::new()).unwrap()
    }

    fn locked(&self) {
        self.lock(|_| ()).unwrap();
    }
}

/// That of libc.
#[cfg(target_os = "linux")]
struct Posix(UnsafeCell<MaybeUninit<libc::pthread_mutex_t>>);

// SAFETY: its attribute says that processes share it, and nobody drops it.
#[cfg(target_os = "linux")]
unsafe impl Shared for Posix {}
// SAFETY: libc's functions may be called by any thread.
#[cfg(target_os = "linux")]
unsafe impl Sync for Posix {}

#[cfg(target_os = "linux")]
impl Posix {
    /// What the functions say is left aside here: they fail only where they are used wrongly.
    fn with(&self, calls: impl FnOnce(*mut libc::pthread_mutex_t)) {
        self.0.with(|mutex| calls(mutex.cast_mut().cast()));
    }
}

#[cfg(target_os = "linux")]
impl Lock for Posix {
    fn region() -> Region<Self> {
        let region = Region::new(Self(UnsafeCell::new(MaybeUninit::zeroed()))).unwrap();
        // SAFETY: the attributes are initialised first, and the mutex before anybody else knows it; it is never moved.
        region.with(|mutex| unsafe {
            let mut attributes = MaybeUninit::uninit();
            libc::pthread_mutexattr_init(attributes.as_mut_ptr());
            libc::pthread_mutexattr_setpshared(attributes.as_mut_ptr(), libc::PTHREAD_PROCESS_SHARED);
            libc::pthread_mutexattr_setrobust(attributes.as_mut_ptr(), libc::PTHREAD_MUTEX_ROBUST);
            libc::pthread_mutex_init(mutex, attributes.as_ptr());
        });
        region
    }

    fn locked(&self) {
        // SAFETY: `region` has initialised it.
        self.with(|mutex| unsafe {
            libc::pthread_mutex_lock(mutex);
            libc::pthread_mutex_unlock(mutex);
        });
    }
}

fn lock_for_ever<L: Lock>(lock: Region<L>) {
    loop {
        lock.locked();
    }
}

/// A lock is taken and given back: by one process alone, and while another one does nothing else.
fn locks(criterion: &mut Criterion) {
    fn of<L: Lock>(criterion: &mut Criterion, name: &str) {
        let lock = L::region();
        let mut group = criterion.benchmark_group("process/robust lock");
        group.bench_function(format!("{name}, alone"), |bencher| bencher.iter(|| lock.locked()));
        let _other = process::spawn(lock_for_ever, lock.clone()).unwrap();
        group.bench_function(format!("{name}, 2 processes"), |bencher| bencher.iter(|| lock.locked()));
        group.finish();
    }
    of::<RobustLock>(criterion, "refectory RobustLock");
    #[cfg(target_os = "linux")]
    of::<Posix>(criterion, "libc pthread_mutex, robust");
}

/// The words of what holds 64 KiB, as a pipe does.
const WORDS: usize = 1 << 13;
type Belt = Ring<WORDS>;

fn belt() -> Region<Belt> {
    Region::new(Belt::new()).unwrap()
}

const SMALL: [u8; 8] = [7; 8];

/// Messages of 8 bytes, as fast as another process sends them.
fn one_way(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("process/messages one way");
    group.throughput(Throughput::Elements(1));
    let ring = belt();
    let sends = |ring: Region<Belt>| ring.sender(|mut sender| while sender.send(&SMALL).is_ok() {}).unwrap();
    let sender = process::spawn(sends, ring.clone()).unwrap();
    let receives = ring.receiver(|mut receiver| {
        group.bench_function("refectory Ring", |bencher| bencher.iter(|| receiver.receive(|bytes| bytes[0])));
    });
    receives.unwrap();
    drop(sender);
    let many = Region::new(<Mpmc<WORDS>>::new()).unwrap();
    let sends = |many: Region<Mpmc<WORDS>>| while many.send(&SMALL).is_ok() {};
    let senders = [(); 2].map(|()| process::spawn(sends, many.clone()).unwrap());
    group.bench_function("refectory Mpmc, 2 senders", |bencher| {
        bencher.iter(|| many.receive(|bytes| bytes[0]))
    });
    drop(senders);
    let (writer, mut reader) = pipe::pipe().unwrap();
    let writes = |mut writer: Writer| while writer.write_all(&SMALL).is_ok() {};
    let _writer = process::spawn(writes, writer).unwrap();
    group.bench_function("a pipe", |bencher| bencher.iter(|| reader.read_exact(&mut [0; 8]).unwrap()));
    drop(reader);
    let (sender, mut receiver) = simple::simple::<[u8; 8]>().unwrap();
    let sends = |mut sender: simple::Sender<[u8; 8]>| while sender.put(&SMALL).is_ok() {};
    let _sender = process::spawn(sends, sender).unwrap();
    group.bench_function("refectory simple", |bencher| bencher.iter(|| receiver.get().unwrap()));
    drop(receiver);
    group.finish();
}

fn by_ring(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("process/round trip, a ring");
    let (to, from) = (belt(), belt());
    let echoes = |(to, from): (Region<Belt>, Region<Belt>)| {
        let echo = to.receiver(|mut receiver| {
            from.sender(|mut sender| {
                loop {
                    receiver.receive(|bytes| sender.send(bytes)).unwrap();
                }
            })
        });
        echo.unwrap().unwrap()
    };
    let _other = process::spawn(echoes, (to.clone(), from.clone())).unwrap();
    let plays = to.sender(|mut sender| {
        from.receiver(|mut receiver| {
            group.bench_function("2 processes", |bencher| {
                bencher.iter(|| {
                    sender.send(&SMALL).unwrap();
                    receiver.receive(|bytes| bytes[0])
                });
            });
        })
    });
    plays.unwrap().unwrap();
    group.finish();
}

criterion_group! {
    name = benches;
    // On a machine that is busy a look may take a turn of the scheduler.
    config = Criterion::default().sample_size(10);
    targets = started, in_a_line, by_futex, by_pipe, by_ring, one_way, locks, points
}

fn main() {
    process::child_main();
    benches();
    Criterion::default().configure_from_args().final_summary();
}

//! Processes on real cores, and what they share.
//!
//! What is counted of a process (descriptors, threads, children) is counted in a child, where no other test runs.

#[path = "processes/arbiter.rs"]
mod arbiter;
#[path = "processes/joinable.rs"]
mod joinable;
#[path = "processes/many.rs"]
mod many;
#[path = "processes/queues.rs"]
mod queues;
#[path = "processes/rounds/mod.rs"]
mod rounds;
#[path = "processes/semaphore.rs"]
mod semaphore;
#[path = "processes/table.rs"]
mod table;

use arbiter::an_arbiter_survives_death_at_each_point;
use joinable::who_joins_survives_death_at_each_point;
use libtest_mimic::{Arguments, Failed, Trial};
use many::{a_killed_receiver_holds_nobody, each_message_arrives_or_is_counted_at_each_point};
use queues::{
    a_killed_receiver_starves_nobody, a_lock_that_is_not_robust_starves_the_others,
    a_queue_survives_death_at_each_point, a_torn_message_ends_with_its_time,
    the_beginning_arrives_of_a_process_that_dies,
};
use refectory::engine::{Engine, Program};
use refectory::judge::{Reason, Verdict, verify};
use refectory::model::processes::lock::broken::NotRobust;
use refectory::model::processes::lock::robust::{Locked, NotRecoverable, RobustLock, Rules};
use refectory::model::processes::queue::broken::{HeadFirst, TailFirst};
use refectory::model::processes::queue::ring::{Occupied, Passage, Ring, Whole};
use refectory::sync::atomic::{AtomicI32, AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe::{self, Reader, Writer};
use refectory::sync::process::{self, Exit, Nemesis, Process};
use refectory::sync::region::named::{self, Memory};
use refectory::sync::region::robust::{OWNER, OWNER_DIED, Robust, WAITERS};
use refectory::sync::region::{Futex, Region, shared};
use refectory::sync::{UnsafeCell, thread};
use rounds::{each_round_ends_well_and_leaves_nothing, twins_are_caught_in_some_round, what_is_left_is_seen};
use semaphore::{
    a_killed_holder_wakes_who_waits, a_permit_that_is_not_robust_is_lost, permits_come_back_at_each_point,
};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use table::philosophers_survive_death_at_each_point;

type Tested = Result<(), Failed>;

fn main() -> ExitCode {
    process::child_main();
    let all = || trials().into_iter().chain(pool::all()).collect();
    let trials = if cfg!(target_os = "linux") { all() } else { Vec::new() };
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

macro_rules! trials {
    ($($module:literal: $($test:ident),+;)+) => {
        fn trials() -> Vec<Trial> {
            vec![$($(Trial::test(concat!($module, "/", stringify!($test)), $test)),+),+]
        }
    };
}

#[path = "processes/pool.rs"]
mod pool;

trials! {
    "process":
        arguments_arrive_as_they_were_sent, a_child_has_what_it_was_given_and_nothing_else, exits_are_told_apart,
        a_stopped_process_stands_still, a_process_that_is_dropped_is_reaped, starts_leave_nothing_behind,
        the_killed_leave_no_family, an_argument_that_cannot_be_read_is_told, too_many_handles_are_refused,
        a_handle_travels_nowhere_else, a_mark_alone_makes_no_child, engines_say_what_they_have_not;
    "nemesis":
        a_process_dies_at_the_nth_point, points_are_counted_in_all_processes;
    "region":
        increments_of_three_processes_add_up, a_structure_is_the_same_to_all, a_region_is_opened_as_what_it_is;
    "futex":
        a_wake_reaches_another_process, a_wait_runs_out;
    "robust":
        the_killed_leave_their_mark_and_wake_one, a_word_is_looked_after_at_each_point, all_words_that_are_held_are_marked,
        a_thread_that_ends_leaves_its_mark, a_wake_of_the_killed_is_passed_on;
    "lock":
        a_lock_survives_death_at_each_point, a_lock_that_nobody_puts_right_is_lost_to_all, a_lock_that_is_not_robust_dies_too;
    "ring":
        messages_survive_death_at_each_point, twins_lose_messages_at_some_point, an_end_is_free_when_its_owner_is_dead,
        a_receiver_is_woken_where_the_sender_dies;
    "queue":
        a_queue_survives_death_at_each_point, a_killed_receiver_starves_nobody,
        a_lock_that_is_not_robust_starves_the_others, a_torn_message_ends_with_its_time,
        the_beginning_arrives_of_a_process_that_dies, who_joins_survives_death_at_each_point;
    "table":
        philosophers_survive_death_at_each_point, an_arbiter_survives_death_at_each_point;
    "semaphore":
        permits_come_back_at_each_point, a_killed_holder_wakes_who_waits, a_permit_that_is_not_robust_is_lost;
    "mpmc":
        each_message_arrives_or_is_counted_at_each_point, a_killed_receiver_holds_nobody;
    "pipe":
        a_pipe_ends_with_its_writer, a_pipe_breaks_with_its_reader, the_killed_hang_up,
        a_message_may_be_longer_than_the_pipe, short_messages_stay_whole, a_timed_read_ends,
        a_timed_read_ends_where_another_reader_is_faster;
    "rounds":
        each_round_ends_well_and_leaves_nothing, twins_are_caught_in_some_round, what_is_left_is_seen;
    "named":
        errors_are_those_of_the_contract, bytes_are_seen_by_another_process, the_owner_takes_only_its_own_away,
        a_sweep_removes_what_the_dead_have_left;
}

/// Longer than anything takes on a machine that is busy. What is not so by then is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until there is something.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "not seen: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn end(mut process: Process) -> io::Result<Exit> {
    until("the end of a process", || process.try_wait().transpose())
}

fn ensure_eq<T: PartialEq + Debug>(seen: T, expected: T) -> Tested {
    if seen == expected { Ok(()) } else { Err(format!("{seen:?}, and not {expected:?}").into()) }
}

/// Runs this in a child.
fn apart<F: FnOnce(()) + Copy + Send + 'static>(body: F) -> Tested {
    ensure_eq(end(process::spawn(body, ())?)?, Exit::Code(0))
}

/// All that comes until the pipe has ended.
fn read_all(reader: &mut Reader) -> io::Result<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 1 << 16]);
    loop {
        match reader.read_timeout(&mut buffer, PATIENCE)? {
            0 => return Ok(all),
            length => all.extend_from_slice(&buffer[..length]),
        }
    }
}

fn sleep_for_ever() -> ! {
    loop {
        thread::sleep(PATIENCE);
    }
}

/// The state that the system shows of a process, as `R` or `T`; nothing where there is no such process.
fn state(process: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat[stat.rfind(')')? + 1..].trim_start().chars().next()
}

#[derive(Debug, Serialize, Deserialize)]
struct Letter {
    dishes: BTreeMap<String, Vec<Dish>>,
    counts: Vec<Region<AtomicU32>>,
    answer: Option<Writer>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Dish {
    Soup { spoons: i64 },
    Bread(f64, Option<Box<Dish>>),
    Nothing,
}

fn arguments_arrive_as_they_were_sent() -> Tested {
    let counts = (0..3).map(|n| Region::new(AtomicU32::new(n))).collect::<Result<Vec<_>, _>>()?;
    let same = counts.clone();
    let (writer, mut reader) = pipe::pipe()?;
    let bread = Dish::Bread(-0.5, Some(Box::new(Dish::Soup { spoons: i64::MIN })));
    let dishes =
        BTreeMap::from([("ὄψον".to_owned(), vec![bread, Dish::Nothing]), (String::new(), Vec::new())]);
    let letter = Letter { dishes, counts, answer: Some(writer) };
    let sent = format!("{letter:?}");
    let reads = |mut letter: Letter| {
        let read = format!("{letter:?}");
        for count in &letter.counts {
            count.fetch_add(10, SeqCst);
        }
        letter.answer.take().unwrap().write_all(read.as_bytes()).unwrap();
    };
    let child = process::spawn(reads, letter)?;
    ensure_eq(String::from_utf8(read_all(&mut reader)?)?, sent)?;
    ensure_eq(end(child)?, Exit::Code(0))?;
    ensure_eq(same.iter().map(|count| count.load(SeqCst)).collect(), vec![10, 11, 12])
}

/// The descriptors of this process, and what they are of.
fn descriptors() -> BTreeMap<u32, String> {
    let all: Vec<_> = fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path()).collect();
    // That of the directory is closed by now.
    let open = all.iter().filter_map(|path| Some((path, fs::read_link(path).ok()?)));
    let number = |path: &std::path::Path| path.file_name()?.to_str()?.parse().ok();
    open.filter_map(|(path, of)| Some((number(path)?, of.display().to_string()))).collect()
}

fn a_child_has_what_it_was_given_and_nothing_else() -> Tested {
    let (_writer, reader) = pipe::pipe()?;
    let _region = Region::new(AtomicU32::new(0))?;
    let _memory = Memory::create("not_for_children", 1)?;
    let looks = |(_reader, _region): (Reader, Region<AtomicU32>)| {
        let all = descriptors();
        assert_eq!(all[&0], "/dev/null");
        let of = |what: &str| all.range(3..).filter(|(_, of)| of.starts_with(what)).count();
        assert_eq!((of("pipe:"), of("/memfd:"), of("socket:")), (1, 1, 1), "{all:?}");
        assert_eq!(all.len(), 6, "{all:?}");
    };
    ensure_eq(end(process::spawn(looks, (reader, Region::new(AtomicU32::new(0))?))?)?, Exit::Code(0))
}

fn exits_are_told_apart() -> Tested {
    ensure_eq(end(process::spawn(|()| (), ())?)?, Exit::Code(0))?;
    ensure_eq(end(process::spawn(|code| std::process::exit(code), 7)?)?, Exit::Code(7))?;
    ensure_eq(end(process::spawn(|()| panic!("as it is to"), ())?)?, Exit::Code(101))?;
    ensure_eq(end(process::spawn(|()| std::process::abort(), ())?)?, Exit::Killed(6))?;
    let mut sleeper = process::spawn(|()| sleep_for_ever(), ())?;
    ensure_eq(sleeper.try_wait()?, None)?;
    sleeper.kill()?;
    ensure_eq(until("an end", || sleeper.try_wait().transpose())?, Exit::Killed(9))?;
    // It is gone, and nobody else is meant.
    sleeper.kill()?;
    ensure_eq(sleeper.wait()?, Exit::Killed(9))
}

fn count_for_ever(count: Region<AtomicU32>) {
    loop {
        count.fetch_add(1, SeqCst);
    }
}

fn a_stopped_process_stands_still() -> Tested {
    let count = Region::new(AtomicU32::new(0))?;
    let mut process = process::spawn(count_for_ever, count.clone())?;
    let grows = || {
        let before = count.load(SeqCst);
        until("a count that grows", || (count.load(SeqCst) != before).then_some(()));
    };
    grows();
    process.stop()?;
    until("a process that is stopped", || (state(process.id()) == Some('T')).then_some(()));
    let before = count.load(SeqCst);
    (0..100).for_each(|_| thread::yield_now());
    ensure_eq(count.load(SeqCst), before)?;
    process.resume()?;
    grows();
    process.stop()?;
    process.kill()?;
    ensure_eq(end(process)?, Exit::Killed(9))
}

fn a_process_that_is_dropped_is_reaped() -> Tested {
    apart(|()| {
        let dropped = || {
            let process = process::spawn(|()| sleep_for_ever(), ()).unwrap();
            process.id()
        };
        // One that is not reaped can still be seen.
        assert_eq!(state(dropped()), None);
        let mut stopped = process::spawn(|()| sleep_for_ever(), ()).unwrap();
        let id = stopped.id();
        stopped.stop().unwrap();
        drop(stopped);
        assert_eq!(state(id), None);
    })
}

fn starts_leave_nothing_behind() -> Tested {
    apart(|()| {
        let region = Region::new(AtomicU32::new(0)).unwrap();
        let seen = || {
            let threads = fs::read_dir("/proc/self/task").unwrap().count();
            let maps = fs::read_to_string("/proc/self/maps").unwrap();
            let children = fs::read_to_string("/proc/thread-self/children").unwrap();
            (descriptors().into_keys().collect::<Vec<_>>(), threads, maps.matches("memfd").count(), children)
        };
        let before = seen();
        let count = |(region, _, _): (Region<AtomicU32>, Region<u8>, Writer)| {
            region.fetch_add(1, SeqCst);
        };
        for n in 0..500 {
            let counted = region.load(SeqCst);
            let handles = (region.clone(), Region::new(0).unwrap(), pipe::pipe().unwrap().0);
            let process = process::spawn(count, handles).unwrap();
            // Of three one is waited for, one killed wherever it is, and one as soon as it has counted.
            match n % 3 {
                0 => assert_eq!(end(process).unwrap(), Exit::Code(0)),
                1 => drop(process),
                _ => until("a count", || (region.load(SeqCst) > counted).then_some(())),
            }
        }
        assert_eq!(seen(), before);
    })
}

/// A process that starts another one, on a thread that ends, and so on; all of them have the writer, and never end.
fn found_a_family((generations, counted, writer): (u32, Region<AtomicU32>, Writer)) {
    let _descendant = (generations > 1).then(|| {
        let argument = (generations - 1, counted.clone(), writer.try_clone().unwrap());
        thread::spawn(|| process::spawn(found_a_family, argument).unwrap()).join().unwrap()
    });
    counted.fetch_add(1, SeqCst);
    sleep_for_ever()
}

/// The pipe ends when the last process has ended that has the writer, whatever it was doing.
fn the_killed_leave_no_family() -> Tested {
    for stopped in [false, true] {
        let (writer, mut reader) = pipe::pipe()?;
        let counted = Region::new(AtomicU32::new(0))?;
        let mut first = process::spawn(found_a_family, (3, counted.clone(), writer))?;
        until("a family of three", || (counted.load(SeqCst) == 3).then_some(()));
        let early = reader.read_timeout(&mut [0], Duration::from_millis(1));
        ensure_eq(early.map_err(|error| error.kind()), Err(ErrorKind::TimedOut))?;
        if stopped {
            let second = descendants(first.id()).into_iter().find(|process| *process != first.id());
            let second = second.ok_or("the first one has started nobody")?;
            Command::new("kill").args(["-STOP", &second.to_string()]).status()?;
            until("a process that is stopped", || (state(second) == Some('T')).then_some(()));
        }
        first.kill()?;
        ensure_eq(end(first)?, Exit::Killed(9))?;
        ensure_eq(read_all(&mut reader)?, Vec::new())?;
    }
    Ok(())
}

/// The children of a process, whichever of its threads has started them.
fn descendants(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Is written down, but not read.
#[derive(Serialize)]
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("nobody can read this"))
    }
}

fn an_argument_that_cannot_be_read_is_told() -> Tested {
    let mut process = process::spawn(|_: Unreadable| (), Unreadable)?;
    let first = until("an end", || process.try_wait().transpose()).unwrap_err().to_string();
    if !first.starts_with("a child did not begin: ") {
        return Err(first.into());
    }
    ensure_eq(process.wait().unwrap_err().to_string(), first)
}

fn too_many_handles_are_refused() -> Tested {
    let region = Region::new(AtomicU32::new(0))?;
    let counts = |regions: Vec<Region<AtomicU32>>| {
        for region in regions {
            region.fetch_add(1, SeqCst);
        }
    };
    ensure_eq(end(process::spawn(counts, vec![region.clone(); 252])?)?, Exit::Code(0))?;
    ensure_eq(region.load(SeqCst), 252)?;
    let refused = process::spawn(counts, vec![region.clone(); 253]).unwrap_err();
    ensure_eq(refused.kind(), ErrorKind::InvalidInput)
}

fn a_handle_travels_nowhere_else() -> Tested {
    let region = Region::new(AtomicU32::new(0))?;
    if postcard::to_allocvec(&region).is_ok() || postcard::from_bytes::<Reader>(&[0]).is_ok() {
        return Err("a handle was written to bytes, or read from them".into());
    }
    Ok(())
}

/// As it would be if somebody started the binary by hand.
fn a_mark_alone_makes_no_child() -> Tested {
    let mut by_hand = Command::new(std::env::current_exe()?);
    let output = by_hand.arg("refectory::sync::process").stdin(Stdio::null()).output()?;
    ensure_eq(output.status.code(), Some(2))?;
    let words = String::from_utf8(output.stderr)?;
    if words.starts_with("a child of this binary did not begin: ") { Ok(()) } else { Err(words.into()) }
}

fn engines_say_what_they_have_not() -> Tested {
    let asks: [fn() -> io::Result<()>; 2] =
        [|| process::spawn(|()| (), ()).map(drop), || named::sweep().map(drop)];
    for engine in Engine::ALL.iter().copied().filter(|engine| engine.available() && *engine != Engine::Native)
    {
        for ask in asks {
            let verdict = verify(
                engine,
                &Program::new(move || ask().map(|()| String::new()).map_err(|_| unreachable!())),
            );
            if !matches!(verdict, Verdict::Inconclusive(Reason::Unsupported(_))) {
                return Err(format!("{engine:?}: {verdict:?}").into());
            }
        }
    }
    Ok(())
}

const POINTS: [&str; 3] = ["before the soup", "over the soup", "after the soup"];

fn pass_points(passed: Region<AtomicU32>) {
    for name in POINTS {
        process::point(name);
        passed.fetch_add(1, SeqCst);
    }
}

fn a_process_dies_at_the_nth_point() -> Tested {
    apart(|()| {
        for n in 0..=4 {
            let nemesis = Nemesis::at(n).unwrap();
            nemesis.set_on_children();
            let passed = Region::new(AtomicU32::new(0)).unwrap();
            let process = process::spawn(pass_points, passed.clone()).unwrap();
            let id = process.id();
            let exit = end(process).unwrap();
            let victim = nemesis.victim().map(|victim| (victim.process, victim.point));
            // The one who has set it passes as many points as it likes.
            process::point("a spared one");
            match POINTS.get((n as usize).wrapping_sub(1)) {
                Some(point) => {
                    assert_eq!((exit, nemesis.left()), (Exit::Killed(9), 0));
                    assert_eq!(victim, Some((id, (*point).to_owned())));
                    assert_eq!(u64::from(passed.load(SeqCst)), n - 1);
                }
                None => {
                    assert_eq!((exit, nemesis.left(), victim), (Exit::Code(0), n.saturating_sub(3), None));
                    assert_eq!(passed.load(SeqCst), 3);
                }
            }
        }
    })
}

/// One that passes points itself, and then a child of its does.
fn pass_points_and_let_pass(passed: Region<AtomicU32>) {
    pass_points(passed.clone());
    let exit = end(process::spawn(pass_points, passed).unwrap()).unwrap();
    assert_eq!(exit, Exit::Killed(9));
}

fn points_are_counted_in_all_processes() -> Tested {
    apart(|()| {
        let nemesis = Nemesis::at(5).unwrap();
        nemesis.set_on_children();
        let passed = Region::new(AtomicU32::new(0)).unwrap();
        let process = process::spawn(pass_points_and_let_pass, passed.clone()).unwrap();
        let id = process.id();
        assert_eq!(end(process).unwrap(), Exit::Code(0));
        let victim = nemesis.victim().unwrap();
        assert_eq!((victim.point.as_str(), passed.load(SeqCst)), (POINTS[1], 4));
        assert_ne!(victim.process, id);
    })
}

const MANY: u32 = 10_000;

fn increments_of_three_processes_add_up() -> Tested {
    let count = Region::new(AtomicU32::new(0))?;
    let counts = |count: Region<AtomicU32>| {
        for _ in 0..MANY {
            count.fetch_add(1, SeqCst);
        }
    };
    let processes = (0..3).map(|_| process::spawn(counts, count.clone())).collect::<Result<Vec<_>, _>>()?;
    for process in processes {
        ensure_eq(end(process)?, Exit::Code(0))?;
    }
    ensure_eq(count.load(SeqCst), 3 * MANY)
}

shared! {
    /// A bowl that is filled by one process and emptied by another one.
    #[repr(align(64))]
    struct Bowl<const PORTIONS: usize> {
        size: u32,
        soup: UnsafeCell<[u64; PORTIONS]>,
        is_full: Futex,
    }
}

// SAFETY: the soup is touched by who has found the bowl full, or before it is.
unsafe impl<const PORTIONS: usize> Sync for Bowl<PORTIONS> {}

fn a_structure_is_the_same_to_all() -> Tested {
    let bowl = Bowl::<5> { size: 5, soup: UnsafeCell::new([0; 5]), is_full: Futex::new(0) };
    let bowl = Region::new(bowl)?;
    let fills = |bowl: Region<Bowl<5>>| {
        assert_eq!(bowl.size, 5);
        // SAFETY: it is not full yet, and nobody else fills it.
        bowl.soup.with_mut(|soup| unsafe { *soup = [1, 2, 3, 4, u64::MAX] });
        bowl.is_full.store(1, SeqCst);
        bowl.is_full.wake_all();
    };
    let process = process::spawn(fills, bowl.clone())?;
    until("a full bowl", || {
        (bowl.is_full.wait_timeout(0, PATIENCE) && bowl.is_full.load(SeqCst) == 1).then_some(())
    });
    // SAFETY: it is full.
    ensure_eq(bowl.soup.with(|soup| unsafe { *soup }), [1, 2, 3, 4, u64::MAX])?;
    ensure_eq(end(process)?, Exit::Code(0))
}

/// Sent as a region of one type, and opened as one of another, as long one.
struct Mistaken(Region<AtomicU32>);

impl Serialize for Mistaken {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Mistaken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Region::<AtomicI32>::deserialize(deserializer)?;
        Ok(Self(Region::new(AtomicU32::new(0)).map_err(serde::de::Error::custom)?))
    }
}

fn a_region_is_opened_as_what_it_is() -> Tested {
    let process = process::spawn(|_: Mistaken| (), Mistaken(Region::new(AtomicU32::new(0))?))?;
    let words = end(process).unwrap_err().to_string();
    if words.contains("no region of") { Ok(()) } else { Err(words.into()) }
}

/// Two take turns, neither of whom spins: a wake that does not reach the other one leaves both waiting.
fn take_turns(whose: &Futex, mine: u32, rounds: u32) {
    for _ in 0..rounds {
        while whose.load(SeqCst) != mine {
            whose.wait(1 - mine);
        }
        whose.store(1 - mine, SeqCst);
        whose.wake_one();
    }
}

fn a_wake_reaches_another_process() -> Tested {
    let whose = Region::new(Futex::new(0))?;
    let takes = |mine: u32| {
        process::spawn(
            |(whose, mine): (Region<Futex>, u32)| take_turns(&whose, mine, 2_000),
            (whose.clone(), mine),
        )
    };
    let both = [takes(0)?, takes(1)?];
    for process in both {
        ensure_eq(end(process)?, Exit::Code(0))?;
    }
    // And all of several at once.
    let waits = |gate: Region<Futex>| {
        gate.fetch_add(2, SeqCst);
        while gate.load(SeqCst) & 1 == 0 {
            gate.wait(gate.load(SeqCst) & !1);
        }
    };
    let gate = Region::new(Futex::new(0))?;
    let waiters = (0..3).map(|_| process::spawn(waits, gate.clone())).collect::<Result<Vec<_>, _>>()?;
    until("three who wait", || {
        let sleep = waiters.iter().all(|process| state(process.id()) == Some('S'));
        (gate.load(SeqCst) == 6 && sleep).then_some(())
    });
    gate.fetch_add(1, SeqCst);
    gate.wake_all();
    for waiter in waiters {
        ensure_eq(end(waiter)?, Exit::Code(0))?;
    }
    Ok(())
}

fn a_wait_runs_out() -> Tested {
    let waits = |word: Region<Futex>| while word.wait_timeout(7, Duration::from_millis(1)) {};
    ensure_eq(end(process::spawn(waits, Region::new(Futex::new(7))?)?)?, Exit::Code(0))?;
    // Another value is found at once, however long it would wait.
    let finds = |word: Region<Futex>| assert!(word.wait_timeout(8, Duration::MAX));
    ensure_eq(end(process::spawn(finds, Region::new(Futex::new(7))?)?)?, Exit::Code(0))
}

/// Takes a word that nobody owns.
fn take(word: &Robust) {
    // SAFETY: it says whether it has put the number there. The regions of these tests stay until the thread ends.
    let is_mine = unsafe { word.take(|| word.compare_exchange(0, Robust::me(), SeqCst, SeqCst).is_ok()) };
    assert!(is_mine);
}

fn take_and_sleep(word: Region<Robust>) {
    take(&word);
    sleep_for_ever()
}

/// Waits until nobody owns the word that somebody does; leaves everything as it is, and passes no wake on.
fn wait_for_the_owner(word: Region<Robust>) {
    let seen = word.fetch_or(WAITERS, SeqCst) | WAITERS;
    while seen & OWNER != 0 && word.load(SeqCst) & OWNER != 0 {
        word.wait(seen);
    }
}

/// Somebody who sleeps at the word.
fn waiter(word: &Region<Robust>) -> io::Result<Process> {
    let waiter = process::spawn(wait_for_the_owner, word.clone())?;
    until("one who waits", || {
        (word.load(SeqCst) & WAITERS != 0 && state(waiter.id()) == Some('S')).then_some(())
    });
    Ok(waiter)
}

fn the_killed_leave_their_mark_and_wake_one() -> Tested {
    let word = Region::new(Robust::new())?;
    let mut owner = process::spawn(take_and_sleep, word.clone())?;
    until("an owner", || (word.load(SeqCst) == owner.id()).then_some(()));
    let waiter = waiter(&word)?;
    owner.kill()?;
    ensure_eq(end(owner)?, Exit::Killed(9))?;
    ensure_eq(end(waiter)?, Exit::Code(0))?;
    ensure_eq(word.load(SeqCst), OWNER_DIED | WAITERS)
}

/// Takes the word, and gives it back when it is told to.
fn take_and_give((word, go): (Region<Robust>, Region<AtomicU32>)) {
    process::point("outside");
    let takes = || {
        process::point("free");
        let is_mine = word.compare_exchange(0, Robust::me(), SeqCst, SeqCst).is_ok();
        process::point("taken");
        is_mine
    };
    // SAFETY: as in `take`.
    assert!(unsafe { word.take(takes) });
    process::point("held");
    until("a start", || (go.load(SeqCst) == 1).then_some(()));
    process::point("waited for");
    word.give(|| {
        process::point("still mine");
        word.fetch_and(!OWNER, SeqCst);
        process::point("given");
        word.wake_one();
    });
    process::point("done");
}

fn a_word_is_looked_after_at_each_point() -> Tested {
    apart(|()| {
        let points = ["outside", "free", "taken", "held", "waited for", "still mine", "given", "done"];
        for (n, point) in (1..).zip(points) {
            let nemesis = Nemesis::at(n).unwrap();
            nemesis.set_on_children();
            let (word, go) = (Region::new(Robust::new()).unwrap(), Region::new(AtomicU32::new(0)).unwrap());
            let owner = process::spawn(take_and_give, (word.clone(), go.clone())).unwrap();
            if n > 4 {
                until("an owner", || (word.load(SeqCst) == owner.id()).then_some(()));
                Nemesis::at(0).unwrap().set_on_children();
                let waiter = waiter(&word).unwrap();
                go.store(1, SeqCst);
                assert_eq!(end(waiter).unwrap(), Exit::Code(0), "{point}");
            }
            assert_eq!(end(owner).unwrap(), Exit::Killed(9));
            assert_eq!(nemesis.victim().unwrap().point, point);
            let left = word.load(SeqCst) & !WAITERS;
            assert_eq!(left, if (3..=6).contains(&n) { OWNER_DIED } else { 0 }, "{point}");
        }
    })
}

fn all_words_that_are_held_are_marked() -> Tested {
    for given in 0..3 {
        let words = Region::new([(); 3].map(|()| Robust::new()))?;
        let takes = |(words, given, mut news): (Region<[Robust; 3]>, usize, Writer)| {
            words.iter().for_each(take);
            words[given].give(|| words[given].store(0, SeqCst));
            news.write_all(b"held").unwrap();
            sleep_for_ever()
        };
        let (writer, mut reader) = pipe::pipe()?;
        let mut owner = process::spawn(takes, (words.clone(), given, writer))?;
        ensure_eq(reader.read_timeout(&mut [0; 8], PATIENCE)?, 4)?;
        owner.kill()?;
        ensure_eq(end(owner)?, Exit::Killed(9))?;
        for (n, word) in words.iter().enumerate() {
            ensure_eq(word.load(SeqCst), if n == given { 0 } else { OWNER_DIED })?;
        }
    }
    Ok(())
}

fn a_thread_that_ends_leaves_its_mark() -> Tested {
    let word = Region::new(Robust::new())?;
    let theirs = word.clone();
    thread::spawn(move || take(&theirs)).join().map_err(|_| "a panic")?;
    until("a mark", || (word.load(SeqCst) == OWNER_DIED).then_some(()));
    Ok(())
}

/// Of two who wait one is woken, and killed before it does anything: then the other one is.
fn a_wake_of_the_killed_is_passed_on() -> Tested {
    let word = Region::new(Robust::new())?;
    word.store(OWNER, SeqCst);
    let waits_to_take = |word: Region<Robust>| {
        // SAFETY: it never says so.
        unsafe {
            word.take(|| {
                wait_for_the_owner(word.clone());
                sleep_for_ever()
            })
        };
    };
    let mut first = process::spawn(waits_to_take, word.clone())?;
    until("one who waits", || {
        (word.load(SeqCst) & WAITERS != 0 && state(first.id()) == Some('S')).then_some(())
    });
    let second = waiter(&word)?;
    word.store(WAITERS, SeqCst);
    word.wake_one();
    first.kill()?;
    ensure_eq(end(first)?, Exit::Killed(9))?;
    ensure_eq(end(second)?, Exit::Code(0))
}

shared! {
    /// Two numbers that are the same to everybody who has the lock.
    struct Twice {
        lock: RobustLock,
        once: AtomicU32,
        again: AtomicU32,
    }
}

const ADDED: u32 = 4;

fn add((twice, start): (Region<Twice>, Region<Futex>)) {
    start.wait(0);
    for _ in 0..ADDED {
        let adds = |found: Locked<'_>| {
            if let Locked::OwnerDied(left) = found {
                twice.again.store(twice.once.load(SeqCst), SeqCst);
                left.consistent();
            }
            assert_eq!(twice.once.load(SeqCst), twice.again.load(SeqCst));
            twice.once.fetch_add(1, SeqCst);
            // Others come meanwhile.
            (0..5).for_each(|_| thread::yield_now());
            process::point("half of it");
            twice.again.fetch_add(1, SeqCst);
        };
        twice.lock.lock(adds).unwrap();
    }
}

/// Three add, one of whom may be killed; the others do all that they were to do. How many were killed.
fn add_up() -> u32 {
    let zero = || AtomicU32::new(0);
    let twice = Twice { lock: RobustLock::new(), once: zero(), again: zero() };
    let (twice, start) = (Region::new(twice).unwrap(), Region::new(Futex::new(0)).unwrap());
    let adders = [(); 3].map(|()| process::spawn(add, (twice.clone(), start.clone())).unwrap());
    start.store(1, SeqCst);
    start.wake_all();
    let ends = adders.map(|adder| end(adder).unwrap());
    let dead = ends.iter().filter(|exit| **exit == Exit::Killed(9)).count() as u32;
    assert_eq!(ends.iter().filter(|exit| **exit == Exit::Code(0)).count() as u32, 3 - dead);
    let sums = twice.lock.lock(|found| {
        if matches!(found, Locked::Consistent) {
            assert_eq!(twice.once.load(SeqCst), twice.again.load(SeqCst));
        }
        twice.once.load(SeqCst)
    });
    assert!(((3 - dead) * ADDED..=3 * ADDED).contains(&sums.unwrap()));
    dead
}

/// The order of the three is not the same each time, and nor is what the n-th point is; but all points together are many.
fn a_lock_survives_death_at_each_point() -> Tested {
    apart(|()| at_each_point(add_up))
}

/// Runs this with a death at the first point, then with one at the second, until nobody has died.
fn at_each_point(dead: impl Fn() -> u32) {
    for n in 1.. {
        let nemesis = Nemesis::at(n).unwrap();
        nemesis.set_on_children();
        let (dead, victim) = (dead(), nemesis.victim());
        assert_eq!(dead, u32::from(victim.is_some()), "{victim:?}");
        if dead == 0 {
            return;
        }
    }
}

/// A process that is killed while it holds the lock.
fn killed_in<R: Rules>(lock: &Region<RobustLock<R>>) -> io::Result<()> {
    let (writer, mut reader) = pipe::pipe()?;
    let holds = |(lock, mut news): (Region<RobustLock<R>>, Writer)| {
        let _ = lock.lock(|_| {
            news.write_all(b"held").unwrap();
            sleep_for_ever()
        });
    };
    let mut holder = process::spawn(holds, (lock.clone(), writer))?;
    reader.read_timeout(&mut [0; 8], PATIENCE)?;
    holder.kill()?;
    end(holder).map(drop)
}

fn a_lock_that_nobody_puts_right_is_lost_to_all() -> Tested {
    let lock = Region::new(<RobustLock>::new())?;
    killed_in(&lock)?;
    ensure_eq(lock.try_lock(|found| matches!(found, Locked::OwnerDied(_))), Ok(Some(true)))?;
    let finds = |lock: Region<RobustLock>| assert_eq!(lock.lock(|_| ()), Err(NotRecoverable));
    let all = [(); 3].map(|()| process::spawn(finds, lock.clone()));
    for process in all {
        ensure_eq(end(process?)?, Exit::Code(0))?;
    }
    ensure_eq(lock.lock_timeout(PATIENCE, |_| ()), Err(NotRecoverable))
}

fn a_lock_that_is_not_robust_dies_too() -> Tested {
    let lock = Region::new(RobustLock::<NotRobust>::new())?;
    killed_in(&lock)?;
    ensure_eq(lock.lock_timeout(Duration::from_millis(10), |_| ()), Ok(None))
}

const MESSAGES: u32 = 10;

shared! {
    /// What was sent for certain, and what was received.
    struct Log {
        sent: AtomicU32,
        received: AtomicU32,
        numbers: [AtomicU32; 2 * MESSAGES as usize],
    }
}

/// Messages of any length; four words hold two of the shortest.
fn message(number: u32) -> Vec<u8> {
    number.to_ne_bytes().repeat(1 + number as usize % 5)
}

/// The exit code of who receives what nobody has sent.
const NOT_SENT: i32 = 3;

type Post<P> = (Region<Ring<4, P>>, Region<Log>);

fn send_all<P: Passage>((ring, log): Post<P>) {
    let sends = ring.sender(|mut sender| {
        for number in log.sent.load(SeqCst)..MESSAGES {
            sender.send(&message(number)).unwrap();
            process::point("a message to be counted");
            log.sent.fetch_add(1, SeqCst);
        }
    });
    assert_eq!(sends, Ok(()));
}

fn receive_all<P: Passage>((ring, log): Post<P>) {
    let last = || log.numbers[log.received.load(SeqCst).wrapping_sub(1) as usize].load(SeqCst);
    let receives = ring.receiver(|mut receiver| {
        while log.received.load(SeqCst) == 0 || last() != MESSAGES - 1 {
            let read = |bytes: &[u8]| {
                let number = bytes.first_chunk().map(|number| u32::from_ne_bytes(*number));
                let Some(number) = number.filter(|number| bytes == message(*number)) else {
                    std::process::exit(NOT_SENT)
                };
                log.numbers[log.received.load(SeqCst) as usize].store(number, SeqCst);
                process::point("a message to be logged");
                log.received.fetch_add(1, SeqCst);
            };
            receiver.receive(read);
        }
    });
    assert_eq!(receives, Ok(()));
}

/// Sends all messages; who is killed is replaced. How many were; and if it went wrong, how.
fn post<P: Passage>() -> Result<u32, String> {
    let zero = || AtomicU32::new(0);
    let log = Log { sent: zero(), received: zero(), numbers: std::array::from_fn(|_| zero()) };
    let (ring, log) = (Region::new(Ring::<4, P>::new()).unwrap(), Region::new(log).unwrap());
    let start = |entry: fn(Post<P>) -> io::Result<Process>| entry((ring.clone(), log.clone())).unwrap();
    let entries: [fn(Post<P>) -> io::Result<Process>; 2] =
        [|post| process::spawn(send_all::<P>, post), |post| process::spawn(receive_all::<P>, post)];
    let mut both = entries.map(|entry| (entry, start(entry)));
    let (mut ended, mut dead) = (0, 0);
    let started = Instant::now();
    while ended < 2 {
        ended = 0;
        for (entry, process) in &mut both {
            match process.try_wait().unwrap() {
                None => {}
                Some(Exit::Code(0)) => ended += 1,
                Some(Exit::Killed(9)) => {
                    dead += 1;
                    *process = start(*entry);
                }
                Some(exit) => return Err(exit.to_string()),
            }
        }
        if started.elapsed() > PATIENCE {
            return Err("a side waits for ever".into());
        }
        thread::yield_now();
    }
    let mut numbers: Vec<_> = log.numbers.iter().map(|number| number.load(SeqCst)).collect();
    numbers.truncate(log.received.load(SeqCst) as usize);
    let all = numbers.len();
    numbers.dedup();
    let is_right = numbers.iter().copied().eq(0..MESSAGES) && all - numbers.len() <= dead as usize;
    if is_right { Ok(dead) } else { Err(format!("{all} messages, {numbers:?}, {dead} dead")) }
}

/// One more is received at most: that with which the one who died was busy.
fn messages_survive_death_at_each_point() -> Tested {
    apart(|()| at_each_point(|| post::<Whole>().unwrap()))
}

fn twins_lose_messages_at_some_point() -> Tested {
    apart(|()| {
        let fails = |post: fn() -> Result<u32, String>| {
            (1..200).any(|n| {
                Nemesis::at(n).unwrap().set_on_children();
                post().is_err()
            })
        };
        assert!(fails(post::<TailFirst>));
        assert!(fails(post::<HeadFirst>));
    })
}

fn an_end_is_free_when_its_owner_is_dead() -> Tested {
    let ring = Region::new(<Ring<8>>::new())?;
    let (writer, mut reader) = pipe::pipe()?;
    let sends = |(ring, mut news): (Region<Ring<8>>, Writer)| {
        let _ = ring.sender(|mut sender| {
            sender.send(b"soup").unwrap();
            news.write_all(b"sent").unwrap();
            sleep_for_ever()
        });
    };
    let mut sender = process::spawn(sends, (ring.clone(), writer))?;
    reader.read_timeout(&mut [0; 8], PATIENCE)?;
    ensure_eq(ring.sender(|_| ()), Err(Occupied))?;
    sender.kill()?;
    ensure_eq(end(sender)?, Exit::Killed(9))?;
    ensure_eq(ring.sender(|mut sender| sender.send(b"bread")), Ok(Ok(())))?;
    let all = ring.receiver(|mut receiver| [(); 2].map(|()| receiver.receive(<[u8]>::to_vec)))?;
    ensure_eq(all, [b"soup".to_vec(), b"bread".to_vec()])
}

fn a_receiver_is_woken_where_the_sender_dies() -> Tested {
    apart(|()| {
        let ring = Region::new(<Ring<8>>::new()).unwrap();
        let receives = |ring: Region<Ring<8>>| {
            let soup = ring.receiver(|mut receiver| receiver.receive(<[u8]>::to_vec));
            assert_eq!(soup, Ok(b"soup".to_vec()));
        };
        let receiver = process::spawn(receives, ring.clone()).unwrap();
        until("one who waits", || (state(receiver.id()) == Some('S')).then_some(()));
        // It has published the message, and wakes nobody.
        let nemesis = Nemesis::at(4).unwrap();
        nemesis.set_on_children();
        let sends = |ring: Region<Ring<8>>| ring.sender(|mut sender| sender.send(b"soup")).unwrap().unwrap();
        let sender = process::spawn(sends, ring).unwrap();
        assert_eq!(end(sender).unwrap(), Exit::Killed(9));
        assert_eq!(nemesis.victim().unwrap().point, "a position that has moved");
        assert_eq!(end(receiver).unwrap(), Exit::Code(0));
    })
}

fn a_pipe_ends_with_its_writer() -> Tested {
    let (writer, mut reader) = pipe::pipe()?;
    let writes = |mut writer: Writer| writer.write_all(b"soup").unwrap();
    let process = process::spawn(writes, writer)?;
    ensure_eq(read_all(&mut reader)?, b"soup".to_vec())?;
    ensure_eq(end(process)?, Exit::Code(0))
}

/// Writes until that fails.
fn write_until_broken(writer: &mut Writer) -> ErrorKind {
    until("a broken pipe", || writer.write_all(&[1; pipe::ATOMIC]).err()).kind()
}

fn a_pipe_breaks_with_its_reader() -> Tested {
    let (mut writer, reader) = pipe::pipe()?;
    let process = process::spawn(|reader: Reader| drop(reader), reader)?;
    ensure_eq(write_until_broken(&mut writer), ErrorKind::BrokenPipe)?;
    ensure_eq(end(process)?, Exit::Code(0))
}

fn the_killed_hang_up() -> Tested {
    let (mut writer, reader) = pipe::pipe()?;
    let mut process = process::spawn(|_reader: Reader| sleep_for_ever(), reader)?;
    let writes = thread::spawn(move || write_until_broken(&mut writer));
    process.kill()?;
    ensure_eq(writes.join().map_err(|_| "the writer panicked")?, ErrorKind::BrokenPipe)?;
    ensure_eq(end(process)?, Exit::Killed(9))?;

    // In the middle of a message, too.
    let (writer, mut reader) = pipe::pipe()?;
    let long = 3 * writer.capacity()?;
    let writes = |(mut writer, length): (Writer, usize)| writer.write_all(&vec![1; length]).unwrap();
    let mut process = process::spawn(writes, (writer, long))?;
    let mut first = [0];
    ensure_eq(reader.read_timeout(&mut first, PATIENCE)?, 1)?;
    process.kill()?;
    ensure_eq(end(process)?, Exit::Killed(9))?;
    let rest = read_all(&mut reader)?;
    if rest.len() < long - 1 { Ok(()) } else { Err("it was all there before the writer was killed".into()) }
}

fn a_message_may_be_longer_than_the_pipe() -> Tested {
    let (mut writer, reader) = pipe::pipe()?;
    let (answer, mut answered) = pipe::pipe()?;
    let message: Vec<u8> = (0..16 * writer.capacity()? + 7).map(|n| (n % 251) as u8).collect();
    let copies = |(mut reader, mut answer): (Reader, Writer)| {
        io::copy(&mut reader, &mut answer).unwrap();
    };
    let process = process::spawn(copies, (reader, answer))?;
    let sent = message.clone();
    let writes = thread::spawn(move || writer.write_all(&sent));
    ensure_eq(read_all(&mut answered)? == message, true)?;
    writes.join().map_err(|_| "the writer panicked")??;
    ensure_eq(end(process)?, Exit::Code(0))
}

fn short_messages_stay_whole() -> Tested {
    const LENGTH: usize = pipe::ATOMIC;
    let (writer, mut reader) = pipe::pipe()?;
    let writes = |(mut writer, letter): (Writer, u8)| {
        (0..200).for_each(|_| assert_eq!(writer.write(&[letter; LENGTH]).unwrap(), LENGTH));
    };
    let processes = (b'a'..=b'c')
        .map(|letter| process::spawn(writes, (writer.try_clone()?, letter)))
        .collect::<Result<Vec<_>, _>>()?;
    drop(writer);
    let all = read_all(&mut reader)?;
    let messages: BTreeSet<&[u8]> = all.chunks(LENGTH).collect();
    ensure_eq((all.len(), messages.len()), (600 * LENGTH, 3))?;
    ensure_eq(messages.iter().all(|message| message.iter().all(|byte| *byte == message[0])), true)?;
    processes.into_iter().try_for_each(|process| ensure_eq(end(process)?, Exit::Code(0)))
}

fn a_timed_read_ends() -> Tested {
    let (mut writer, mut reader) = pipe::pipe()?;
    let mut buffer = [0; 2];
    for timeout in [Duration::ZERO, Duration::from_millis(1)] {
        let error = reader.read_timeout(&mut buffer, timeout).unwrap_err();
        ensure_eq(error.kind(), ErrorKind::TimedOut)?;
    }
    writer.write_all(b"abc")?;
    ensure_eq(reader.read_timeout(&mut buffer, Duration::ZERO)?, 2)?;
    ensure_eq(reader.read_timeout(&mut buffer, Duration::MAX)?, 1)?;
    drop(writer);
    ensure_eq(reader.read_timeout(&mut buffer, Duration::ZERO)?, 0)
}

/// Both are told of a byte, and one of them gets it: the other one has to end all the same.
fn a_timed_read_ends_where_another_reader_is_faster() -> Tested {
    apart(|()| {
        for _ in 0..50 {
            let (mut writer, reader) = pipe::pipe().unwrap();
            let readers = [reader.try_clone().unwrap(), reader];
            let reads = readers.map(|mut reader| {
                thread::spawn(move || reader.read_timeout(&mut [0; 8], Duration::from_millis(20)))
            });
            writer.write_all(b"a").unwrap();
            let read: usize = reads.map(|read| read.join().unwrap().unwrap_or(0)).iter().sum();
            assert!(read <= 1);
        }
    })
}

fn kind<T: Debug>(result: io::Result<T>) -> Result<T, ErrorKind> {
    result.map_err(|error| error.kind())
}

fn errors_are_those_of_the_contract() -> Tested {
    ensure_eq(kind(Memory::create("empty", 0)).err(), Some(ErrorKind::InvalidInput))?;
    for label in ["", "a/b", "a\0b"] {
        ensure_eq(kind(Memory::create(label, 1)).err(), Some(ErrorKind::InvalidInput))?;
    }
    for name in ["", "label", "1.label", "../1.2.label", "1.2./label"] {
        ensure_eq(kind(Memory::attach(name)).err(), Some(ErrorKind::InvalidInput))?;
    }
    let memory = Memory::create("contract", 10)?;
    ensure_eq(kind(Memory::create("contract", 10)).err(), Some(ErrorKind::AlreadyExists))?;
    ensure_eq(memory.size(), 10)?;
    ensure_eq(kind(memory.write(6, &[1; 4])), Ok(()))?;
    ensure_eq(kind(memory.write(7, &[1; 4])), Err(ErrorKind::InvalidInput))?;
    ensure_eq(kind(memory.read(usize::MAX, &mut [0; 4])), Err(ErrorKind::InvalidInput))?;
    memory.unlink()?;
    ensure_eq(kind(memory.unlink()), Err(ErrorKind::NotFound))?;
    ensure_eq(kind(Memory::attach(memory.name())).err(), Some(ErrorKind::NotFound))?;
    let mut last = [0];
    memory.read(9, &mut last)?;
    ensure_eq(last, [1])
}

fn bytes_are_seen_by_another_process() -> Tested {
    let memory = Memory::create("seen", 1 << 20)?;
    let writes = |name: String| {
        let memory = Memory::attach(&name).unwrap();
        assert_eq!(memory.size(), 1 << 20);
        memory.write((1 << 20) - 3, b"eel").unwrap();
    };
    ensure_eq(end(process::spawn(writes, memory.name().to_owned())?)?, Exit::Code(0))?;
    let mut last = [0; 4];
    memory.read((1 << 20) - 4, &mut last)?;
    ensure_eq(&last, b"\0eel")?;
    // Who has attached it and goes leaves it there.
    drop(Memory::attach(memory.name())?);
    drop(Memory::attach(memory.name())?);
    Ok(())
}

fn the_owner_takes_only_its_own_away() -> Tested {
    let first = Memory::create("twice", 1)?;
    first.unlink()?;
    let second = Memory::create("twice", 2)?;
    ensure_eq(first.name(), second.name())?;
    ensure_eq(kind(first.unlink()), Err(ErrorKind::NotFound))?;
    drop(first);
    ensure_eq(Memory::attach(second.name())?.size(), 2)?;
    let name = second.name().to_owned();
    drop(second);
    ensure_eq(kind(Memory::attach(&name)).err(), Some(ErrorKind::NotFound))
}

fn a_sweep_removes_what_the_dead_have_left() -> Tested {
    let owns = |mut tell: Writer| {
        let memory = Memory::create("left", 1).unwrap();
        tell.write_all(memory.name().as_bytes()).unwrap();
        drop(tell);
        sleep_for_ever()
    };
    let start = || {
        let (tell, mut told) = pipe::pipe()?;
        let process = process::spawn(owns, tell)?;
        io::Result::Ok((process, String::from_utf8_lossy(&read_all(&mut told)?).into_owned()))
    };
    let ((mut dead, of_the_dead), (living, of_the_living)) = (start()?, start()?);
    let mine = Memory::create("mine", 1)?;
    // This process has this number, but was not started with the machine.
    let forged = format!("{}.1.forged", std::process::id());
    let file = |name: &str| format!("/dev/shm/refectory.{name}");
    fs::write(file(&forged), "")?;
    let stranger = format!("of_a_stranger_{}", std::process::id());
    fs::write(file(&stranger), "")?;
    dead.kill()?;
    // It is dead as soon as it was killed, whether it was reaped or not.
    until("a dead process", || (state(dead.id()) == Some('Z')).then_some(()));
    named::sweep()?;
    let there = |name: &str| fs::exists(file(name));
    let seen = (
        there(&of_the_dead)?,
        there(&forged)?,
        there(&of_the_living)?,
        there(mine.name())?,
        there(&stranger)?,
    );
    fs::remove_file(file(&stranger))?;
    ensure_eq(seen, (false, false, true, true, true))?;
    drop(living);
    named::sweep()?;
    ensure_eq(there(&of_the_living)?, false)
}

//! Processes on real cores: what they are given, how they end, and what they leave.

use crate::common::{
    Tested, apart, descendants, descriptors, end, ensure_eq, read_all, sleep_for_ever, state, until,
};
use refectory::engine::{Engine, Program};
use refectory::judge::{Reason, Verdict, verify};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::pipe::{self, Reader, Writer};
use refectory::sync::process::{self, Exit};
use refectory::sync::region::Region;
use refectory::sync::region::named::{self, Memory};
use refectory::sync::thread;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

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

pub(crate) fn arguments_arrive_as_they_were_sent() -> Tested {
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

pub(crate) fn a_child_has_what_it_was_given_and_nothing_else() -> Tested {
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

pub(crate) fn exits_are_told_apart() -> Tested {
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

pub(crate) fn a_stopped_process_stands_still() -> Tested {
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

pub(crate) fn a_process_that_is_dropped_is_reaped() -> Tested {
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

pub(crate) fn starts_leave_nothing_behind() -> Tested {
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
pub(crate) fn the_killed_leave_no_family() -> Tested {
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

/// Is written down, but not read.
#[derive(Serialize)]
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("nobody can read this"))
    }
}

pub(crate) fn an_argument_that_cannot_be_read_is_told() -> Tested {
    let mut process = process::spawn(|_: Unreadable| (), Unreadable)?;
    let first = until("an end", || process.try_wait().transpose()).unwrap_err().to_string();
    if !first.starts_with("a child did not begin: ") {
        return Err(first.into());
    }
    ensure_eq(process.wait().unwrap_err().to_string(), first)
}

pub(crate) fn too_many_handles_are_refused() -> Tested {
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

pub(crate) fn a_handle_travels_nowhere_else() -> Tested {
    let region = Region::new(AtomicU32::new(0))?;
    if postcard::to_allocvec(&region).is_ok() || postcard::from_bytes::<Reader>(&[0]).is_ok() {
        return Err("a handle was written to bytes, or read from them".into());
    }
    Ok(())
}

/// As it would be if somebody started the binary by hand.
pub(crate) fn a_mark_alone_makes_no_child() -> Tested {
    let mut by_hand = Command::new(std::env::current_exe()?);
    let output = by_hand.arg("refectory::sync::process").stdin(Stdio::null()).output()?;
    ensure_eq(output.status.code(), Some(2))?;
    let words = String::from_utf8(output.stderr)?;
    if words.starts_with("a child of this binary did not begin: ") { Ok(()) } else { Err(words.into()) }
}

pub(crate) fn engines_say_what_they_have_not() -> Tested {
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

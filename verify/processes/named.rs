//! Memory that has a name, and what the dead leave of it.

use crate::common::{Tested, end, ensure_eq, read_all, sleep_for_ever, state, until};
use libtest_mimic::Failed;
use refectory::sync::pipe::{self, Writer};
use refectory::sync::process::{self, Exit};
use refectory::sync::region::named::{self, Memory};
use std::fmt::Debug;
use std::fs;
use std::io::{self, ErrorKind, Write};

fn kind<T: Debug>(result: io::Result<T>) -> Result<T, ErrorKind> {
    result.map_err(|error| error.kind())
}

pub(crate) fn errors_are_those_of_the_contract() -> Tested {
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

pub(crate) fn bytes_are_seen_by_another_process() -> Tested {
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

pub(crate) fn the_owner_takes_only_its_own_away() -> Tested {
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

/// Whether the memory of a dead owner is gone, and that of one whose number somebody else has by now; and whether that of a living one, that of
/// this process and a file of a stranger are there.
type Swept = [bool; 5];

/// And its twin is seen, which asks nobody whether it lives.
pub(crate) fn a_sweep_removes_what_the_dead_have_left() -> Tested {
    ensure_eq(swept_by(|_| named::sweep().map(drop))?, [true; 5])?;
    let all = |names: &[String]| names.iter().try_for_each(|name| fs::remove_file(file(name)));
    ensure_eq(swept_by(all)?, [true, true, false, false, true])
}

fn file(name: &str) -> String {
    format!("/dev/shm/refectory.{name}")
}

/// What a sweep does, which is told the names of what lies there but for the stranger's.
fn swept_by(sweep: impl FnOnce(&[String]) -> io::Result<()>) -> Result<Swept, Failed> {
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
    fs::write(file(&forged), "")?;
    let stranger = format!("of_a_stranger_{}", std::process::id());
    fs::write(file(&stranger), "")?;
    dead.kill()?;
    // It is dead as soon as it was killed, whether it was reaped or not.
    until("a dead process", || (state(dead.id()) == Some('Z')).then_some(()));
    let names = [of_the_dead, forged, of_the_living, mine.name().to_owned()];
    sweep(&names)?;
    let there = |name: &String| fs::exists(file(name));
    let [dead, forged, living_one, mine] = names.each_ref().map(there);
    let swept = [!dead?, !forged?, living_one?, mine?, there(&stranger)?];
    fs::remove_file(file(&stranger))?;
    drop(living);
    // What is left goes with the next one.
    named::sweep()?;
    match there(&names[2])? || there(&names[1])? {
        true => Err("the next sweep leaves something".into()),
        false => Ok(swept),
    }
}

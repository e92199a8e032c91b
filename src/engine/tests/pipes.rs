//! Pipes between the processes of a model, which hang up where these die.

use super::processes::{explored, outcomes};
use crate::engine::{Budget, Engine, FailureKind, Program, explore};
use crate::sync::pipe::{self, Bundle, Reader, Writer};
use crate::sync::process::{Exit, Process, spawn};
use crate::sync::thread;
use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

fn ended(process: Process) -> bool {
    process.wait().unwrap() == Exit::Code(0)
}

/// All that comes until the pipe has ended, as text.
fn read_all(reader: &mut Reader) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 8];
    loop {
        match reader.read(&mut buffer).unwrap() {
            0 => return String::from_utf8(all).unwrap(),
            read => all.extend(&buffer[..read]),
        }
    }
}

fn writes_two(mut writer: Writer) {
    [b"ab", b"cd"].iter().for_each(|message| writer.write_all(*message).unwrap());
}

#[test]
fn a_killed_writer_leaves_whole_messages_and_the_end() {
    let program = Program::new(|| {
        let (writer, mut reader) = pipe::pipe().unwrap();
        let writer = spawn(writes_two, writer).unwrap();
        let ended = ended(writer);
        Ok(format!("{} {ended}", read_all(&mut reader)))
    });
    let found = explored(&program, 1);
    // It dies before the first write, the second one, or its end; or not at all.
    assert_eq!(found.executions, 4);
    assert_eq!(outcomes(found), [" false", "ab false", "abcd false", "abcd true"]);
}

#[test]
fn a_reader_is_woken_by_a_message_and_by_the_end() {
    let program = Program::new(|| {
        let (writer, mut reader) = pipe::pipe().unwrap();
        let writer = spawn(writes_two, writer).unwrap();
        let read = read_all(&mut reader);
        Ok(format!("{read} {}", ended(writer)))
    });
    assert_eq!(outcomes(explored(&program, 0)), ["abcd true"]);
    assert_eq!(outcomes(explored(&program, 1)), [" false", "ab false", "abcd false", "abcd true"]);
}

#[test]
fn a_reader_of_its_own_writer_waits_for_ever() {
    let program = Program::new(|| {
        let (writer, mut reader) = pipe::pipe().unwrap();
        let kept = writer.try_clone().unwrap();
        let process = spawn(drop::<Writer>, writer).unwrap();
        let read = read_all(&mut reader);
        drop(kept);
        Ok(format!("{read}{}", ended(process)))
    });
    let failure = explore(Engine::Dpor, &program, &Budget::default()).failure.expect("it is found");
    assert_eq!(failure.kind, FailureKind::Deadlock);
}

#[test]
fn messages_of_two_writers_stay_whole() {
    let program = Program::new(|| {
        let (mut writer, mut reader) = pipe::with_capacity(5).unwrap();
        // There is room for one byte.
        writer.write_all(b"----").unwrap();
        let writes = |(mut writer, letter): (Writer, u8)| {
            assert_eq!(writer.write(&[letter; 2]).unwrap(), 2, "in one piece");
        };
        let writers =
            [b'a', b'b'].map(|letter| spawn(writes, (writer.try_clone().unwrap(), letter)).unwrap());
        drop(writer);
        let read = read_all(&mut reader);
        assert!(writers.map(ended).contains(&true), "one of them is alive");
        Ok(read)
    });
    assert_eq!(outcomes(explored(&program, 0)), ["----aabb", "----bbaa"]);
    let found = explore(Engine::Dpor, &program, &Budget { deaths: 1, ..Budget::default() });
    assert_eq!(found.failure, None);
    assert_eq!(outcomes(found), ["----aa", "----aabb", "----bb", "----bbaa"]);
}

/// A message that is longer than what is written in one piece is torn where its writer dies.
#[test]
fn a_long_message_may_be_torn() {
    let program = Program::new(|| {
        let (writer, mut reader) = pipe::with_capacity(2).unwrap();
        let writes = |mut writer: Writer| writer.write_all(b"abc").unwrap();
        let writer = spawn(writes, writer).unwrap();
        let read = read_all(&mut reader);
        ended(writer);
        Ok(read)
    });
    assert_eq!(outcomes(explored(&program, 0)), ["abc"]);
    assert_eq!(outcomes(explored(&program, 1)), ["", "ab", "abc"]);
}

#[test]
fn a_writer_to_a_full_pipe_is_told_of_a_killed_reader() {
    let program = Program::new(|| {
        let (mut writer, reader) = pipe::with_capacity(1).unwrap();
        let reads = |mut reader: Reader| reader.read_exact(&mut [0]).unwrap();
        let reader = spawn(reads, reader).unwrap();
        let mut written = 0;
        let error = loop {
            match writer.write(b"a") {
                Ok(moved) => written += moved,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        Ok(format!("{written} {}", ended(reader)))
    });
    assert_eq!(outcomes(explored(&program, 0)), ["1 true", "2 true"]);
    let found = outcomes(explored(&program, 1));
    assert_eq!(found, ["0 false", "1 false", "1 true", "2 false", "2 true"]);
}

/// All are woken: who dies takes nothing from the others.
#[test]
fn a_killed_reader_takes_no_wake_up_along() {
    let program = Program::new(|| {
        let (mut writer, reader) = pipe::pipe().unwrap();
        let reads = |mut reader: Reader| reader.read_exact(&mut [0]).unwrap();
        let readers = [(); 2].map(|()| spawn(reads, reader.try_clone().unwrap()).unwrap());
        drop(reader);
        writer.write_all(b"ab").unwrap();
        let read = readers.map(ended).into_iter().filter(|read| *read).count();
        assert!(read >= 1, "one is alive");
        Ok(read.to_string())
    });
    assert_eq!(outcomes(explored(&program, 0)), ["2"]);
    let found = explore(Engine::Dpor, &program, &Budget { deaths: 1, ..Budget::default() });
    assert!(found.failure.is_none(), "{:?}", found.failure);
    assert_eq!(outcomes(found), ["1", "2"]);
}

#[test]
fn a_timed_read_ends_or_finds_something() {
    let program = Program::new(|| {
        let (writer, mut reader) = pipe::pipe().unwrap();
        let early = reader.read_timeout(&mut [0], Duration::ZERO).unwrap_err();
        assert_eq!(early.kind(), ErrorKind::TimedOut);
        let writes = |mut writer: Writer| writer.write_all(b"a").unwrap();
        let writer = spawn(writes, writer).unwrap();
        let read = reader.read_timeout(&mut [0], Duration::from_secs(1)).map_err(|error| error.kind());
        ended(writer);
        Ok(format!("{read:?}"))
    });
    assert_eq!(outcomes(explored(&program, 0)), ["Err(TimedOut)", "Ok(1)"]);
    assert_eq!(outcomes(explored(&program, 1)), ["Err(TimedOut)", "Ok(0)", "Ok(1)"]);
}

#[cfg(any(feature = "loom", feature = "shuttle"))]
#[test]
fn others_have_pipes() {
    let program = Program::new(|| {
        let (writer, mut reader) = pipe::with_capacity(2).unwrap();
        let writer = spawn(writes_two, writer).unwrap();
        let read = read_all(&mut reader);
        Ok(format!("{read} {}", ended(writer)))
    });
    for engine in [Engine::Loom, Engine::Pct, Engine::DporOnShuttle] {
        if engine.available() {
            let found = explore(engine, &program, &Budget { executions: 50, ..Budget::default() });
            assert_eq!(found.failure, None, "{engine}");
            assert_eq!(outcomes(found), ["abcd true"], "{engine}");
        }
    }
}

/// What cannot be read there is told as it is natively.
#[test]
fn an_argument_that_cannot_be_read_is_told() {
    #[derive(Debug)]
    struct Picky;
    impl serde::Serialize for Picky {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()
        }
    }
    impl<'de> serde::Deserialize<'de> for Picky {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(serde::de::Error::custom("not that"))
        }
    }
    let program = Program::new(|| {
        let (writer, mut reader) = pipe::pipe().unwrap();
        let process = spawn(drop::<(Writer, Picky)>, (writer, Picky)).unwrap();
        assert_eq!(read_all(&mut reader), "");
        Ok(process.wait().unwrap_err().kind().to_string())
    });
    assert_eq!(outcomes(explored(&program, 0)), ["invalid data"]);
}

/// A thread of a process that waits in a call ends with it, and so does what the process had open.
#[test]
fn who_waits_in_a_call_is_killed_with_its_process() {
    let program = Program::new(|| {
        let (mut writer, reader) = pipe::pipe().unwrap();
        let waits = |mut reader: Reader| drop(thread::spawn(move || reader.read(&mut [0]).is_ok()));
        let ended = ended(spawn(waits, reader).unwrap());
        let error = writer.write(b"a").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        Ok(ended.to_string())
    });
    assert_eq!(outcomes(explored(&program, 0)), ["true"]);
    assert_eq!(outcomes(explored(&program, 1)), ["false", "true"]);
}

fn writes_one(mut writer: Writer) {
    writer.write_all(b"a").unwrap();
}

/// What comes in a bundle of two pipes until both have ended: the pipe's number before each byte, and `.` for an end.
fn read_both(mut bundle: Bundle) -> String {
    let mut read = String::new();
    while bundle.is_open() {
        let (number, bytes) = bundle.read(&mut [0]).unwrap();
        read.push_str(&format!("{number}{}", if bytes == 0 { "." } else { "a" }));
        if bytes == 0 {
            bundle.close(number);
        }
    }
    read
}

/// Whoever comes first is read first, and a killed writer is heard where it hangs up.
#[test]
fn a_bundle_is_read_in_every_order() {
    let program = Program::new(|| {
        let (writers, bundle) = pipe::bundle(2).unwrap();
        let processes: Vec<_> =
            writers.into_iter().map(|writer| spawn(writes_one, writer).unwrap()).collect();
        let read = read_both(bundle);
        let _ends: Vec<bool> = processes.into_iter().map(ended).collect();
        Ok(read)
    });
    let all = outcomes(explored(&program, 0));
    let orders = ["0a0.1a1.", "0a1a0.1.", "0a1a1.0.", "1a0a0.1.", "1a0a1.0.", "1a1.0a0."];
    assert_eq!(all, orders);
    let with_a_death = outcomes(explored(&program, 1));
    let silent = ["0.1a1.", "0a0.1.", "0a1.0.", "1.0a0.", "1a0.1.", "1a1.0."];
    let mut expected: Vec<_> = orders.into_iter().chain(silent).collect();
    expected.sort_unstable();
    assert_eq!(with_a_death, expected);
}

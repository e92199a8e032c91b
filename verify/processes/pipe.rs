//! Pipes between processes.

use crate::common::{PATIENCE, Tested, apart, end, ensure_eq, read_all, sleep_for_ever, until};
use refectory::sync::pipe::{self, Reader, Writer};
use refectory::sync::process::{self, Exit};
use refectory::sync::thread;
use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::time::Duration;

pub(crate) fn a_pipe_ends_with_its_writer() -> Tested {
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

pub(crate) fn a_pipe_breaks_with_its_reader() -> Tested {
    let (mut writer, reader) = pipe::pipe()?;
    let process = process::spawn(|reader: Reader| drop(reader), reader)?;
    ensure_eq(write_until_broken(&mut writer), ErrorKind::BrokenPipe)?;
    ensure_eq(end(process)?, Exit::Code(0))
}

pub(crate) fn the_killed_hang_up() -> Tested {
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

pub(crate) fn a_message_may_be_longer_than_the_pipe() -> Tested {
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

pub(crate) fn short_messages_stay_whole() -> Tested {
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

pub(crate) fn a_timed_read_ends() -> Tested {
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
pub(crate) fn a_timed_read_ends_where_another_reader_is_faster() -> Tested {
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

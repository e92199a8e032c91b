//! Linux: one function for each thing that is asked of it.
//!
//! Sources: the manual pages memfd_create(2), fallocate(2), mmap(2), fcntl(2), pipe(7), futex(2), set_robust_list(2), unix(7),
//! proc(5).

use super::super::process::Exit;
use super::super::region::robust;
use super::while_trying;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{
    AtFlags, CWD, FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, fcntl_getfl,
    fcntl_setfl,
};
use rustix::io::{Errno, ReadWriteFlags};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::futex;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// What a process holds of something of the system. None is inherited: each is closed where another program starts.
pub(in crate::sync) type Descriptor = OwnedFd;

/// Whether all of this is there.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it is not")]
pub(in crate::sync) fn available() -> io::Result<()> {
    Ok(())
}

/// Another descriptor of the same thing.
pub(in crate::sync) fn duplicate(descriptor: &Descriptor) -> io::Result<Descriptor> {
    descriptor.try_clone().map_err(while_trying("another descriptor"))
}

/// Memory without a name, all zero, which has this length for ever.
pub(in crate::sync) fn memory(length: usize) -> io::Result<Descriptor> {
    let memory = rustix::fs::memfd_create("refectory", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
        .map_err(while_trying("memory without a name"))?;
    rustix::fs::fchmod(&memory, OWNER_ALONE)?;
    reserve(&memory, length)?;
    // Nobody can make it shorter, so that no access to a mapping of it finds nothing there.
    fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(memory)
}

/// A file in this directory that has no name yet, and this length.
pub(in crate::sync) fn unnamed_file(directory: &Path, length: usize) -> io::Result<Descriptor> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = rustix::fs::open(directory, flags, OWNER_ALONE).map_err(while_trying(directory.display()))?;
    reserve(&file, length)?;
    Ok(file)
}

/// Gives a file its name, unless that is taken.
pub(in crate::sync) fn give_name(file: &Descriptor, path: &Path) -> io::Result<()> {
    let itself = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, itself, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// The file of this name, to read and to write.
pub(in crate::sync) fn open(path: &Path) -> io::Result<Descriptor> {
    Ok(File::options().read(true).write(true).open(path)?.into())
}

/// Another description of the same file, to read and to write.
pub(in crate::sync) fn open_again(file: &Descriptor) -> io::Result<Descriptor> {
    open(format!("/proc/self/fd/{}", file.as_raw_fd()).as_ref()).map_err(while_trying("a file opened again"))
}

/// Locks the whole file for this description, or says that another one has it.
pub(in crate::sync) fn lock_file(file: &Descriptor, waits: bool) -> io::Result<bool> {
    let command = if waits { libc::F_OFD_SETLKW } else { libc::F_OFD_SETLK };
    loop {
        match set_lock(file, command, libc::F_WRLCK) {
            Ok(()) => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

/// Gives the lock back, if this description has it.
pub(in crate::sync) fn unlock_file(file: &Descriptor) {
    set_lock(file, libc::F_OFD_SETLK, libc::F_UNLCK).expect("a lock is given back");
}

fn set_lock(file: &Descriptor, command: libc::c_int, kind: libc::c_int) -> io::Result<()> {
    // SAFETY: all zero is a valid one: it begins at the beginning, and ends at the end, wherever that is.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    // SAFETY: the descriptor is open, and the command takes a pointer to such a lock.
    match unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Whether it is this file that has this name.
pub(in crate::sync) fn is_at(file: &Descriptor, path: &Path) -> io::Result<bool> {
    let (file, there) = (rustix::fs::fstat(file)?, rustix::fs::stat(path)?);
    Ok((file.st_dev, file.st_ino) == (there.st_dev, there.st_ino))
}

/// Read and written by its owner, and by nobody else.
const OWNER_ALONE: Mode = Mode::RUSR.union(Mode::WUSR);

/// Makes it so long, and keeps room for it: a full disk shows here, and not at an access.
fn reserve(memory: &Descriptor, length: usize) -> io::Result<()> {
    rustix::fs::fallocate(memory, FallocateFlags::empty(), 0, length as u64)
        .map_err(while_trying(format_args!("{length} bytes of shared memory")))
}

/// How long the memory is.
pub(in crate::sync) fn length(memory: &Descriptor) -> io::Result<usize> {
    Ok(usize::try_from(rustix::fs::fstat(memory)?.st_size).unwrap_or(0))
}

/// Memory as this process sees it.
#[derive(Debug)]
pub(in crate::sync) struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: memory may be used and unmapped by any thread; what lies in it says for itself who may use it.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// All of the memory, readable and writable. `length` is not zero.
    pub(in crate::sync) fn new(memory: &Descriptor, length: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping, at an address that the system chooses, takes nothing away from anybody.
        let start = unsafe { mmap(std::ptr::null_mut(), length, access, MapFlags::SHARED, memory, 0) }
            .map_err(while_trying(format_args!("{length} bytes of shared memory")))?;
        let start = NonNull::new(start.cast()).ok_or_else(|| io::Error::other("memory at address 0"))?;
        Ok(Self { start, length })
    }

    /// Its first byte, at the beginning of a page.
    pub(in crate::sync) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// Its bytes.
    pub(in crate::sync) fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and whoever borrowed from it has borrowed this.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.length) };
    }
}

/// A pipe: what is read from, and what is written to.
pub(in crate::sync) fn pipe() -> io::Result<(Descriptor, Descriptor)> {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(while_trying("a pipe"))
}

/// Bytes that a pipe holds.
pub(in crate::sync) fn capacity(pipe: &Descriptor) -> io::Result<usize> {
    Ok(rustix::pipe::fcntl_getpipe_size(pipe)?)
}

/// Makes a pipe hold so many bytes at least.
pub(in crate::sync) fn set_capacity(pipe: &Descriptor, bytes: usize) -> io::Result<()> {
    rustix::pipe::fcntl_setpipe_size(pipe, bytes).map(drop).map_err(while_trying("room in a pipe"))
}

/// Reads what is there, and waits where there is nothing.
pub(in crate::sync) fn read(pipe: &Descriptor, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::read(pipe, buffer)?)
}

/// Reads what is there; `WouldBlock` where there is nothing.
pub(in crate::sync) fn read_now(pipe: &Descriptor, buffer: &mut [u8]) -> io::Result<usize> {
    /// Where the file stands.
    const HERE: u64 = u64::MAX;
    match rustix::io::preadv2(pipe, &mut [IoSliceMut::new(buffer)], HERE, ReadWriteFlags::NOWAIT) {
        // Before Linux 6.5: what another reader takes in between is then waited for.
        Err(Errno::OPNOTSUPP) if poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&NOW))? == 0 => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        Err(Errno::OPNOTSUPP) => read(pipe, buffer),
        done => Ok(done?),
    }
}

const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Writes what there is room for, and waits where there is none.
pub(in crate::sync) fn write(pipe: &Descriptor, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(pipe, bytes)?)
}

/// Waits until there is something to read, or nobody is left to write it, but not longer than this.
pub(in crate::sync) fn wait_readable(pipe: &Descriptor, at_most: Duration) -> io::Result<()> {
    match poll(&mut [PollFd::new(pipe, PollFlags::IN)], timespec(at_most).as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Reads from the first of these pipes in which there is something, or which nobody is left to write to, and waits where there is nothing:
/// which, and how many bytes.
pub(in crate::sync) fn read_any(pipes: &[&Descriptor], buffer: &mut [u8]) -> io::Result<(usize, usize)> {
    let mut polled: Vec<PollFd<'_>> = pipes.iter().map(|pipe| PollFd::new(*pipe, PollFlags::IN)).collect();
    loop {
        if let Err(error) = poll(&mut polled, None)
            && error != Errno::INTR
        {
            return Err(error.into());
        }
        let ready = polled.iter().position(|pipe| !pipe.revents().is_empty());
        if let Some(index) = ready {
            return Ok((index, read(pipes[index], buffer)?));
        }
    }
}

/// Waits as long as the word is `expected`, but not longer than this; whether it ended before its time ran out. The
/// word may lie in memory that several processes map.
pub(in crate::sync) fn futex_wait(word: &AtomicU32, expected: u32, at_most: Option<Duration>) -> bool {
    let at_most = at_most.and_then(timespec);
    futex::wait(word, futex::Flags::empty(), expected, at_most.as_ref()) != Err(Errno::TIMEDOUT)
}

/// Wakes so many of those who wait at the word, in whatever process.
pub(in crate::sync) fn futex_wake(word: &AtomicU32, threads: u32) {
    // It fails only where there is no such memory.
    let _ = futex::wake(word, futex::Flags::empty(), threads);
}

/// The number by which the system knows the running thread.
pub(in crate::sync) fn thread_number() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned()
}

/// From now on the kernel goes through this list where the running thread ends, and through no other one.
pub(in crate::sync) fn look_after(list: &robust::List) {
    // It fails only where the kernel has no futexes.
    // SAFETY: the list is as the kernel knows it, and is there as long as the thread.
    let _ = unsafe { libc::syscall(libc::SYS_set_robust_list, ptr::from_ref(list), size_of_val(list)) };
}

/// `None` for longer than the system can wait.
fn timespec(duration: Duration) -> Option<Timespec> {
    let seconds = i64::try_from(duration.as_secs()).ok().filter(|seconds| *seconds < i64::MAX / 4)?;
    Some(Timespec { tv_sec: seconds, tv_nsec: duration.subsec_nanos().into() })
}

/// What a child is started with beside its mark.
pub(in crate::sync) struct Parcel {
    pub(in crate::sync) bytes: Vec<u8>,
    pub(in crate::sync) descriptors: Vec<Descriptor>,
}

/// As many descriptors as one message takes (`SCM_MAX_FD`).
const MOST: usize = 253;

/// The binary of this process, by device and number: the system's, whatever has become of its path.
pub(in crate::sync) fn executable() -> io::Result<(u64, u64)> {
    let file = std::fs::metadata(EXECUTABLE).map_err(while_trying(EXECUTABLE))?;
    Ok((file.dev(), file.ino()))
}

const EXECUTABLE: &str = "/proc/self/exe";

/// A child process, killed and reaped where it is dropped.
///
/// Its standard input is one end of a socket, through which it gets its parcel, and which is its lifeline: the other end
/// is held open by this value, and by nobody else. Where it is closed, be it that this process was killed, the system kills the
/// child, even one that is stopped.
#[derive(Debug)]
pub(in crate::sync) struct Child {
    child: std::process::Child,
    lifeline: UnixStream,
    /// Why it did not begin.
    refused: String,
}

impl Child {
    /// Starts this binary again, with a mark that tells it what it is.
    pub(in crate::sync) fn start(mark: &str, name: &str, parcel: &Parcel) -> io::Result<Self> {
        let (lifeline, theirs) = UnixStream::pair().map_err(while_trying("a socket for a child"))?;
        // It is there when the child begins; nobody waits for anybody.
        send(&lifeline, parcel)?;
        let child = Command::new(EXECUTABLE)
            .args([mark, name])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .map_err(while_trying(format_args!("{EXECUTABLE}, to be started again")))?;
        Ok(Self { child, lifeline, refused: String::new() })
    }

    pub(in crate::sync) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(in crate::sync) fn kill(&mut self) -> io::Result<()> {
        self.signal(Signal::KILL)
    }

    pub(in crate::sync) fn terminate(&mut self) -> io::Result<()> {
        self.signal(Signal::TERM)
    }

    pub(in crate::sync) fn stop(&mut self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    pub(in crate::sync) fn resume(&mut self) -> io::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Nothing happens to one that was reaped: its number may be another's.
    fn signal(&mut self, signal: Signal) -> io::Result<()> {
        match self.child.try_wait()? {
            Some(_) => Ok(()),
            None => Ok(kill_process(Pid::from_child(&self.child), signal)?),
        }
    }

    pub(in crate::sync) fn try_wait(&mut self) -> io::Result<Option<Exit>> {
        let status = self.child.try_wait()?;
        status.map(|status| self.end(status)).transpose()
    }

    pub(in crate::sync) fn wait(&mut self) -> io::Result<Exit> {
        let status = self.child.wait()?;
        self.end(status)
    }

    /// How it ended, unless it never began.
    fn end(&mut self, status: ExitStatus) -> io::Result<Exit> {
        self.lifeline.set_nonblocking(true)?;
        let _ = self.lifeline.read_to_string(&mut self.refused);
        match (&*self.refused, status.code(), status.signal()) {
            ("", Some(code), _) => Ok(Exit::Code(code)),
            ("", None, Some(signal)) => Ok(Exit::Killed(signal)),
            (refused, ..) => Err(io::Error::other(format!("a child did not begin: {refused}"))),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.kill();
        let _ = self.child.wait();
    }
}

/// The bytes travel in memory of their own, so that a message is short, however long they are.
fn send(socket: &UnixStream, parcel: &Parcel) -> io::Result<()> {
    let bytes = rustix::fs::memfd_create("refectory argument", MemfdFlags::CLOEXEC)?;
    let mut file = File::from(bytes);
    file.write_all(&parcel.bytes).map_err(while_trying("the argument of a child"))?;
    let all: Vec<BorrowedFd<'_>> =
        [file.as_fd()].into_iter().chain(parcel.descriptors.iter().map(AsFd::as_fd)).collect();
    if all.len() > MOST {
        let handles = parcel.descriptors.len();
        let why = format!("{handles} handles in the argument of a child, which has room for {}", MOST - 1);
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
    let mut ancillary = SendAncillaryBuffer::new(&mut room);
    ancillary.push(SendAncillaryMessage::ScmRights(&all));
    sendmsg(socket, &[IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)
        .map_err(while_trying("the argument of a child"))?;
    Ok(())
}

/// What a child begins with: its standard input is empty from now on, and what it has inherited unasked is closed.
pub(in crate::sync) fn begin() -> io::Result<Lifeline> {
    // Linux before 5.9 has no such call, and what others let be inherited stays.
    // SAFETY: nobody in this process knows these descriptors, as it has only begun.
    let _ = unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
    let lifeline = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    Ok(Lifeline(ManuallyDrop::new(lifeline.into())))
}

/// A child's end of its lifeline. Never closed: the child ends with it.
pub(in crate::sync) struct Lifeline(ManuallyDrop<UnixStream>);

impl Lifeline {
    /// What the child was started with. From now on it ends when its parent is gone.
    pub(in crate::sync) fn receive(&self) -> io::Result<Parcel> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut room);
        recvmsg(&*self.0, &mut [IoSliceMut::new(&mut [0])], &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
        let messages = ancillary.drain();
        let mut all = messages.flat_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect::<Vec<_>>(),
            _ => Vec::new(),
        });
        let mut file = File::from(all.next().ok_or(io::ErrorKind::UnexpectedEof)?);
        let descriptors = all.collect();
        self.end_with_the_parent()?;
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(Parcel { bytes, descriptors })
    }

    /// The system tells that the other end was closed by a signal, and the signal is to be `SIGKILL`: it needs no thread,
    /// and also ends a process that is stopped. (`PR_SET_PDEATHSIG` speaks of the thread that started the child.)
    fn end_with_the_parent(&self) -> io::Result<()> {
        /// Which signal it is to be: `asm-generic/fcntl.h` of Linux, which the crate `libc` leaves out.
        const F_SETSIG: libc::c_int = 10;
        let socket = self.0.as_raw_fd();
        // SAFETY: neither command touches memory; the descriptor is ours.
        let set = unsafe {
            libc::fcntl(socket, F_SETSIG, libc::SIGKILL) == 0
                && libc::fcntl(socket, libc::F_SETOWN, libc::getpid()) == 0
        };
        if !set {
            return Err(io::Error::last_os_error());
        }
        fcntl_setfl(&*self.0, fcntl_getfl(&*self.0)? | OFlags::ASYNC)?;
        // Nobody has been told of what happened before.
        let mut events = [PollFd::new(&*self.0, PollFlags::RDHUP)];
        poll(&mut events, Some(&NOW))?;
        if !events[0].revents().is_empty() {
            kill_self();
        }
        Ok(())
    }

    /// Says why the child does not begin, to who waits for it.
    pub(in crate::sync) fn refuse(&self, why: &str) {
        let _ = (&*self.0).write_all(why.as_bytes());
    }
}

/// Ends this process at once.
pub(in crate::sync) fn kill_self() -> ! {
    let _ = kill_process(rustix::process::getpid(), Signal::KILL);
    // SIGKILL cannot be held back: this is for the compiler.
    std::process::abort()
}

/// Whether a process lives, and since when: the time of its start in ticks since the machine's.
pub(in crate::sync) fn alive_since(process: u32) -> Option<u64> {
    // The name, in parentheses, may contain anything.
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    // proc(5) counts from 1, and two have gone with the name.
    let field = |number: usize| fields.get(number - 3).copied();
    let is_dead = matches!(field(3)?, "Z" | "X");
    field(22)?.parse().ok().filter(|_| !is_dead)
}

/// Whether the file is one of this user.
pub(in crate::sync) fn is_mine(file: &std::fs::Metadata) -> bool {
    file.uid() == rustix::process::geteuid().as_raw()
}

/// How std calls the signal, as in `signal: 9 (SIGKILL)`.
pub(in crate::sync) fn signal_name(signal: i32) -> String {
    ExitStatus::from_raw(signal).to_string()
}

//! Processes on real cores: this binary, started again to run one of its functions.
//!
//! ```no_run
//! use refectory::sync::process::{self, Exit};
//! use refectory::sync::{pipe, region::Region, atomic::{AtomicU32, Ordering::Relaxed}};
//! use std::io::Write;
//!
//! fn dine((meals, mut news): (Region<AtomicU32>, pipe::Writer)) {
//!     meals.fetch_add(1, Relaxed);
//!     news.write_all(b"fed").unwrap();
//! }
//!
//! fn main() {
//!     process::child_main(); // Here a child runs its function.
//!     let meals = Region::new(AtomicU32::new(0)).unwrap();
//!     let (writer, _reader) = pipe::pipe().unwrap();
//!     let philosopher = process::spawn(dine, (meals.clone(), writer)).unwrap();
//!     assert_eq!(philosopher.wait().unwrap(), Exit::Code(0));
//!     assert_eq!(meals.load(Relaxed), 1);
//! }
//! ```
//!
//! A process shares nothing with its parent but the handles in its argument: [regions](super::region) and ends of
//! [pipes](super::pipe). Its standard input is empty; standard output, standard error and the environment are the parent's.
//!
//! Invariant: a process ends with the [`Process`] that stands for it, be that dropped, or be its parent killed, and
//! whichever thread has started it; a process that is stopped does so too. So nothing of a family is left where its first
//! process is gone. It holds as long as a process does not close descriptors that it does not know.
//!
//! What it does not do: look after programs that a process starts by other means.

mod function;
#[cfg(feature = "instrumented")]
pub(super) mod modelled;
mod nemesis;

pub(crate) use function::{Function, without_bytes};

pub use nemesis::{Nemesis, Victim, point};

use super::luggage::{self, Handle};
use super::system::{self, Child, Parcel};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Tells a process of this binary that it is a child.
const MARK: &str = "refectory::sync::process";

/// Whether this binary begins with `child_main`. One that did not would start itself again and again.
static BEGINS_WITH_CHILD_MAIN: AtomicBool = AtomicBool::new(false);

/// The first thing in `main` of a binary that starts processes: in a child it runs what the child was started for, and does not
/// return. There the exit code is 0, or 101 after a panic. What was opened before is closed in a child.
pub fn child_main() {
    // Ordering: Relaxed. The flag stands for itself.
    BEGINS_WITH_CHILD_MAIN.store(true, Relaxed);
    if std::env::args_os().nth(1).is_some_and(|argument| argument == MARK) {
        std::process::exit(run().unwrap_or_else(|error| {
            eprintln!("a child of this binary did not begin: {error}");
            2
        }));
    }
}

/// Runs what this child was started for; gives its exit code.
fn run() -> io::Result<i32> {
    let lifeline = system::begin()?;
    let body = lifeline.receive().and_then(open).inspect_err(|error| lifeline.refuse(&error.to_string()))?;
    Ok(if catch_unwind(AssertUnwindSafe(body)).is_ok() { 0 } else { PANICKED })
}

/// The exit code of a process whose main thread panicked: std's.
const PANICKED: i32 = 101;

/// What a child is told before its argument.
#[derive(Deserialize, Serialize)]
struct Heading {
    /// The binary that the entry is in.
    executable: (u64, u64),
    /// Of an [`Entry`].
    entry: Function,
    nemesis: Option<Nemesis>,
}

/// What runs the entry, which is known by its type alone: reads the argument.
type Entry = fn(&[u8]) -> postcard::Result<Body>;
type Body = Box<dyn FnOnce()>;

fn open(parcel: Parcel) -> io::Result<Body> {
    let Parcel { bytes, descriptors } = parcel;
    let (heading, body) = luggage::unpack(descriptors.into_iter().map(Handle::System), || {
        let (heading, argument) = postcard::take_from_bytes::<Heading>(&bytes)?;
        let is_ours = system::executable().is_ok_and(|ours| ours == heading.executable);
        let entry = || -> Entry {
            // SAFETY: the parent, which is then a process of this binary, has made it of an entry.
            unsafe { heading.entry.here() }
        };
        let body = is_ours.then(|| entry()(argument)).transpose()?;
        Ok((heading, body))
    })
    .map_err(system::while_trying("its argument"))?;
    let body = body
        .ok_or_else(|| io::Error::other("it is not the binary that its parent is: start that one again"))?;
    nemesis::inherit(heading.nemesis);
    Ok(body)
}

fn entry<F: FnOnce(A) + Copy + 'static, A: DeserializeOwned + 'static>(
    argument: &[u8],
) -> postcard::Result<Body> {
    let argument: A = postcard::from_bytes(argument)?;
    // SAFETY: its parent had a value of it.
    let entry = unsafe { without_bytes::<F>() };
    Ok(Box::new(move || entry(argument)))
}

/// Starts a process, which runs `entry` with `argument`: a function, or a closure that captures nothing. The argument
/// travels as bytes; [regions](super::region::Region), and ends of [pipes](super::pipe), in it do as what they are. They are
/// closed here where the argument was the last to have them.
///
/// ```compile_fail
/// use refectory::sync::process;
///
/// let captured = 1;
/// let _ = process::spawn(move |added: u32| assert!(added + captured > 0), 2);
/// ```
///
/// # Errors
/// If `main` does not begin with [`child_main`]; if the argument cannot be written down, or has more than 252 handles; if the
/// system has no room for another process; `Unsupported` where it is not Linux.
#[track_caller]
pub fn spawn<F, A>(entry: F, argument: A) -> io::Result<Process>
where
    F: FnOnce(A) + Copy + Send + 'static,
    A: Serialize + DeserializeOwned + Send + 'static,
{
    let name = std::any::type_name::<F>();
    #[cfg(feature = "instrumented")]
    if super::is_modelled() {
        let (bytes, handles) = pack(name, &argument)?;
        drop(argument);
        let body = move || {
            let argument = luggage::unpack(handles, || postcard::from_bytes(&bytes));
            argument.map(entry).map_err(system::while_trying("its argument"))
        };
        return Ok(Process(Whose::Modelled(modelled::spawn(name, body))));
    }
    let _ = entry;
    start(name, self::entry::<F, A>, &argument)
}

fn start(name: &str, entry: Entry, argument: &impl Serialize) -> io::Result<Process> {
    system::available()?;
    // Ordering: Relaxed. The flag stands for itself.
    if !BEGINS_WITH_CHILD_MAIN.load(Relaxed) {
        let why = "this binary starts no processes: its main has to begin with `process::child_main()`";
        return Err(io::Error::other(why));
    }
    let executable = system::executable()?;
    let heading = Heading { executable, entry: Function::of(entry), nemesis: nemesis::of_children() };
    let (bytes, handles) = pack(name, &(heading, argument))?;
    let descriptors = handles.into_iter().map(Handle::system).collect::<io::Result<_>>()?;
    Ok(Process(Whose::Native(Child::start(MARK, name, &Parcel { bytes, descriptors })?)))
}

fn pack(name: &str, argument: &impl Serialize) -> io::Result<(Vec<u8>, Vec<Handle>)> {
    luggage::pack(argument).map_err(system::while_trying(format_args!("the argument of {name}")))
}

/// A process that was started. It is killed, and reaped, where this is dropped before it has ended.
#[derive(Debug)]
#[must_use = "a process is killed where this is dropped"]
pub struct Process(Whose);

#[derive(Debug)]
enum Whose {
    Native(Child),
    #[cfg(feature = "instrumented")]
    Modelled(modelled::Modelled),
}

impl Process {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> u32 {
        match &self.0 {
            Whose::Native(child) => child.id(),
            #[cfg(feature = "instrumented")]
            Whose::Modelled(process) => process.id(),
        }
    }

    /// Ends it at once, wherever it is (`SIGKILL`). Nothing happens to one that has ended.
    ///
    /// # Errors
    /// If the system does not let it.
    pub fn kill(&mut self) -> io::Result<()> {
        self.native("killed by another one").kill()
    }

    /// Asks it to end (`SIGTERM`), which it does at once unless it has other plans.
    ///
    /// # Errors
    /// If the system does not let it.
    pub fn terminate(&mut self) -> io::Result<()> {
        self.native("told to end").terminate()
    }

    /// Stops all its threads, wherever they are, until it is to [`resume`](Self::resume) (`SIGSTOP`).
    ///
    /// # Errors
    /// If the system does not let it.
    pub fn stop(&mut self) -> io::Result<()> {
        self.native("stopped").stop()
    }

    /// Lets it go on (`SIGCONT`).
    ///
    /// # Errors
    /// If the system does not let it.
    pub fn resume(&mut self) -> io::Result<()> {
        self.native("resumed").resume()
    }

    /// How it has ended, if it has.
    ///
    /// # Errors
    /// If it did not begin, with the reason.
    pub fn try_wait(&mut self) -> io::Result<Option<Exit>> {
        self.native("looked at without waiting").try_wait()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// If it did not begin, with the reason.
    #[track_caller]
    pub fn wait(self) -> io::Result<Exit> {
        match self.0 {
            Whose::Native(mut child) => child.wait(),
            #[cfg(feature = "instrumented")]
            Whose::Modelled(process) => process.wait(),
        }
    }

    /// The system's process.
    #[cfg_attr(not(feature = "instrumented"), expect(unused_variables, reason = "there is no other"))]
    #[track_caller]
    fn native(&mut self, done_to_it: &str) -> &mut Child {
        match &mut self.0 {
            Whose::Native(child) => child,
            #[cfg(feature = "instrumented")]
            Whose::Modelled(_) => super::hook::unsupported(&format!("a process that is {done_to_it}")),
        }
    }
}

/// How a process has ended.
///
/// ```
/// use refectory::sync::process::Exit;
///
/// assert_eq!(Exit::Code(101).to_string(), "exit code: 101 (a panic)");
/// # if !cfg!(target_os = "linux") { return }
/// assert_eq!(Exit::Killed(9).to_string(), "signal: 9 (SIGKILL)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[must_use]
pub enum Exit {
    /// By itself, with this code: 0 where its entry returned, 101 where that panicked.
    Code(i32),
    /// By this signal.
    Killed(i32),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Code(PANICKED) => write!(f, "exit code: {PANICKED} (a panic)"),
            Self::Code(code) => write!(f, "exit code: {code}"),
            Self::Killed(signal) => f.write_str(&system::signal_name(signal)),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn rejects_a_main_that_does_not_begin_with_child_main() {
        let error = spawn(|()| (), ()).unwrap_err();
        assert!(error.to_string().contains("child_main"), "{error}");
    }

    #[test]
    fn rejects_an_entry_of_another_binary() {
        fn of<F: FnOnce(u32) + Copy + 'static>(_: F) -> Entry {
            entry::<F, u32>
        }
        let open = |executable| {
            let heading = Heading { executable, entry: Function::of(of(|_| ())), nemesis: None };
            let (bytes, _) = luggage::pack(&(heading, 7_u32)).unwrap();
            super::open(Parcel { bytes, descriptors: Vec::new() })
        };
        let ours = system::executable().unwrap();
        assert!(open(ours).is_ok());
        let error = open((ours.0, ours.1 + 1)).err().unwrap();
        assert!(error.to_string().contains("not the binary"), "{error}");
    }
}

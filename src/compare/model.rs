//! What is compared: the models of this crate, a loop as the base line, and the same programs in Python.

use super::python;
use super::solution::{self, Source};
use serde::{Deserialize, Serialize};
use std::fmt;

/// In which way the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// A loop.
    Serial,
    /// OS threads that share memory.
    Threads,
    /// Threads under an interpreter lock.
    Gil,
    /// A pool of threads, and futures.
    Pool,
    /// A pool of processes, and the same futures.
    Processes,
    /// Tasks on one thread.
    Coroutines,
    /// Threads that share nothing but channels.
    Channels,
    /// Actors.
    Actors,
    /// Python's `threading` and `queue`.
    PythonThreads,
    /// Python's `concurrent.futures` with threads.
    PythonPool,
    /// Python's `concurrent.futures` with processes; at the table, `multiprocessing`.
    PythonProcesses,
    /// Python's `asyncio`.
    PythonCoroutines,
}

/// The language in which a solution is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// This crate's.
    Rust,
    /// That of the `python3` of this machine.
    Python,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Serial,
        Self::Threads,
        Self::Gil,
        Self::Pool,
        Self::Processes,
        Self::Coroutines,
        Self::Channels,
        Self::Actors,
        Self::PythonThreads,
        Self::PythonPool,
        Self::PythonProcesses,
        Self::PythonCoroutines,
    ];

    /// Its name, as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.words().0
    }

    /// Its name in a sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.words().1
    }

    /// What a worker is.
    #[must_use]
    pub const fn worker(self) -> &'static str {
        self.words().2
    }

    const fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Serial => ("serial", "a serial loop", "the only one"),
            Self::Threads => ("threads", "OS threads", "a thread, which takes items from a queue"),
            Self::Gil => {
                ("gil", "threads under an interpreter lock", "a thread that computes only with the lock")
            }
            Self::Pool => ("pool", "a thread pool with futures", "a thread of the pool"),
            Self::Processes => ("processes", "a process pool with futures", "a process of the pool"),
            Self::Coroutines => ("coroutines", "coroutines", "a task; all of them share one thread"),
            Self::Channels => ("channels", "CSP channels", "a thread that receives from a channel"),
            Self::Actors => ("actors", "actors", "an actor with a mailbox, on a thread of its own"),
            Self::PythonThreads => ("python-threads", "Python's threading", "a thread"),
            Self::PythonPool => ("python-pool", "Python's ThreadPoolExecutor", "a thread of the pool"),
            Self::PythonProcesses => {
                ("python-processes", "Python's ProcessPoolExecutor", "a process of the pool")
            }
            Self::PythonCoroutines => ("python-coroutines", "Python's asyncio", "a task of the event loop"),
        }
    }

    /// The language of its solution.
    #[must_use]
    pub const fn language(self) -> Language {
        match self.counterpart() {
            Some(_) => Language::Python,
            None => Language::Rust,
        }
    }

    /// For a program in Python: the model of this crate that is made as it is.
    #[must_use]
    pub const fn counterpart(self) -> Option<Self> {
        match self {
            Self::PythonThreads | Self::PythonPool => Some(Self::Gil),
            Self::PythonProcesses => Some(Self::Processes),
            Self::PythonCoroutines => Some(Self::Coroutines),
            _ => None,
        }
    }

    /// Whether this build has its solution; whether there is a `python3` is another question.
    #[must_use]
    pub const fn is_built(self) -> bool {
        cfg!(feature = "processes") || !matches!(self, Self::Pool | Self::Processes)
    }

    /// The files of the solution: name and text.
    #[must_use]
    pub(super) const fn source(self) -> Source {
        match self.language() {
            Language::Rust => solution::source(self),
            Language::Python => python::source(self),
        }
    }

    /// Lines of the solution that are neither empty nor a comment.
    #[must_use]
    pub fn lines(self) -> usize {
        let comment = if self.language() == Language::Rust { "//" } else { "#" };
        let lines = self.source().iter().flat_map(|(_, text)| text.lines()).map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with(comment)).count()
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_solution_has_lines() {
        for model in Model::ALL {
            assert!(model.lines() > 4, "{model}");
        }
        assert!(Model::Serial.lines() < Model::Threads.lines());
    }
}

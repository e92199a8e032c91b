//! The same programs in Python, where the machine has a `python3`: the base line of the material.
//!
//! They lie in `src/compare/python`, and are written into the directory with the files before they run. Each prints a [`Run`] as JSON.

use super::child::{Prices, Run};
use super::figures::Passing;
use super::model::Model;
use super::solution::Source;
use super::work::Work;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A Python that can run the programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Python {
    /// The interpreter itself, and none of the scripts that stand before it.
    pub(super) executable: PathBuf,
    /// As in `3.13.1`.
    pub(super) version: String,
}

impl Python {
    /// The `python3` of this machine.
    ///
    /// # Errors
    /// There is none, or it is older than 3.9, in words.
    pub(super) fn find() -> Result<Self, String> {
        const WHO: &str = "import sys, platform; print(sys.executable); print(platform.python_version()); \
                           sys.exit(sys.version_info < (3, 9))";
        let output = python("python3".as_ref()).args(["-c", WHO]).output();
        let output = output.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "there is no `python3` on this machine".to_owned(),
            _ => format!("`python3` does not start: {error}"),
        })?;
        let told = String::from_utf8_lossy(&output.stdout);
        match told.lines().collect::<Vec<_>>()[..] {
            [executable, version] if output.status.success() => {
                Ok(Self { executable: executable.into(), version: version.to_owned() })
            }
            [_, version] => Err(format!("`python3` is Python {version}, and the programs need 3.9")),
            _ => Err(format!("`python3` does not say who it is ({})", output.status)),
        }
    }
}

/// What all programs import.
const COMMON: (&str, &str) = ("common.py", include_str!("python/common.py"));
const PRICES: (&str, &str) = ("prices.py", include_str!("python/prices.py"));
const TASKS: (&str, &str) = ("tasks.py", include_str!("python/tasks.py"));
const THREADS: (&str, &str) = ("threads.py", include_str!("python/threads.py"));
const POOL: (&str, &str) = ("pool.py", include_str!("python/pool.py"));
const PROCESSES: (&str, &str) = ("processes.py", include_str!("python/processes.py"));
const COROUTINES: (&str, &str) = ("coroutines.py", include_str!("python/coroutines.py"));

/// The source of a program, without what all of them import.
pub(super) const fn source(model: Model) -> Source {
    match model {
        Model::PythonThreads => &[THREADS],
        Model::PythonPool => &[POOL, TASKS],
        Model::PythonProcesses => &[PROCESSES, TASKS],
        Model::PythonCoroutines => &[COROUTINES],
        _ => &[],
    }
}

/// Writes the programs into this directory.
///
/// # Errors
/// The system does not let it.
pub(super) fn write(directory: &Path) -> io::Result<()> {
    let all = [COMMON, PRICES, TASKS, THREADS, POOL, PROCESSES, COROUTINES];
    all.into_iter().try_for_each(|(name, text)| std::fs::write(directory.join(name), text))
}

/// Does the work in Python.
pub(super) fn solve(python: Option<&Path>, model: Model, work: &Work, workers: usize) -> Result<Run, String> {
    let Work { kind, items, seats, files, server } = work;
    let (program, _) = source(model).first().ok_or("it is no program in Python")?;
    let arguments = [
        kind.name().to_owned(),
        items.to_string(),
        seats.to_string(),
        workers.to_string(),
        server.port().to_string(),
    ];
    run(python, files, program, &arguments)
}

/// Measures what passing things on costs there.
pub(super) fn prices(python: Option<&Path>, files: &Path) -> Result<Prices, String> {
    let seconds: BTreeMap<Passing, f64> = run(python, files, PRICES.0, &[])?;
    Ok(seconds.into_iter().collect())
}

fn run<T: DeserializeOwned>(
    executable: Option<&Path>,
    files: &Path,
    program: &str,
    arguments: &[String],
) -> Result<T, String> {
    let executable = executable.ok_or("there is no Python")?;
    let output = python(executable).arg(files.join(program)).args(arguments).current_dir(files).output();
    let output = output.map_err(|error| format!("{}: {error}", executable.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program}: {}", said.lines().last().unwrap_or("it says nothing")));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{program}: {error}"))
}

/// A Python that writes nothing beside the programs, and finds no modules of others before those.
fn python(executable: &Path) -> Command {
    let mut command = Command::new(executable);
    command.env("PYTHONDONTWRITEBYTECODE", "1").env_remove("PYTHONPATH").env_remove("PYTHONSTARTUP");
    command.stdin(Stdio::null());
    command
}

//! The last findings, kept in the build directory, so that they can be shown again without a run; and how
//! long cells took.
//!
//! One JSON file a cell, under `refectory/` of the directory that cargo builds in (found from the place
//! of the current executable), or under `REFECTORY_STORE`, or else of the system's directory for
//! temporary files. A cell that is found in order takes its file away. The directory is its user's alone, and no link is
//! followed out of it.

use crate::cell::CellId;
use crate::judge::{CellReport, rounds_of};
use crate::runner::Costs;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file for how long cells took.
const COSTS: &str = "costs.json";

/// The directory for rounds that went wrong.
const ROUNDS: &str = "rounds";

/// Where findings are kept.
#[derive(Clone, Debug)]
pub struct Store {
    directory: PathBuf,
}

impl Default for Store {
    /// The directory of this build.
    fn default() -> Self {
        let chosen = std::env::var_os("REFECTORY_STORE").map(PathBuf::from);
        let built = || std::env::current_exe().ok().and_then(|exe| build_directory(&exe));
        Self::at(chosen.or_else(built).unwrap_or_else(|| std::env::temp_dir().join("refectory")))
    }
}

impl Store {
    /// In this directory, which is made when it is needed.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Where this is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Keeps the finding of a broken cell, or removes what was kept of one that is not broken.
    ///
    /// # Errors
    /// What the file system says, or that the directory is somebody else's.
    pub fn keep(&self, report: &CellReport) -> io::Result<()> {
        let path = self.path(&report.id);
        if report.failure().is_none() {
            return match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        self.write(&path, &serde_json::to_vec(report)?)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.make_directory()?;
        // Renamed when it is whole, so that a reader never sees half of it.
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        // One that a killed process of the same number has left is no use to anybody.
        let _ = std::fs::remove_file(&draft);
        let written = File::create_new(&draft).and_then(|mut file| file.write_all(bytes));
        written.and_then(|()| std::fs::rename(&draft, path)).inspect_err(|_| {
            let _ = std::fs::remove_file(&draft);
        })
    }

    /// Makes the directory where there is none. In a place that all users share, another one may have been there first.
    fn make_directory(&self) -> io::Result<()> {
        if let Some(above) = self.directory.parent() {
            std::fs::create_dir_all(above)?;
        }
        match DirBuilder::new().mode(0o700).create(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made,
        }
        let found = std::fs::symlink_metadata(&self.directory)?;
        if found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() {
            return Ok(());
        }
        Err(io::Error::other("it is no directory of this user"))
    }

    /// How long cells took when they were last run; nothing is known where no run is kept, or one of another
    /// version.
    pub fn costs(&self) -> Costs {
        let bytes = std::fs::read(self.directory.join(COSTS)).unwrap_or_default();
        let known: BTreeMap<String, Duration> = serde_json::from_slice(&bytes).unwrap_or_default();
        known.into_iter().filter_map(|(id, time)| Some((id.parse().ok()?, time))).collect()
    }

    /// Keeps how long these cells took, beside what is known of others.
    ///
    /// # Errors
    /// What the file system says.
    pub fn keep_costs(&self, reports: &[CellReport]) -> io::Result<()> {
        let mut costs = self.costs();
        for report in reports {
            let known = costs.entry(report.id.clone()).or_default();
            // What was ended with the run would have taken longer.
            let at_least = if report.was_cut() { *known } else { Duration::ZERO };
            *known = report.elapsed.max(at_least);
        }
        let costs: BTreeMap<String, Duration> =
            costs.into_iter().map(|(id, time)| (id.to_string(), time)).collect();
        self.write(&self.directory.join(COSTS), &serde_json::to_vec(&costs)?)
    }

    /// Keeps what a campaign found of a subject, in place of what earlier ones found, whose rounds had other
    /// seeds.
    ///
    /// # Errors
    /// What the file system says.
    pub fn keep_rounds(&self, report: &CellReport) -> io::Result<()> {
        let files = match std::fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.keep(report),
            files => files?,
        };
        for file in files.map_while(Result::ok) {
            let earlier =
                file.file_name().to_str().and_then(id_in).is_some_and(|id| is_campaign_of(&id, &report.id));
            if earlier {
                std::fs::remove_file(file.path())?;
            }
        }
        self.keep(report)
    }

    /// Keeps a round that went wrong, in a file of its own, in place of an earlier one of its subject. Gives the file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn keep_round(&self, subject: &str, round: &impl Serialize) -> io::Result<PathBuf> {
        let path = self.directory.join(ROUNDS).join(subject.replace('/', "__") + ".json");
        self.make_directory()?;
        Self::at(self.directory.join(ROUNDS)).write(&path, &serde_json::to_vec_pretty(round)?)?;
        Ok(path)
    }

    /// The last finding of this name, if there is one.
    ///
    /// # Errors
    /// What the file system says, or that the file is not a finding of this version.
    pub fn last(&self, id: &CellId) -> io::Result<Option<CellReport>> {
        match std::fs::read(self.path(id)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn path(&self, id: &CellId) -> PathBuf {
        self.directory.join(id.to_string().replace('/', "__") + ".json")
    }
}

/// The name that a file is for.
fn id_in(file: &str) -> Option<CellId> {
    file.strip_suffix(".json")?.replace("__", "/").parse().ok()
}

/// Whether one is the name of rounds of the same subject as the other.
fn is_campaign_of(one: &CellId, other: &CellId) -> bool {
    let subject = |id: &CellId| rounds_of(id).map(|(subject, _)| subject.id());
    subject(one).is_some() && subject(one) == subject(other)
}

/// `target/refectory` for an executable in `target/release` or `target/release/deps`. Cargo marks the
/// directory that it builds in with a `CACHEDIR.TAG`.
fn build_directory(executable: &Path) -> Option<PathBuf> {
    let marked = executable.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file());
    let named =
        || executable.ancestors().find(|directory| directory.file_name() == Some(OsStr::new("target")));
    marked.or_else(named).map(|target| target.join("refectory"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::subjects;
    use crate::engine::{Engine, Exhausted, FailureKind};
    use crate::judge::id_of_rounds;
    use crate::judge::{Reason, Verdict};
    use crate::report::example;

    /// A store of its own, removed with what it keeps.
    struct Scratch(Store);

    impl Scratch {
        fn new(name: &str) -> Self {
            Self(Store::at(std::env::temp_dir().join(format!("refectory-{name}-{}", std::process::id()))))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0.directory);
        }
    }

    #[test]
    fn a_campaign_replaces_what_an_earlier_one_found() {
        let scratch = Scratch::new("rounds");
        let subject = subjects().next().unwrap();
        let hung = |seed| {
            let id = id_of_rounds(subject, seed);
            let question = id.question.to_string();
            (id, example::report(&question, Engine::Native, example::broken(FailureKind::Hang)))
        };
        let ((first, report), (second, later)) = (hung(1), hung(2));
        scratch.0.keep_rounds(&report).unwrap();
        assert_eq!(scratch.0.last(&first).unwrap(), Some(report));
        scratch.0.keep_rounds(&later).unwrap();
        assert_eq!(scratch.0.last(&first).unwrap(), None);
        assert_eq!(scratch.0.last(&second).unwrap(), Some(later));
    }

    #[test]
    fn the_directory_is_its_users_alone_and_no_link() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = Scratch::new("mode");
        scratch.0.keep_costs(&[]).unwrap();
        let mode = std::fs::metadata(scratch.0.directory()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let link = Scratch::new("link");
        std::os::unix::fs::symlink(scratch.0.directory(), link.0.directory()).unwrap();
        let error = link.0.keep_costs(&[]).unwrap_err();
        std::fs::remove_file(link.0.directory()).unwrap();
        assert_eq!(error.to_string(), "it is no directory of this user");
    }

    #[test]
    fn no_draft_is_left_where_it_cannot_be_kept() {
        let scratch = Scratch::new("draft");
        // A directory stands where the file is to come.
        std::fs::create_dir_all(scratch.0.directory().join(COSTS)).unwrap();
        assert!(scratch.0.keep_costs(&[]).is_err());
        assert_eq!(std::fs::read_dir(scratch.0.directory()).unwrap().count(), 1);
    }

    #[test]
    fn what_cells_took_is_known_until_they_are_run_again() {
        let scratch = Scratch::new("costs");
        assert!(scratch.0.costs().is_empty());
        let took = |scope: &str, seconds| CellReport {
            elapsed: Duration::from_secs(seconds),
            ..example::report(&format!("threads/table/ordered/{scope}"), Engine::Dpor, example::held())
        };
        scratch.0.keep_costs(&[took("2x1", 1), took("3x1", 2)]).unwrap();
        scratch.0.keep_costs(&[took("3x1", 5)]).unwrap();
        let seconds = || -> Vec<u64> { scratch.0.costs().values().map(Duration::as_secs).collect() };
        assert_eq!(seconds(), [1, 5]);
        let cut = |seconds| CellReport {
            verdict: Verdict::Inconclusive(Reason::Budget(Exhausted::Run(Duration::from_secs(seconds)))),
            ..took("3x1", seconds)
        };
        scratch.0.keep_costs(&[cut(2)]).unwrap();
        assert_eq!(seconds(), [1, 5], "it takes longer than it was given");
        scratch.0.keep_costs(&[cut(7)]).unwrap();
        assert_eq!(seconds(), [1, 7]);
        scratch.0.keep_costs(&[took("3x1", 3)]).unwrap();
        assert_eq!(seconds(), [1, 3]);
    }
}

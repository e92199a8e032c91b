//! The last findings, kept in the build directory, so that they can be shown again without a run.
//!
//! One JSON file a cell, under `refectory/` of the directory that cargo builds in (found from the place
//! of the current executable), or under `REFECTORY_STORE`, or else of the system's directory for
//! temporary files. A cell that is found in order takes its file away.

use crate::cell::{Cell, CellId};
use crate::judge::CellReport;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

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

    /// Keeps the finding of a broken cell, or removes what was kept of one that is not broken.
    ///
    /// # Errors
    /// What the file system says.
    pub fn keep(&self, report: &CellReport) -> io::Result<()> {
        let path = self.path(&report.id);
        if report.failure().is_none() {
            return match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        std::fs::create_dir_all(&self.directory)?;
        // Renamed when it is whole, so that a reader never sees half of it.
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        std::fs::write(&draft, serde_json::to_vec(report)?)?;
        std::fs::rename(draft, path)
    }

    /// The last finding of the cell, if there is one.
    ///
    /// # Errors
    /// What the file system says, or that the file is not a finding of this version.
    pub fn last(&self, cell: &Cell) -> io::Result<Option<CellReport>> {
        match std::fs::read(self.path(&cell.id())) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn path(&self, id: &CellId) -> PathBuf {
        self.directory.join(id.to_string().replace('/', "__") + ".json")
    }
}

/// `target/refectory` for an executable in `target/release` or `target/release/deps`. Cargo marks the
/// directory that it builds in with a `CACHEDIR.TAG`.
fn build_directory(executable: &Path) -> Option<PathBuf> {
    let marked = executable.ancestors().find(|directory| directory.join("CACHEDIR.TAG").is_file());
    let named =
        || executable.ancestors().find(|directory| directory.file_name() == Some(OsStr::new("target")));
    marked.or_else(named).map(|target| target.join("refectory"))
}

//! What criterion has written: a directory for each function, with `new/benchmark.json`, which says what it is, and `new/estimates.json`.
//!
//! Source of the layout: criterion 0.8, `src/analysis/mod.rs` and `src/report.rs`.

use super::report::Estimate;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What criterion says of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Its group.
    pub group: String,
    /// Its name in the group; that of the group where it has none.
    pub function: String,
    /// The parameter that it was run with.
    pub parameter: Option<String>,
    /// Group, function and parameter: the name under which criterion knows it.
    pub id: String,
    /// Seconds for an item: the median of the samples.
    pub time: Estimate,
    /// By how much that has changed since the baseline, as a part of it.
    pub change: Option<Estimate>,
}

impl Measured {
    /// What it is to be compared within.
    #[must_use]
    pub fn scenario(&self) -> String {
        match &self.parameter {
            Some(parameter) => format!("{}, {parameter}", self.group),
            None => self.group.clone(),
        }
    }
}

/// A file that cannot be read, or that is none of criterion's.
#[derive(Debug)]
pub struct Broken {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub why: io::Error,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.why)
    }
}

impl std::error::Error for Broken {}

/// `benchmark.json`.
#[derive(Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<Throughput>,
    full_id: String,
}

/// How much an iteration does.
#[derive(Deserialize)]
enum Throughput {
    Bits(u64),
    Bytes(u64),
    BytesDecimal(u64),
    Elements(u64),
    ElementsAndBytes { elements: u64 },
}

impl Throughput {
    fn items(&self) -> u64 {
        match *self {
            Self::Bits(items) | Self::Bytes(items) | Self::BytesDecimal(items) | Self::Elements(items) => {
                items
            }
            Self::ElementsAndBytes { elements } => elements,
        }
    }
}

/// `estimates.json`: nanoseconds for an iteration, or parts of the baseline's.
#[derive(Deserialize)]
struct Estimates {
    median: Point,
}

#[derive(Deserialize)]
struct Point {
    confidence_interval: Bounds,
    point_estimate: f64,
}

#[derive(Deserialize)]
struct Bounds {
    lower_bound: f64,
    upper_bound: f64,
}

impl From<&Point> for Estimate {
    fn from(point: &Point) -> Self {
        let Bounds { lower_bound: low, upper_bound: high } = point.confidence_interval;
        Self { value: point.point_estimate, low, high }
    }
}

/// The directory in which criterion keeps what it compares.
const NEW: &str = "new";
/// The one in which it keeps what came of the last comparison.
const CHANGE: &str = "change";

/// Where functions have their directories, and when each was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known(BTreeMap<PathBuf, SystemTime>);

impl Known {
    /// All that was measured below a directory. There need not be one.
    pub(super) fn below(directory: &Path) -> Result<Self, Broken> {
        let mut known = Self::default();
        known.collect(directory)?;
        Ok(known)
    }

    fn collect(&mut self, directory: &Path) -> Result<(), Broken> {
        let broken = |why| Broken { file: directory.to_owned(), why };
        let entries = match fs::read_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(broken)?,
        };
        for entry in entries {
            let entry = entry.map_err(broken)?;
            if !entry.file_type().map_err(broken)?.is_dir() {
                continue;
            }
            if entry.file_name() != NEW {
                self.collect(&entry.path())?;
                continue;
            }
            // It is written last, so all the rest is there.
            let named = entry.path().join("benchmark.json");
            if let Ok(when) = fs::metadata(&named).and_then(|named| named.modified()) {
                self.0.insert(directory.to_owned(), when);
            }
        }
        Ok(())
    }

    /// What was measured since then.
    pub(super) fn since(&self, then: &Self) -> Self {
        let is_new = |(function, when): &(&PathBuf, &SystemTime)| then.0.get(*function) != Some(*when);
        Self(self.0.iter().filter(is_new).map(|(function, when)| (function.clone(), *when)).collect())
    }

    /// What criterion says of each.
    pub(super) fn read(&self, baseline: Option<&str>) -> Result<Vec<Measured>, Broken> {
        self.0.keys().map(|function| read(function, baseline)).collect()
    }
}

/// All that was measured below a directory, and what has changed since a baseline where criterion has compared the two.
///
/// # Errors
/// The first file that cannot be read.
pub fn measured(directory: &Path, baseline: Option<&str>) -> Result<Vec<Measured>, Broken> {
    Known::below(directory)?.read(baseline)
}

/// The names of the baselines that were saved below a directory.
///
/// # Errors
/// The first directory that cannot be read.
pub fn baselines(directory: &Path) -> Result<BTreeSet<String>, Broken> {
    let mut names = BTreeSet::new();
    for function in Known::below(directory)?.0.keys() {
        let entries = fs::read_dir(function).map_err(|why| Broken { file: function.clone(), why })?;
        let saved = entries.flatten().filter(|entry| entry.path().join("estimates.json").exists());
        names.extend(saved.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    }
    names.retain(|name| name != NEW && name != CHANGE);
    Ok(names)
}

fn read(function: &Path, baseline: Option<&str>) -> Result<Measured, Broken> {
    let new = function.join(NEW);
    let Benchmark { group_id, function_id, value_str, throughput, full_id } =
        parsed(&new.join("benchmark.json"))?;
    let estimates = new.join("estimates.json");
    let Estimates { median } = parsed(&estimates)?;
    let of_iteration = Estimate::from(&median);
    if !(of_iteration.low > 0.0 && of_iteration.high.is_finite()) {
        let why = io::Error::new(io::ErrorKind::InvalidData, "a time that is not positive");
        return Err(Broken { file: estimates, why });
    }
    let items = throughput.map_or(1, |throughput| throughput.items().max(1));
    Ok(Measured {
        function: function_id.unwrap_or_else(|| group_id.clone()),
        group: group_id,
        parameter: value_str,
        id: full_id,
        time: of_iteration.scaled(1e-9 / items as f64),
        change: baseline.map_or(Ok(None), |baseline| change(function, &median, baseline))?,
    })
}

/// What criterion found when it compared with this baseline: nothing, where there is no such baseline or it compared with another one last.
fn change(function: &Path, new: &Point, baseline: &str) -> Result<Option<Estimate>, Broken> {
    let files = [baseline, CHANGE].map(|directory| function.join(directory).join("estimates.json"));
    if files.iter().any(|file| !file.exists()) {
        return Ok(None);
    }
    let [saved, change] = [parsed::<Estimates>(&files[0])?, parsed::<Estimates>(&files[1])?];
    let expected = new.point_estimate / saved.median.point_estimate - 1.0;
    let is_of_these = (change.median.point_estimate - expected).abs() < 1e-6;
    Ok(is_of_these.then(|| Estimate::from(&change.median)))
}

fn parsed<T: DeserializeOwned>(file: &Path) -> Result<T, Broken> {
    let parse = || Ok(serde_json::from_slice(&fs::read(file)?)?);
    parse().map_err(|why| Broken { file: file.to_owned(), why })
}

//! The source tree, and what cargo says of it and does in it.

use super::child::{self, End, Heard};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sources of this crate, with its benches.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    target: PathBuf,
    /// In the order of their names.
    pub(super) benches: Vec<Bench>,
}

/// A bench of the tree: a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bench {
    pub(super) name: String,
    /// What it needs beside the features that are on by default.
    pub(super) features: BTreeSet<String>,
}

/// Why there are no benches to run.
#[derive(Debug)]
pub enum NoTree {
    /// There is no cargo, or it cannot be run.
    NoCargo(io::Error),
    /// This directory is in no source tree of this crate. Cargo said this of it, if anything.
    NotHere(PathBuf, String),
}

impl std::fmt::Display for NoTree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        match self {
            Self::NoCargo(error) => write!(f, "`cargo` cannot be run: {error}. ")?,
            Self::NotHere(directory, said) => {
                write!(f, "{} is in no source tree of refectory", directory.display())?;
                write!(f, "{}. ", if said.is_empty() { String::new() } else { format!(" (cargo: {said})") })?;
            }
        }
        write!(
            f,
            "Benches are built from the sources of refectory {version}, which are more than what is installed, and by Rust's `cargo`: go to \
             the directory of the sources that has `benches/` in it, and run `cargo refectory bench` there. What was measured before is shown by \
             `--from target/criterion`"
        )
    }
}

impl std::error::Error for NoTree {}

/// What `cargo metadata` says.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    #[serde(default, rename = "required-features")]
    required_features: BTreeSet<String>,
}

impl Target {
    fn is_bench(&self) -> bool {
        self.kind.iter().any(|kind| kind == "bench")
    }
}

/// A line of what `cargo bench --message-format=json` prints.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

impl Tree {
    /// The tree that a directory is in.
    ///
    /// # Errors
    /// It is in none, or there is no cargo.
    pub fn around(directory: &Path) -> Result<Self, NoTree> {
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(directory);
        let output = command.output().map_err(NoTree::NoCargo)?;
        let not_here = |said: &str| NoTree::NotHere(directory.to_owned(), said.to_owned());
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(not_here(said.lines().next().unwrap_or_default().trim_start_matches("error: ")));
        }
        let metadata = serde_json::from_slice(&output.stdout);
        let metadata: Metadata = metadata.map_err(|error| not_here(&error.to_string()))?;
        Self::of(metadata).ok_or_else(|| not_here(""))
    }

    fn of(Metadata { packages, target_directory }: Metadata) -> Option<Self> {
        let package = packages.into_iter().find(|package| package.name == env!("CARGO_PKG_NAME"))?;
        let default: BTreeSet<String> =
            package.features.get("default").cloned().unwrap_or_default().into_iter().collect();
        let bench = |target: &Target| Bench {
            name: target.name.clone(),
            features: &target.required_features - &default,
        };
        let mut benches: Vec<Bench> =
            package.targets.iter().filter(|target| target.is_bench()).map(bench).collect();
        benches.sort_by(|a, b| a.name.cmp(&b.name));
        let root = package.manifest_path.parent()?.to_owned();
        (!benches.is_empty()).then_some(Self { root, target: target_directory, benches })
    }

    /// Where criterion keeps what it has measured: as it finds that out itself, but that it is told by [`run`](super::run()).
    #[must_use]
    pub fn results(&self) -> PathBuf {
        std::env::var_os("CRITERION_HOME").map_or_else(|| self.target.join("criterion"), PathBuf::from)
    }

    /// Builds benches that need the same features: their programs, by name.
    pub(super) fn build(
        &self,
        benches: &[&Bench],
        wanted: &dyn Fn() -> bool,
    ) -> io::Result<(End, BTreeMap<String, PathBuf>)> {
        let mut command = cargo();
        command.current_dir(&self.root).args([
            "bench",
            "--no-run",
            "--message-format=json-render-diagnostics",
        ]);
        benches.iter().for_each(|bench| _ = command.args(["--bench", &bench.name]));
        if let Some(Bench { features, .. }) = benches.first().filter(|bench| !bench.features.is_empty()) {
            command.args(["--features", &features.iter().cloned().collect::<Vec<_>>().join(",")]);
        }
        let mut programs = BTreeMap::new();
        let end = child::run(command, Heard::Output, wanted, &mut |line| {
            // Other messages are of no interest here.
            if let Ok(Message { target: Some(target), executable: Some(program) }) =
                serde_json::from_str(line)
                && target.is_bench()
            {
                programs.insert(target.name, program);
            }
        })?;
        Ok((end, programs))
    }

    /// A program of the tree, as cargo would run it.
    pub(super) fn program(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CRITERION_HOME", self.results());
        command
    }
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(package: &str) -> Option<Tree> {
        let metadata = format!(
            r#"{{"target_directory": "/target", "packages": [{{"name": "{package}", "manifest_path": "/tree/Cargo.toml",
                 "features": {{"default": ["cli", "processes"], "cli": []}},
                 "targets": [{{"name": "table", "kind": ["bench"], "required-features": ["processes"]}},
                             {{"name": "engines", "kind": ["bench"], "required-features": ["loom", "processes"]}},
                             {{"name": "refectory", "kind": ["bin"]}}]}}]}}"#
        );
        Tree::of(serde_json::from_str(&metadata).unwrap())
    }

    #[test]
    fn a_bench_needs_what_is_not_on_by_default() {
        let Tree { root, target, benches } = tree("refectory").unwrap();
        assert_eq!((root, target), (PathBuf::from("/tree"), PathBuf::from("/target")));
        let bench = |name: &str, features: &[&str]| Bench {
            name: name.to_owned(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        };
        assert_eq!(benches, [bench("engines", &["loom"]), bench("table", &[])]);
    }

    #[test]
    fn another_package_is_no_tree_of_ours() {
        assert!(tree("guests").is_none());
    }

    #[test]
    fn who_has_no_sources_is_told_what_it_takes() {
        let message = NoTree::NotHere("/home".into(), "could not find `Cargo.toml`".to_owned()).to_string();
        for word in ["/home is in no source tree", "could not find", "`cargo refectory bench`", "--from"] {
            assert!(message.contains(word), "{message}");
        }
    }
}

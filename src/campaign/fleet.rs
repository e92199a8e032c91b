//! A campaign on many machines: what each of them runs and writes down, and what all of it comes to.
//!
//! The rounds of each subject come in blocks. The seed of a block follows from the campaign's, the subject and the number of the block alone, so
//! it is the same rounds on every machine. Of n shards the k-th takes every n-th block, and writes a file of its own: the campaign in the first
//! line, then a line for each block, and at the end that this is all. A machine that is lost leaves a file without an end. It counts for
//! nothing; another attempt at the shard, in another file, takes its place.
//!
//! [`merge`] is a function of these files. A shard that was run twice counts once. What is missing or does not belong together is refused by its
//! name. Of who has run what, when and how fast there is nothing in the result, so it is that of a run in one shard.

use super::child::{self, Play};
use super::slice::Slice;
use crate::catalogue::subjects;
use crate::cell::Subject;
use crate::judge::{Histories, Rounds, RoundsReport};
use crate::scenario::SplitMix64;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Rounds of a block.
const BLOCK: u64 = 32;

/// For so long a block may take: longer than it does.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What all machines run together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// The version of Refectory. Another one may draw other rounds.
    pub version: String,
    /// The ids of the subjects.
    pub subjects: Vec<String>,
    /// Rounds of each subject.
    pub rounds: u64,
    /// All seeds follow from it.
    pub seed: u64,
    /// How many shards there are.
    pub shards: u32,
}

/// One of the shards: the k-th, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard(pub u32);

/// A line of a shard's file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Begins { campaign: Fleet, shard: Shard },
    Block { number: u64, slice: Box<Slice> },
    Ends { blocks: u64 },
}

impl Fleet {
    /// A campaign of these subjects with this binary.
    pub fn new(subjects: &[&'static Subject], rounds: u64, seed: u64, shards: u32) -> Self {
        let subjects = subjects.iter().map(|subject| subject.id()).collect();
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), subjects, rounds, seed, shards }
    }

    /// A short name for it, which another campaign hardly has.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        // FNV-1a: Glenn Fowler, Landon Curt Noll, Kiem-Phong Vo, 1991.
        let hash = text.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        format!("{hash:016x}")
    }

    /// Blocks of each subject.
    const fn blocks(&self) -> u64 {
        self.rounds.div_ceil(BLOCK)
    }

    /// The numbers of a shard's blocks.
    fn blocks_of(&self, shard: Shard) -> impl Iterator<Item = u64> {
        let all = self.subjects.len() as u64 * self.blocks();
        (u64::from(shard.0 - 1)..all).step_by(self.shards as usize)
    }

    /// Whose rounds a block has, the seed of the first one, and how many there are.
    fn block(&self, number: u64) -> (&str, u64, u64) {
        let (subject, block) = (number / self.blocks(), number % self.blocks());
        let subject = &self.subjects[subject as usize];
        let rounds = (self.rounds - block * BLOCK).min(BLOCK);
        let of_the_name =
            subject.bytes().fold(self.seed, |seed, byte| SplitMix64::new(seed ^ u64::from(byte)).next_u64());
        (subject, SplitMix64::new(of_the_name ^ block).next_u64(), rounds)
    }
}

/// A shard that is being run.
#[derive(Debug)]
pub struct Attempt<'a> {
    fleet: &'a Fleet,
    shard: Shard,
    path: PathBuf,
    file: File,
}

impl<'a> Attempt<'a> {
    /// Begins a file of its own in this directory, which is made if need be.
    ///
    /// # Errors
    /// If the file cannot be made.
    ///
    /// # Panics
    /// If the campaign has no such shard.
    pub fn begin(fleet: &'a Fleet, shard: Shard, directory: &Path) -> io::Result<Self> {
        assert!((1..=fleet.shards).contains(&shard.0), "of {} shards there is no {}", fleet.shards, shard.0);
        fs::create_dir_all(directory)?;
        for attempt in 1.. {
            let name = format!("{}-{}-of-{}-attempt-{attempt}.jsonl", fleet.name(), shard.0, fleet.shards);
            let path = directory.join(name);
            match File::options().append(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                opened => {
                    let mut attempt = Self { fleet, shard, path, file: opened? };
                    attempt.write(&Line::Begins { campaign: fleet.clone(), shard })?;
                    return Ok(attempt);
                }
            }
        }
        unreachable!("there is always another number")
    }

    /// Where it is written down.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs the blocks of the shard, and says how many there were. Where it is cancelled it ends without saying so in its file.
    ///
    /// # Errors
    /// If no rounds can be run, or nothing can be written down.
    ///
    /// # Panics
    /// If this binary has not all of the subjects.
    pub fn run(
        mut self,
        cancelled: &(dyn Fn() -> bool + Sync),
        tell: &mut dyn FnMut(&Slice),
    ) -> io::Result<u64> {
        let mut blocks = 0;
        for number in self.fleet.blocks_of(self.shard) {
            let (id, seed, rounds) = self.fleet.block(number);
            let subject =
                subjects().find(|subject| subject.id() == id).expect("the campaign is of this binary");
            let played = child::play(
                subject,
                Play { seed, slice: PATIENCE, rounds, work: None, noise: true },
                cancelled,
            )
            .map_err(io::Error::other)?;
            if cancelled() {
                return Ok(blocks);
            }
            let slice = Slice::of(id.to_owned(), seed, played);
            tell(&slice);
            self.write(&Line::Block { number, slice: Box::new(slice) })?;
            blocks += 1;
        }
        self.write(&Line::Ends { blocks })?;
        self.file.sync_all()?;
        Ok(blocks)
    }

    /// In one piece: who is killed leaves whole lines, and perhaps the beginning of one more.
    fn write(&mut self, line: &Line) -> io::Result<()> {
        let line = serde_json::to_string(line)?;
        self.file.write_all((line + "\n").as_bytes())
    }
}

/// Why shards are no campaign.
#[derive(Debug)]
pub enum Refusal {
    /// A file cannot be read, or is none of a shard's.
    Unreadable(PathBuf, String),
    /// There is no file of a shard.
    Nothing(Vec<PathBuf>),
    /// Two files are of different campaigns.
    Mixed(PathBuf, PathBuf),
    /// Shards that have no file with an end, and the files without one that they have.
    Incomplete(Fleet, Vec<(Shard, Vec<PathBuf>)>),
    /// This binary cannot say what came of a subject that it has not.
    Foreign(Fleet, String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Nothing(directories) => {
                let directories: Vec<_> = directories.iter().map(|path| path.display().to_string()).collect();
                write!(f, "no file of a shard in {}", directories.join(", "))
            }
            Self::Mixed(one, other) => write!(
                f,
                "{} and {} are of different campaigns: merge them apart",
                one.display(),
                other.display()
            ),
            Self::Incomplete(fleet, missing) => {
                write!(f, "campaign {} is not complete:", fleet.name())?;
                for (Shard(shard), files) in missing {
                    write!(f, "\n  shard {shard}/{}: ", fleet.shards)?;
                    match files.last() {
                        None => f.write_str("there is no file of it")?,
                        Some(file) => write!(f, "{} has no end", file.display())?,
                    }
                }
                f.write_str("\nrun these shards once more, with the same arguments")
            }
            Self::Foreign(fleet, subject) => write!(
                f,
                "campaign {} is of version {}, and this one ({}) has no `{subject}`",
                fleet.name(),
                fleet.version,
                env!("CARGO_PKG_VERSION")
            ),
        }
    }
}

impl std::error::Error for Refusal {}

/// The file of a shard, as far as it goes.
#[derive(Debug)]
struct Written {
    path: PathBuf,
    campaign: Fleet,
    shard: Shard,
    blocks: BTreeMap<u64, Slice>,
    is_complete: bool,
}

/// What came of a campaign.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The campaign.
    pub fleet: Fleet,
    /// A report of each subject, in its order: what follows from the campaign, on whatever machines it was run.
    pub reports: Vec<RoundsReport>,
    /// The histories of all of them. How many were decided is not the same each time.
    pub histories: Histories,
}

/// What came of the campaign whose shards have written into these directories.
///
/// # Errors
/// Whatever is no whole campaign is refused.
pub fn merge(directories: &[PathBuf]) -> Result<Merged, Refusal> {
    let mut all: Vec<Written> = Vec::new();
    for path in files_of(directories)? {
        all.push(read(&path).map_err(|error| Refusal::Unreadable(path, error.to_string()))?);
    }
    let Some(first) = all.first() else { return Err(Refusal::Nothing(directories.to_owned())) };
    if let Some(other) = all.iter().find(|written| written.campaign != first.campaign) {
        return Err(Refusal::Mixed(first.path.clone(), other.path.clone()));
    }
    let fleet = first.campaign.clone();
    let missing: Vec<_> = (1..=fleet.shards).map(Shard).filter_map(|shard| missing(shard, &all)).collect();
    if !missing.is_empty() {
        return Err(Refusal::Incomplete(fleet, missing));
    }
    let blocks = blocks(all);
    let mut histories = Histories::default();
    blocks.values().for_each(|slice| histories.add(slice.histories.clone()));
    Ok(Merged { reports: reports(&fleet, &blocks)?, fleet, histories })
}

fn files_of(directories: &[PathBuf]) -> Result<Vec<PathBuf>, Refusal> {
    let mut files = Vec::new();
    for directory in directories {
        let unreadable = |error: io::Error| Refusal::Unreadable(directory.clone(), error.to_string());
        for entry in fs::read_dir(directory).map_err(unreadable)? {
            files.push(entry.map_err(unreadable)?.path());
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    Ok(files)
}

/// A line that is no line of a shard ends what there is of one; in the first place it is an error.
fn read(path: &Path) -> io::Result<Written> {
    let mut lines = BufReader::new(File::open(path)?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let Ok(Line::Begins { campaign, shard }) = serde_json::from_str(&first) else {
        return Err(io::Error::other("line 1 does not say which shard of which campaign this is"));
    };
    let mut written =
        Written { path: path.to_owned(), campaign, shard, blocks: BTreeMap::new(), is_complete: false };
    for line in lines {
        match serde_json::from_str(&line?) {
            Ok(Line::Block { number, slice }) => drop(written.blocks.insert(number, *slice)),
            Ok(Line::Ends { blocks }) => {
                let own = written.campaign.blocks_of(shard);
                written.is_complete =
                    blocks == written.blocks.len() as u64 && own.eq(written.blocks.keys().copied());
            }
            Ok(Line::Begins { .. }) | Err(_) => break,
        }
    }
    Ok(written)
}

/// The files of a shard of which none is complete.
fn missing(shard: Shard, all: &[Written]) -> Option<(Shard, Vec<PathBuf>)> {
    let own: Vec<&Written> = all.iter().filter(|written| written.shard == shard).collect();
    let files = || own.iter().map(|written| written.path.clone()).collect();
    (!own.iter().any(|written| written.is_complete)).then(|| (shard, files()))
}

/// Each block once. Of two attempts at one the one with a violation tells more.
fn blocks(all: Vec<Written>) -> BTreeMap<u64, Slice> {
    let mut blocks: BTreeMap<u64, Slice> = BTreeMap::new();
    let complete = all.into_iter().filter(|written| written.is_complete);
    for (number, slice) in complete.flat_map(|written| written.blocks) {
        let known = blocks.entry(number).or_insert_with(|| slice.clone());
        if known.ended.is_none() {
            *known = slice;
        }
    }
    blocks
}

/// What the blocks of each subject come to. Times and overlaps are those of machines, and left out.
fn reports(fleet: &Fleet, blocks: &BTreeMap<u64, Slice>) -> Result<Vec<RoundsReport>, Refusal> {
    let report = |(index, id): (usize, &String)| {
        let subject = subjects().find(|subject| subject.id() == *id);
        let subject = subject.ok_or_else(|| Refusal::Foreign(fleet.clone(), id.clone()))?;
        let mut rounds = Rounds::none(subject, fleet.seed);
        let first = index as u64 * fleet.blocks();
        for slice in blocks.range(first..first + fleet.blocks()).map(|(_, slice)| slice) {
            slice.without_circumstances().count_in(&mut rounds);
        }
        Ok(RoundsReport::from(rounds))
    };
    fleet.subjects.iter().enumerate().map(report).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn fleet(rounds: u64, shards: u32) -> Fleet {
        let all: Vec<&'static Subject> = subjects().take(3).collect();
        Fleet::new(&all, rounds, 7, shards)
    }

    /// An empty directory of this test.
    fn directory() -> PathBuf {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // Ordering: the number stands for itself.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("refectory-fleet-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        path
    }

    /// What a shard would write whose rounds all hold.
    fn write(fleet: &Fleet, shard: u32, directory: &Path, to_its_end: bool) {
        let mut attempt = Attempt::begin(fleet, Shard(shard), directory).unwrap();
        let numbers: Vec<u64> = fleet.blocks_of(Shard(shard)).collect();
        for &number in &numbers {
            let (id, seed, rounds) = fleet.block(number);
            let mut slice = Slice::of(id.to_owned(), seed, child::Played::default());
            (slice.rounds, slice.operations) = (rounds, 10 * rounds);
            slice.elapsed = Duration::from_millis(u64::from(shard));
            attempt.write(&Line::Block { number, slice: Box::new(slice) }).unwrap();
        }
        if to_its_end {
            attempt.write(&Line::Ends { blocks: numbers.len() as u64 }).unwrap();
        }
    }

    fn refusal(directory: &Path) -> String {
        merge(&[directory.to_owned()]).unwrap_err().to_string()
    }

    fn rounds_and_operations(directory: &Path) -> Vec<(u64, u64)> {
        let merged = merge(&[directory.to_owned()]).unwrap();
        merged.reports.iter().map(|report| (report.cell.executions, report.operations)).collect()
    }

    #[test]
    fn every_block_is_in_one_shard_and_the_same_in_any_number_of_them() {
        let (whole, parts) = (fleet(100, 1), fleet(100, 5));
        let mut all: Vec<u64> =
            (1..=5).flat_map(|shard| parts.blocks_of(Shard(shard)).collect::<Vec<_>>()).collect();
        all.sort_unstable();
        assert!(whole.blocks_of(Shard(1)).eq(all.iter().copied()));
        let same = |number: &u64| whole.block(*number) == parts.block(*number);
        assert!(all.iter().all(same));
        let rounds: u64 = all.iter().map(|number| whole.block(*number).2).sum();
        assert_eq!(rounds, 3 * 100);
        let seeds: std::collections::BTreeSet<u64> =
            all.iter().map(|number| whole.block(*number).1).collect();
        assert_eq!(seeds.len(), all.len());
    }

    #[test]
    fn shards_come_to_the_same_as_one() {
        let [one, many] = [directory(), directory()];
        write(&fleet(100, 1), 1, &one, true);
        (1..=5).for_each(|shard| write(&fleet(100, 5), shard, &many, true));
        // Once more, and once without its end: neither counts.
        write(&fleet(100, 5), 2, &many, true);
        write(&fleet(100, 5), 3, &many, false);
        assert_eq!(rounds_and_operations(&one), [(100, 1000); 3]);
        assert_eq!(rounds_and_operations(&many), [(100, 1000); 3]);
        [one, many].iter().for_each(|directory| fs::remove_dir_all(directory).unwrap());
    }

    #[test]
    fn what_is_missing_is_refused_by_its_name() {
        let directory = directory();
        assert!(refusal(&directory).starts_with("no file of a shard in "));
        write(&fleet(100, 3), 1, &directory, true);
        write(&fleet(100, 3), 2, &directory, false);
        let told = refusal(&directory);
        assert!(
            told.contains("shard 2/3: ") && told.contains("-2-of-3-attempt-1.jsonl has no end"),
            "{told}"
        );
        assert!(told.contains("shard 3/3: there is no file of it"), "{told}");
        assert!(!told.contains("shard 1/3"), "{told}");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn what_does_not_belong_together_is_refused_by_its_name() {
        let directory = directory();
        write(&fleet(100, 1), 1, &directory, true);
        write(&fleet(101, 1), 1, &directory, true);
        let told = refusal(&directory);
        let names = [fleet(100, 1), fleet(101, 1)].map(|fleet| fleet.name());
        assert!(
            names.iter().all(|name| told.contains(name)) && told.contains("different campaigns"),
            "{told}"
        );
        fs::write(directory.join("0.jsonl"), "soup\n").unwrap();
        assert!(refusal(&directory).contains("0.jsonl: line 1 does not say"));
        fs::remove_dir_all(directory).unwrap();
    }

    /// A file whose end is cut off in the middle of a line, or that lacks a block, has no end.
    #[test]
    fn a_file_that_was_cut_is_not_complete() {
        let directory = directory();
        write(&fleet(100, 1), 1, &directory, true);
        let file = files_of(std::slice::from_ref(&directory)).unwrap().remove(0);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, &text[..text.len() - 3]).unwrap();
        assert!(refusal(&directory).contains("has no end"));
        let without_a_block: Vec<&str> =
            text.lines().enumerate().filter(|(line, _)| *line != 2).map(|(_, line)| line).collect();
        fs::write(&file, without_a_block.join("\n")).unwrap();
        assert!(refusal(&directory).contains("has no end"));
        fs::write(&file, text).unwrap();
        assert_eq!(rounds_and_operations(&directory), [(100, 1000); 3]);
        fs::remove_dir_all(directory).unwrap();
    }
}

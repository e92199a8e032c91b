//! Builds benches, runs them within one budget, and reads what they leave.

use super::cargo::{Bench, Tree};
use super::child::{self, End, Heard, in_seconds};
use super::criterion::{Broken, Known, baselines};
use super::plan::{LEAST, Share, fitting, share};
use super::report::{LeftOut, Report};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Plan {
    /// A part of the names of groups, as in `queue/ping-pong`; without it, all.
    pub filter: Option<String>,
    /// For all of them together. Building takes its time beside that.
    pub budget: Duration,
    /// What criterion compares with, or saves.
    pub baseline: Option<Baseline>,
}

/// Measurements under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Those of this run are saved.
    Save(String),
    /// Those of this run are compared with saved ones.
    Compare(String),
}

impl Plan {
    fn compares_with(&self) -> Option<&str> {
        match &self.baseline {
            Some(Baseline::Compare(name)) => Some(name),
            _ => None,
        }
    }
}

/// How it goes.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// So many benches are built, with these features beside the usual ones.
    Building(usize, &'a BTreeSet<String>),
    /// A bench with so many functions begins; each has this share.
    Bench(&'a str, usize, Share),
    /// A function was measured, as criterion says it in a line.
    Function(&'a str),
    /// A bench has failed: its last words.
    Failed(&'a str, &'a str),
}

/// Why nothing was measured.
#[derive(Debug)]
pub enum Trouble {
    /// Cargo could not build the benches, and has said why.
    NotBuilt,
    /// No group's name has the filter in it; these are there.
    NoSuchGroup(Vec<String>),
    /// No baseline has this name; these are there.
    NoSuchBaseline(Vec<String>),
    /// Not one group fits into the budget: the first one takes that long.
    NoTime(Duration),
    /// A file of criterion's cannot be read.
    Broken(Broken),
    /// A program cannot be run.
    NotRun(io::Error),
    /// A bench does not list what it has.
    NotListed(String),
    /// Nobody wants it any more, and nothing was measured yet.
    Interrupted,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::NotRun(error)
    }
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotBuilt => write!(f, "the benches cannot be built; cargo says above why"),
            Self::NoSuchGroup(names) => write!(f, "there are: {}", names.join("; ")),
            Self::NoSuchBaseline(names) if names.is_empty() => {
                write!(f, "none is saved; see --save-baseline")
            }
            Self::NoSuchBaseline(names) => write!(f, "there are: {}", names.join("; ")),
            Self::NoTime(least) => write!(f, "give it {} s at least", least.as_secs_f64().ceil()),
            Self::Broken(broken) => broken.fmt(f),
            Self::NotRun(error) => write!(f, "a program cannot be run: {error}"),
            Self::NotListed(bench) => write!(f, "the bench `{bench}` does not list what it has"),
            Self::Interrupted => write!(f, "interrupted before anything was measured"),
        }
    }
}

impl std::error::Error for Trouble {}

/// Measures what the plan asks for. Whether it was interrupted, what has failed and what was left out is in the report.
///
/// # Errors
/// Nothing was measured, and why.
pub fn run(
    tree: &Tree,
    plan: &Plan,
    interrupted: &AtomicBool,
    tell: &mut dyn FnMut(Event<'_>),
) -> Result<Report, Trouble> {
    let results = tree.results();
    if let Some(name) = plan.compares_with() {
        let saved = baselines(&results)?;
        if !saved.contains(name) {
            return Err(Trouble::NoSuchBaseline(saved.into_iter().collect()));
        }
    }
    let before = Known::below(&results)?;
    let mut run = Run { tree, plan, interrupted, tell, left_out: Vec::new(), failed: Vec::new() };
    let groups = run.groups()?;
    run.measure(groups)?;
    let measured = Known::below(&results)?.since(&before).read(plan.compares_with())?;
    let report = Report::of(&measured, plan.compares_with());
    let (failed, left_out) = (run.failed, run.left_out);
    Ok(Report { interrupted: interrupted.load(Relaxed), failed, left_out, ..report })
}

/// The functions of a scenario that one program has.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    bench: String,
    program: PathBuf,
    name: String,
    functions: usize,
}

struct Run<'a> {
    tree: &'a Tree,
    plan: &'a Plan,
    interrupted: &'a AtomicBool,
    tell: &'a mut dyn FnMut(Event<'_>),
    left_out: Vec<LeftOut>,
    failed: Vec<LeftOut>,
}

impl Run<'_> {
    /// Ordering: the flag stands for itself.
    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Relaxed)
    }

    /// Builds what can have the groups of the plan, and lists those. There is at least one.
    fn groups(&mut self) -> Result<Vec<Group>, Trouble> {
        let mut by_features: BTreeMap<&BTreeSet<String>, Vec<&Bench>> = BTreeMap::new();
        for bench in candidates(&self.tree.benches, self.plan.filter.as_deref()) {
            by_features.entry(&bench.features).or_default().push(bench);
        }
        let mut all = Vec::new();
        for (features, benches) in by_features {
            (self.tell)(Event::Building(benches.len(), features));
            let interrupted = self.interrupted;
            let (end, programs) = self.tree.build(&benches, &|| !interrupted.load(Relaxed))?;
            match end {
                End::Stopped => return Err(Trouble::Interrupted),
                End::Exited(status) if !status.success() => return Err(Trouble::NotBuilt),
                End::Exited(_) => {}
            }
            for (bench, program) in programs {
                all.extend(self.list(&bench, &program)?);
            }
        }
        let wanted = |group: &Group| self.plan.filter.as_ref().is_none_or(|part| group.name.contains(part));
        let chosen: Vec<Group> = all.iter().filter(|group| wanted(group)).cloned().collect();
        match chosen.is_empty() {
            true => Err(Trouble::NoSuchGroup(all.into_iter().map(|group| group.name).collect())),
            false => Ok(chosen),
        }
    }

    /// What a program has, in its own order.
    fn list(&self, bench: &str, program: &Path) -> Result<Vec<Group>, Trouble> {
        let mut command = self.tree.program(program);
        command.args(["--list", "--format", "terse"]);
        let mut lines = Vec::new();
        let wanted = || !self.is_interrupted();
        match child::run(command, Heard::Everything, &wanted, &mut |line| lines.push(line.to_owned()))? {
            End::Stopped => Err(Trouble::Interrupted),
            End::Exited(status) if !status.success() => Err(Trouble::NotListed(bench.to_owned())),
            End::Exited(_) => Ok(grouped(bench, program, &lines)),
        }
    }

    /// Has all programs measure their groups, one program after the other.
    fn measure(&mut self, mut groups: Vec<Group>) -> Result<(), Trouble> {
        let begun = Instant::now();
        let fit = fitting(self.plan.budget, groups.iter().map(|group| group.functions));
        if fit == 0 {
            return Err(Trouble::NoTime(LEAST * groups[0].functions as u32));
        }
        self.leave_out(groups.drain(fit..), "did not fit into the budget");
        let mut rest = VecDeque::from(groups);
        while let Some(Group { bench, .. }) = rest.front().cloned() {
            let left = self.plan.budget.saturating_sub(begun.elapsed());
            let of_bench = rest.iter().take_while(|group| group.bench == bench).count();
            let mut now: Vec<Group> = rest.drain(..of_bench).collect();
            let still = rest.iter().chain(&now).map(|group| group.functions).sum();
            if self.is_interrupted() {
                self.leave_out(now.into_iter().chain(rest.drain(..)), "interrupted");
                break;
            }
            let share = share(left, still).unwrap_or_else(|| {
                let fit = fitting(left, now.iter().map(|group| group.functions));
                self.leave_out(now.drain(fit..), "did not fit into the budget");
                share(LEAST, 1).unwrap_or_else(|| unreachable!("this is what one function takes"))
            });
            if !now.is_empty() {
                self.run_bench(&now, share, begun)?;
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, groups: impl Iterator<Item = Group>, why: &str) {
        self.left_out.extend(groups.map(|group| LeftOut { what: group.name, why: why.to_owned() }));
    }

    /// Has one program measure these groups of it.
    fn run_bench(&mut self, groups: &[Group], share: Share, begun: Instant) -> Result<(), Trouble> {
        let Some(Group { bench, program, .. }) = groups.first() else { return Ok(()) };
        let command = self.command(program, groups, share);
        (self.tell)(Event::Bench(bench, groups.iter().map(|group| group.functions).sum(), share));
        let (interrupted, over) = (self.interrupted, self.plan.budget.mul_f64(1.1) + GRACE);
        let wanted = || !interrupted.load(Relaxed) && begun.elapsed() <= over;
        let mut words = Words { groups, measured: BTreeMap::new(), last: VecDeque::new() };
        let mut hear = |line: &str| {
            if words.hear(line) {
                (self.tell)(Event::Function(line));
            }
        };
        let end = child::run(command, Heard::Everything, &wanted, &mut hear)?;
        let why = match end {
            End::Exited(status) if status.success() => return Ok(()),
            End::Exited(status) => {
                (self.tell)(Event::Failed(bench, &words.last()));
                self.failed.push(LeftOut { what: bench.clone(), why: status.to_string() });
                format!("the bench `{bench}` failed")
            }
            End::Stopped if self.is_interrupted() => "interrupted".to_owned(),
            End::Stopped => "did not fit into the budget: the bench takes longer than it is told".to_owned(),
        };
        self.leave_out(words.open(), &why);
        Ok(())
    }

    fn command(&self, program: &Path, groups: &[Group], share: Share) -> Command {
        let mut command = self.tree.program(program);
        command.args(["--bench", "--noplot", "--output-format", "bencher", "--nresamples", "10000"]);
        command.args(["--warm-up-time", &in_seconds(share.warm_up)]);
        command.args(["--measurement-time", &in_seconds(share.measurement)]);
        command.args(["--sample-size", &share.samples.to_string()]);
        match &self.plan.baseline {
            Some(Baseline::Save(name)) => _ = command.args(["--save-baseline", name]),
            // Functions that are newer than the baseline are measured all the same.
            Some(Baseline::Compare(name)) => _ = command.args(["--baseline-lenient", name]),
            None => {}
        }
        let names: Vec<String> = groups.iter().map(|group| literal(&group.name)).collect();
        command.arg(format!("^({})(/|$)", names.join("|")));
        command
    }
}

/// What a bench says while it measures these groups.
struct Words<'a> {
    groups: &'a [Group],
    /// Functions of each that are done.
    measured: BTreeMap<&'a str, usize>,
    last: VecDeque<String>,
}

impl<'a> Words<'a> {
    /// Whether this line says that a function was measured.
    fn hear(&mut self, line: &str) -> bool {
        let id = line.strip_prefix("test ").and_then(|line| line.rsplit_once(" ... bench:"));
        let Some((id, _)) = id else {
            self.last.push_back(line.to_owned());
            self.last.drain(..self.last.len().saturating_sub(LAST_WORDS));
            return false;
        };
        if let Some(group) = self.groups.iter().find(|group| is_in(id, &group.name)) {
            *self.measured.entry(&group.name).or_default() += 1;
        }
        true
    }

    /// The groups that are not done.
    fn open(&self) -> impl Iterator<Item = Group> + use<'a> {
        let measured = self.measured.clone();
        let is_open =
            move |group: &&Group| measured.get(&*group.name).copied().unwrap_or(0) < group.functions;
        self.groups.iter().filter(is_open).cloned()
    }

    fn last(&self) -> String {
        self.last.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// What a bench may take beside its time, to start and to come to an end.
const GRACE: Duration = Duration::from_secs(5);

/// So many lines of a bench that failed are shown.
const LAST_WORDS: usize = 40;

/// The benches whose names begin the filter, as in `queue/ping-pong`, or all: what else is in them is known only when they are built.
fn candidates<'a>(benches: &'a [Bench], filter: Option<&str>) -> Vec<&'a Bench> {
    let first = filter.and_then(|filter| filter.split('/').next());
    let named: Vec<&Bench> = benches.iter().filter(|bench| Some(&*bench.name) == first).collect();
    if named.is_empty() { benches.iter().collect() } else { named }
}

fn is_in(id: &str, group: &str) -> bool {
    id.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Groups of the functions that criterion has listed, one a line, as in `queue/select/channels/select: benchmark`.
///
/// Where the name of a group ends is not listed, and both names may have slashes in them: the first two parts are taken for it.
fn grouped(bench: &str, program: &Path, lines: &[String]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for id in lines.iter().filter_map(|line| line.strip_suffix(": benchmark")) {
        let end = id.match_indices('/').nth(1).map_or(id.len(), |(slash, _)| slash);
        match groups.iter_mut().find(|group| group.name == id[..end]) {
            Some(group) => group.functions += 1,
            None => groups.push(Group {
                bench: bench.to_owned(),
                program: program.to_owned(),
                name: id[..end].to_owned(),
                functions: 1,
            }),
        }
    }
    groups
}

/// A regular expression for this text.
fn literal(text: &str) -> String {
    let special =
        |letter: char| !letter.is_alphanumeric() && letter.is_ascii() && !letter.is_ascii_whitespace();
    text.chars().fold(String::new(), |mut escaped, letter| {
        if special(letter) && letter != '/' {
            escaped.push('\\');
        }
        escaped.push(letter);
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench(name: &str) -> Bench {
        Bench { name: name.to_owned(), features: BTreeSet::new() }
    }

    #[test]
    fn a_filter_that_begins_with_a_bench_builds_no_other() {
        let benches = [bench("lock"), bench("queue")];
        let names = |filter| -> Vec<&str> {
            candidates(&benches, filter).into_iter().map(|bench| bench.name.as_str()).collect()
        };
        assert_eq!(names(Some("queue/select")), ["queue"]);
        assert_eq!(names(Some("ping-pong")), ["lock", "queue"]);
        assert_eq!(names(None), ["lock", "queue"]);
    }

    #[test]
    fn functions_are_counted_by_group() {
        let lines =
            ["queue/select/channels/select", "queue/select/crossbeam select", "explorer/table/3x2", "alone"];
        let lines = lines.map(|id| format!("{id}: benchmark")).into_iter().chain(["a word".to_owned()]);
        let groups = grouped("queue", Path::new("/program"), &lines.collect::<Vec<_>>());
        let groups: Vec<(&str, usize)> =
            groups.iter().map(|group| (group.name.as_str(), group.functions)).collect();
        assert_eq!(groups, [("queue/select", 2), ("explorer/table", 1), ("alone", 1)]);
    }

    #[test]
    fn what_a_bench_says_tells_what_it_has_done() {
        let lines = ["queue/a/kanal", "queue/a/flume", "queue/b/kanal"].map(|id| format!("{id}: benchmark"));
        let groups = grouped("queue", Path::new("/program"), &lines);
        let mut words = Words { groups: &groups, measured: BTreeMap::new(), last: VecDeque::new() };
        assert!(!words.hear("Gnuplot not found"));
        assert!(words.hear("test queue/b/kanal ... bench:         12 ns/iter (+/- 1)"));
        assert!(words.hear("test queue/a/kanal ... bench:         12 ns/iter (+/- 1)"));
        assert!(!words.hear("thread 'main' panicked"));
        let open: Vec<String> = words.open().map(|group| group.name).collect();
        assert_eq!(
            (open, words.last()),
            (vec!["queue/a".to_owned()], "Gnuplot not found\nthread 'main' panicked".to_owned())
        );
    }

    #[test]
    fn a_group_is_named_literally() {
        assert_eq!(literal("queue/1p1c, room (of) 1.5"), r"queue/1p1c\, room \(of\) 1\.5");
        assert!(is_in("queue/select/kanal", "queue/select") && !is_in("queue/selects/kanal", "queue/select"));
    }
}

//! How much of what could happen a search has seen, or why that is not known.

use std::fmt;
use std::time::Duration;

/// What a search without failure came to: how much was seen, or why the question stays open.
pub type Coverage = Result<Extent, Reason>;

/// How much was seen of what could happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Extent {
    /// Every execution within these bounds, as far as the engine's model of the machine goes.
    Complete(Bounds),
    /// This many executions, drawn at random.
    Sampled(u64),
}

/// Why a question stays open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Reason {
    /// The budget ran out first.
    Budget(Exhausted),
    /// A search that the budget of a pull request is known to cut: it was not run.
    Nightly,
    /// No thread that was spawned used a primitive of the facade: there was nothing that the engine could drive.
    Vacuous,
    /// The engine cannot run the scenario; says why.
    Unsupported(String),
    /// It could not be run, or nobody could hear what came of it; says why. It tells nothing of the subject.
    NotRun(String),
    /// The rounds on real cores took turns: no two operations overlapped in so many.
    NotExercised(u64),
    /// Two engines that must agree do not: the engine believes to have seen everything, and an exact enumeration shows
    /// that it has not.
    Disagreement(String),
}

/// What ran out before a search had come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub enum Exhausted {
    /// So many executions.
    Executions(u64),
    /// The time of the search, in which there were so many executions.
    Time {
        /// The time.
        time: Duration,
        /// The executions.
        executions: u64,
    },
    /// The operations of one execution: a loop waits that does not say so.
    Operations {
        /// How many it may have.
        most: u32,
        /// Whether it may be a loop as well that waits for what never comes, which the engine cannot tell.
        for_ever: bool,
    },
    /// This, even with so few preemptions.
    Bounded(u32, Box<Self>),
    /// This, of the exact search that has to confirm loom's, which is complete.
    Confirmation(Box<Self>),
    /// The time that a process was given.
    Deadline(Duration),
    /// The time of a whole run, with which it was ended.
    Run(Duration),
    /// The memory that a process was given, in bytes; what it said of that.
    Memory(u64, String),
    /// Unknown: the process was killed from outside.
    Killed,
    /// Unknown: the process was stopped.
    Stopped,
}

impl Extent {
    /// Every execution of the engine's model.
    pub const EXHAUSTIVE: Self = Self::Complete(Bounds::NONE);
}

/// What a search that came to its end has left out: executions with more of something than this. `None` where
/// nothing was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(serde::Serialize, serde::Deserialize))]
pub struct Bounds {
    /// Preemptions.
    pub preemptions: Option<u32>,
    /// Idle rounds of a thread that spins.
    pub idle_rounds: Option<u8>,
    /// Early time-outs of each thread.
    pub timeouts: Option<u8>,
    /// Events that happen for no reason: waits and parks that return, weak compare-exchanges that fail.
    pub spurious: Option<u8>,
    /// Cancellations: futures that are dropped while they wait.
    pub cancellations: Option<u8>,
    /// Deaths of processes.
    pub deaths: Option<u8>,
    /// Whether threads whose handles were dropped still waited when all others had ended.
    pub daemons: bool,
    /// Threads of one group that are [alike](crate::sync::thread::spawn_symmetric): of schedules that differ by which of them does what, one was seen.
    pub symmetry: Option<u32>,
}

impl Bounds {
    /// Nothing was left out.
    pub const NONE: Self = Self {
        preemptions: None,
        idle_rounds: None,
        timeouts: None,
        spurious: None,
        cancellations: None,
        deaths: None,
        daemons: false,
        symmetry: None,
    };

    /// Whether every schedule was seen, be it without spurious events, cancellations and deaths, or with other names of threads that are alike.
    pub fn has_every_schedule(&self) -> bool {
        let none = |rare| matches!(rare, None | Some(0));
        let rest = Self { spurious: None, cancellations: None, deaths: None, symmetry: None, ..*self };
        [self.spurious, self.cancellations, self.deaths].into_iter().all(none) && rest == Self::NONE
    }

    /// Only executions with more preemptions than this were left out.
    pub const fn preemptions(most: u32) -> Self {
        Self { preemptions: Some(most), ..Self::NONE }
    }

    /// Only executions in which a thread times out early more often than this were left out.
    pub const fn timeouts(most: u8) -> Self {
        Self { timeouts: Some(most), ..Self::NONE }
    }

    /// What is left out where two searches were needed: what either of them left out.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        fn tighter<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
            match (one, other) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            }
        }
        Self {
            preemptions: tighter(self.preemptions, other.preemptions),
            idle_rounds: tighter(self.idle_rounds, other.idle_rounds),
            timeouts: tighter(self.timeouts, other.timeouts),
            spurious: tighter(self.spurious, other.spurious),
            cancellations: tighter(self.cancellations, other.cancellations),
            deaths: tighter(self.deaths, other.deaths),
            daemons: self.daemons || other.daemons,
            symmetry: self.symmetry.max(other.symmetry),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u32| if count == 1 { "" } else { "s" };
        let counted = |count: Option<u32>, what: &str, of: &str| {
            count.filter(|count| *count > 0).map(|count| format!("{count} {what}{}{of}", plural(count)))
        };
        let parts = [
            self.preemptions.map(|most| format!("{most} preemption{}", plural(most))),
            counted(self.idle_rounds.map(u32::from), "idle round", " of a spinning thread"),
            counted(self.timeouts.map(u32::from), "early time-out", " of each thread"),
            counted(self.spurious.map(u32::from), "spurious event", ""),
            counted(self.cancellations.map(u32::from), "cancellation", ""),
            counted(self.deaths.map(u32::from), "death", ""),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.split_last() {
            None => f.write_str("exhaustive")?,
            Some((last, others)) => {
                f.write_str(if self.preemptions.is_some() { "bounded by " } else { "exhaustive up to " })?;
                if !others.is_empty() {
                    write!(f, "{} and ", others.join(", "))?;
                }
                f.write_str(last)?;
            }
        }
        let without = [
            (self.spurious, "spurious events"),
            (self.cancellations, "cancellations"),
            (self.deaths, "deaths"),
        ];
        let without: Vec<&str> =
            without.into_iter().filter(|(most, _)| *most == Some(0)).map(|(_, what)| what).collect();
        if !without.is_empty() {
            write!(f, ", without {}", without.join(" and "))?;
        }
        self.symmetry.map_or(Ok(()), |threads| write!(f, ", up to the symmetry of {threads} threads"))
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(bounds) if bounds.daemons => {
                write!(f, "{bounds}; detached threads still waited when main ended")
            }
            Self::Complete(bounds) => bounds.fmt(f),
            Self::Sampled(executions) => write!(f, "sampled {executions} executions"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget(what) => write!(f, "budget: {what}"),
            Self::Nightly => f.write_str("left to a nightly run (--scope nightly)"),
            Self::Vacuous => {
                f.write_str("vacuous: no thread used a primitive of the facade (std's own are not seen)")
            }
            Self::Unsupported(why) => write!(f, "unsupported: {why}"),
            Self::NotRun(why) => write!(f, "not run: {why}"),
            Self::NotExercised(rounds) => {
                write!(
                    f,
                    "not exercised: no two operations overlapped in {rounds} rounds; more cores or a longer run may do it"
                )
            }
            Self::Disagreement(what) => write!(f, "engine disagreement: {what}"),
        }
    }
}

/// How the reason begins for which a complete search of loom's does not count.
pub(crate) const UNCONFIRMED: &str = "loom is complete, but dpor, which has to confirm it,";

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Executions(executions) => write!(f, "{executions} executions"),
            Self::Time { time, executions } => {
                write!(f, "{executions} executions in {} s", time.as_secs_f64())
            }
            Self::Operations { most, for_ever: false } => write!(
                f,
                "{most} operations in one execution; a loop that waits needs hint::spin_loop or thread::yield_now"
            ),
            Self::Operations { most, for_ever: true } => write!(
                f,
                "{most} operations in one execution: a loop waits without hint::spin_loop or thread::yield_now, or \
                 for what never comes"
            ),
            Self::Bounded(bound, what) => write!(f, "{what}, with at most {bound} preemptions"),
            Self::Confirmation(what) => write!(f, "{UNCONFIRMED} was cut: {what}"),
            Self::Deadline(time) => write!(f, "deadline {} s", time.as_secs()),
            Self::Run(time) => write!(f, "the run's budget of {} s", time.as_secs()),
            Self::Memory(bytes, words) => write!(f, "memory limit {} MiB: {words}", bytes >> 20),
            Self::Killed => f.write_str("killed from outside, as the system does when memory runs out"),
            Self::Stopped => f.write_str("the process was stopped, and did not go on"),
        }
    }
}

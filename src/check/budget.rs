//! How much a check may spend.

use super::Decision;
use std::fmt;
use std::time::{Duration, Instant};

/// How much a check may spend before it says that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// So many steps of the sequential object are tried. With this bound and that on memory a decision is the same on every machine.
    pub steps: u64,
    /// About so many bytes are used, for what was reached before.
    pub bytes: usize,
    /// So much time may pass, if that is bounded too.
    pub time: Option<Duration>,
}

impl Default for Budget {
    /// A hundred million steps, which take some seconds, and 1 GiB. The clock is not looked at.
    fn default() -> Self {
        Self { steps: 100_000_000, bytes: 1 << 30, time: None }
    }
}

/// A budget that ended before anything was decided: which part of it, and how much that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// Steps of the sequential object.
    Steps(u64),
    /// Bytes of memory.
    Bytes(usize),
    /// Time by the clock.
    Time(Duration),
}

impl std::error::Error for Spent {}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(steps) => write!(f, "not decided within {steps} steps"),
            Self::Bytes(bytes) => write!(f, "not decided within {bytes} bytes of memory"),
            Self::Time(time) => write!(f, "not decided within {time:?}"),
        }
    }
}

impl From<Spent> for Decision {
    /// Not known; says which part of the budget to enlarge.
    fn from(spent: Spent) -> Self {
        let part = match spent {
            Spent::Steps(_) => "steps",
            Spent::Bytes(_) => "bytes",
            Spent::Time(_) => "time",
        };
        Self::Unknown(format!("{spent}: give it more `{part}`"))
    }
}

/// What is left of a budget.
#[derive(Debug)]
pub(crate) struct Meter {
    budget: Budget,
    steps: u64,
    /// When there is a bound on time: when it began.
    began: Option<Instant>,
}

impl Meter {
    /// So many steps are made between two looks at the clock.
    const STEPS_A_LOOK: u64 = 4_096;

    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, steps: 0, began: budget.time.map(|_| Instant::now()) }
    }

    /// One more step.
    pub(crate) fn step(&mut self) -> Result<(), Spent> {
        self.steps += 1;
        if self.steps > self.budget.steps {
            return Err(Spent::Steps(self.budget.steps));
        }
        if self.steps.is_multiple_of(Self::STEPS_A_LOOK) { self.look() } else { Ok(()) }
    }

    /// So many bytes are in use.
    pub(crate) const fn holds(&self, bytes: usize) -> Result<(), Spent> {
        if bytes > self.budget.bytes { Err(Spent::Bytes(self.budget.bytes)) } else { Ok(()) }
    }

    fn look(&self) -> Result<(), Spent> {
        match (self.began, self.budget.time) {
            (Some(began), Some(time)) if began.elapsed() > time => Err(Spent::Time(time)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_bound_was_met() {
        let mut meter = Meter::new(Budget { steps: 2, bytes: 10, time: None });
        assert_eq!([(); 3].map(|()| meter.step()), [Ok(()), Ok(()), Err(Spent::Steps(2))]);
        assert_eq!([10, 11].map(|bytes| meter.holds(bytes)), [Ok(()), Err(Spent::Bytes(10))]);
        let told = "not decided within 2 steps: give it more `steps`".to_owned();
        assert_eq!(Decision::from(Spent::Steps(2)), Decision::Unknown(told));
    }

    #[test]
    fn looks_at_the_clock_now_and_then() {
        let mut meter = Meter::new(Budget { time: Some(Duration::ZERO), ..Budget::default() });
        let spent = (0..=Meter::STEPS_A_LOOK).find_map(|_| meter.step().err());
        assert_eq!(spent, Some(Spent::Time(Duration::ZERO)));
    }
}

//! Mutual exclusion and fairness, from logs of who held a lock when.
//!
//! A lock is held from the end of `lock` to the beginning of `unlock`: for longer, but nobody outside can say so. Two that hold it so at
//! the same time do it really, so what is rejected is wrong; and where no two do, some order of the operations is one that a lock allows.
//!
//! Fairness is how often others get the lock while one waits for it: *bounded overtaking* (Michel Raynal, "Concurrent
//! programming: algorithms, principles, and foundations", 2013, section 2.1). Whoever asked wholly after another one did, and has the lock before
//! him, has overtaken him. A log shows when a call begins, and not when the lock learns of it: who is stopped in between is overtaken here, although
//! the lock cannot help it. So a bound on real cores is a measurement, and no proof that a lock is unfair.

use super::{Decision, Witness};
use crate::history::log::NEVER;
use std::collections::BTreeSet;

/// How a lock is held: alone, or together with others who share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// By one only.
    Exclusive,
    /// By all who share it.
    Shared,
}

/// Somebody who wants a lock, gets it, and gives it back. Times are as those of an [`Entry`](crate::history::log::Entry).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The thread or process.
    pub process: u32,
    /// How.
    pub mode: Mode,
    /// When it began to ask for it.
    pub asked: u64,
    /// When it had it; [`NEVER`] if it never got it.
    pub got: u64,
    /// When it began to give it back; [`NEVER`] if it never did.
    pub left: u64,
}

impl Holding {
    const fn is_held(&self) -> bool {
        self.got != NEVER
    }

    const fn excludes(&self, other: &Self) -> bool {
        matches!(self.mode, Mode::Exclusive) || matches!(other.mode, Mode::Exclusive)
    }
}

/// Whether nobody held the lock while somebody else did who excludes that: in O(n log n).
///
/// Where one gives it back at the time at which another one has it, these two exclude each other still.
///
/// ```
/// use refectory::check::Decision;
/// use refectory::check::exclusion::{Holding, Mode, check};
///
/// let held = |process, got, left| Holding { process, mode: Mode::Exclusive, asked: 0, got, left };
/// assert_eq!(check(&[held(1, 1, 2), held(2, 2, 4)]), Decision::Holds);
/// let Decision::Violated(witness) = check(&[held(1, 1, 3), held(2, 2, 4)]) else { panic!("both hold it") };
/// assert_eq!(witness.reason, "process 1 held the lock from 1 to 3, and process 2 had it at 2");
/// ```
pub fn check(log: &[Holding]) -> Decision {
    let mut order: Vec<usize> = (0..log.len()).filter(|&index| log[index].is_held()).collect();
    if let Some(&entry) =
        order.iter().find(|&&index| log[index].left < log[index].got || log[index].got < log[index].asked)
    {
        return Decision::Unknown(format!("the times of entry {entry} are not in order"));
    }
    order.sort_unstable_by_key(|&index| (log[index].got, log[index].left));
    // Who holds it for longest, of all and of those who hold it alone.
    let (mut anybody, mut alone) = (None::<usize>, None::<usize>);
    for index in order {
        let before = if log[index].mode == Mode::Exclusive { anybody } else { alone };
        if let Some(before) = before.filter(|&before| log[index].got < log[before].left) {
            return overlap(log, before, index);
        }
        let longer =
            |best: Option<usize>| best.filter(|&best| log[best].left >= log[index].left).or(Some(index));
        anybody = longer(anybody);
        alone = if log[index].mode == Mode::Exclusive { longer(alone) } else { alone };
    }
    Decision::Holds
}

fn overlap(log: &[Holding], before: usize, after: usize) -> Decision {
    let (one, other) = (&log[before], &log[after]);
    let until = if one.left == NEVER { "the end".to_owned() } else { one.left.to_string() };
    let reason = format!(
        "process {} held the lock from {} to {until}, and process {} had it at {}",
        one.process, one.got, other.process, other.got
    );
    let mut entries = vec![before, after];
    entries.sort_unstable();
    Decision::Violated(Witness { reason, entries })
}

/// Whether nobody was overtaken more than so many times while waiting: in O(n log n).
///
/// One who waits is overtaken by whoever asked later, had the lock before, and cannot hold it together with him. One who never got
/// it was overtaken by all who asked later and got it.
///
/// ```
/// use refectory::check::Decision;
/// use refectory::check::exclusion::{Holding, Mode, most_overtaken, overtaken_at_most};
///
/// let held = |process, asked, got| Holding { process, mode: Mode::Exclusive, asked, got, left: got + 1 };
/// let log = [held(1, 0, 9), held(2, 1, 2), held(2, 4, 5)];
/// assert_eq!(most_overtaken(&log), Some((2, 0)));
/// assert_eq!(overtaken_at_most(&log, 2), Decision::Holds);
/// let Decision::Violated(witness) = overtaken_at_most(&log, 1) else { panic!("process 2 came first twice") };
/// assert_eq!(witness.reason, "process 1 asked for the lock at 0, and 2 who asked later had it before");
/// assert_eq!(witness.entries, [0, 1, 2]);
/// ```
pub fn overtaken_at_most(log: &[Holding], times: u64) -> Decision {
    let Some((most, who)) = most_overtaken(log).filter(|&(most, _)| most > times) else {
        return Decision::Holds;
    };
    let one = &log[who];
    let mut entries: Vec<usize> =
        (0..log.len()).filter(|&other| overtakes(&log[other], one)).chain([who]).collect();
    entries.sort_unstable();
    let reason = format!(
        "process {} asked for the lock at {}, and {most} who asked later had it before",
        one.process, one.asked
    );
    Decision::Violated(Witness { reason, entries })
}

fn overtakes(other: &Holding, one: &Holding) -> bool {
    other.excludes(one) && one.asked < other.asked && other.is_held() && other.got < one.got
}

/// Who was overtaken most often, by place in the log, and how many times; nothing in an empty log.
pub fn most_overtaken(log: &[Holding]) -> Option<(u64, usize)> {
    let mut order: Vec<usize> = (0..log.len()).collect();
    order.sort_unstable_by_key(|&index| log[index].asked);
    let mut got: Vec<u64> = log.iter().map(|holding| holding.got).collect();
    got.sort_unstable();
    got.dedup();
    // Who asked later, by when they had it: those who hold it alone, and those who share it.
    let mut later = [Mode::Exclusive, Mode::Shared].map(|mode| (mode, Counts::new(got.len())));
    let place = |time: u64| got.partition_point(|&other| other < time);
    let mut most: Option<(u64, usize)> = None;
    for same_time in order.chunk_by(|&one, &other| log[one].asked == log[other].asked).rev() {
        for &index in same_time {
            let excludes = |mode: Mode| mode == Mode::Exclusive || log[index].mode == Mode::Exclusive;
            let counts = later.iter().filter(|(mode, _)| excludes(*mode));
            let overtaken = counts.map(|(_, counts)| counts.below(place(log[index].got))).sum();
            if most.is_none_or(|(times, who)| (overtaken, who) > (times, index)) {
                most = Some((overtaken, index));
            }
        }
        for &index in same_time.iter().filter(|&&index| log[index].is_held()) {
            let counts = later.iter_mut().filter(|(mode, _)| *mode == log[index].mode);
            counts.for_each(|(_, counts)| counts.add(place(log[index].got)));
        }
    }
    most
}

/// How many there are at each of a row of places, so that those below one are soon counted (Peter Fenwick, "A new data
/// structure for cumulative frequency tables", 1994).
struct Counts(Vec<u64>);

impl Counts {
    fn new(places: usize) -> Self {
        Self(vec![0; places + 1])
    }

    fn add(&mut self, place: usize) {
        let mut at = place + 1;
        while at < self.0.len() {
            self.0[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    fn below(&self, place: usize) -> u64 {
        let (mut at, mut sum) = (place, 0);
        while at > 0 {
            sum += self.0[at];
            at &= at - 1;
        }
        sum
    }
}

/// Whether whoever asked first also got the lock first (Leslie Lamport, "A new solution of Dijkstra's concurrent programming
/// problem", 1974), where one counts as come when the call begins.
pub fn first_come_first_served(log: &[Holding]) -> Decision {
    overtaken_at_most(log, 0)
}

/// The processes that asked for the lock and never got it, in order.
pub fn starved(log: &[Holding]) -> BTreeSet<u32> {
    log.iter().filter(|holding| !holding.is_held()).map(|holding| holding.process).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SplitMix64;

    fn random_log(random: &mut SplitMix64) -> Vec<Holding> {
        let moments = random.between(8, 60);
        (0..random.between(1, 8) as u32)
            .map(|process| {
                let asked = random.between(0, moments);
                let got = asked + random.between(0, 8);
                let left = got + random.between(0, 6);
                let mode = if random.between(0, 2) == 0 { Mode::Shared } else { Mode::Exclusive };
                let (mut got, mut left) = (got as u64, left as u64);
                match random.between(0, 19) {
                    0 => (got, left) = (NEVER, NEVER),
                    1 => left = NEVER,
                    _ => {}
                }
                Holding { process, mode, asked: asked as u64, got, left }
            })
            .collect()
    }

    /// Whether two of them held the lock at the same time.
    fn is_wrong(log: &[Holding]) -> bool {
        let both = |(i, one): (usize, &Holding)| {
            log[..i].iter().any(|other| {
                let apart = one.left <= other.got || other.left <= one.got;
                one.excludes(other) && one.is_held() && other.is_held() && !apart
            })
        };
        log.iter().enumerate().any(both)
    }

    #[test]
    fn agrees_with_all_pairs() {
        let (mut random, mut wrong) = (SplitMix64::new(1), 0);
        for case in 0..100_000 {
            let log = random_log(&mut random);
            let expected = is_wrong(&log);
            match check(&log) {
                Decision::Holds => assert!(!expected, "case {case}: {log:#?}"),
                Decision::Violated(witness) => {
                    assert!(expected, "case {case}, {witness:?}: {log:#?}");
                    let part: Vec<Holding> = witness.entries.iter().map(|&entry| log[entry]).collect();
                    assert!(part.len() == 2 && is_wrong(&part), "case {case}, {witness:?}: {log:#?}");
                }
                Decision::Unknown(why) => panic!("{why}"),
            }
            wrong += u32::from(expected);
        }
        assert!((10_000..90_000).contains(&wrong), "{wrong} are wrong");
    }

    #[test]
    fn overtaking_agrees_with_all_pairs() {
        let (mut random, mut fair) = (SplitMix64::new(2), 0);
        for case in 0..100_000 {
            let log = random_log(&mut random);
            let times = |one: &Holding| log.iter().filter(|other| overtakes(other, one)).count() as u64;
            let most = log.iter().map(times).max();
            assert_eq!(most_overtaken(&log).map(|(most, _)| most), most, "case {case}: {log:#?}");
            assert_eq!(first_come_first_served(&log) == Decision::Holds, most == Some(0));
            fair += u32::from(most == Some(0));
        }
        assert!((10_000..90_000).contains(&fair), "{fair} are fair");
    }

    #[test]
    fn who_never_gets_it_is_starved() {
        let waits = Holding { process: 3, mode: Mode::Exclusive, asked: 0, got: NEVER, left: NEVER };
        assert_eq!(starved(&[waits]), BTreeSet::from([3]));
        assert_eq!(check(&[waits, waits]), Decision::Holds);
        assert_eq!(most_overtaken(&[]), None);
    }

    #[test]
    fn times_out_of_order_are_left_open() {
        let holding = Holding { process: 3, mode: Mode::Exclusive, asked: 0, got: 5, left: 4 };
        assert!(matches!(check(&[holding]), Decision::Unknown(_)));
    }
}

//! Every order of the operations, by trying them all, and histories to try it on.

use super::reference::Reference;
use crate::history::log::{Entry, NEVER};
use crate::scenario::SplitMix64;

/// What an object has a log of.
pub(crate) type LogOf<R> = Vec<Entry<<R as Reference>::Call, <R as Reference>::Answer>>;

/// Whether there is a permutation of all operations that ended, and of some of those that never did, that the object explains. Where
/// `comes_first(a, b)`, the entry `a` stands before `b` in it.
pub(crate) fn explained<R: Reference>(
    object: &R,
    log: &LogOf<R>,
    comes_first: &impl Fn(usize, usize) -> bool,
) -> bool {
    let left: Vec<usize> = (0..log.len()).collect();
    explains(object, log, &left, comes_first)
}

fn explains<R: Reference>(
    object: &R,
    log: &LogOf<R>,
    left: &[usize],
    comes_first: &impl Fn(usize, usize) -> bool,
) -> bool {
    if left.iter().all(|&i| log[i].ended == NEVER) {
        return true;
    }
    left.iter().any(|&i| {
        let rest: Vec<usize> = left.iter().copied().filter(|&j| j != i).collect();
        let is_next = rest.iter().all(|&j| log[j].ended == NEVER || !comes_first(j, i));
        is_next && afterwards(object, log, i).iter().any(|next| explains(next, log, &rest, comes_first))
    })
}

/// What the object may be after an operation.
fn afterwards<R: Reference>(object: &R, log: &LogOf<R>, i: usize) -> Vec<R> {
    let Entry { call, answer, .. } = &log[i];
    let fits = |given: &R::Answer| answer.as_ref().is_none_or(|answer| answer == given);
    let asked = object.ask(call).into_iter().filter(|(given, _)| fits(given)).map(|(_, next)| next);
    let under_way = |j: usize| j != i && !log[i].precedes(&log[j]) && !log[j].precedes(&log[i]);
    let may_fail = answer.as_ref().map_or_else(|| can_fail(object, call), |answer| object.may_fail(answer));
    let excused = may_fail && (0..log.len()).any(under_way);
    asked.chain(excused.then(|| object.clone())).collect()
}

/// Whether there is an answer to the call for which contention is an excuse: a few are tried.
fn can_fail<R: Reference>(object: &R, call: &R::Call) -> bool {
    let mut random = SplitMix64::new(0);
    (0..32).any(|_| object.may_fail(&R::answer(call, &mut random)))
}

/// A log of a real run, or one in which something was changed. There are up to six operations; answers that nobody knows and operations that
/// never ended are among them, and times that are equal.
pub(crate) fn log<R: Reference>(object: &R, random: &mut SplitMix64) -> LogOf<R> {
    let mut log = run(object, random);
    if !log.is_empty() && random.between(0, 2) > 0 {
        perturb::<R>(&mut log, random);
    }
    for entry in &mut log {
        if random.between(0, 9) == 0 {
            entry.answer = None;
        }
    }
    shuffle(&mut log, random);
    log
}

fn run<R: Reference>(object: &R, random: &mut SplitMix64) -> LogOf<R> {
    let (mut object, mut log) = (object.clone(), Vec::new());
    let width = random.between(0, 20);
    for at in 1..=random.between(1, 6) {
        let call = R::call(random);
        let never = random.between(0, 9) == 0;
        let begun = (40 + 5 * at - random.between(0, width)) as u64;
        let ended = if never { NEVER } else { (40 + 5 * at + random.between(0, width)) as u64 };
        let mut answers = object.ask(&call);
        if answers.is_empty() {
            continue;
        }
        let (answer, next) = answers.swap_remove(random.between(0, answers.len() - 1));
        if !never || random.between(0, 1) == 0 {
            object = next;
        }
        let process = process(&log, begun, random);
        log.push(Entry { process, call, answer: (!never).then_some(answer), begun, ended });
    }
    log
}

/// Somebody who has nothing under way then.
fn process<C, A>(log: &[Entry<C, A>], begun: u64, random: &mut SplitMix64) -> u32 {
    let busy = |process: u32| {
        let own = log.iter().filter(|entry| entry.process == process);
        own.clone().any(|entry| entry.ended >= begun || entry.begun >= begun)
    };
    let first = random.between(0, 2) as u32;
    (first..).find(|&process| !busy(process)).unwrap_or(first)
}

/// Another answer, or another time.
fn perturb<R: Reference>(log: &mut LogOf<R>, random: &mut SplitMix64) {
    let i = random.between(0, log.len() - 1);
    let entry = &mut log[i];
    match random.between(0, 3) {
        0 if entry.ended != NEVER => {
            entry.begun += 20;
            entry.ended += 20;
        }
        _ if entry.ended != NEVER => entry.answer = Some(R::answer(&entry.call, random)),
        _ => {}
    }
}

fn shuffle<T>(all: &mut [T], random: &mut SplitMix64) {
    (1..all.len()).for_each(|i| all.swap(i, random.between(0, i)));
}

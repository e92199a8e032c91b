//! Smaller programs that go wrong in the same way: fewer threads, fewer operations of each, less room.
//!
//! What goes wrong on real cores does so by chance, so a smaller program that did not fail says little, and a step-by-step search would stop
//! there. The forms that a round may shrink to are therefore tried from the smallest on, and each is played for a while.

use super::child::{self, Play};
use super::kept::{KeptRound, KeptWork};
use super::plan::Plan;
use super::round::Work;
use crate::cell::Subject;
use crate::judge::explains;
use crate::port::exchange::{POP, PUSH, TRY_PUSH};
use crate::port::table::DINE;
use crate::runner::RunError;
use crate::scenario::{Role, Scenario};
use std::time::{Duration, Instant};

/// For so long a form is played.
const TRIAL: Duration = Duration::from_millis(400);

/// Plays the smallest program of a kept round again, for so long, in ever new ways. The failure, if one was seen.
///
/// # Errors
/// If no rounds can be run.
pub fn again(
    subject: &Subject,
    work: &KeptWork,
    time: Duration,
    cancelled: &dyn Fn() -> bool,
) -> Result<(u64, Option<crate::engine::Failure>), RunError> {
    let play = Play { seed: 0x5EED, slice: time, rounds: u64::MAX, noise: true, work: Some(work.clone()) };
    let played = child::play(subject, play, cancelled)?;
    let rounds = played.rounds.len() as u64;
    let died = played.died.and_then(|seen| seen.failure);
    Ok((rounds, played.rounds.into_iter().find_map(|round| round.failure).or(died)))
}

/// Looks for the smallest form of a kept round that fails in the same way, for so long at most. Whether there is one that is smaller than
/// what was known.
///
/// # Errors
/// If no rounds can be run.
pub fn shrink(
    subject: &Subject,
    kept: &mut KeptRound,
    time: Duration,
    cancelled: &dyn Fn() -> bool,
) -> Result<bool, RunError> {
    let end = Instant::now() + time;
    let Ok(work) = kept.smallest().on(subject) else { return Ok(false) };
    for form in forms(&work) {
        if Instant::now() >= end || cancelled() {
            break;
        }
        let form = KeptWork::from(&form);
        let (_, failure) = again(subject, &form, TRIAL, cancelled)?;
        if failure.is_some_and(|failure| explains(kept.failure.kind, failure.kind)) {
            kept.shrunk = Some(form);
            return Ok(true);
        }
    }
    Ok(false)
}

/// The smaller programs of the same shape, the smallest first. A row has none.
pub(super) fn forms(work: &Work) -> Vec<Work> {
    let Work::Plan(harness, plan) = work else { return Vec::new() };
    let size = |scenario: &Scenario| (steps(scenario), scenario.roles.len(), scenario.size);
    let mut forms: Vec<Scenario> = Vec::new();
    for threads in [1, 2, 3, 4, 6] {
        for operations in [1, 2, 3, 5, 10, 30, 100, 300] {
            for room in [1, 2, plan.scenario.size] {
                let form = smaller(&plan.scenario, threads, operations, room);
                if size(&form) < size(&plan.scenario) && form.roles.len() > 1 && !forms.contains(&form) {
                    forms.push(form);
                }
            }
        }
    }
    forms.sort_by_key(size);
    let plan = |scenario| Plan { scenario, ..plan.clone() };
    forms.into_iter().map(|scenario| Work::Plan(*harness, plan(scenario))).collect()
}

/// How many operations there are.
pub(super) fn steps(scenario: &Scenario) -> usize {
    scenario.roles.iter().map(|role| role.steps.len()).sum()
}

/// The same with so many threads of each kind, so many operations of each, and so much room, at most.
fn smaller(scenario: &Scenario, threads: usize, operations: usize, room: usize) -> Scenario {
    let kind = |role: &Role| role.name.split(' ').next().unwrap_or_default().to_owned();
    let mut roles: Vec<Role> = Vec::new();
    for role in &scenario.roles {
        if roles.iter().filter(|other| kind(other) == kind(role)).count() < threads {
            let steps = role.steps.iter().take(operations).copied().collect();
            roles.push(Role { name: role.name.clone(), steps });
        }
    }
    let mut form = Scenario { size: scenario.size.min(room), roles, stride: scenario.stride };
    balance(&mut form);
    relabel(&mut form);
    form.roles.retain(|role| !role.steps.is_empty());
    if all_dine(&form) {
        form.size = form.roles.len().max(2);
    }
    form
}

fn all_dine(scenario: &Scenario) -> bool {
    scenario.roles.iter().flat_map(|role| &role.steps).all(|step| step.verb == DINE)
}

/// Operations that wait for each other have to be as many on both sides: nobody is to wait for what never comes.
fn balance(scenario: &mut Scenario) {
    let count =
        |verb| scenario.roles.iter().flat_map(|role| &role.steps).filter(|step| step.verb == verb).count();
    let (pushes, pops) = (count(PUSH), count(POP));
    if pops == 0 {
        return;
    }
    let (verb, mut surplus) = if pushes > pops { (PUSH, pushes - pops) } else { (POP, pops - pushes) };
    while surplus > 0 {
        let most = scenario.roles.iter_mut().filter(|role| role.steps.iter().any(|step| step.verb == verb));
        let Some(role) = most.max_by_key(|role| role.steps.len()) else { return };
        let last = role.steps.iter().rposition(|step| step.verb == verb).expect("it has one");
        role.steps.remove(last);
        surplus -= 1;
    }
}

/// A producer's items are numbered from its number on, philosophers sit side by side.
fn relabel(scenario: &mut Scenario) {
    let stride = scenario.stride;
    for (number, role) in (0_u32..).zip(&mut scenario.roles) {
        let mut items = number * stride..;
        for step in &mut role.steps {
            match step.verb {
                PUSH | TRY_PUSH => step.on = items.next(),
                DINE => step.on = Some(number),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::subjects;
    use crate::port::exchange::{Waiting, exchange};
    use crate::port::{PORTS, table};

    #[test]
    fn a_smaller_exchange_waits_for_nothing_that_never_comes() {
        let exchange = exchange(Waiting::Blocks, 8, &[7, 9], 3);
        let form = smaller(&exchange, 2, 3, 1);
        assert_eq!(
            form.to_string(),
            "producer 0 | producer 1 | consumer 0 | consumer 1\n\
             -----------+------------+------------+-----------\n\
             push 0     | push 100   | pop        | pop\n\
             push 1     | push 101   | pop        | pop\n\
             push 2     | push 102   | pop        | pop\n"
        );
        assert_eq!(form.size, 1);
    }

    #[test]
    fn a_smaller_table_has_as_many_seats_as_philosophers() {
        let form = smaller(&table::dining(5, 9), 3, 1, 5);
        assert_eq!(form, table::dining(3, 1));
    }

    #[test]
    fn forms_begin_with_the_smallest_and_are_smaller() {
        for port in PORTS {
            let subject = subjects()
                .find(|subject| subject.harness.is_some_and(|harness| harness.port.name == port.name))
                .unwrap();
            let harness = subject.harness.unwrap();
            let plan = Plan::draw(port, 3);
            let of = |work: &Work| match work {
                Work::Plan(_, plan) => steps(&plan.scenario),
                Work::Row(..) => unreachable!("a plan has plans for forms"),
            };
            let whole = steps(&plan.scenario);
            let forms: Vec<usize> = forms(&Work::Plan(harness, plan)).iter().map(of).collect();
            assert!(forms.is_sorted() && forms.iter().all(|&form| form <= whole), "{}: {forms:?}", port.name);
        }
    }
}

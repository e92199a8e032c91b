//! How long a philosopher waits at worst, exactly, over a class of equivalent executions.
//!
//! A wait begins with the first step of `dine` that others can see, because before that nobody can know of it;
//! where that step is itself one that waits (for a lock), it begins with the call. It ends with the meal.
//!
//! What does not come before the beginning, and does not come after the meal, can take place in between; and
//! all that can, can in one and the same execution: first come the past of the beginning and the beginning,
//! then all the rest but the meal and what needs it, then the meal.

use crate::engine::{FailureKind, Violation};
use crate::event::causality::{Causality, Event, Moment};

/// A meal: where its philosopher's thread stood when it asked, and when it ate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meal {
    pub(crate) seat: usize,
    pub(crate) asked: Moment,
    pub(crate) eaten: Moment,
}

impl Meal {
    /// The step with which the wait begins; `None` where that is the start of the execution.
    fn begins(&self, order: &Causality) -> Option<Event> {
        let first = self.asked.next();
        if order.waits(first) || !self.has_steps() { self.asked.last() } else { Some(first) }
    }

    /// Whether there is a step between the call and the meal.
    fn has_steps(&self) -> bool {
        self.eaten.steps > self.asked.steps
    }

    /// Whether a step can be taken while the philosopher waits.
    fn can_see(&self, step: Event, order: &Causality) -> bool {
        let is_over = self.begins(order).is_some_and(|begins| order.precedes(step, begins));
        let needs_the_meal = self.eaten.last().is_some_and(|eaten| order.precedes(eaten, step));
        self.has_steps() && !is_over && !needs_the_meal
    }

    fn can_be_overtaken_by(&self, other: &Self, order: &Causality) -> bool {
        other.eaten.last().is_some_and(|eats| self.can_see(eats, order))
    }
}

/// How many meals neighbours can begin while a philosopher waits, for the one who can be overtaken most often.
pub(crate) fn most_overtaken(meals: &[Meal], seats: usize, order: &Causality) -> u64 {
    let are_neighbours = |a: usize, b: usize| a != b && ((a + 1) % seats == b || (b + 1) % seats == a);
    let overtaken = |meal: &Meal| {
        let neighbours = meals.iter().filter(|other| are_neighbours(meal.seat, other.seat));
        neighbours.filter(|other| meal.can_be_overtaken_by(other, order)).count() as u64
    };
    meals.iter().map(overtaken).max().unwrap_or(0)
}

/// How many steps all threads can take from the beginning of a wait to its meal, for the longest wait.
pub(crate) fn longest_wait(meals: &[Meal], order: &Causality) -> u64 {
    let steps = || order.threads().flat_map(|thread| order.events(thread));
    let length = |meal: &Meal| steps().filter(|&step| meal.can_see(step, order)).count() as u64;
    meals.iter().map(length).max().unwrap_or(0)
}

/// Nobody is overtaken more often than the table promises.
pub(crate) fn bounded_overtaking(overtaken: u64, promised: Option<usize>) -> Result<(), Violation> {
    match promised.filter(|&promised| overtaken > promised as u64) {
        None => Ok(()),
        Some(promised) => Err(Violation {
            kind: FailureKind::Starvation,
            property: "bounded_overtaking",
            detail: format!(
                "the neighbours of a waiting philosopher begin {overtaken} meals, and at most {promised} were promised"
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::op::ThreadId;

    const fn moment(thread: u32, steps: u32) -> Moment {
        Moment { thread: ThreadId(thread), steps }
    }

    const fn meal(seat: usize, asked: u32, eaten: u32) -> Meal {
        let thread = seat as u32 + 1;
        Meal { seat, asked: moment(thread, asked), eaten: moment(thread, eaten) }
    }

    /// Philosopher 0 draws a ticket, then eats; philosopher 1 draws one and eats twice. The second meal of 1
    /// comes after the meal of 0.
    fn tickets(ticket_waits: bool) -> Causality {
        let mut order = Causality::new(3);
        let (zero, one) = (ThreadId(1), ThreadId(2));
        order.push(zero, |thread| [0, 1, 0][thread.index()], ticket_waits);
        order.push(one, |thread| [0, 1, 1][thread.index()], ticket_waits);
        order.push(one, |thread| [0, 1, 2][thread.index()], false);
        order.push(zero, |thread| [0, 2, 2][thread.index()], false);
        order.push(one, |thread| [0, 2, 3][thread.index()], ticket_waits);
        order.push(one, |thread| [0, 2, 4][thread.index()], false);
        order
    }

    #[test]
    fn a_meal_that_needs_mine_does_not_overtake_me() {
        let meals = [meal(0, 0, 2), meal(1, 0, 2), meal(1, 2, 4)];
        assert_eq!(most_overtaken(&meals, 2, &tickets(false)), 1);
        assert_eq!(most_overtaken(&meals[1..], 2, &tickets(false)), 0);
    }

    #[test]
    fn a_wait_is_as_long_as_what_fits_into_it() {
        // From the ticket of 0 to its meal: the ticket of 1, its first meal, and the meal itself does not count.
        assert_eq!(longest_wait(&[meal(0, 0, 2)], &tickets(false)), 2);
        // Where drawing the ticket is itself a wait, it counts as well.
        assert_eq!(longest_wait(&[meal(0, 0, 2)], &tickets(true)), 3);
    }

    #[test]
    fn rejects_a_broken_promise() {
        assert_eq!(bounded_overtaking(3, Some(3)), Ok(()));
        assert_eq!(bounded_overtaking(9, None), Ok(()));
        assert_eq!(bounded_overtaking(4, Some(3)).unwrap_err().kind, FailureKind::Starvation);
    }
}

//! What pops with unknown results may have taken.

use super::items::{Inventory, Item, Operation, Span, overlaps};
use super::moments::{Fullness, are_full, fullness, never_empty};
use super::residence::ways;
use super::{Conflict, Monitor, labels};
use crate::check::{Decision, Witness};
use crate::spec::QueueSpec;
use std::borrow::Cow;

/// So many items are looked at, at most, before the search gives up. Each check looks at all of them.
const MEANS: usize = 1 << 24;
/// Where there are more pops with unknown results, their combinations are not tried.
const MOST_BLIND: usize = 128;

/// What there is of a log when some of its pops with unknown results have taken this and that.
#[derive(Clone)]
struct Case<'a> {
    /// The items that were put in: those of the log, until something else is known of one of them.
    items: Cow<'a, [Item]>,
    /// Those that may have been, and that nobody has taken.
    doubtful: Vec<Item>,
    /// Answers of `Empty`.
    empty: Vec<usize>,
    /// Pops of which it is still open what they took.
    blind: Vec<usize>,
}

/// What has come of a case.
enum Found {
    /// It is right.
    Right,
    /// It is wrong.
    Wrong(Witness),
    /// It is not decided, for this reason.
    Open(String),
}

/// The search of one log.
pub(super) struct Search<'a> {
    spec: &'a QueueSpec,
    monitor: Monitor,
    log: &'a [Operation],
    inventory: &'a Inventory,
    spent: usize,
}

impl<'a> Search<'a> {
    pub(super) const fn new(
        spec: &'a QueueSpec,
        monitor: Monitor,
        log: &'a [Operation],
        inventory: &'a Inventory,
    ) -> Self {
        Self { spec, monitor, log, inventory, spent: 0 }
    }

    /// Decides the log.
    pub(super) fn decide(mut self) -> Decision {
        let found = match self.impossible_full() {
            Some(witness) => Found::Wrong(witness),
            None => self.judge(&self.whole()),
        };
        match found {
            Found::Right => Decision::Holds,
            Found::Open(why) => Decision::Unknown(why),
            Found::Wrong(mut witness) => {
                witness.entries.sort_unstable();
                witness.entries.dedup();
                Decision::Violated(witness)
            }
        }
    }

    fn whole(&self) -> Case<'a> {
        let Inventory { items, doubtful, blind, empty, .. } = self.inventory;
        Case {
            items: Cow::Borrowed(items),
            doubtful: doubtful.clone(),
            empty: empty.clone(),
            blind: blind.clone(),
        }
    }

    /// First all that is left is given away freely, which must be right; then it is seen who took what.
    fn judge(&mut self, case: &Case<'a>) -> Found {
        let loose = self.loosened(case);
        if let Some(conflict) = self.conflict(loose.as_deref().unwrap_or(&case.items), case) {
            return Found::Wrong(self.witness(conflict, case));
        }
        if loose.is_none() {
            return self.unless_full(case);
        }
        match case.blind.iter().position(|&pop| self.log[pop].has_ended()) {
            Some(index) => self.try_each_item(case, index),
            None => self.judge_pending(case),
        }
    }

    /// The items, where any that is left may have been taken since the first pop with an unknown result began.
    fn loosened(&self, case: &Case<'_>) -> Option<Vec<Item>> {
        let from = case.blind.iter().map(|&pop| self.log[pop].begun).min()?;
        Some(
            case.items
                .iter()
                .map(|item| if item.is_taken() { *item } else { item.taken_after(from) })
                .collect(),
        )
    }

    /// Where all pops with unknown results never returned, none need have taken place. If that is wrong, one of
    /// the items that it is wrong for was taken.
    fn judge_pending(&mut self, case: &Case<'a>) -> Found {
        let Some(conflict) = self.conflict(&case.items, case) else { return self.unless_full(case) };
        let left: Vec<usize> =
            conflict.items.iter().copied().filter(|&item| !case.items[item].is_taken()).collect();
        let found = self.witness(conflict, case);
        let next = left.iter().flat_map(|&item| (0..case.blind.len()).map(move |pop| (item, pop)));
        self.any(
            found,
            next.map(|(item, index)| {
                let mut next = case.clone();
                let pop = next.blind.swap_remove(index);
                next.items.to_mut()[item] = next.items[item].taken(pop as u32, Span::of(&self.log[pop]));
                next
            }),
        )
    }

    /// A pop that has returned took one of the items, or there was none.
    fn try_each_item(&mut self, case: &Case<'a>, index: usize) -> Found {
        let mut rest = case.clone();
        let pop = rest.blind.swap_remove(index);
        let nothing = self.found_nothing(&rest, pop);
        let found = Witness { reason: String::new(), entries: vec![pop] };
        self.any(found, nothing.into_iter().chain(outcomes(&rest, pop as u32, Span::of(&self.log[pop]))))
    }

    /// The case in which this pop found nothing, where that may be.
    fn found_nothing(&self, rest: &Case<'a>, pop: usize) -> Option<Case<'a>> {
        let mut next = rest.clone();
        if !self.spec.fails_under_contention || !overlaps(self.log)[pop] {
            next.empty.push(pop);
        }
        (self.spec.answers_at_once || next.empty.len() == rest.empty.len()).then_some(next)
    }

    /// Whether one of these cases is right. Adds to what was found before.
    fn any(&mut self, mut wrong: Witness, cases: impl Iterator<Item = Case<'a>>) -> Found {
        let mut open = None;
        for case in cases {
            if self.spent > MEANS || self.inventory.blind.len() > MOST_BLIND {
                let pops = self.inventory.blind.len();
                return Found::Open(format!(
                    "{pops} pops have no known result, and there are too many that they can have"
                ));
            }
            match self.judge(&case) {
                Found::Right => return Found::Right,
                Found::Open(why) => open = Some(why),
                Found::Wrong(witness) => wrong = both(wrong, witness),
            }
        }
        open.map_or(Found::Wrong(wrong), Found::Open)
    }

    /// What is wrong with these items, or with the case's answers of `Empty`.
    fn conflict(&mut self, items: &[Item], case: &Case<'_>) -> Option<Conflict> {
        self.spent += items.len() + case.blind.len() + 1;
        (self.monitor)(items).or_else(|| {
            let (answer, held) = never_empty(items, &self.spans(&case.empty))?;
            let which = labels(items, &held);
            let (one_of, was) = if held.len() == 1 { ("", "was") } else { ("one of ", "was") };
            let reason =
                format!("Empty was answered, but at every moment of that {one_of}{which} {was} inside");
            Some(Conflict { reason, items: held, empty: Some(case.empty[answer]) })
        })
    }

    /// A finding in terms of the log. Where it depends on what was left, it depends on whoever can have taken that.
    fn witness(&self, conflict: Conflict, case: &Case<'_>) -> Witness {
        let mut entries: Vec<usize> =
            conflict.items.iter().flat_map(|&item| case.items[item].entries()).collect();
        entries.extend(conflict.empty);
        if conflict.items.iter().any(|&item| !case.items[item].is_taken()) {
            entries.extend(&case.blind);
        }
        Witness { reason: conflict.reason, entries }
    }

    fn spans(&self, entries: &[usize]) -> Vec<Span> {
        entries.iter().map(|&entry| Span::of(&self.log[entry])).collect()
    }
}

/// What is wrong in both of two cases.
fn both(mut first: Witness, second: Witness) -> Witness {
    if first.reason.is_empty() {
        first.reason = second.reason;
    }
    first.entries.extend(second.entries);
    first
}

/// The cases in which this pop has taken an item.
fn outcomes<'a>(rest: &Case<'a>, pop: u32, span: Span) -> impl Iterator<Item = Case<'a>> {
    let can_be_taken = move |item: &Item| !item.is_taken() && item.push.from <= span.to;
    let put_in =
        (0..rest.items.len()).filter(move |&index| can_be_taken(&rest.items[index])).map(move |index| {
            let mut next = rest.clone();
            next.items.to_mut()[index] = next.items[index].taken(pop, span);
            next
        });
    let doubtful = (0..rest.doubtful.len()).filter(move |&index| can_be_taken(&rest.doubtful[index]));
    put_in.chain(doubtful.map(move |index| {
        let mut next = rest.clone();
        next.items.to_mut().push(next.doubtful[index].taken(pop, span));
        next.doubtful.swap_remove(index);
        next
    }))
}

/// Answers of `Full`, where all else is right.
impl Search<'_> {
    /// An answer that nothing explains.
    fn impossible_full(&self) -> Option<Witness> {
        let Inventory { full, doubtful, blind, .. } = self.inventory;
        if full.is_empty() {
            return None;
        }
        let answers = self.spans(full);
        let case = self.whole();
        let loose = self.loosened(&case).map_or(case.items, Cow::Owned);
        let found = fullness(&loose, doubtful, self.spec.capacity, &answers);
        let wrong = found.iter().position(|&fullness| fullness == Fullness::Never)?;
        let near = |item: &&Item| item.push.from <= answers[wrong].to && answers[wrong].from <= item.pop.to;
        let entries = loose.iter().chain(doubtful).filter(near).flat_map(Item::entries);
        let entries = entries.chain([full[wrong]]).chain(blind.iter().copied()).collect();
        let room = self.spec.capacity;
        Some(Witness {
            reason: format!("Full was answered, but at no moment of that were {room} items inside"),
            entries,
        })
    }

    /// Decides a case in which all but the answers of `Full` is right.
    fn unless_full(&mut self, case: &Case<'_>) -> Found {
        let is_doubtful = |push: &usize| case.doubtful.iter().any(|item| item.entries().eq([*push]));
        let mut pushes: Vec<usize> =
            self.inventory.perhaps_full.iter().copied().filter(is_doubtful).collect();
        let perhaps = pushes.clone();
        pushes.extend(&self.inventory.full);
        if self.can_be_full(&case.items, case, &pushes) {
            return Found::Right;
        }
        let mut items = case.items.to_vec();
        items
            .extend(case.doubtful.iter().filter(|item| item.entries().any(|entry| perhaps.contains(&entry))));
        let is_right = !perhaps.is_empty() && self.conflict(&items, case).is_none();
        if is_right && self.can_be_full(&items, case, &self.inventory.full) {
            return Found::Right;
        }
        Found::Open("whether the container was full depends on the order of operations".to_owned())
    }

    /// Whether, with these items, all these pushes can have found no room.
    fn can_be_full(&self, items: &[Item], case: &Case<'_>, pushes: &[usize]) -> bool {
        let (answers, room) = (self.spans(pushes), self.spec.capacity);
        if fullness(items, &[], room, &answers).iter().all(|&fullness| fullness == Fullness::Sure) {
            return true;
        }
        let ways = ways(self.spec.order, items, &self.spans(&case.empty));
        ways.iter().any(|way| are_full(way, room, &answers))
    }
}

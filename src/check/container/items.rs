//! The items of a log: which push each pop belongs to, and what is left over.

use crate::check::{Decision, Witness};
use crate::history::log::{Entry, NEVER};
use crate::spec::QueueAnswer::{Empty, Full, Popped, Pushed};
use crate::spec::QueueCall::{Pop, Push};
use crate::spec::{QueueAnswer, QueueCall, QueueSpec};

/// An entry of a container's log.
pub(crate) type Operation = Entry<QueueCall, QueueAnswer>;

/// No entry.
const NOBODY: u32 = u32::MAX;

/// The times at which something can have taken place, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Span {
    pub(crate) const fn of(entry: &Operation) -> Self {
        Self { from: entry.begun, to: entry.ended }
    }
}

/// A value, from its push to its pop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) label: u32,
    push_entry: u32,
    pop_entry: u32,
    /// When it can have come in: not after its pop has ended.
    pub(crate) push: Span,
    /// When it can have gone out: not before its push has begun. In the end, where nobody took it.
    pub(crate) pop: Span,
}

impl Item {
    /// One that nobody is known to have taken.
    pub(crate) const fn left(label: u32, entry: u32, push: Span) -> Self {
        let pop = Span { from: NEVER, to: NEVER };
        Self { label, push_entry: entry, pop_entry: NOBODY, push, pop }
    }

    /// The same one, taken by this pop, which has not ended before the push began.
    pub(crate) fn taken(self, entry: u32, pop: Span) -> Self {
        let push = Span { from: self.push.from, to: self.push.to.min(pop.to) };
        let pop = Span { from: pop.from.max(self.push.from), to: pop.to };
        Self { pop_entry: entry, push, pop, ..self }
    }

    /// The same one, which may have been taken at any time from this one on, by whomever.
    pub(crate) fn taken_after(self, from: u64) -> Self {
        self.taken(NOBODY, Span { from, to: NEVER })
    }

    /// Whether it is surely inside at some time. Otherwise it can have gone out at once.
    pub(crate) const fn is_held(&self) -> bool {
        self.push.to < self.pop.from
    }

    /// The entries that it is made of.
    pub(crate) fn entries(&self) -> impl Iterator<Item = usize> {
        let known = [self.push_entry, self.pop_entry].into_iter().filter(|&entry| entry != NOBODY);
        known.map(|entry| entry as usize)
    }

    /// Whether it is known who has taken it.
    pub(crate) const fn is_taken(&self) -> bool {
        self.pop_entry != NOBODY
    }
}

/// What a log says of its items.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    /// Those that were surely put in, in the order of their labels.
    pub(crate) items: Vec<Item>,
    /// Those that may have been put in, and that nobody is known to have taken.
    pub(crate) doubtful: Vec<Item>,
    /// Pops of which it is not known what they took.
    pub(crate) blind: Vec<usize>,
    /// Pops that found nothing.
    pub(crate) empty: Vec<usize>,
    /// Pushes that found no room.
    pub(crate) full: Vec<usize>,
    /// Pushes that have found no room if they have not taken place.
    pub(crate) perhaps_full: Vec<usize>,
}

/// Reads a log.
///
/// # Errors
/// What is to be said of the log where that can be seen without any order: an answer that nobody can give to this call, an item
/// that was taken twice, or before it came; or a value that was pushed twice.
pub(crate) fn read(spec: &QueueSpec, log: &[Operation]) -> Result<Inventory, Decision> {
    if log.len() >= NOBODY as usize {
        return Err(Decision::Unknown(format!(
            "the log has {} entries, and at most {NOBODY} can be read",
            log.len()
        )));
    }
    if let Some(entry) = log.iter().position(|entry| entry.ended < entry.begun) {
        return Err(Decision::Unknown(format!("entry {entry} ends before it begins")));
    }
    let mut columns = sort(spec, log)?;
    columns.pushes.sort_unstable();
    columns.pops.sort_unstable();
    twice(&columns.pops).map_or(Ok(()), |(label, entries)| {
        // Two pushes of it would explain that.
        let pushes = columns.pushes.iter().filter(|&&push| label_of(push) == label).count();
        if pushes > 1 { Ok(()) } else { violated(format!("{label} was popped twice"), entries) }
    })?;
    if let Some((label, _)) = twice(&columns.pushes) {
        return Err(Decision::Unknown(format!(
            "{label} was pushed more than once, and this check needs distinct values"
        )));
    }
    join(spec, log, columns)
}

/// Pushes and pops that have an item, by label: the label in the upper half, the entry in the lower one.
#[derive(Default)]
struct Columns {
    pushes: Vec<u64>,
    pops: Vec<u64>,
    rest: Inventory,
}

const fn label_of(pair: u64) -> u32 {
    (pair >> 32) as u32
}

const fn entry_of(pair: u64) -> u32 {
    pair as u32
}

/// Sorts entries by what they did.
fn sort(spec: &QueueSpec, log: &[Operation]) -> Result<Columns, Decision> {
    let overlaps = if spec.fails_under_contention { overlaps(log) } else { Vec::new() };
    let needs_no_reason = |index: usize| overlaps.get(index) == Some(&true);
    let mut columns = Columns::default();
    for (index, entry) in log.iter().enumerate() {
        match (entry.call, entry.answer) {
            (Push(label), Some(Pushed) | None) => columns.pushes.push(u64::from(label) << 32 | index as u64),
            (Pop, Some(Popped(label))) => columns.pops.push(u64::from(label) << 32 | index as u64),
            (Pop, None) => columns.rest.blind.push(index),
            (Push(_), Some(Full)) | (Pop, Some(Empty))
                if !spec.answers_at_once && !spec.fails_under_contention =>
            {
                violated(format!("{:?} was answered, and this one waits instead", entry.answer), [index])?;
            }
            (Push(_), Some(Full)) | (Pop, Some(Empty)) if needs_no_reason(index) => {}
            (Push(_), Some(Full)) => columns.rest.full.push(index),
            (Pop, Some(Empty)) => columns.rest.empty.push(index),
            (call, Some(answer)) => violated(format!("{answer:?} is no answer to {call:?}"), [index])?,
        }
    }
    Ok(columns)
}

/// For each entry, whether another one was under way at some time of it.
pub(super) fn overlaps(log: &[Operation]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..log.len()).collect();
    order.sort_unstable_by_key(|&index| log[index].begun);
    let mut overlaps = vec![false; log.len()];
    let mut latest: Option<usize> = None;
    for index in order {
        if let Some(before) = latest.filter(|&before| !log[before].precedes(&log[index])) {
            overlaps[before] = true;
            overlaps[index] = true;
        }
        latest = latest.filter(|&before| log[before].ended >= log[index].ended).or(Some(index));
    }
    overlaps
}

/// The first label that is there twice.
fn twice(column: &[u64]) -> Option<(u32, [usize; 2])> {
    let same = column.windows(2).find(|pair| label_of(pair[0]) == label_of(pair[1]))?;
    Some((label_of(same[0]), [entry_of(same[0]) as usize, entry_of(same[1]) as usize]))
}

/// Finds the pop of each push.
fn join(spec: &QueueSpec, log: &[Operation], columns: Columns) -> Result<Inventory, Decision> {
    let Columns { pushes, pops, rest: mut inventory } = columns;
    inventory.items.reserve_exact(pushes.len());
    let mut pops = pops.into_iter().peekable();
    for push in pushes {
        let (label, entry) = (label_of(push), entry_of(push));
        let asked = &log[entry as usize];
        let item = Item::left(label, entry, Span::of(asked));
        never_pushed(pops.next_if(|&pop| label_of(pop) < label))?;
        match pops.next_if(|&pop| label_of(pop) == label) {
            Some(pop) => inventory.items.push(take(item, entry_of(pop), log)?),
            None if !asked.has_ended() && asked.answer.is_none() => inventory.doubtful.push(item),
            None if asked.answer.is_none() && spec.answers_at_once && spec.capacity != usize::MAX => {
                inventory.doubtful.push(item);
                inventory.perhaps_full.push(entry as usize);
            }
            None => inventory.items.push(item),
        }
    }
    never_pushed(pops.next())?;
    Ok(inventory)
}

fn never_pushed(pop: Option<u64>) -> Result<(), Decision> {
    pop.map_or(Ok(()), |pop| {
        violated(format!("{} was popped, and never pushed", label_of(pop)), [entry_of(pop) as usize])
    })
}

fn take(item: Item, pop: u32, log: &[Operation]) -> Result<Item, Decision> {
    let span = Span::of(&log[pop as usize]);
    if span.to < item.push.from {
        let reason = format!("{} was popped wholly before it was pushed", item.label);
        violated(reason, [item.push_entry as usize, pop as usize])?;
    }
    Ok(item.taken(pop, span))
}

fn violated(reason: String, entries: impl Into<Vec<usize>>) -> Result<(), Decision> {
    Err(Decision::Violated(Witness { reason, entries: entries.into() }))
}

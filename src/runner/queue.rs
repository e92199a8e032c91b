//! In which order cells are started, and which of them a budget leaves out.
//!
//! Without a budget the longest come first, so that no slot is idle while another one works on the last cell.
//! With one, every subject's smallest scope comes first, then every subject's next one; a question (a subject
//! in a scope) is begun only if the time that is left is enough for it, and then runs on all its engines, so
//! that what was run is decided as in a run without a budget. How long cells take is what they took in the
//! last run; one that is not known is tried as long as there is time.

use crate::cell::{Cell, CellId, Scope};
use crate::engine::Engine;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How long cells took when they were last run.
pub type Costs = BTreeMap<CellId, Duration>;

/// The time that the cells of a run may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// From the start of the run.
    pub(super) time: Duration,
    /// Cells at a time.
    pub(super) slots: usize,
}

/// Cells that are started one after the other, by their indices.
#[derive(Debug)]
pub(super) struct Queue {
    /// The rest of the question that was begun last.
    begun: VecDeque<usize>,
    /// Those that have not begun.
    waiting: VecDeque<Group>,
    budget: Option<Budget>,
}

/// Cells that are run all or not at all.
#[derive(Debug, Default)]
struct Group {
    cells: VecDeque<usize>,
    /// What all take.
    all: Duration,
    /// What the longest takes.
    longest: Duration,
}

impl Group {
    fn add(&mut self, cell: usize, cost: Duration) {
        self.cells.push_back(cell);
        self.all += cost;
        self.longest = self.longest.max(cost);
    }
}

impl Queue {
    pub(super) fn new(cells: &[Cell], costs: &Costs, budget: Option<Budget>) -> Self {
        let ids: Vec<CellId> = cells.iter().map(Cell::id).collect();
        let cost = |index: usize| costs.get(&ids[index]).copied();
        let waiting = match budget {
            None => longest_first(cells, cost),
            Some(_) => smallest_scopes_first(cells, &ids, cost),
        };
        Self { begun: VecDeque::new(), waiting, budget }
    }

    /// The next cell to start, so long after the start of the run.
    pub(super) fn take(&mut self, elapsed: Duration) -> Option<usize> {
        while self.begun.is_empty() {
            let next = self.waiting.pop_front()?;
            if self.budget.is_none_or(|budget| budget.fits(&next, elapsed)) {
                self.begun = next.cells;
            }
        }
        self.begun.pop_front()
    }
}

impl Budget {
    fn fits(self, group: &Group, elapsed: Duration) -> bool {
        let left = self.time.saturating_sub(elapsed);
        !left.is_zero() && group.longest <= left && group.all <= left * self.slots as u32
    }
}

fn longest_first(cells: &[Cell], cost: impl Fn(usize) -> Option<Duration>) -> VecDeque<Group> {
    let mut order: Vec<usize> = (0..cells.len()).collect();
    // Of a cell that is not known, its engine tells whether it may take long.
    order.sort_by_key(|&index| Reverse(cost(index).unwrap_or_else(|| usual(cells[index].engine))));
    let alone = |index| {
        let mut group = Group::default();
        group.add(index, Duration::ZERO);
        group
    };
    order.into_iter().map(alone).collect()
}

/// About what a cell of this engine takes, where that is not known.
const fn usual(engine: Engine) -> Duration {
    Duration::from_millis(match engine {
        Engine::Loom => 100,
        Engine::Dpor | Engine::DporOnShuttle => 90,
        Engine::Random | Engine::Pct | Engine::Urw => 40,
        Engine::Native => 30,
    })
}

fn smallest_scopes_first(
    cells: &[Cell],
    ids: &[CellId],
    cost: impl Fn(usize) -> Option<Duration>,
) -> VecDeque<Group> {
    let mut groups: Vec<(usize, Group)> = Vec::new();
    let mut known = BTreeMap::new();
    let mut sizes: BTreeMap<String, Vec<Scope>> = BTreeMap::new();
    for (index, cell) in cells.iter().enumerate() {
        let group = *known.entry(&ids[index].question).or_insert_with(|| {
            groups.push((rank(sizes.entry(cell.subject.id()).or_default(), cell.scope), Group::default()));
            groups.len() - 1
        });
        groups[group].1.add(index, cost(index).unwrap_or_default());
    }
    // Of one size, what takes less comes first.
    groups.sort_by_key(|(rank, group)| (*rank, group.all));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// How many smaller scopes its subject has: the catalogue lists them from small to large. A row is a small
/// program.
fn rank(sizes: &mut Vec<Scope>, scope: Scope) -> usize {
    if matches!(scope, Scope::Row(_) | Scope::TwoDie(_)) {
        return 0;
    }
    sizes.push(scope);
    sizes.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use crate::cell::Level;

    const SECOND: Duration = Duration::from_secs(1);

    /// Cells of `native` of two tables.
    fn cells() -> Vec<Cell> {
        let table = |cell: &Cell| {
            cell.subject.family == "table" && cell.subject.model == "threads" && cell.engine == Engine::Native
        };
        let of = |name| move |cell: &Cell| table(cell) && cell.subject.name == name;
        let all = catalogue::cells(Level::PullRequest);
        ["ordered", "asymmetric"]
            .into_iter()
            .flat_map(|name| all.iter().copied().filter(of(name)).take(3))
            .collect()
    }

    fn order(mut queue: Queue, elapsed: Duration) -> Vec<usize> {
        std::iter::from_fn(|| queue.take(elapsed)).collect()
    }

    fn costs(cells: &[Cell], seconds: &[u32]) -> Costs {
        cells.iter().map(Cell::id).zip(seconds.iter().map(|&number| SECOND * number)).collect()
    }

    #[test]
    fn the_longest_cell_is_started_first() {
        let cells = cells();
        let queue = Queue::new(&cells, &costs(&cells, &[1, 5, 2, 3, 6, 4]), None);
        assert_eq!(order(queue, SECOND * 1_000), [4, 1, 5, 3, 2, 0]);
    }

    #[test]
    fn with_a_budget_every_subject_has_its_smallest_scope_first() {
        let cells = cells();
        let budget = Some(Budget { time: SECOND * 60, slots: 1 });
        assert_eq!(order(Queue::new(&cells, &Costs::new(), budget), SECOND), [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let cells = cells();
        let budget = Some(Budget { time: SECOND * 10, slots: 2 });
        let costs = costs(&cells, &[1, 9, 1, 1, 1, 1]);
        assert_eq!(order(Queue::new(&cells, &costs, budget), SECOND), [0, 3, 4, 1, 2, 5]);
        assert_eq!(order(Queue::new(&cells, &costs, budget), SECOND * 2), [0, 3, 4, 2, 5]);
        assert!(order(Queue::new(&cells, &costs, budget), SECOND * 10).is_empty());
    }

    #[test]
    fn a_question_that_was_begun_runs_on_all_its_engines() {
        let cells: Vec<Cell> = catalogue::cells(Level::PullRequest).into_iter().take(4).collect();
        let first = cells.iter().filter(|cell| cell.id().question == cells[0].id().question).count();
        let budget = Some(Budget { time: SECOND, slots: 1 });
        let mut queue = Queue::new(&cells, &Costs::new(), budget);
        assert_eq!(queue.take(Duration::ZERO), Some(0));
        assert_eq!(order(queue, SECOND * 2).len(), first - 1);
    }
}

//! Where all items of a scenario went: `nothing_lost`, `nothing_duplicated` and `dropped_once`.

use super::item::dropped;
use crate::engine::Violation;
use crate::scenario::{Observer, Performer, Scenario, run};
use std::sync::Arc;

/// What each role brought home, and the labels of the items that were dropped.
pub(super) struct Ledger<A> {
    pub(super) accounts: Vec<A>,
    /// By the roles, and by main after them.
    dropped: Vec<u32>,
    /// With what the scenario was played on.
    left: Vec<u32>,
}

impl<A: Send + 'static> Ledger<A> {
    /// Plays the scenario, and drops what it was played on. A role brings home its account and what it
    /// [`dropped`].
    pub(super) fn of(
        performer: Arc<dyn Performer<Account = (A, Vec<u32>)>>,
        scenario: &Arc<Scenario>,
        observer: &Arc<dyn Observer>,
    ) -> Self {
        // An execution that went wrong may have left drops behind.
        dropped();
        let (accounts, by_roles): (_, Vec<_>) = run(&performer, scenario, observer).into_iter().unzip();
        let by_all = by_roles.into_iter().flatten().chain(dropped()).collect();
        drop(performer);
        Self { accounts, dropped: by_all, left: dropped() }
    }

    /// The labels of the items that were still in it in the end.
    pub(super) fn left(&self) -> &[u32] {
        &self.left
    }

    /// What was accepted was received, or left, once; and every item that was `made` was dropped once. `lost` is
    /// said of an item that was accepted and did not come out.
    pub(super) fn every_item_ends_once(
        &self,
        made: impl Iterator<Item = u32>,
        accepted: impl Iterator<Item = u32>,
        received: impl Iterator<Item = u32>,
        lost: &str,
    ) -> Result<(), Violation> {
        let ended = received.chain(self.left.iter().copied());
        same(accepted, ended).map_err(|(label, times)| match times {
            0 => Violation::new("nothing_lost", format!("item {label} {lost}")),
            _ => {
                Violation::new("nothing_duplicated", format!("item {label} came out {times} times too often"))
            }
        })?;
        let dropped = self.dropped.iter().chain(&self.left).copied();
        same(made, dropped).map_err(|(label, times)| match times {
            0 => Violation::new("dropped_once", format!("item {label} was never dropped")),
            _ => Violation::new("dropped_once", format!("item {label} was dropped {times} times too often")),
        })
    }
}

/// The labels of the items that the scenario puts in.
pub(super) fn labels(scenario: &Scenario) -> impl Iterator<Item = u32> {
    scenario.roles.iter().flat_map(|role| &role.steps).filter_map(|step| step.on)
}

/// Compares two lists of labels, in any order. The first label that differs, with how many times too
/// often it is found, or 0 where it is missing.
pub(super) fn same(
    expected: impl Iterator<Item = u32>,
    found: impl Iterator<Item = u32>,
) -> Result<(), (u32, usize)> {
    let mut expected: Vec<u32> = expected.collect();
    let mut found: Vec<u32> = found.collect();
    expected.sort_unstable();
    found.sort_unstable();
    if expected == found {
        return Ok(());
    }
    let count = |list: &[u32], label| list.iter().filter(|&&other| other == label).count();
    let mut labels = expected.iter().chain(&found).copied();
    let differs = |label: &u32| count(&expected, *label) != count(&found, *label);
    let label = labels.find(differs).expect("lists that differ, differ in a label");
    Err((label, count(&found, label).saturating_sub(count(&expected, label))))
}

//! What is known of cells whose whole search a pull request has no time for.
//!
//! A search that has to be cut, or to be tried without a bound and then within one, tells nothing the second time: what
//! the first one found out is written down, one line a cell, and nightly runs compare it with what they find.

#![expect(clippy::disallowed_types, reason = "read by the runner, outside of every engine")]

use super::{Cell, Level};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What a pull request need not find out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The search is complete within this bound on preemptions, or finds its failure there, and is cut without it.
    Preemptions(u32),
    /// The search is complete where nothing happens for no reason, and is cut where it may.
    Strict,
    /// The search is cut: it is for nightly runs.
    Nightly,
    /// The same, and a nightly run's is cut too where something may happen for no reason.
    StrictNightly,
}

/// Set, it makes every cell find out for itself; set to `strict`, without what happens for no reason.
pub const IGNORED: &str = "REFECTORY_LIMITS_IGNORED";

const TEXT: &str = include_str!("limits.txt");

/// What is known of the cell for its run.
pub(super) fn limit(cell: &Cell) -> Option<Limit> {
    static IGNORE: OnceLock<Option<Option<Limit>>> = OnceLock::new();
    let ignore = || std::env::var(IGNORED).ok().map(|how| (how == "strict").then_some(Limit::Strict));
    if let Some(limit) = IGNORE.get_or_init(ignore) {
        return *limit;
    }
    match (known().get(cell.id().to_string().as_str()).copied(), cell.level) {
        (Some(Limit::StrictNightly), Level::PullRequest) => Some(Limit::Nightly),
        (Some(Limit::StrictNightly), Level::Nightly) => Some(Limit::Strict),
        (limit, Level::PullRequest) => limit,
        (_, Level::Nightly) => None,
    }
}

fn known() -> &'static BTreeMap<&'static str, Limit> {
    static KNOWN: OnceLock<BTreeMap<&str, Limit>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| parse(line).unwrap_or_else(|| panic!("limits.txt has the line `{line}`"))).collect()
    })
}

fn parse(line: &str) -> Option<(&str, Limit)> {
    let (id, limit) = line.split_once(' ')?;
    let limit = match limit {
        "nightly" => Limit::Nightly,
        "strict" => Limit::Strict,
        "nightly, strict" => Limit::StrictNightly,
        bound => Limit::Preemptions(bound.parse().ok()?),
    };
    Some((id, limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    #[test]
    fn every_limit_is_that_of_a_cell() {
        for id in known().keys() {
            assert!(catalogue::find(id).is_some(), "limits.txt has no cell for {id}");
        }
    }

    #[test]
    fn limits_are_read() {
        assert_eq!(parse("a/b/c/2x1@dpor nightly, strict"), Some(("a/b/c/2x1@dpor", Limit::StrictNightly)));
        assert_eq!(parse("a/b/c/2x1@loom 2"), Some(("a/b/c/2x1@loom", Limit::Preemptions(2))));
        assert_eq!(parse("a/b/c/2x1@dpor nightly"), Some(("a/b/c/2x1@dpor", Limit::Nightly)));
        assert_eq!(parse("a/b/c/2x1@dpor strict"), Some(("a/b/c/2x1@dpor", Limit::Strict)));
        assert_eq!(parse("a/b/c/2x1@dpor"), None);
    }
}

//! All that is known of one cell, as `refectory replay` tells it.

use super::finding::evidence;
use super::measures::is_exact;
use super::style::{Style, grouped};
use crate::judge::{CellReport, Extent, Verdict};
use std::fmt::Write;

/// Outcomes are listed if there are at most this many.
const LISTED: usize = 16;

/// Every fact of the cell that is the same on each run and each machine. For an engine that is not
/// deterministic that is the verdict alone.
pub fn details(report: &CellReport) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        writeln!(text, "{name}: {value}").expect("a String takes everything");
    };
    line("cell", &report.id);
    if !report.engine.deterministic() {
        line("verdict", &without_count(&report.verdict));
        return text;
    }
    line("verdict", &report.verdict);
    line("executions", &grouped(report.executions));
    if report.redundant > 0 {
        line("redundant", &grouped(report.redundant));
    }
    for (name, value) in &report.measures {
        line(name, &measured(report, *value));
    }
    line("outcomes", &report.outcomes.len());
    text += &outcomes(report);
    if let Some(failure) = report.failure() {
        writeln!(text, "failed in execution: {}\n", grouped(failure.execution)).expect("as above");
        text += &evidence(failure, Style::Plain);
    }
    text
}

/// As in `2`, or `at least 2` where not every schedule was seen.
fn measured(report: &CellReport, value: u64) -> String {
    if is_exact(&report.verdict) { grouped(value) } else { format!("at least {}", grouped(value)) }
}

fn without_count(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Held(Extent::Sampled(_)) => "Held (sampled)".to_owned(),
        other => other.to_string(),
    }
}

fn outcomes(report: &CellReport) -> String {
    if report.outcomes.len() > LISTED {
        return String::new();
    }
    let width = report.outcomes.counts().map(|count| grouped(count).len()).max().unwrap_or(0);
    let lines =
        report.outcomes.iter().map(|(outcome, count)| format!("  {:>width$} × {outcome}\n", grouped(count)));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::*;
    use crate::engine::Engine;

    #[test]
    fn a_held_cell_lists_its_outcomes() {
        let mut report = example::report("threads/table/ordered/2x1", Engine::Dpor, example::held());
        report.executions = 1_204;
        report.outcomes = [("1 then 2", 4), ("2 then 1", 1_200)].into();
        let expected = "
cell: threads/table/ordered/2x1@dpor
verdict: Held (exhaustive)
executions: 1 204
outcomes: 2
      4 × 1 then 2
  1 200 × 2 then 1
";
        assert_eq!(format!("\n{}", details(&report)), expected);
    }

    #[test]
    fn many_outcomes_are_only_counted() {
        let mut report = example::report("threads/table/ordered/2x1", Engine::Dpor, example::held());
        report.outcomes = (0..17).map(|n| (n.to_string(), 1)).collect();
        assert!(details(&report).ends_with("outcomes: 17\n"));
    }

    #[test]
    fn a_broken_cell_carries_its_counterexample() {
        let text = details(&example::caught_deadlock(2));
        assert!(text.contains("verdict: Broken (deadlock)\n"), "{text}");
        assert!(text.contains("failed in execution: 2\n\n  2 threads wait"), "{text}");
        assert!(text.contains("held by philosopher 2"), "{text}");
        assert!(!text.contains("replay"), "{text}");
    }

    #[test]
    fn real_threads_leave_nothing_random() {
        let verdict = Verdict::Held(Extent::Sampled(200));
        let mut report = example::report("threads/table/ordered/2x1", Engine::Native, verdict);
        report.outcomes = [("1 then 2", 200)].into();
        assert_eq!(details(&report), "cell: threads/table/ordered/2x1@native\nverdict: Held (sampled)\n");
    }
}

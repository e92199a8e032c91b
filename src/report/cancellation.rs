//! What a cancellation does to each operation, as a table, and how what is lost is lost.

use super::finding::evidence;
use super::style::{Style, pad};
use crate::judge::CancelSafety;

/// A line for each operation, and below it, for each that loses something, an execution in which it does.
pub fn cancel_safety(operations: &[(&str, CancelSafety)], style: Style) -> String {
    let losses = operations.iter().filter_map(|(name, safety)| match safety {
        CancelSafety::LosesData(failure) => Some(format!("\n{name}\n{}", evidence(failure, style))),
        _ => None,
    });
    cancel_safety_table(operations) + &losses.collect::<String>()
}

/// A line for each operation.
pub fn cancel_safety_table(operations: &[(&str, CancelSafety)]) -> String {
    let widest = operations.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let head = format!("{}  where its future is dropped while it waits\n", pad("operation", widest));
    let lines =
        operations.iter().map(|(name, safety)| format!("{}  {}\n", pad(name, widest), in_words(safety)));
    head + &lines.collect::<String>()
}

fn in_words(safety: &CancelSafety) -> String {
    match safety {
        CancelSafety::Safe(extent) => format!("✓ cancel-safe ({extent})"),
        CancelSafety::LosesPlace(extent) => format!("✓ loses its place, and nothing else ({extent})"),
        CancelSafety::LosesData(failure) => {
            format!("✗ loses data: {}", failure.message.lines().next().unwrap_or_default())
        }
        CancelSafety::Undecided(reason) => format!("? {reason}"),
    }
}

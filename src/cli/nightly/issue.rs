//! The text of an issue: what was against expectation, how to see it again, and what it changes in the snapshots.

use super::Part;
use crate::cli::ending::Ending;
use refectory::catalogue;
use refectory::cell::{Level, Subject};
use refectory::event::trace::Place;
use refectory::judge::{CellReport, Status};
use refectory::report::{self, Style};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// Where the pages of subjects are, from the root of the source tree.
const SNAPSHOTS: &str = "snapshots";

/// Markdown, with the first line as its title.
pub(super) fn text(parts: &[Part], seed: u64, budget: Duration) -> String {
    let failed: Vec<&str> = parts.iter().filter(|part| !part.is_fine()).map(|part| part.name).collect();
    let mut text = format!("# Nightly run: {}\n\n", failed.join(", "));
    let version = env!("CARGO_PKG_VERSION");
    writeln!(text, "Version {version}, seed {seed}, {} min.\n", budget.as_secs() / 60).expect(STRING);
    text += "| part | seconds | ended |\n|---|---|---|\n";
    for part in parts {
        let ended = part.ending.map_or("not here", Ending::in_words);
        writeln!(text, "| {} | {:.0} | {ended} |", part.name, part.elapsed.as_secs_f64()).expect(STRING);
    }
    for part in parts.iter().filter(|part| !part.is_fine()) {
        let told =
            report::findings(&part.cells, Style::Plain) + &report::not_decided(&part.cells, Style::Plain);
        if !told.is_empty() {
            write!(text, "\n## {}\n\n```text\n{told}```\n", part.name).expect(STRING);
        }
        for subject in violated(&part.cells) {
            text += &change(subject, &part.cells);
        }
    }
    text
}

const STRING: &str = "a String takes everything";

/// The subjects that are against expectation.
fn violated(cells: &[CellReport]) -> impl Iterator<Item = &'static Subject> {
    let is_violated = |subject: &&'static Subject| {
        let prefix = format!("{}/", subject.id());
        cells.iter().any(|cell| cell.status == Status::Violation && cell.id.to_string().starts_with(&prefix))
    };
    catalogue::subjects().filter(is_violated)
}

/// What these reports make of the subject's page; nothing where the pages are not here, or nothing changes.
fn change(subject: &Subject, cells: &[CellReport]) -> String {
    let file = Path::new(SNAPSHOTS).join(subject.id() + ".snap");
    let Ok(stands) = std::fs::read_to_string(&file) else { return String::new() };
    let page = stands.splitn(3, "---\n").nth(2).unwrap_or_default();
    let prefix = format!("{}/", subject.id());
    let own = cells.iter().filter(|cell| cell.id.to_string().starts_with(&prefix)).cloned();
    let scopes = catalogue::scopes(subject, Level::Nightly);
    let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    let new = report::snapshot(subject, &scopes, &own.collect::<Vec<_>>(), page, &source);
    let difference = similar::TextDiff::from_lines(page, &new);
    let file = file.display().to_string();
    let difference = difference.unified_diff().header(&file, &file).to_string();
    if difference.is_empty() { difference } else { format!("\n```diff\n{difference}```\n") }
}

/// A line of a source file of this tree.
fn source(place: &Place) -> Option<String> {
    let text = std::fs::read_to_string(&place.file).ok()?;
    text.lines().nth(place.line as usize - 1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use refectory::engine::{Engine, Failure, FailureKind};
    use refectory::event::trace::Trace;
    use refectory::judge::Verdict;

    #[test]
    fn it_tells_what_failed_and_what_that_changes() {
        let cells = catalogue::cells(Level::PullRequest);
        let is_it = |cell: &&refectory::cell::Cell| {
            cell.engine == Engine::Native && cell.id().to_string().starts_with("threads/table/ordered/")
        };
        let cell = cells.iter().find(is_it).unwrap();
        let message = "soup is cold".to_owned();
        let failure = Failure { kind: FailureKind::Property, message, trace: Trace::default(), execution: 1 };
        let mut report = CellReport::new(cell, Verdict::Broken(Box::new(failure)));
        report.status = Status::Violation;
        let part = |name, ending, cells| Part { name, ending, cells, elapsed: Duration::from_secs(5) };
        let parts = [
            part("all scopes", Some(Ending::Violation), vec![report]),
            part("rounds", Some(Ending::AsExpected), Vec::new()),
            part("Miri", None, Vec::new()),
        ];
        let text = text(&parts, 7, Duration::from_secs(600));
        assert!(text.starts_with("# Nightly run: all scopes\n"), "{text}");
        for told in
            ["seed 7, 10 min", "| Miri | 5 | not here |", "| rounds | 5 | as expected |", "soup is cold"]
        {
            assert!(text.contains(told), "{told} in {text}");
        }
        assert!(!text.contains("## rounds"), "{text}");
    }
}

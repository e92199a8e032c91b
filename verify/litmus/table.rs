//! The table of a litmus test: what may happen, and what each engine showed.

use super::Litmus;
use refectory::engine::{Bounds, Exploration, Extent, Reason};
use refectory::judge::coverage;
use std::collections::BTreeSet;
use std::fmt::Write;

/// What the marks of [`table`] mean.
pub(crate) const LEGEND: &str = "\
seen         C11 allows it, and the engine showed it
missed       C11 allows it, and the engine completed its search without it
not reached  C11 allows it, and the engine stopped, or only sampled, before it was seen
FALSE ALARM  C11 forbids it, and the engine showed it
-            C11 forbids it, and the engine did not show it
";

/// One litmus test as text: a row per outcome or failure, a column per engine.
///
/// The text depends on nothing but the arguments. It does not say how often an outcome was seen, but
/// how many executions there were, and how the search ended; below stands why, where it ended early.
pub(crate) fn table(litmus: &Litmus, columns: &[(&str, Exploration)]) -> String {
    let mut rows = vec![header(columns)];
    rows.extend(events(litmus, columns).iter().map(|event| row(litmus, event, columns)));
    rows.push(footer("executions", columns, |facts| facts.executions.to_string()));
    rows.push(footer("search", columns, |facts| ending(facts).0));
    format!("{}\n{}\n\n{}{}", litmus.name, litmus.asks, aligned(&rows), notes(columns))
}

fn header(columns: &[(&str, Exploration)]) -> Vec<String> {
    let names = columns.iter().map(|(name, _)| *name);
    ["outcome", "C11", "SC"].into_iter().chain(names).map(str::to_owned).collect()
}

fn footer(title: &str, columns: &[(&str, Exploration)], cell: fn(&Exploration) -> String) -> Vec<String> {
    let blank = [title, "", ""].map(str::to_owned);
    blank.into_iter().chain(columns.iter().map(|(_, facts)| cell(facts))).collect()
}

fn row(litmus: &Litmus, event: &str, columns: &[(&str, Exploration)]) -> Vec<String> {
    let allowed = litmus.c11.contains(&event);
    let in_turns = litmus.sc.contains(&event);
    let told = |yes| if yes { "yes" } else { "no" };
    let marks = columns.iter().map(|(_, facts)| mark(allowed, shows(facts, event), facts));
    [event, told(allowed), told(in_turns)].into_iter().chain(marks).map(str::to_owned).collect()
}

fn mark(allowed: bool, shown: bool, facts: &Exploration) -> &'static str {
    match (allowed, shown) {
        _ if matches!(coverage(facts), Err(Reason::Unsupported(_))) => "",
        (true, true) => "seen",
        (true, false) if completed(facts) => "missed",
        (true, false) => "not reached",
        (false, true) => "FALSE ALARM",
        (false, false) => "-",
    }
}

/// Everything that may happen, and everything that an engine showed.
fn events(litmus: &Litmus, columns: &[(&str, Exploration)]) -> BTreeSet<String> {
    let allowed = litmus.c11.iter().chain(litmus.sc).copied().map(str::to_owned);
    let shown = columns.iter().flat_map(|(_, facts)| facts.outcomes.keys());
    let failures = columns.iter().filter_map(|(_, facts)| failure(facts)).map(str::to_owned);
    allowed.chain(shown).chain(failures).collect()
}

fn shows(facts: &Exploration, event: &str) -> bool {
    facts.outcomes.contains(event) || failure(facts) == Some(event)
}

fn failure(facts: &Exploration) -> Option<&'static str> {
    facts.failure.as_ref().map(|failure| failure.kind.name())
}

/// Whether the engine believes that it has seen everything within its bounds.
fn completed(facts: &Exploration) -> bool {
    facts.failure.is_none() && matches!(coverage(facts), Ok(Extent::Complete(_)))
}

/// How the search ended, and why if it ended early.
fn ending(facts: &Exploration) -> (String, Option<String>) {
    if let Some(failure) = &facts.failure {
        return (format!("stopped: {}", failure.kind), Some(failure.message.clone()));
    }
    match &coverage(facts) {
        Ok(Extent::Complete(Bounds::NONE)) => ("complete".to_owned(), None),
        Ok(Extent::Complete(bounds)) => ("bounded".to_owned(), Some(bounds.to_string())),
        Ok(Extent::Sampled(_)) => ("sampled".to_owned(), None),
        Err(Reason::Budget(what)) => ("cut".to_owned(), Some(what.to_string())),
        Err(Reason::Unsupported(why)) => ("unsupported".to_owned(), Some(why.clone())),
        Err(Reason::Disagreement(what)) => ("disagrees".to_owned(), Some(what.clone())),
        Err(reason @ (Reason::Nightly | Reason::Vacuous | Reason::NotRun(_) | Reason::NotExercised(_))) => {
            (reason.to_string(), None)
        }
    }
}

fn notes(columns: &[(&str, Exploration)]) -> String {
    columns.iter().fold(String::new(), |mut text, (name, facts)| {
        if let (ended, Some(why)) = ending(facts) {
            writeln!(text, "{name} {ended}: {why}").expect("a String takes everything");
        }
        text
    })
}

/// Columns of equal width, two spaces between them, nothing at the ends of lines.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column| rows.iter().filter_map(|row: &Vec<String>| row.get(column)).map(String::len).max();
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    rows.iter().fold(String::new(), |mut text, row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        writeln!(text, "{}", line.trim_end()).expect("a String takes everything");
        text
    })
}

//! One test for each litmus program: the exact engine shows what sequential consistency allows and nothing
//! else, and the table of what every engine shows is the one in the tree.

use super::table::LEGEND;
use super::{Litmus, all, budget, table};
use libtest_mimic::{Failed, Trial};
use refectory::engine::{Budget, Engine, Exploration, explore};
use refectory::report;
use std::collections::BTreeSet;

pub(crate) fn trials() -> Vec<Trial> {
    let checks = all().map(|litmus| Trial::test(format!("litmus::{}", litmus.name), move || check(&litmus)));
    checks.chain(super::table_tests::trials()).collect()
}

fn check(litmus: &Litmus) -> Result<(), Failed> {
    let shown: Vec<(Engine, Exploration)> = engines().map(|engine| (engine, show(litmus, engine))).collect();
    for (engine, exploration) in &shown {
        if matches!(engine, Engine::Dpor | Engine::DporOnShuttle) {
            shows_sequential_consistency(litmus, exploration)?;
        }
    }
    real_threads_show_nothing_forbidden(litmus)?;
    // The table has a column for each engine, so it is that of a build with all of them.
    if Engine::ALL.into_iter().all(Engine::available) {
        let columns: Vec<(&str, Exploration)> =
            shown.into_iter().map(|(engine, exploration)| (engine.name(), exploration)).collect();
        let name = file_name(litmus.name);
        let text = report::without_lines(&format!("{}\n{LEGEND}", table(litmus, &columns)));
        crate::cells::settings("litmus").bind(|| insta::assert_snapshot!(name, text));
    }
    Ok(())
}

/// `store buffering, SeqCst` is `store_buffering_seqcst`.
fn file_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

/// What real threads show is not the same every time, so they have no column.
fn engines() -> impl Iterator<Item = Engine> {
    Engine::ALL.into_iter().filter(|engine| *engine != Engine::Native && engine.available())
}

fn show(litmus: &Litmus, engine: Engine) -> Exploration {
    explore(engine, &litmus.program(), &budget())
}

/// A handful of runs, of programs without data races: a check of the book rather than of the machine.
fn real_threads_show_nothing_forbidden(litmus: &Litmus) -> Result<(), Failed> {
    if !litmus.on_real_threads {
        return Ok(());
    }
    let few = Budget { executions: 50, ..budget() };
    let seen = explore(Engine::Native, &litmus.program(), &few).outcomes;
    match seen.keys().find(|outcome| !litmus.c11.contains(&outcome.as_str())) {
        Some(outcome) => Err(format!("real threads show {outcome}, which the table calls forbidden").into()),
        None => Ok(()),
    }
}

/// The outcomes are those in the book, or the failure is.
fn shows_sequential_consistency(litmus: &Litmus, exploration: &Exploration) -> Result<(), Failed> {
    let failure = exploration.failure.as_ref().map(|failure| failure.kind.to_string());
    let shown: BTreeSet<String> = exploration.outcomes.keys().chain(failure).collect();
    let allowed: BTreeSet<String> = litmus.sc.iter().map(|&outcome| outcome.to_owned()).collect();
    let complete = exploration.failure.is_none();
    let agrees = if complete { shown == allowed } else { shown.is_subset(&allowed) };
    if agrees && exploration.redundant == 0 {
        return Ok(());
    }
    Err(format!("expected {allowed:?}, and the exact engine shows {exploration:?}").into())
}

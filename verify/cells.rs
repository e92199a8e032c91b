//! One test a cell: its verdict is the one that was to come, and its snapshot is the one in the tree.

use libtest_mimic::{Failed, Trial};
use refectory::catalogue;
use refectory::cell::{Cell, Expect, Level};
use refectory::engine::Engine;
use refectory::report::{self, CellReport, Standing, Style};
use refectory::runner::{self, Options};
use refectory::verdict::Reason;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const SNAPSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots");

/// Unoptimised builds on a busy machine take their time; a hang is far longer than this all the same.
const DEADLINE: Duration = Duration::from_secs(180);

pub(crate) fn trials() -> Vec<Trial> {
    let cells = catalogue::cells(Level::PullRequest);
    let sound: Vec<Trial> = vec![
        Trial::test("catalogue/has_cells_for_every_engine_of_the_build", has_cells_for_every_engine),
        Trial::test("catalogue/ids_find_their_cells", ids_find_their_cells),
        Trial::test("catalogue/every_snapshot_has_its_cell", every_snapshot_has_its_cell),
        Trial::test("catalogue/every_twin_is_caught", every_twin_is_caught),
    ];
    cells.into_iter().map(|cell| Trial::test(cell.id(), move || check(&cell))).chain(sound).collect()
}

fn check(cell: &Cell) -> Result<(), Failed> {
    let report = run(cell)?;
    let compared = catch_unwind(AssertUnwindSafe(|| {
        if snapshot_is_stable(cell) {
            settings().bind(|| insta::assert_snapshot!(cell.snapshot(), report::snapshot(&report)));
        }
    }));
    // The verdict is the news; that the snapshot differs as well follows from it.
    if let Some(surprise) = surprise(cell, &report) {
        return Err(surprise.into());
    }
    compared.unwrap_or_else(|differs| resume_unwind(differs));
    Ok(())
}

/// Runs the cell alone, in a process of its own.
pub(crate) fn run(cell: &Cell) -> Result<CellReport, Failed> {
    let options = Options { jobs: 1, deadline: DEADLINE, ..Options::default() };
    let reports = runner::run(&[*cell], &options, &AtomicBool::new(false), &mut |_| {})?;
    Ok(reports.into_iter().next().ok_or("the cell did not come to its end")?)
}

/// What is wrong with the verdict. Where the engine's limit is reached it stays open, and the snapshot
/// says so; the exact explorer has only its budget to reach.
fn surprise(cell: &Cell, report: &CellReport) -> Option<String> {
    let wrong = match report.standing {
        Standing::Expected => false,
        Standing::Violation => true,
        Standing::Undecided => match report.open() {
            Some(Reason::Budget(_)) => cell.engine == Engine::Native,
            _ => matches!(cell.engine, Engine::Native | Engine::Dpor),
        },
    };
    let expected = match cell.expect() {
        Some(Expect::Held) => "it to hold".to_owned(),
        Some(Expect::Broken(kinds)) => format!("one of {kinds:?}"),
        None => "any verdict".to_owned(),
    };
    let evidence = report::finding(report, Style::Plain);
    wrong.then(|| format!("{}, but {expected} was to come\n\n{evidence}", report.verdict))
}

/// On real threads either may come of a broken twin, so there is nothing to compare.
fn snapshot_is_stable(cell: &Cell) -> bool {
    cell.engine.deterministic() || cell.subject.expect == Expect::Held
}

pub(crate) fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(SNAPSHOTS);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

fn has_cells_for_every_engine() -> Result<(), Failed> {
    let cells = catalogue::cells(Level::PullRequest);
    let shown = |engine: &Engine| engine.available() && *engine != Engine::DporOnShuttle;
    for engine in Engine::ALL.into_iter().filter(shown) {
        if !cells.iter().any(|cell| cell.engine == engine) {
            return Err(format!("no cell for {engine}").into());
        }
    }
    Ok(())
}

fn ids_find_their_cells() -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    for cell in catalogue::cells(Level::Nightly) {
        let found = catalogue::find(&cell.id()).map(|cell| cell.id());
        if found.as_ref() != Some(&cell.id()) || !seen.insert(cell.id()) {
            return Err(format!("{} finds {found:?}", cell.id()).into());
        }
    }
    Ok(())
}

/// A snapshot that no cell compares itself with is a claim that nobody checks. Those of engines that
/// this build leaves out are for other builds to judge.
fn every_snapshot_has_its_cell() -> Result<(), Failed> {
    let cells = catalogue::cells(Level::PullRequest);
    let known: BTreeSet<String> =
        cells.iter().filter(|cell| snapshot_is_stable(cell)).map(Cell::snapshot).collect();
    let obsolete: Vec<String> = snapshots(Path::new(SNAPSHOTS))?
        .into_iter()
        .filter(|name| engine_of(name).is_some_and(Engine::available) && !known.contains(name))
        .collect();
    match obsolete.as_slice() {
        [] => Ok(()),
        names => Err(format!("no cell has these snapshots: {}", names.join(", ")).into()),
    }
}

/// A twin that nothing catches is no evidence. Which engine catches it is in the snapshots, of all engines.
fn every_twin_is_caught() -> Result<(), Failed> {
    let twins = catalogue::subjects().filter(|subject| matches!(subject.expect, Expect::Broken(_)));
    for twin in twins {
        let caught = |name: String| {
            let text = std::fs::read_to_string(format!("{SNAPSHOTS}/{name}.snap"));
            text.is_ok_and(|text| text.contains("verdict: Broken"))
        };
        let level = Level::PullRequest;
        let in_scope =
            |scope| Engine::ALL.map(|engine| Cell { subject: twin, scope, engine, level }.snapshot());
        if !catalogue::scopes(twin, level).into_iter().flat_map(in_scope).any(caught) {
            return Err(format!("nothing catches {}", twin.id()).into());
        }
    }
    Ok(())
}

/// The names of the snapshots in a directory, which need not be there.
fn snapshots(directory: &Path) -> std::io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names: std::io::Result<Vec<String>> = names.collect();
    Ok(names?.iter().filter_map(|name| name.strip_suffix(".snap").map(str::to_owned)).collect())
}

/// The engine in `model__port__subject_scope__engine`; snapshots of other tests have other names.
fn engine_of(snapshot: &str) -> Option<Engine> {
    let (_, name) = snapshot.rsplit_once("__")?;
    Engine::ALL.into_iter().find(|engine| engine.name() == name)
}

//! One test a subject: the verdicts of its cells are those that were expected, and its page is the one in the tree.

use libtest_mimic::{Failed, Trial};
use refectory::catalogue;
use refectory::cell::{Cell, Expect, Level, Subject};
use refectory::engine::Engine;
use refectory::event::trace::Place;
use refectory::judge::{CellReport, Reason, Status};
use refectory::report::{self, Style};
use refectory::runner::{self, Options};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const SNAPSHOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots");

/// Unoptimised builds on a busy machine take their time; a hang is far longer than this all the same.
const DEADLINE: Duration = Duration::from_secs(180);

pub(crate) fn trials() -> Vec<Trial> {
    let of_subject =
        |subject: &'static Subject| Trial::test(format!("cells/{}", subject.id()), move || check(subject));
    let sound: Vec<Trial> = vec![
        Trial::test("catalogue/has_cells_for_every_engine_of_the_build", has_cells_for_every_engine),
        Trial::test("catalogue/ids_find_their_cells", ids_find_their_cells),
        Trial::test("catalogue/every_snapshot_has_its_subject", every_snapshot_has_its_subject),
        Trial::test("catalogue/every_twin_is_caught", every_twin_is_caught),
    ];
    catalogue::subjects().map(of_subject).chain(sound).collect()
}

fn check(subject: &'static Subject) -> Result<(), Failed> {
    let cells: Vec<Cell> = catalogue::cells(Level::PullRequest);
    let cells: Vec<Cell> = cells.into_iter().filter(|cell| std::ptr::eq(cell.subject, subject)).collect();
    let reports = run(&cells)?;
    let compared = catch_unwind(AssertUnwindSafe(|| compare(subject, &reports)));
    // The verdict is the news; that the snapshot differs as well follows from it.
    let surprises: Vec<String> =
        cells.iter().zip(&reports).filter_map(|(cell, report)| surprise(cell, report)).collect();
    if !surprises.is_empty() {
        return Err(surprises.join("\n").into());
    }
    compared.unwrap_or_else(|differs| resume_unwind(differs));
    Ok(())
}

fn compare(subject: &Subject, reports: &[CellReport]) {
    let scopes = catalogue::scopes(subject, Level::PullRequest);
    let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    let page = report::snapshot(subject, &scopes, reports, &page(subject), &source);
    let folder = format!("{}/{}", subject.model, subject.family);
    settings(&folder).bind(|| insta::assert_snapshot!(subject.name, page));
}

/// The subject's page as it stands; empty where there is none.
pub(crate) fn page(subject: &Subject) -> String {
    let text = std::fs::read_to_string(Path::new(SNAPSHOTS).join(subject.id() + ".snap")).unwrap_or_default();
    text.splitn(3, "---\n").nth(2).unwrap_or_default().to_owned()
}

/// A line of a source file of this tree.
fn source(place: &Place) -> Option<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&place.file)).ok()?;
    text.lines().nth(place.line as usize - 1).map(str::to_owned)
}

/// Runs the cells, each in a process of its own.
pub(crate) fn run(cells: &[Cell]) -> Result<Vec<CellReport>, Failed> {
    let options = Options { jobs: 1, deadline: DEADLINE, ..Options::default() };
    let reports = runner::run(cells, &options, &AtomicBool::new(false), &mut |_| {})?;
    if reports.len() < cells.len() { Err("a cell did not come to its end".into()) } else { Ok(reports) }
}

/// What is wrong with the verdict. Where the engine's limit is reached it stays open, and the snapshot
/// says so; the exact explorer has only its budget to reach.
fn surprise(cell: &Cell, report: &CellReport) -> Option<String> {
    let wrong = match report.status {
        Status::Expected => false,
        Status::Violation => true,
        Status::Undecided => match report.open() {
            Some(Reason::Budget(_) | Reason::Nightly) => cell.engine == Engine::Native,
            _ => matches!(cell.engine, Engine::Native | Engine::Dpor),
        },
    };
    let expected = match cell.expect() {
        Some(Expect::Held) => "it to hold".to_owned(),
        Some(Expect::Broken(kinds)) => format!("one of {kinds:?}"),
        None => "any verdict".to_owned(),
    };
    let evidence = report::finding(report, Style::Plain);
    wrong.then(|| format!("{}: {}, but {expected} was expected\n\n{evidence}", report.id, report.verdict))
}

/// Snapshots lie in this folder.
pub(crate) fn settings(folder: &str) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(Path::new(SNAPSHOTS).join(folder));
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
        let found = catalogue::find(&cell.id().to_string()).map(|cell| cell.id());
        if found.as_ref() != Some(&cell.id()) || !seen.insert(cell.id()) {
            return Err(format!("{} finds {found:?}", cell.id()).into());
        }
    }
    Ok(())
}

/// A snapshot that no subject compares itself with is a claim that nobody checks.
fn every_snapshot_has_its_subject() -> Result<(), Failed> {
    let known: BTreeSet<String> = catalogue::subjects().map(Subject::id).collect();
    let models: BTreeSet<&str> = catalogue::subjects().map(|subject| subject.model).collect();
    let mut obsolete = Vec::new();
    for model in models {
        for port in names(&Path::new(SNAPSHOTS).join(model))? {
            for file in names(&Path::new(SNAPSHOTS).join(model).join(&port))? {
                let id = format!("{model}/{port}/{}", file.split('.').next().unwrap_or(&file));
                // A page that is new and not accepted yet lies beside its subject's.
                if !known.contains(&id) || !file.ends_with(".snap") && !file.ends_with(".snap.new") {
                    obsolete.push(format!("{model}/{port}/{file}"));
                }
            }
        }
    }
    match obsolete.as_slice() {
        [] => Ok(()),
        names => Err(format!("no subject has these snapshots: {}", names.join(", ")).into()),
    }
}

/// A twin that nothing catches is no evidence. Which engine catches it is in its snapshot, of all engines.
fn every_twin_is_caught() -> Result<(), Failed> {
    for subject in catalogue::subjects() {
        if let Expect::Broken(kinds) = subject.expect
            && !report::is_caught(&page(subject), kinds)
        {
            return Err(format!("nothing catches {}", subject.id()).into());
        }
    }
    Ok(())
}

/// The names in a directory.
fn names(directory: &Path) -> std::io::Result<Vec<String>> {
    let entries = std::fs::read_dir(directory)?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

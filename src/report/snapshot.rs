//! The snapshot of a subject: one page, read as a diff in a pull request.
//!
//! Scopes down, engines across; in each field the verdict, the executions and, after `→`, how many outcomes they had.
//! Below it what the exact explorer measured and saw, why a search is not decided, and one counterexample. A page
//! belongs to all engines: a build that has only some of them writes their fields anew and leaves the others as they stand.

use super::finding::evidence;
use super::matrix::{in_short, short_kind};
use super::measures::is_exact;
use super::style::{Style, grouped, pad, width};
use crate::cell::{Expect, Subject};
use crate::engine::{Engine, Failure, FailureKind};
use crate::event::trace::Place;
use crate::judge::finding::trim;
use crate::judge::{CellReport, Reason};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The engines that have a column, whose facts are the same on every run and every machine. The first of them that
/// has a counterexample gives it.
const COLUMNS: [Engine; 5] = [Engine::Dpor, Engine::Loom, Engine::Pct, Engine::Random, Engine::Urw];
/// Outcomes are listed if there are at most this many.
const LISTED: usize = 4;
/// A field of an engine that does not run in this scope.
const NOTHING: &str = "·";
const GAP: &str = "  ";

const OUTCOMES: &str = "outcomes";
const OPEN: &str = "not decided";
const EXAMPLE: &str = "counterexample ";

/// A page, as its text says it.
#[derive(Debug, Default)]
struct Page {
    /// The fields by scope and column; a measure has a column too.
    fields: BTreeMap<(String, String), String>,
    /// The names of the columns of measures.
    measures: Vec<String>,
    /// The lines on outcomes.
    outcomes: String,
    /// The lines on searches that are not decided, by engine.
    open: BTreeMap<String, String>,
    /// The counterexample with its heading, and the engine that gave it.
    example: Option<(Engine, String)>,
}

/// The page of a subject in these scopes, from the reports of the engines that this build has, and of the other engines
/// as it `stands`. `source` gives a line of a source file.
pub fn snapshot(
    subject: &Subject,
    scopes: &[String],
    reports: &[CellReport],
    stands: &str,
    source: &dyn Fn(&Place) -> Option<String>,
) -> String {
    let mut page = Page::parse(stands);
    for engine in COLUMNS.into_iter().filter(|engine| engine.available()) {
        let of_engine: Vec<&CellReport> = reports.iter().filter(|report| report.engine == engine).collect();
        page.replace(engine, &of_engine, source);
    }
    page.text(subject, scopes)
}

/// The field of a scope and a column of a page: the verdict and the executions, or what was measured.
pub fn field_of(page: &str, scope: &str, column: &str) -> Option<String> {
    let fields = Page::parse(page).fields;
    let field = fields.get(&(scope.to_owned(), column.to_owned()))?;
    let field = field.split(" → ").next().unwrap_or(field);
    Some(field.replace("≤0s ", ""))
}

/// The text, with files in place of lines of files.
pub fn without_lines(text: &str) -> String {
    let line = |line: &str| Letters::default().within(line, &[]);
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Whether some engine has caught the twin of this page, as one of these kinds.
pub fn is_caught(page: &str, kinds: &[FailureKind]) -> bool {
    let caught =
        |field: &String| kinds.iter().any(|kind| field.starts_with(&format!("✗ {} ", short_kind(*kind))));
    Page::parse(page).fields.values().any(caught)
}

impl Page {
    /// Reads a page; what is no page is an empty one.
    fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut lines = text.lines().skip(1);
        let columns: Vec<&str> = lines.next().map_or(Vec::new(), split);
        page.measures =
            columns.iter().skip(1).filter(|it| engine(it).is_none()).map(ToString::to_string).collect();
        let rows: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        for fields in rows.into_iter().map(split).filter(|fields| fields.len() == columns.len()) {
            for (column, field) in columns.iter().zip(&fields).skip(1) {
                page.fields.insert((fields[0].to_owned(), (*column).to_owned()), (*field).to_owned());
            }
        }
        let rest: Vec<&str> = lines.collect();
        let at = rest.iter().position(|line| line.starts_with(EXAMPLE)).unwrap_or(rest.len());
        for section in rest[..at].split(|line| line.is_empty()) {
            match section.first() {
                Some(&OUTCOMES) => page.outcomes = joined(&section[1..]),
                Some(&OPEN) => {
                    let of = |line: &&str| Some((line.split(' ').next()?.to_owned(), format!("{line}\n")));
                    page.open = section[1..].iter().filter_map(of).collect();
                }
                _ => {}
            }
        }
        let by = rest.get(at).and_then(|line| line.split(['@', ',']).nth(1)).and_then(engine);
        page.example = by.map(|by| (by, joined(&rest[at..])));
        page
    }

    /// What an engine says takes the place of what it said.
    fn replace(
        &mut self,
        engine: Engine,
        reports: &[&CellReport],
        source: &dyn Fn(&Place) -> Option<String>,
    ) {
        self.fields.retain(|(_, column), _| column != engine.name());
        self.open.remove(engine.name());
        for report in reports {
            let at = (report.id.question.scope.clone(), engine.name().to_owned());
            self.fields.insert(at, field(report));
        }
        let open = not_decided(reports);
        if !open.is_empty() {
            self.open.insert(engine.name().to_owned(), format!("{}{GAP}{open}\n", engine.name()));
        }
        if engine == Engine::Dpor {
            self.measure(reports);
            self.outcomes = reports.iter().map(|report| outcomes(report)).collect();
        }
        let rank = |engine: Engine| COLUMNS.iter().position(|column| *column == engine);
        if self.example.as_ref().is_some_and(|(by, _)| rank(*by) < rank(engine)) {
            return;
        }
        let failing = reports.iter().filter(|report| report.failure().is_some());
        let steps = |failure: Failure| Some(failure.trace.operations()).filter(|steps| *steps > 0);
        let best = failing.min_by_key(|report| shown(report).and_then(steps).unwrap_or(usize::MAX));
        self.example = match best.and_then(|report| Some((engine, example(report, source)?))) {
            None if self.example.as_ref().is_some_and(|(by, _)| *by != engine) => self.example.take(),
            found => found,
        };
    }

    /// What the exact explorer measured: exact where it saw everything.
    fn measure(&mut self, reports: &[&CellReport]) {
        let names: BTreeSet<&String> = reports.iter().flat_map(|report| report.measures.keys()).collect();
        let gone = std::mem::take(&mut self.measures);
        self.fields.retain(|(_, column), _| !gone.contains(column));
        for report in reports {
            for (name, value) in &report.measures {
                let least = if is_exact(&report.verdict) { "" } else { "≥" };
                let value = format!("{least}{}", grouped(*value));
                self.fields.insert((report.id.question.scope.clone(), name.clone()), value);
            }
        }
        self.measures = names.into_iter().cloned().collect();
    }

    fn text(&self, subject: &Subject, scopes: &[String]) -> String {
        let title = match subject.expect {
            Expect::Held => match subject.when_killed {
                Some(declared) => format!("holds, {declared}"),
                None => "holds".to_owned(),
            },
            Expect::Broken(kinds) => {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                format!("† to be caught: {}", kinds.join(" or "))
            }
        };
        let mut text = format!("{}{GAP}{title}\n", subject.id());
        let engines = COLUMNS.iter().map(|engine| engine.name().to_owned());
        let columns: Vec<String> = engines.chain(self.measures.iter().cloned()).collect();
        let mut rows = vec![std::iter::once("scope".to_owned()).chain(columns.clone()).collect::<Vec<_>>()];
        for scope in scopes {
            let field = |column: &String| {
                self.fields.get(&(scope.clone(), column.clone())).map_or(NOTHING, String::as_str).to_owned()
            };
            rows.push(std::iter::once(scope.clone()).chain(columns.iter().map(field)).collect());
        }
        for row in &rows {
            text += &aligned(row, &rows);
        }
        if !self.outcomes.is_empty() {
            text += &format!("\n{OUTCOMES}\n{}", self.outcomes);
        }
        if !self.open.is_empty() {
            text += &format!("\n{OPEN}\n{}", self.open.values().map(String::as_str).collect::<String>());
        }
        if let Some((_, example)) = &self.example {
            text += &format!("\n{}\n", example.trim_end());
        }
        text
    }
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The fields of a row, which have two spaces or more between them.
fn split(line: &str) -> Vec<&str> {
    line.split(GAP).map(str::trim).filter(|field| !field.is_empty()).collect()
}

fn aligned(row: &[String], rows: &[Vec<String>]) -> String {
    let size = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let fields: Vec<String> =
        row.iter().enumerate().map(|(column, field)| pad(field, size(column))).collect();
    format!("{}\n", fields.join(GAP).trim_end())
}

fn engine(name: &str) -> Option<Engine> {
    COLUMNS.into_iter().find(|engine| engine.name() == name)
}

/// The verdict with its bounds, and how many outcomes there were.
fn field(report: &CellReport) -> String {
    let mut field = in_short(report);
    if !report.outcomes.is_empty() {
        field += &format!(" → {}", grouped(report.outcomes.len() as u64));
    }
    if report.redundant > 0 {
        field += &format!(", {} redundant", grouped(report.redundant));
    }
    field
}

/// The outcomes of a scope, or their number and a digest of them.
fn outcomes(report: &CellReport) -> String {
    let scope = &report.id.question.scope;
    if report.outcomes.len() > LISTED {
        let number = grouped(report.outcomes.len() as u64);
        return format!("{scope}{GAP}{number} ({:08x})\n", digest(report));
    }
    let lines = report.outcomes.iter().enumerate().map(|(index, (outcome, count))| {
        let scope = if index == 0 { scope.clone() } else { " ".repeat(width(scope)) };
        format!("{scope}{GAP}{} × {outcome}\n", grouped(count))
    });
    lines.collect()
}

/// FNV-1a of the outcomes and their counts (Glenn Fowler, Landon Curt Noll, Kiem-Phong Vo).
fn digest(report: &CellReport) -> u32 {
    let bytes =
        report.outcomes.iter().flat_map(|(outcome, count)| format!("{count} {outcome}\n").into_bytes());
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The scopes that an engine leaves open, by reason.
fn not_decided(reports: &[&CellReport]) -> String {
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for report in reports {
        match report.open() {
            None | Some(Reason::Nightly) => {}
            Some(reason) => {
                let reason = without_lines(&reason.to_string());
                reasons.entry(reason).or_default().push(&report.id.question.scope);
            }
        }
    }
    let said = reasons.iter().map(|(reason, scopes)| format!("{}: {reason}", scopes.join(", ")));
    said.collect::<Vec<_>>().join("; ")
}

/// The failure, without the steps that explain nothing.
fn shown(report: &CellReport) -> Option<Failure> {
    let failure = report.failure()?;
    Some(Failure { trace: trim(failure.kind, &failure.trace), ..failure.clone() })
}

/// The counterexample, with letters for places, and what stands there.
fn example(report: &CellReport, source: &dyn Fn(&Place) -> Option<String>) -> Option<String> {
    let mut failure = shown(report)?;
    let mut letters = Letters::default();
    for step in &mut failure.trace.steps {
        step.place = letters.of(&step.place);
    }
    let trace = &report.failure()?.trace;
    let born = trace.objects.iter().map(|object| &object.born);
    let places: Vec<&Place> = trace.steps.iter().map(|step| &step.place).chain(born).collect();
    failure.message = letters.within(&failure.message, &places);
    let mut text = format!(
        "{EXAMPLE}{}@{}, execution {}\n{}",
        report.id.question.scope,
        report.engine,
        grouped(failure.execution),
        evidence(&failure, Style::Plain)
    );
    for (place, letter) in letters.places.iter().enumerate().map(|(index, place)| (place, letter(index))) {
        let line = source(place).unwrap_or_default();
        writeln!(text, "{letter}{GAP}{}: {}", file(place), line.trim()).expect("a String takes everything");
    }
    Some(text)
}

/// Places by letters, in the order in which they come up.
#[derive(Debug, Default)]
struct Letters {
    places: Vec<Place>,
}

impl Letters {
    /// A place that is shown as a letter.
    fn of(&mut self, place: &Place) -> Place {
        let known = self.places.iter().position(|it| it == place);
        let index = known.unwrap_or_else(|| {
            self.places.push(place.clone());
            self.places.len() - 1
        });
        Place { file: letter(index), line: 0 }
    }

    /// The message, with letters in place of places; of one that is not known the line is left out.
    fn within(&mut self, message: &str, places: &[&Place]) -> String {
        let word = |word: &str| {
            let bare = word.trim_matches(|letter: char| !letter.is_alphanumeric());
            let Some((name, _)) = bare.split_once(".rs:") else { return word.to_owned() };
            match places.iter().find(|place| place.to_string() == bare) {
                Some(place) => word.replace(bare, &self.of(place).to_string()),
                None => word.replace(bare, &format!("{name}.rs")),
            }
        };
        message.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

/// a to z, then aa to az, and so on.
fn letter(index: usize) -> String {
    let last = char::from(b'a' + (index % 26) as u8);
    if index < 26 { last.to_string() } else { letter(index / 26 - 1) + &last.to_string() }
}

/// The file's name with its folder: many have one name.
fn file(place: &Place) -> String {
    let parts: Vec<&str> = place.file.rsplit(['/', '\\']).take(2).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

#[cfg(all(test, feature = "dpor"))]
mod tests {
    use super::super::example;
    use super::*;

    const SUBJECT: Subject = Subject::new("threads/table/ordered");
    const TWIN: Subject = Subject::new("threads/table/ordered~left_first").broken(&[FailureKind::Deadlock]);

    fn source(place: &Place) -> Option<String> {
        Some(format!("    line {} of {};", place.line, place.file))
    }

    fn page(subject: &Subject, reports: &[CellReport], stands: &str) -> String {
        let mut scopes: Vec<String> = reports.iter().map(|report| report.id.question.scope.clone()).collect();
        scopes.dedup();
        snapshot(subject, &scopes, reports, stands, &source)
    }

    #[test]
    fn places_are_letters() {
        let mut letters = Letters::default();
        let (one, other) =
            (Place { file: "src/a/mod.rs".to_owned(), line: 7 }, Place { file: "b.rs".to_owned(), line: 7 });
        assert_eq!(letters.of(&one).to_string(), "a");
        assert_eq!(letters.of(&other).to_string(), "b");
        assert_eq!(letters.of(&one).to_string(), "a");
        let message = "read at b.rs:7, made at mod.rs:7, used at c.rs:9";
        assert_eq!(letters.within(message, &[&one, &other]), "read at b, made at a, used at c.rs");
        assert_eq!(file(&one), "a/mod.rs");
        assert_eq!([0, 25, 26, 27].map(letter), ["a", "z", "aa", "ab"]);
    }

    #[test]
    fn a_page_shows_scopes_engines_outcomes_and_measures() {
        let mut report = example::report("threads/table/ordered/2x1", Engine::Dpor, example::held());
        report.executions = 1_204;
        report.outcomes = [("1 then 2", 4), ("2 then 1", 1_200)].into();
        report.measures = [("overtaken".to_owned(), 2)].into();
        let text = page(&SUBJECT, &[report], "");
        let expected = "
threads/table/ordered  holds
scope  dpor         loom  pct  random  urw  overtaken
2x1    ✓ 1 204 → 2  ·     ·    ·       ·    2

outcomes
2x1  4 × 1 then 2
     1 200 × 2 then 1
";
        assert_eq!(format!("\n{text}"), expected);
    }

    #[test]
    fn a_twin_has_its_shortest_counterexample_with_source_text() {
        let text = page(&TWIN, &[example::caught_deadlock(3), example::caught_deadlock(2)], "");
        assert!(text.starts_with("threads/table/ordered~left_first  † to be caught: deadlock\n"), "{text}");
        assert!(text.contains("\ncounterexample 2x1@dpor, execution "), "{text}");
        assert!(text.contains("philosopher 1 holds fork 1 (a), waits for fork 2 (b)"), "{text}");
        assert!(text.ends_with("b  src/table.rs: line 41 of src/table.rs;\n"), "{text}");
    }

    /// Each engine's columns are rewritten alone, whatever else stands in the page.
    #[test]
    fn what_others_say_stays() {
        let stands = "threads/table/ordered~left_first  † to be caught: deadlock
scope  dpor       loom           pct        random     urw
2x1    ✗ lost 99  ✗ deadlock 17  ✗ lost 31  ✓ ~20 → 1  ✓ ~20 → 3

not decided
dpor  3x1: budget: 20
loom  4x1: unsupported: too many

counterexample 2x1@dpor, execution 99
  old
";
        let text = page(&TWIN, &[example::caught_deadlock(2)], stands);
        let row = text.lines().nth(2).unwrap_or_default();
        assert!(row.starts_with("2x1    ✗ deadlock"), "{text}");
        let others =
            [("loom", "✗ deadlock 17"), ("pct", "✗ lost 31"), ("random", "✓ ~20 → 1"), ("urw", "✓ ~20 → 3")];
        for (engine, said) in others {
            let other =
                COLUMNS.into_iter().find(|column| column.name() == engine).is_some_and(Engine::available);
            assert_eq!(row.contains(said), !other, "{engine}: {text}");
        }
        assert!(!text.contains("budget: 20\n") && !text.contains("  old"), "{text}");
    }
}

//! Which cells a command is about.

use super::ending::Stop;
use clap::Args;
use refectory::catalogue;
use refectory::cell::{Cell, CellId, Level, Subject};
use refectory::engine::Engine;
use refectory::judge::{id_of_rounds, rounds_of};
use std::collections::BTreeSet;

/// Names offered for one that is not known.
const OFFERED: usize = 3;
/// Likeness from which a name is worth offering.
const LIKE: f64 = 0.6;

/// Cells by parts of their ids.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Selection {
    /// Parts of cell ids, as in `threads/table`, `left_first` or `3x1@dpor`; a cell that contains one
    /// of them is taken. Names may be shortened, as in `thread/tab`.
    filter: Vec<String>,
    /// Engines, as in `loom,dpor`: native, loom, random, pct, urw, dpor, dpor-on-shuttle.
    #[arg(long = "engine", value_name = "ENGINE", value_delimiter = ',')]
    engines: Vec<String>,
    /// What a pull request is checked with (`pr`), all scopes (`nightly`), or one scope, as in `3x1`
    /// [default: pr].
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
}

impl Selection {
    /// All scopes of the cells whose ids contain this.
    pub(super) fn nightly(filter: &str) -> Self {
        Self { filter: parts(filter), scope: Some("nightly".to_owned()), ..Self::default() }
    }

    /// The cells of the catalogue that are meant. There is at least one.
    pub(super) fn cells(&self) -> Result<Vec<Cell>, Stop> {
        let engines = self.engines()?;
        let mut cells = self.scoped()?;
        let ids: Vec<String> = cells.iter().map(|cell| cell.id().to_string()).collect();
        let mut wanted = BTreeSet::new();
        for filter in &self.filter {
            let fitting = fitting(&ids, filter);
            if fitting.is_empty() {
                return Err(unknown("filter", filter, &vocabulary(&cells)));
            }
            wanted.extend(fitting);
        }
        cells.retain(|cell| engines.is_empty() || engines.contains(&cell.engine));
        cells.retain(|cell| self.filter.is_empty() || wanted.contains(&cell.id().to_string()));
        match cells.is_empty() {
            true => Err(Stop::usage("no cell fits all of filter, engine and scope")),
            false => Ok(cells),
        }
    }

    fn engines(&self) -> Result<Vec<Engine>, Stop> {
        self.engines.iter().map(|name| engine(name)).collect()
    }

    fn scoped(&self) -> Result<Vec<Cell>, Stop> {
        let name = self.scope.as_deref().unwrap_or("pr").replace('×', "x");
        match name.as_str() {
            "pr" => return Ok(catalogue::cells(Level::PullRequest)),
            "nightly" => return Ok(catalogue::cells(Level::Nightly)),
            _ => {}
        }
        let all = catalogue::cells(Level::Nightly);
        let mut names: BTreeSet<String> = all.iter().map(|cell| cell.scope.to_string()).collect();
        let cells: Vec<Cell> = all.into_iter().filter(|cell| cell.scope.to_string() == name).collect();
        if cells.is_empty() {
            names.extend(["pr".to_owned(), "nightly".to_owned()]);
            return Err(unknown("scope", &name, &names));
        }
        Ok(cells)
    }
}

fn engine(name: &str) -> Result<Engine, Stop> {
    let names = || Engine::ALL.iter().map(ToString::to_string).collect();
    let engine = Engine::named(name).ok_or_else(|| unknown("engine", name, &names()))?;
    if !engine.available() {
        let message = format!("this build has no engine `{engine}`: build with `--all-features`");
        return Err(Stop::usage(message));
    }
    Ok(engine)
}

/// What an id is the name of.
pub(super) enum Named {
    Cell(Cell),
    Rounds(&'static Subject, u64),
}

impl Named {
    pub(super) fn id(&self) -> CellId {
        match self {
            Self::Cell(cell) => cell.id(),
            Self::Rounds(subject, seed) => id_of_rounds(subject, *seed),
        }
    }
}

/// The cell, or the rounds, with this id.
pub(super) fn named(id: &str) -> Result<Named, Stop> {
    let rounds = id.parse().ok().and_then(|id| rounds_of(&id));
    rounds.map_or_else(|| cell(id).map(Named::Cell), |(subject, seed)| Ok(Named::Rounds(subject, seed)))
}

/// The cell with this id.
fn cell(id: &str) -> Result<Cell, Stop> {
    let ids = || catalogue::cells(Level::Nightly).iter().map(|cell| cell.id().to_string()).collect();
    catalogue::find(id).ok_or_else(|| unknown("cell", id, &ids()))
}

/// The parts of ids that are asked for by at most one.
pub(super) fn parts(filter: &str) -> Vec<String> {
    if filter.is_empty() { Vec::new() } else { vec![filter.to_owned()] }
}

/// The ids with this part; where there is none, those of which it gives the beginnings of names: `thread/tab` stands for `threads/table`.
fn fitting(ids: &[String], part: &str) -> Vec<String> {
    let has = |fits: &dyn Fn(&str) -> bool| ids.iter().filter(|id| fits(id)).cloned().collect();
    let whole: Vec<String> = has(&|id| id.contains(part));
    if whole.is_empty() { has(&|id| is_short_for(part, id)) } else { whole }
}

fn is_short_for(part: &str, id: &str) -> bool {
    let split = |text: &str| text.split(['/', '@']).map(str::to_owned).collect::<Vec<_>>();
    let (short, names) = (split(part), split(id));
    let begin =
        |names: &[String]| names.iter().zip(&short).all(|(name, short)| name.starts_with(short.as_str()));
    names.windows(short.len()).any(begin)
}

/// The subjects with these ids, or those that have one of them in theirs; all, where there is none.
pub(super) fn subjects(filters: &[String]) -> Result<Vec<&'static Subject>, Stop> {
    let mut wanted = BTreeSet::new();
    let ids: Vec<String> = catalogue::subjects().map(Subject::id).collect();
    for filter in filters {
        let fitting = if ids.contains(filter) { vec![filter.clone()] } else { fitting(&ids, filter) };
        if fitting.is_empty() {
            return Err(unknown_subject(filter));
        }
        wanted.extend(fitting);
    }
    Ok(catalogue::subjects().filter(|subject| filters.is_empty() || wanted.contains(&subject.id())).collect())
}

/// As in `` `threads/table`, `left_first` ``.
pub(super) fn quoted(filters: &[String]) -> String {
    filters.iter().map(|filter| format!("`{filter}`")).collect::<Vec<_>>().join(", ")
}

fn unknown_subject(filter: &str) -> Stop {
    let subjects = catalogue::subjects();
    let mut names: BTreeSet<String> = subjects.clone().map(|subject| subject.name.to_owned()).collect();
    names.extend(subjects.map(Subject::id));
    unknown("subject", filter, &names)
}

/// Everything that a filter is likely to name: ids, and the words that they are made of.
fn vocabulary(cells: &[Cell]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for cell in cells {
        let id = cell.id().to_string();
        words.extend(id.split(['/', '@', '~', '.']).map(str::to_owned));
        let subject = id.rsplit_once('/').map_or(id.as_str(), |(subject, _)| subject);
        words.insert(subject.to_owned());
        words.insert(id);
    }
    words
}

fn unknown(what: &str, name: &str, known: &BTreeSet<String>) -> Stop {
    let nearest = nearest(name, known);
    let hint = match nearest.as_slice() {
        [] => "see `refectory list`".to_owned(),
        names => format!("did you mean {}?", names.join(" or ")),
    };
    Stop::usage(format!("no {what} `{name}`: {hint}"))
}

/// Something that is none of a few, all of which are named.
pub(super) fn unknown_of(what: &str, name: &str, all: &[&str]) -> Stop {
    let known = all.iter().map(|name| (*name).to_owned()).collect();
    let hint = match nearest(name, &known).as_slice() {
        [] => {
            format!("there are {}", all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
        names => format!("did you mean {}?", names.join(" or ")),
    };
    Stop::usage(format!("no {what} `{name}`: {hint}"))
}

fn nearest(name: &str, known: &BTreeSet<String>) -> Vec<String> {
    let mut ranked: Vec<(f64, &String)> =
        known.iter().map(|word| (strsim::jaro_winkler(name, word), word)).collect();
    ranked.retain(|(likeness, _)| *likeness >= LIKE);
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(OFFERED).map(|(_, word)| format!("`{word}`")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(filter: &[&str], engines: &[&str], scope: Option<&str>) -> Result<Vec<Cell>, String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let scope = scope.map(str::to_owned);
        let selection = Selection { filter: owned(filter), engines: owned(engines), scope };
        selection.cells().map_err(|stop| stop.message)
    }

    #[test]
    fn a_filter_is_part_of_an_id() {
        let cells = select(&["left_first"], &["native"], None).unwrap();
        assert!(cells.iter().all(|cell| cell.id().to_string().contains("left_first")));
        let more = select(&["left_first", "ordered"], &["native"], None).unwrap();
        assert!(more.len() > cells.len());
    }

    #[test]
    fn names_may_be_shortened() {
        let whole = select(&["threads/table/ordered"], &["native"], None).unwrap();
        assert_eq!(select(&["thread/tab/ordered"], &["native"], None).unwrap().len(), whole.len());
        assert!(select(&["thread/bat"], &[], None).is_err());
        let cells = select(&["thread/table/ordered/2x1@nat"], &[], None).unwrap();
        assert!(cells.iter().all(|cell| cell.engine == Engine::Native), "{cells:?}");
    }

    #[test]
    fn subjects_are_those_of_all_filters() {
        let of = |filters: &[&str]| {
            let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
            subjects(&filters).map(|found| found.len()).map_err(|stop| stop.message)
        };
        let (tables, ordered) = (of(&["threads/table"]).unwrap(), of(&["threads/table/ordered"]).unwrap());
        assert_eq!(ordered, 1, "an id stands for itself, and not for its twins");
        assert_eq!(of(&["threads/table", "threads/table/ordered"]), Ok(tables));
        assert_eq!(of(&["threads/table", "gil/lock/cpython"]), Ok(tables + 1));
        assert_eq!(of(&[]), Ok(catalogue::subjects().count()));
        assert!(of(&["threads/table", "orderd"]).unwrap_err().starts_with("no subject `orderd`"));
    }

    #[test]
    fn an_unknown_filter_names_the_nearest() {
        let message = select(&["left_frist"], &[], None).unwrap_err();
        assert!(message.starts_with("no filter `left_frist`: did you mean `left_first`"), "{message}");
    }

    #[test]
    fn an_unknown_engine_names_the_nearest() {
        let message = select(&[], &["lom"], None).unwrap_err();
        assert!(message.contains("did you mean `loom`"), "{message}");
    }

    #[test]
    fn a_scope_is_a_level_or_a_size() {
        let cells = select(&[], &[], Some("3×1")).unwrap();
        assert!(cells.iter().all(|cell| cell.scope.to_string() == "3x1"));
        assert!(select(&[], &[], Some("nightly")).unwrap().len() >= select(&[], &[], None).unwrap().len());
        assert!(select(&[], &[], Some("nigthly")).unwrap_err().contains("`nightly`"));
    }

    #[test]
    fn an_unknown_cell_names_the_nearest() {
        let message = cell("threads/table/ordered~left_first/3x1@natve").unwrap_err().message;
        assert!(message.contains("`threads/table/ordered~left_first/3x1@native`"), "{message}");
    }
}

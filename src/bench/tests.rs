//! From files of criterion's to the table.

use super::*;
use crate::report::Style;
use std::path::{Path, PathBuf};
use std::{fs, process};

/// A directory as criterion leaves it, which is removed in the end.
struct Results(PathBuf);

impl Results {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("refectory-bench-{}-{name}", process::id()));
        // It may be there from a process with the same number.
        let _ = fs::remove_dir_all(&directory);
        Self(directory)
    }

    fn write(&self, function: &str, file: &str, text: &str) {
        let file = self.0.join(function).join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// A function with so many nanoseconds for an iteration of two items.
    fn function(self, group: &str, function: &str, nanoseconds: f64) -> Self {
        let directory = format!("{}/{}", group.replace('/', "_"), function.replace('/', "_"));
        let benchmark = format!(
            r#"{{"group_id":"{group}","function_id":"{function}","value_str":null,"throughput":{{"Elements":2}},
                "full_id":"{group}/{function}","directory_name":"{directory}","title":"{group}/{function}"}}"#
        );
        self.write(&directory, "new/benchmark.json", &benchmark);
        self.write(&directory, "new/estimates.json", &estimates(nanoseconds));
        self
    }

    fn report(&self) -> Report {
        Report::of(&measured(&self.0, None).unwrap(), None)
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        // It may not have come to be.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// From a tenth less to a tenth more.
fn estimates(value: f64) -> String {
    let (low, high) = (value - 0.1 * value.abs(), value + 0.1 * value.abs());
    let point = format!(
        r#"{{"confidence_interval":{{"confidence_level":0.95,"lower_bound":{low},"upper_bound":{high}}},
            "point_estimate":{value},"standard_error":0.1}}"#
    );
    format!(r#"{{"mean":{point},"median":{point},"median_abs_dev":{point},"slope":null,"std_dev":{point}}}"#)
}

#[test]
fn a_ratio_is_of_throughput_over_the_fastest_peer() {
    let results = Results::new("ratio")
        .function("queue/a", "threads/queue", 80.0)
        .function("queue/a", "kanal", 40.0)
        .function("queue/a", "flume", 160.0);
    let report = results.report();
    let [row] = report.rows.as_slice() else { panic!("{report:?}") };
    assert_eq!(
        (row.subject.as_str(), row.best_peer.as_str(), row.ratio.value),
        ("threads/queue", "kanal", 0.5)
    );
    assert!((row.time.value - 40e-9).abs() < 1e-15 && (row.peer_time.value - 20e-9).abs() < 1e-15, "{row:?}");
    // Of two intervals of a tenth each, about √2 tenths.
    assert!((0.42..0.44).contains(&row.ratio.low) && (0.57..0.59).contains(&row.ratio.high), "{row:?}");
    let ratios =
        report.scenarios[0].functions.iter().map(|one| (one.name.as_str(), one.ratio.unwrap().value));
    assert_eq!(ratios.collect::<Vec<_>>(), [("kanal", 1.0), ("threads/queue", 0.5), ("flume", 0.25)]);
}

#[test]
fn the_worst_row_comes_first() {
    let results = Results::new("worst")
        .function("queue/a", "threads/queue", 50.0)
        .function("queue/a", "kanal", 100.0)
        .function("lock/b", "threads/futex", 400.0)
        .function("lock/b", "threads/recursive", 200.0)
        .function("lock/b", "parking_lot Mutex", 100.0);
    let report = results.report();
    let rows: Vec<(&str, f64)> =
        report.rows.iter().map(|row| (row.subject.as_str(), row.ratio.value)).collect();
    assert_eq!(rows, [("threads/futex", 0.25), ("threads/recursive", 0.5), ("threads/queue", 2.0)]);
}

#[test]
fn a_scenario_with_no_peer_or_with_nothing_of_ours_is_apart() {
    let results = Results::new("alone")
        .function("pattern/items", "channels/tee", 50.0)
        .function("recorder/clock", "monotonic", 100.0)
        .function("recorder/clock", "of this machine", 10.0);
    let report = results.report();
    assert_eq!(report.rows, []);
    let alone: Vec<&str> = report.alone.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(alone, ["channels/tee", "of this machine", "monotonic"]);
}

#[test]
fn ours_are_named_by_a_model_or_a_module() {
    let results = Results::new("ours")
        .function("proof/a", "engine/dpor", 10.0)
        .function("proof/a", "raw/loom", 10.0)
        .function("proof/a", "processes/ring", 10.0)
        .function("proof/a", "shuttle", 10.0);
    let names: Vec<String> = results.report().rows.into_iter().map(|row| row.subject).collect();
    assert_eq!(names, ["engine/dpor", "processes/ring"]);
}

#[test]
fn a_broken_file_is_named() {
    let results = Results::new("broken").function("queue/a", "kanal", 1.0);
    for text in ["{", r#"{"median": 7}"#, &estimates(-1.0)] {
        results.write("queue_a/kanal", "new/estimates.json", text);
        let broken = measured(&results.0, None).unwrap_err();
        assert_eq!(broken.file, results.0.join("queue_a/kanal/new/estimates.json"));
        assert!(broken.to_string().contains("kanal/new/estimates.json: "), "{broken}");
    }
}

#[test]
fn a_change_is_told_where_criterion_has_compared_with_this_baseline() {
    let results =
        Results::new("change").function("queue/a", "kanal", 90.0).function("queue/a", "flume", 70.0);
    for (function, before) in [("queue_a/kanal", 100.0), ("queue_a/flume", 100.0)] {
        results.write(function, "before/estimates.json", &estimates(before));
        // The second one is of another baseline.
        results.write(function, "change/estimates.json", &estimates(-0.1));
    }
    assert_eq!(baselines(&results.0).unwrap().into_iter().collect::<Vec<_>>(), ["before"]);
    let changes = |baseline| -> Vec<(String, Option<f64>)> {
        let all = measured(&results.0, baseline).unwrap().into_iter();
        all.map(|one| (one.function, one.change.map(|change| change.value))).collect()
    };
    let named = |name: &str, change| (name.to_owned(), change);
    assert_eq!(changes(Some("before")), [named("flume", None), named("kanal", Some(-0.1))]);
    assert_eq!(changes(None), [named("flume", None), named("kanal", None)]);
    let report = Report::of(&measured(&results.0, Some("before")).unwrap(), Some("before"));
    let shown = super::table(&report, Style::Plain);
    assert!(shown.contains("time since before") && shown.contains("-10.0 % (-11.0 to -9.0)"), "{shown}");
}

#[test]
fn only_what_is_new_is_of_this_run() {
    let results = Results::new("since").function("queue/a", "kanal", 90.0);
    let before = criterion::Known::below(&results.0).unwrap();
    let results = results.function("queue/a", "flume", 70.0);
    let measured = criterion::Known::below(&results.0).unwrap().since(&before).read(None).unwrap();
    let names: Vec<&str> = measured.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(names, ["queue/a/flume"]);
}

#[test]
fn where_nothing_was_measured_there_is_nothing() {
    assert_eq!(measured(Path::new("/no/such/directory"), None).unwrap(), []);
}

#[test]
fn tables_say_what_is_known() {
    let results = Results::new("table")
        .function("queue/a", "threads/queue", 80.0)
        .function("queue/a", "kanal", 40.0)
        .function("pattern/items", "channels/tee", 5_000.0);
    let left_out =
        |what: &str| LeftOut { what: what.to_owned(), why: "did not fit into the budget".to_owned() };
    let report = Report { left_out: vec![left_out("queue/b"), left_out("queue/c")], ..results.report() };
    let expected = "\
throughput over that of the best peer, the worst first
                 ratio       lies in  scenario  an item  best peer  its item
  threads/queue   0.50  0.43 to 0.58  queue/a   40.0 ns  kanal       20.0 ns

times with no peer
                an item             lies in  scenario
  channels/tee  2.50 µs  2.25 µs to 2.75 µs  pattern/items

not measured, did not fit into the budget: queue/b; queue/c

3 functions in 2 scenarios; 1 row beside a best peer: 0 ahead of it, 1 behind, 0 as fast within the spread
";
    assert_eq!(super::table(&report, Style::Plain), expected);
}

#[test]
fn a_page_needs_nothing_else() {
    let results = Results::new("page")
        .function("queue/a", "threads/queue", 80.0)
        .function("queue/a", "Mutex<Vec>", 40.0)
        .function("pattern/items", "channels/tee", 5_000.0);
    let page = super::page(&results.report());
    for outside in ["http:", "https:", "<script", "<link", "@import", "url(", "<Vec>"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("Mutex&lt;Vec&gt;") && page.matches("<svg ").count() == 1);
    for tag in ["section", "table", "tr", "td", "th", "svg", "text", "details", "figure", "p", "li"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn programs_read_the_version_first() {
    let report = Results::new("json").function("queue/a", "kanal", 1.0).report();
    let read: serde_json::Value = serde_json::from_str(&json(&report).unwrap()).unwrap();
    assert_eq!(
        (&read["format"], &read["rows"], &read["alone"][0]["name"]),
        (&1.into(), &serde_json::json!([]), &"kanal".into())
    );
}

//! `refectory bench` from outside: on a source tree in small, whose benches write what criterion would write.

use crate::command_line::{expect, refectory};
use crate::scratch;
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("bench/ratios_are_shown_the_worst_first", ratios_are_shown_the_worst_first),
        Trial::test("bench/what_does_not_fit_is_named", what_does_not_fit_is_named),
        Trial::test("bench/bad_input_is_named_with_a_way_out", bad_input_is_named_with_a_way_out),
        Trial::test("bench/a_bench_that_fails_hides_no_other", a_bench_that_fails_hides_no_other),
        Trial::test("bench/an_interrupt_ends_the_bench_too", an_interrupt_ends_the_bench_too),
    ]
}

/// The tree, and a directory of this test for what is built and measured.
struct Benches(PathBuf);

impl Benches {
    fn new(test: &str) -> Result<Self, Failed> {
        let directory = scratch::path(test);
        fs::create_dir_all(&directory)?;
        Ok(Self(directory))
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, Failed> {
        let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("verify/bench/tree");
        self.run_in(&tree, arguments)
    }

    fn run_in(&self, directory: &Path, arguments: &[&str]) -> Result<Output, Failed> {
        let mut command = refectory();
        command.arg("bench").args(arguments).current_dir(directory).env("CARGO_TARGET_DIR", &self.0);
        Ok(command.env_remove("CRITERION_HOME").stdin(Stdio::null()).output()?)
    }

    /// A file of this test.
    fn file(&self, name: &str) -> Result<String, Failed> {
        Ok(self.0.join(name).to_str().ok_or("a path that is no text")?.to_owned())
    }
}

/// The first words of the rows of a table, from its head on.
fn rows(output: &Output) -> Vec<Vec<String>> {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows = said.lines().skip(2).take_while(|line| !line.is_empty());
    rows.map(|row| row.split_whitespace().take(2).map(str::to_owned).collect()).collect()
}

fn ratios_are_shown_the_worst_first() -> Result<(), Failed> {
    let benches = Benches::new("ratios")?;
    let (json, html) = (benches.file("report.json")?, benches.file("report.html")?);
    let files = ["--json", &json, "--html", &html];
    let measured = benches.run(&[&["ends", "--budget", "9s"], &files[..]].concat())?;
    expect(&measured, 0, "6 functions in 2 scenarios; 3 rows beside a best peer", "ends: 6 functions, ")?;
    let expected = [["threads/bounded", "0.25"], ["threads/queue", "0.50"], ["threads/queue", "4.00"]];
    if rows(&measured) != expected {
        return Err(format!("{:?}", rows(&measured)).into());
    }
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&json)?)?;
    if report["format"] != 1
        || report["rows"][0]["best_peer"] != "a peer"
        || report["rows"][3] != serde_json::Value::Null
    {
        return Err(report.to_string().into());
    }
    if !fs::read_to_string(&html)?.ends_with("</html>\n") {
        return Err("half a page".into());
    }
    let again = benches.run(&["ends/one", "--from", &benches.file("criterion")?])?;
    expect(&again, 0, "2 functions in 1 scenario; 1 row beside a best peer", "")
}

fn what_does_not_fit_is_named() -> Result<(), Failed> {
    let benches = Benches::new("budget")?;
    let output = benches.run(&["ends", "--budget", "1s"])?;
    expect(&output, 0, "not measured, did not fit into the budget: ends/two\n", "")
}

fn bad_input_is_named_with_a_way_out() -> Result<(), Failed> {
    let benches = Benches::new("input")?;
    let refused = |arguments: &[&str], why: &str| expect(&benches.run(arguments)?, 2, "", why);
    refused(&["ends/three"], "no group has `ends/three` in its name; there are: ends/one; ends/two")?;
    refused(&["ends", "--baseline", "before"], "no baseline `before`: none is saved; see --save-baseline")?;
    refused(&["ends", "--save-baseline", "new"], "criterion keeps something else under `new`")?;
    refused(&["ends", "--budget", "soon"], "`soon` is no time; write `60s` or `5m`")?;
    refused(&["--from", "/no/such/place"], "criterion has left nothing in /no/such/place")?;
    refused(&["--html", "/no/such/place.html"], "/no/such/place.html: ")?;
    let elsewhere = benches.run_in(&benches.0, &[])?;
    expect(&elsewhere, 2, "", "is in no source tree of refectory")?;
    expect(&elsewhere, 2, "", "run `cargo refectory bench` there")?;
    let new = benches.0.join("results/queue/kanal/new");
    fs::create_dir_all(&new)?;
    fs::write(new.join("benchmark.json"), "{")?;
    refused(&["--from", &benches.file("results")?], "queue/kanal/new/benchmark.json: EOF while parsing")
}

fn a_bench_that_fails_hides_no_other() -> Result<(), Failed> {
    let benches = Benches::new("fails")?;
    let output = benches.run(&["fails", "--budget", "9s"])?;
    expect(&output, 4, "failed, exit status: 101: fails\n", "this bench fails")?;
    expect(&output, 4, "threads/queue   0.50", "")
}

fn an_interrupt_ends_the_bench_too() -> Result<(), Failed> {
    let benches = Benches::new("interrupt")?;
    let output = benches.run(&["waits", "--budget", "9s"])?;
    expect(&output, 130, "threads/queue   0.50", "")?;
    expect(&output, 130, "not measured, interrupted: waits/second\n", "")?;
    expect(&output, 130, "interrupted: this is what was measured by then\n", "")
}

//! The command line from outside: exit codes, and what is said where.

use libtest_mimic::{Failed, Trial};
use refectory::catalogue;
use refectory::cell::{Cell, Level};
use refectory::engine::Engine;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("command_line/an_unknown_name_is_a_usage_error", an_unknown_name_is_a_usage_error),
        Trial::test("command_line/verify_prints_matrix_and_totals", verify_prints_matrix_and_totals),
        Trial::test("command_line/json_has_a_report_for_each_cell", json_has_a_report_for_each_cell),
        Trial::test("command_line/a_reader_that_leaves_is_no_error", a_reader_that_leaves_is_no_error),
        Trial::test("command_line/what_is_kept_is_shown", what_is_kept_is_shown),
    ]
}

/// The command, with no colours and findings of its own.
fn refectory() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refectory"));
    let store = std::env::temp_dir().join(format!("refectory-test-{}", std::process::id()));
    command.env("NO_COLOR", "1").env("REFECTORY_STORE", store);
    command
}

fn run(arguments: &[&str]) -> Result<Output, Failed> {
    Ok(refectory().args(arguments).stdin(Stdio::null()).output()?)
}

fn expect(output: &Output, code: i32, stdout: &str, stderr: &str) -> Result<(), Failed> {
    let said = String::from_utf8_lossy(&output.stdout);
    let noted = String::from_utf8_lossy(&output.stderr);
    match output.status.code() == Some(code) && said.contains(stdout) && noted.contains(stderr) {
        true => Ok(()),
        false => Err(format!("{}\n{said}\n{noted}", output.status).into()),
    }
}

/// A small cell that every build has, and that holds.
fn small_cell() -> Result<Cell, Failed> {
    let cells = catalogue::cells(Level::PullRequest);
    let fits = |cell: &&Cell| cell.engine == Engine::Native && cell.subject.name == "ordered";
    Ok(*cells.iter().find(fits).ok_or("the catalogue has no ordered table")?)
}

fn an_unknown_name_is_a_usage_error() -> Result<(), Failed> {
    expect(&run(&["list", "ordred"])?, 2, "", "did you mean `ordered`")?;
    expect(&run(&["verify", "--engine", "natve"])?, 2, "", "did you mean `native`?")?;
    expect(&run(&["verify", "--scope", "nightl"])?, 2, "", "did you mean `nightly`")?;
    expect(&run(&["replay", "threads/table/ordered/2x1@natve"])?, 2, "", "ordered/2x1@native`")?;
    expect(&run(&["serve"])?, 2, "", "unrecognized subcommand")
}

fn verify_prints_matrix_and_totals() -> Result<(), Failed> {
    let output = run(&["verify", &small_cell()?.id().to_string()])?;
    expect(&output, 0, "  ordered ", "[1/1] ")?;
    expect(&output, 0, "1 cell: 1 held in samples; all as expected\n", "")
}

fn json_has_a_report_for_each_cell() -> Result<(), Failed> {
    let id = small_cell()?.id().to_string();
    let output = run(&["verify", &id, "--format", "json"])?;
    let run: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    match run["exit_code"] == 0 && run["cells"][0]["id"] == id && run["cells"][1].is_null() {
        true => Ok(()),
        false => Err(run.to_string().into()),
    }
}

fn a_reader_that_leaves_is_no_error() -> Result<(), Failed> {
    let mut list = refectory()
        .args(["list", "--scope", "nightly"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut first = String::new();
    // The reader is dropped after one line, and the pipe with it.
    list.stdout.take().map_or(Ok(0), |stdout| BufReader::with_capacity(1, stdout).read_line(&mut first))?;
    expect(&list.wait_with_output()?, 0, "", "")
}

fn what_is_kept_is_shown() -> Result<(), Failed> {
    let id = small_cell()?.id().to_string();
    expect(&run(&["replay", &id])?, 0, "verdict: Held", "")?;
    expect(&run(&["show", &id])?, 2, "", "no finding of this cell is kept")
}

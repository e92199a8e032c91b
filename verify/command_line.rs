//! The command line from outside: exit codes, and what is said where.

use crate::scratch;
use libtest_mimic::{Failed, Trial};
use refectory::catalogue;
use refectory::cell::{Cell, Expect, Level, Subject};
use refectory::engine::{Engine, FailureKind};
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Output, Stdio};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("command_line/an_unknown_name_is_a_usage_error", an_unknown_name_is_a_usage_error),
        Trial::test("command_line/verify_prints_matrix_and_totals", verify_prints_matrix_and_totals),
        Trial::test("command_line/json_has_a_report_for_each_cell", json_has_a_report_for_each_cell),
        Trial::test("command_line/a_reader_that_leaves_is_no_error", a_reader_that_leaves_is_no_error),
        Trial::test("command_line/what_is_kept_is_shown", what_is_kept_is_shown),
        Trial::test(
            "command_line/a_budget_that_is_no_time_says_what_is",
            a_budget_that_is_no_time_says_what_is,
        ),
        Trial::test("command_line/what_a_budget_leaves_out_is_named", what_a_budget_leaves_out_is_named),
        Trial::test("command_line/a_run_of_nothing_is_an_error", a_run_of_nothing_is_an_error),
        Trial::test("command_line/an_absurd_time_is_a_usage_error", an_absurd_time_is_a_usage_error),
        Trial::test("command_line/what_cannot_be_kept_is_printed", what_cannot_be_kept_is_printed),
        Trial::test("command_line/what_nobody_can_read_is_a_failure", what_nobody_can_read_is_a_failure),
        Trial::test("command_line/the_hidden_mode_is_for_children", the_hidden_mode_is_for_children),
        Trial::test("command_line/no_room_for_a_process_is_told", no_room_for_a_process_is_told),
        Trial::test("command_line/rounds_are_told_as_cells_are", rounds_are_told_as_cells_are),
        Trial::test("command_line/rounds_that_went_wrong_are_kept", rounds_that_went_wrong_are_kept),
        Trial::test(
            "command_line/a_campaign_goes_on_where_it_was_interrupted",
            a_campaign_goes_on_where_it_was_interrupted,
        ),
        Trial::test(
            "command_line/shards_are_merged_to_the_report_of_one",
            shards_are_merged_to_the_report_of_one,
        ),
        Trial::test(
            "command_line/twins_are_told_with_who_catches_them",
            twins_are_told_with_who_catches_them,
        ),
        Trial::test("command_line/a_history_is_judged_and_drawn", a_history_is_judged_and_drawn),
        Trial::test("command_line/logs_of_others_are_read", logs_of_others_are_read),
        Trial::test("command_line/what_is_no_history_has_a_place", what_is_no_history_has_a_place),
        Trial::test("command_line/an_operation_is_judged_by_its_name", an_operation_is_judged_by_its_name),
    ]
}

/// The command, with no colours and findings of its own.
pub(crate) fn refectory() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refectory"));
    command.env("NO_COLOR", "1").env("REFECTORY_STORE", scratch::path("findings"));
    command
}

pub(crate) fn run(arguments: &[&str]) -> Result<Output, Failed> {
    Ok(refectory().args(arguments).stdin(Stdio::null()).output()?)
}

pub(crate) fn expect(output: &Output, code: i32, stdout: &str, stderr: &str) -> Result<(), Failed> {
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
    expect(&run(&["list", "--engine", "native,natve"])?, 2, "", "did you mean `native`?")?;
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

fn a_budget_that_is_no_time_says_what_is() -> Result<(), Failed> {
    expect(&run(&["verify", "--budget", "soon"])?, 2, "", "`soon` is no time; write `60s` or `5m`")?;
    expect(&run(&["--budget", "1h"])?, 2, "", "`1h` is no time; write `60s` or `5m`")
}

/// Every scope of every table takes longer than that.
fn what_a_budget_leaves_out_is_named() -> Result<(), Failed> {
    let arguments = ["verify", "threads/table", "--engine", "native", "--jobs", "1", "--budget", "1s"];
    let output = run(&arguments)?;
    expect(&output, 0, "left out for the budget of 1 s: ", "")?;
    expect(&output, 0, "\n  threads/table: ", "")?;
    let file = scratch::name("cells.json");
    run(&[&arguments[..], &["--json", &file]].concat())?;
    let run: serde_json::Value = serde_json::from_slice(&std::fs::read(&file)?)?;
    let number = |list: &str| run[list].as_array().map_or(0, Vec::len);
    let all = catalogue::cells(Level::PullRequest).into_iter().map(|cell| cell.id());
    let all = all.filter(|id| id.engine == Engine::Native && id.question.folder() == "threads/table").count();
    match number("left_out") > 0 && number("cells") > 0 && number("cells") + number("left_out") == all {
        true => Ok(()),
        false => Err(format!("{} of {all} left out, {} run", number("left_out"), number("cells")).into()),
    }
}

fn an_absurd_time_is_a_usage_error() -> Result<(), Failed> {
    expect(&run(&["stress", "--for", "18446744073709551615s"])?, 2, "", "is more than a year")?;
    expect(&run(&["--budget", "999999999999m"])?, 2, "", "is more than a year")?;
    expect(&run(&["stress", "--for", "0s"])?, 2, "", "no round fits into `0s`")
}

fn what_cannot_be_kept_is_printed() -> Result<(), Failed> {
    let id = small_cell()?.id().to_string();
    let mut command = refectory();
    command.env("REFECTORY_STORE", "/dev/null/store").stdin(Stdio::null());
    let way_out = "REFECTORY_STORE names another directory";
    let verified = command.args(["verify", &id]).output()?;
    expect(&verified, 4, "1 cell: 1 held in samples", "cannot be kept in /dev/null/store: ")?;
    expect(&verified, 4, "", way_out)?;
    let mut command = refectory();
    command.env("REFECTORY_STORE", "/dev/null/store").stdin(Stdio::null());
    let stressed = command.args(["stress", &small_cell()?.subject.id(), "--for", "1s"]).output()?;
    expect(&stressed, 4, "1 subject: 1 held in samples", way_out)
}

fn what_nobody_can_read_is_a_failure() -> Result<(), Failed> {
    let id = small_cell()?.id().to_string();
    for arguments in [&["list"][..], &["verify", &id]] {
        // Linux, and most others, have a device that is always full.
        let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else { return Ok(()) };
        let output =
            refectory().args(arguments).stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).output()?;
        expect(&output, 4, "", "standard output: ")?;
    }
    Ok(())
}

/// Who sets the variable by hand loses nothing: the group is not the process's own.
fn the_hidden_mode_is_for_children() -> Result<(), Failed> {
    let id = small_cell()?.id().to_string();
    for (variable, task) in [("REFECTORY_CELL", &*id), ("REFECTORY_ROUNDS", "{}")] {
        let output = refectory().arg("list").env(variable, task).stdin(Stdio::null()).output()?;
        expect(&output, 2, "", &format!("{variable} is for the processes that refectory starts; unset it"))?;
    }
    Ok(())
}

fn no_room_for_a_process_is_told() -> Result<(), Failed> {
    let command =
        format!("ulimit -n 6; exec {} verify {}", env!("CARGO_BIN_EXE_refectory"), small_cell()?.id());
    let output = Command::new("sh")
        .args(["-c", &command])
        .env("REFECTORY_STORE", scratch::path("findings"))
        .stdin(Stdio::null())
        .output()?;
    expect(&output, 4, "not run: no process: Too many open files", "")
}

fn a_run_of_nothing_is_an_error() -> Result<(), Failed> {
    let id = small_cell()?.id().to_string();
    expect(&run(&["verify", &id, "--budget", "0s"])?, 2, "", "nothing was run: no cell fits into 0 s")
}

fn rounds_are_told_as_cells_are() -> Result<(), Failed> {
    let output = run(&["stress", &small_cell()?.subject.id(), "--for", "1s"])?;
    expect(&output, 0, "  ordered ", "")?;
    expect(&output, 0, "\n1 subject: 1 held in samples; all as expected\n", "")
}

/// A table whose philosophers all wait, on any machine.
fn rounds_that_went_wrong_are_kept() -> Result<(), Failed> {
    let deadlocks = |subject: &&Subject| {
        matches!(subject.expect, Expect::Broken([FailureKind::Deadlock]))
            && subject.id().starts_with("threads/table/")
    };
    let twin = catalogue::subjects().find(deadlocks).ok_or("no table ends in a deadlock")?;
    // Of one subject the last finding is kept, and other tests run this one too.
    let store = scratch::path("kept");
    let run = |arguments: &[&str]| refectory().env("REFECTORY_STORE", &store).args(arguments).output();
    let output = run(&["stress", &twin.id(), "--for", "30s"])?;
    expect(&output, 0, "1 caught a broken twin; all as expected", "")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let id = said.split(" in ").nth(1).and_then(|rest| rest.split(' ').next()).ok_or("no finding")?;
    expect(&run(&["show", id])?, 0, "waits for fork", "")?;
    expect(&run(&["show", id])?, 0, &format!("replay: cargo refectory replay {id}"), "")?;
    // On a busy machine the threads may take turns this time.
    expect(&run(&["replay", id])?, 0, "threads/table/", "")?;
    let kept = store.join("rounds").join(twin.id().replace('/', "__") + ".json");
    let kept = kept.to_str().ok_or("a path that is no text")?;
    let again = format!("replay: cargo refectory stress --replay {kept}");
    expect(&run(&["stress", "--replay", kept, "--for", "6s"])?, 0, &again, "on real cores: ")?;
    if Engine::Dpor.available() {
        expect(
            &run(&["stress", "--replay", kept])?,
            0,
            "✗ deadlock in threads/table/",
            "under dpor, every time:",
        )?;
    }
    Ok(())
}

fn a_campaign_goes_on_where_it_was_interrupted() -> Result<(), Failed> {
    let id = small_cell()?.subject.id();
    let log = &scratch::name("campaign.jsonl");
    let first = run(&["stress", &id, "--rounds", "3", "--out", log])?;
    expect(&first, 0, "\n3 rounds, ", "")?;
    // The line that an interrupted campaign was writing.
    let mut lines = std::fs::read_to_string(log)?;
    lines.push_str("{\"subject\":\"thr");
    std::fs::write(log, lines)?;
    expect(&run(&["stress", &id, "--rounds", "5", "--resume", log])?, 0, "\n5 rounds, ", "")?;
    std::fs::write(log, "{}\n")?;
    expect(&run(&["stress", &id, "--resume", log])?, 2, "", ": line 1: missing field")?;
    expect(&run(&["stress", "--replay", "/dev/null"])?, 2, "", "no kept round of this version")
}

fn an_operation_is_judged_by_its_name() -> Result<(), Failed> {
    if !Engine::Dpor.available() {
        return expect(&run(&["cancel-safety"])?, 2, "", "no exact explorer");
    }
    expect(&run(&["cancel-safety", "Event::wait"])?, 0, "\nEvent::wait  ✓ cancel-safe (", "")?;
    expect(
        &run(&["cancel-safety", "Nobody"])?,
        2,
        "",
        "no operation is called `Nobody`; there are Lock::lock, ",
    )
}

fn twins_are_told_with_who_catches_them() -> Result<(), Failed> {
    // It ends when the twin is caught.
    let output = run(&["twins", "threads/table/ordered~left_first", "--for", "30s"])?;
    expect(&output, 0, "threads/table ", "")?;
    expect(&output, 0, "\n1 twin: 1 caught on real cores, each within ", "")?;
    let unseen = run(&["twins", "threads/table/courteous~greedy"])?;
    let (code, by) = match [Engine::Dpor, Engine::Pct].map(Engine::available) {
        [true, _] => (0, "; the others: 1 by dpor\n"),
        [false, true] => (0, "; the others: 1 by pct\n"),
        [false, false] => (3, "\ncaught by nobody in this run: threads/table/courteous~greedy\n"),
    };
    expect(&unseen, code, by, "")?;
    expect(&unseen, code, "  unseen: everybody is served in the end\n", "")?;
    let no_twin = small_cell()?.subject.id();
    expect(&run(&["twins", &no_twin])?, 2, "", &format!("no subject of `{no_twin}` is a broken twin"))
}

/// What the command says of a history on its standard input.
fn check(history: &str, arguments: &[&str]) -> Result<Output, Failed> {
    let mut command = refectory();
    command.args(["check", "-"]).args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("a pipe")?.write_all(history.as_bytes())?;
    Ok(child.wait_with_output()?)
}

/// Two items come out of a queue in the wrong order, while others go through it.
const OUT_OF_ORDER: &str = r#"{"refectory":1,"spec":"fifo"}
{"process":0,"call":"push","value":7,"answer":true,"begun":0,"ended":1}
{"process":0,"call":"push","value":"nine","answer":true,"begun":2,"ended":4}
{"process":1,"call":"pop","answer":"nine","begun":3,"ended":5}
{"process":1,"call":"pop","answer":7,"begun":6,"ended":7}
{"process":2,"call":"push","value":8,"answer":true,"begun":0,"ended":9}
{"process":3,"call":"pop","begun":6}
"#;

fn a_history_is_judged_and_drawn() -> Result<(), Failed> {
    let picture = scratch::name("history.svg");
    let output = check(OUT_OF_ORDER, &["--svg", &picture])?;
    let reason = "reason:  7 was pushed wholly before \"nine\", but \"nine\" was popped wholly before 7\n\n";
    expect(&output, 1, reason, "")?;
    expect(
        &output,
        1,
        "\nprocess 1                |--pop \"nine\"---| |--pop 7--|\n\n4 of 6 operations;",
        "",
    )?;
    let drawn = std::fs::read_to_string(&picture)?;
    if !drawn.starts_with("<svg ") || !drawn.contains(">pop 7</text>") {
        return Err(drawn.into());
    }
    let json = check(OUT_OF_ORDER, &["--json"])?;
    let told: serde_json::Value = serde_json::from_slice(&json.stdout)?;
    if told["verdict"] != "violated" || told["part"][2]["answer"] != "nine" || told["exit_code"] != 1 {
        return Err(told.to_string().into());
    }
    let output = check(OUT_OF_ORDER, &["--spec", "lifo"])?;
    expect(
        &output,
        0,
        "verdict: holds (linearizable as lifo)\nhistory: 6 operations of 4 processes, 6 of them",
        "",
    )
}

fn logs_of_others_are_read() -> Result<(), Failed> {
    let events = "[0 :invoke :write 3] [0 :ok :write 3] [1 :invoke :read nil] [1 :ok :read 4]";
    let output = check(events, &["--spec", "register"])?;
    expect(&output, 1, "note:    no two operations overlap", "")?;
    expect(&output, 1, "\nprocess 1 ", "")?;
    let old = "[0 :invoke :write 3] [0 :ok :write 3] [1 :invoke :read nil] [1 :ok :read 0]";
    let output = check(old, &["--spec", "register", "--consistency", "sequential"])?;
    expect(&output, 0, "verdict: holds (sequentially consistent as register)", "")?;
    let begins = ["--spec", "register", "--initial", "4"];
    expect(&check("[1 :invoke :read nil] [1 :ok :read 4]", &begins)?, 0, "verdict: holds", "")?;
    let tuples = "[0 :invoke :write [a 3]] [1 :invoke :read [b nil]] [1 :ok :read [b 3]]";
    let output = check(tuples, &["--spec", "register", "--tuples"])?;
    expect(&output, 1, "reason:  under key b: ", "")?;
    let log = "INFO  jepsen.util - 0\t:invoke\t:cas\t[0 1]\nINFO  jepsen.util - 0\t:fail\t:cas\t[0 1]\n";
    expect(&check(log, &["--spec", "register", "--format", "porcupine"])?, 1, "cas 0 1 → differs", "")?;
    let store = r#"{:process 0, :type :invoke, :f :append, :key "1", :value "x"}
        {:process 1, :type :invoke, :f :get, :key "1", :value nil}
        {:process 0, :type :ok, :f :append, :key "1", :value "x"}
        {:process 1, :type :ok, :f :get, :key "1", :value "x"}"#;
    expect(&check(store, &["--spec", "kv"])?, 0, "2 operations of 2 processes, 2 of them overlapping", "")
}

fn what_is_no_history_has_a_place() -> Result<(), Failed> {
    let output = check("{\"refectory\":1,\"spec\":\"fifo\"}\n{\"process\":0,\"cal\":3}\n", &[])?;
    expect(
        &output,
        2,
        "",
        "standard input: line 2, column 14: no field is called `cal`; there are process, call,",
    )?;
    let output = check("[0 :invoke :peek nil] [0 :ok :peek 3]", &["--spec", "fifo"])?;
    expect(&output, 2, "", "line 1, column 23: `peek` is no call of this object; there are push")?;
    expect(&check("[0 :invoke :read nil]", &[])?, 2, "", "say `--spec` and one of fifo, lifo, priority")?;
    expect(
        &check("{\"refectory\":1,\"spec\":\"queue\"}", &[])?,
        2,
        "",
        "names the object `queue`; there are fifo,",
    )?;
    expect(&run(&["check", "no such file"])?, 2, "", "no such file: No such file or directory")
}

fn shards_are_merged_to_the_report_of_one() -> Result<(), Failed> {
    let [one, many] = ["one shard", "shards"].map(scratch::name);
    let shard = |part: &str, out: &str| {
        run(&["stress", "threads/queue/bounded", "--rounds", "70", "--shard", part, "--out", out])
    };
    expect(&shard("1/1", &one)?, 0, "shard 1/1 of campaign ", "")?;
    for part in ["1/3", "3/3"] {
        expect(&shard(part, &many)?, 0, &format!("shard {part} of campaign "), "")?;
    }
    expect(&run(&["merge", &many])?, 2, "", "shard 2/3: there is no file of it")?;
    expect(&run(&["merge", &one, &many])?, 2, "", "are of different campaigns")?;
    shard("2/3", &many)?;
    let [one, many] = [run(&["merge", &one])?, run(&["merge", &many])?];
    expect(&one, 0, "bounded", "")?;
    match one.stdout == many.stdout {
        true => Ok(()),
        false => Err(format!(
            "{}\n{}",
            String::from_utf8_lossy(&one.stdout),
            String::from_utf8_lossy(&many.stdout)
        )
        .into()),
    }
}

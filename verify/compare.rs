//! `refectory compare` from outside: what it refuses, what it writes, and how it ends.

use crate::command_line::{expect, refectory, run};
use crate::scratch;
use libtest_mimic::{Failed, Trial};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("compare/bad_input_is_named_with_a_way_out", bad_input_is_named_with_a_way_out),
        Trial::test("compare/all_models_agree_and_all_is_written", all_models_agree_and_all_is_written),
        Trial::test(
            "compare/what_is_known_is_printed_at_an_interrupt",
            what_is_known_is_printed_at_an_interrupt,
        ),
    ]
}

fn bad_input_is_named_with_a_way_out() -> Result<(), Failed> {
    expect(&run(&["compare", "cpuu"])?, 2, "", "no work `cpuu`: did you mean `cpu`?")?;
    expect(
        &run(&["compare", "--models", "gil,treads"])?,
        2,
        "",
        "no model `treads`: did you mean `threads`",
    )?;
    expect(&run(&["compare", "--models", "zzz"])?, 2, "", "no model `zzz`: there are `serial`, `threads`,")?;
    expect(&run(&["compare", "--workers", "0"])?, 2, "", "0 is not in 1..=1024")?;
    expect(&run(&["compare", "--for", "soon"])?, 2, "", "`soon` is no time; write `60s` or `5m`")?;
    expect(&run(&["compare", "--html", "/no/such/place.html"])?, 2, "", "/no/such/place.html: ")
}

/// In Python too, where there is one.
fn all_models_agree_and_all_is_written() -> Result<(), Failed> {
    let (json, html) = (scratch::name("compare.json"), scratch::name("compare.html"));
    let arguments = ["compare", "--rounds", "1", "--workers", "1,2", "--for", "40s"];
    let files = ["--json", &json, "--html", &html];
    let output = run(&[&arguments[..], &files].concat())?;
    expect(&output, 0, "which model for which work\n", "round 1: ")?;
    let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(&json)?)?;
    let points = figures["points"].as_array().ok_or("no points")?;
    let models = ["serial", "threads", "gil", "coroutines", "channels", "actors"];
    let with_processes = if cfg!(feature = "processes") { &["pool", "processes"][..] } else { &[] };
    for kind in ["cpu", "io", "mixed", "dining"] {
        for model in models.iter().chain(with_processes) {
            let mut of = points.iter().filter(|point| point["kind"] == kind && point["model"] == *model);
            of.next().ok_or_else(|| format!("no {model} in {kind}"))?;
        }
    }
    if let Some(wrong) = points.iter().find(|point| !point["wrong"].is_null()) {
        return Err(wrong.to_string().into());
    }
    let page = std::fs::read_to_string(&html)?;
    match page.matches("<svg ").count() > 12 && page.ends_with("</html>\n") {
        true => Ok(()),
        false => Err(page.into()),
    }
}

fn what_is_known_is_printed_at_an_interrupt() -> Result<(), Failed> {
    let arguments = ["compare", "cpu", "--for", "5m", "--models", "threads", "--workers", "1"];
    let mut child = refectory()
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stderr.take().ok_or("no standard error")?).lines();
    // From here on it heeds interrupts.
    lines
        .find(|line| line.as_ref().is_ok_and(|line| line.contains("round ")))
        .ok_or("it has not begun")??;
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    lines.for_each(drop);
    let output = child.wait_with_output()?;
    if !sent.success() {
        return Err("no signal was sent".into());
    }
    expect(&output, 130, "cores, ", "")
}

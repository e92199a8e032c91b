//! What README.md shows is what the commands print.

use crate::cells::page;
use crate::scratch;
use libtest_mimic::{Failed, Trial};
use refectory::catalogue;
use refectory::engine::Engine;
use refectory::report::field_of;
use std::process::Command;

const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));

/// The guest's code.
mod gate {
    include!("examples/gate.rs");

    pub(super) const CHECKED: fn() = one_opens_and_one_passes;
}

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("readme/ten_lines_are_told_so", ten_lines_are_told_so),
        Trial::test("readme/counterexamples_are_printed_so", counterexamples_are_printed_so),
        Trial::test("readme/the_matrix_is_that_of_the_pages", the_matrix_is_that_of_the_pages),
        Trial::test("readme/the_measures_are_those_of_the_pages", the_measures_are_those_of_the_pages),
        Trial::test("readme/exit_codes_are_those_of_the_examples", exit_codes_are_those_of_the_examples),
    ]
}

/// The blocks of plain text.
fn blocks() -> impl Iterator<Item = &'static str> {
    README.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next())
}

fn counterexamples_are_printed_so() -> Result<(), Failed> {
    if !Engine::Dpor.available() {
        return Ok(());
    }
    let mut shown = 0;
    for block in blocks().filter(|block| block.starts_with('✗') && block.contains(" replay: cargo ")) {
        let id = block.split(" in ").nth(1).and_then(|rest| rest.split(' ').next()).ok_or("no id")?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_refectory"));
        let output = command.args(["replay", id]).env("NO_COLOR", "1").output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        if !printed.contains(block.trim_end()) {
            return Err(format!("README.md shows\n{block}\nand `replay {id}` prints\n{printed}").into());
        }
        shown += 1;
    }
    if shown == 0 { Err("README.md shows no counterexample".into()) } else { Ok(()) }
}

/// The guest's code is that of the example, and is told so.
fn ten_lines_are_told_so() -> Result<(), Failed> {
    if !Engine::Dpor.available() {
        return Ok(());
    }
    let code = README.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
    if code != Some(include_str!("examples/gate.rs")) {
        return Err("the code of README.md is not that of verify/examples/gate.rs".into());
    }
    let test = std::thread::Builder::new().name("who_waits_passes".to_owned());
    let told = test.spawn(|| refectory::check(gate::CHECKED))?.join();
    let told = told.expect_err("it goes wrong").downcast::<String>().map_err(|_| "it says nothing")?;
    // The line is that of the call.
    let without_line = |text: &str| {
        let (before, after) = text.split_once("REFECTORY_REPLAY=")?;
        Some((before.to_owned(), after.split_once('.')?.1.trim_end().to_owned()))
    };
    let block = blocks().find(|block| block.contains("REFECTORY_REPLAY")).ok_or("no example")?;
    match without_line(block) == without_line(&told) {
        true => Ok(()),
        false => Err(format!("README.md shows\n{block}\nand the check says\n{told}").into()),
    }
}

/// Cells of a line, which have two spaces or more between them.
fn split(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|field| !field.is_empty()).collect()
}

/// The text of a page of the catalogue.
fn page_of(id: &str) -> Result<String, Failed> {
    let subject = catalogue::subjects().find(|subject| subject.id() == id);
    Ok(page(subject.ok_or_else(|| format!("no subject {id}"))?))
}

/// What real threads show is not the same every time, and stands in no page.
fn the_matrix_is_that_of_the_pages() -> Result<(), Failed> {
    let block =
        blocks().find(|block| block.contains("native ") && block.contains(" dpor\n")).ok_or("no matrix")?;
    let (mut engines, mut family, mut name) = (Vec::new(), "", "");
    let mut compared = 0;
    for line in block.lines().take_while(|line| !line.starts_with('✓')) {
        let fields = split(line);
        if !line.starts_with(' ') {
            (family, engines) = (fields.first().copied().unwrap_or_default(), fields);
            continue;
        }
        // A name and its scope may have one space only between them.
        let mut head: Vec<&str> = fields[0].split(' ').filter(|word| *word != "†").collect();
        let mut fields = &fields[1..];
        if !fields[0].starts_with(['✓', '✗', '○', '?']) {
            head.push(fields[0]);
            fields = &fields[1..];
        }
        if head.len() == 2 {
            name = head[0];
        }
        let scope = head[head.len() - 1].replace('×', "x");
        let page = page_of(&format!("{family}/{name}"))?;
        let shown: Vec<&str> = engines[1..]
            .iter()
            .copied()
            .filter(|it| field_of(&page, &scope, it).is_some_and(|it| it != "·") || *it == "native")
            .collect();
        for (engine, field) in shown.iter().zip(fields).filter(|(engine, _)| **engine != "native") {
            let says = field_of(&page, &scope, engine).unwrap_or_default();
            if says != *field {
                return Err(format!(
                    "README.md: {family}/{name} {scope} {engine} is {field}, and its page says {says}"
                )
                .into());
            }
            compared += 1;
        }
    }
    if compared == 0 { Err("README.md has no matrix".into()) } else { Ok(()) }
}

fn the_measures_are_those_of_the_pages() -> Result<(), Failed> {
    let block = blocks().find(|block| block.starts_with("at worst")).ok_or("no measures")?;
    let columns = split(block.lines().next().unwrap_or_default());
    if block.lines().count() < 2 {
        return Err("README.md shows no measures".into());
    }
    for fields in block.lines().skip(1).map(split) {
        let (id, scope) = fields[0].rsplit_once('/').ok_or("no scope")?;
        let page = page_of(id)?;
        for (column, field) in
            columns.iter().zip(&fields).skip(1).filter(|(column, _)| **column != "outcomes")
        {
            let says = field_of(&page, &scope.replace('×', "x"), column).unwrap_or_default();
            if says != *field {
                return Err(format!(
                    "README.md: {column} of {} is {field}, and its page says {says}",
                    fields[0]
                )
                .into());
            }
        }
    }
    Ok(())
}

/// A line of the table: a code, what it means, and a command that ends so.
fn exit_codes_are_those_of_the_examples() -> Result<(), Failed> {
    if !Engine::ALL.iter().all(|engine| engine.available()) {
        return Ok(());
    }
    let table = README.split("| exit code |").nth(1).ok_or("no table of exit codes")?;
    let mut shown = 0;
    for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some(example) = cells[3].strip_prefix('`').and_then(|cell| cell.strip_suffix('`')) else {
            continue;
        };
        let example = example.replace("cargo refectory", env!("CARGO_BIN_EXE_refectory"));
        let mut command = Command::new("sh");
        command.args(["-c", &example]).env("REFECTORY_STORE", scratch::path("findings"));
        let output = command.output()?;
        if output.status.code().map(|code| code.to_string()).as_deref() != Some(cells[1]) {
            return Err(format!("{example}: {}, and README.md says {}", output.status, cells[1]).into());
        }
        shown += 1;
    }
    if shown < 4 { Err(format!("README.md shows {shown} exit codes").into()) } else { Ok(()) }
}

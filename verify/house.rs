//! The tree is as DESIGN.md says.

use libtest_mimic::{Failed, Trial};
use refectory::catalogue::subjects;
use refectory::cell::Subject;
use std::fs;
use std::path::{Component, Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("house/imports_follow_the_flow", imports_follow_the_flow),
        Trial::test("house/a_subject_is_found_by_its_name", a_subject_is_found_by_its_name),
        Trial::test("house/a_twin_names_its_subject", a_twin_names_its_subject),
    ]
}

/// The modules in the order in which they may import, from the sentence of DESIGN.md.
fn flow() -> Result<Vec<String>, Failed> {
    let design = fs::read_to_string(Path::new(ROOT).join("DESIGN.md"))?;
    let sentence = design.split('`').find(|code| code.contains(" → ")).ok_or("DESIGN.md names no flow")?;
    Ok(sentence.split([' ', '→', ',']).filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// No module imports one that comes after it, tests excepted; and every module is named.
fn imports_follow_the_flow() -> Result<(), Failed> {
    let flow = flow()?;
    let rank = |module: &str| flow.iter().position(|name| name == module);
    let mut against = Vec::new();
    for file in sources(&Path::new(ROOT).join("src"))? {
        let inside = file.strip_prefix(Path::new(ROOT).join("src"))?;
        let module = inside.components().next().ok_or("a file")?.as_os_str().to_string_lossy().into_owned();
        let module = module.trim_end_matches(".rs");
        let tests = |part: Component<'_>| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs"));
        if matches!(module, "lib" | "main") || inside.components().any(tests) {
            continue;
        }
        let own = rank(module).ok_or_else(|| format!("DESIGN.md's flow does not name `{module}`"))?;
        let later = |import: &&str| rank(import).is_some_and(|rank| rank > own);
        let text = fs::read_to_string(&file)?;
        against.extend(imports(&text).filter(later).map(|import| format!("{}: {import}", inside.display())));
    }
    if against.is_empty() { Ok(()) } else { Err(format!("against the flow: {}", against.join(", ")).into()) }
}

/// The modules of this crate that a file names outside of comments and of its tests.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let code = code.split("#[cfg(all(test").next().unwrap_or(code);
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or(line));
    lines.flat_map(|line| {
        let after = line.match_indices("crate::").chain(line.match_indices("refectory::"));
        after.filter_map(|(at, prefix)| {
            line[at + prefix.len()..].split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
        })
    })
}

/// All Rust files below a directory.
fn sources(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// The text of the first of these files that there is.
fn text(paths: &[String]) -> Result<String, Failed> {
    let read = |path: &String| fs::read_to_string(Path::new(ROOT).join(path)).ok();
    paths.iter().find_map(read).ok_or_else(|| format!("there is no {}", paths.join(" and no ")).into())
}

/// All that belongs to a subject stands under its name: model, contract, catalogue, bench and snapshot.
fn a_subject_is_found_by_its_name() -> Result<(), Failed> {
    for subject in subjects() {
        let Subject { model, family, .. } = subject;
        let (id, stem) = (subject.id(), subject.stem());
        let is_root = if stem == *family { "mod" } else { stem };
        text(&[format!("src/model/{model}/{family}/{is_root}.rs")])?;
        text(&[format!("snapshots/{id}.snap")])?;
        if !subject.rows.is_empty() {
            let folder = format!("src/contract/{model}/{family}");
            text(&[
                format!("{folder}.rs"),
                format!("{folder}/mod.rs"),
                "src/contract/closing.rs".to_owned(),
            ])?;
        }
        contains(&format!("src/catalogue/{model}/{family}.rs"), &format!("\"{id}\""))?;
        // Some benches walk the catalogue.
        let place = |subject: &Subject| (subject.model, subject.family, subject.stem());
        let timed = |of: &Subject| of.harness.is_some_and(|harness| harness.timing().is_some());
        let is_timed = subjects().any(|other| place(other) == place(subject) && timed(other));
        let named =
            if is_timed { format!("catalogue::timed(\"{family}\")") } else { format!("\"{model}/{stem}\"") };
        if subject.bug().is_none() {
            benched(family, &named)?;
        }
    }
    Ok(())
}

fn contains(path: &str, what: &str) -> Result<(), Failed> {
    match text(&[path.to_owned()])?.contains(what) {
        true => Ok(()),
        false => Err(format!("{path} has no {what}").into()),
    }
}

/// A family's bench is a file, which may have a folder of modules. Queues without locks are in that of the queues, side by side.
fn benched(family: &str, what: &str) -> Result<(), Failed> {
    let family = if family == "lockfree" { "queue" } else { family };
    let modules = sources(&Path::new(ROOT).join(format!("benches/{family}"))).unwrap_or_default();
    let in_module = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains(what));
    if modules.iter().any(in_module) {
        return Ok(());
    }
    contains(&format!("benches/{family}.rs"), what)
}

/// Each twin stands beside its subject, and its docs say whose twin it is.
fn a_twin_names_its_subject() -> Result<(), Failed> {
    for subject in subjects() {
        let Some(bug) = subject.bug() else { continue };
        let Subject { model, family, .. } = subject;
        let folder = format!("src/model/{model}/{family}/broken");
        let text = text(&[format!("{folder}.rs"), format!("{folder}/{}.rs", subject.stem())])?;
        let docs =
            docs_of(&camel(bug), &text).ok_or_else(|| format!("{} has no type in {folder}", subject.id()))?;
        if !docs.contains("Twin of [`") {
            return Err(format!("the docs of {} do not say `Twin of [`", subject.id()).into());
        }
    }
    Ok(())
}

/// `left_first` is `LeftFirst`.
fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(capital).collect()
}

/// The docs of the type, as a macro or as Rust has it.
fn docs_of(name: &str, text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declares = |line: &str| {
        let rest = line.strip_prefix("pub struct ").unwrap_or(line).strip_prefix(name);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == ':'))
    };
    let at = lines.iter().position(|line| declares(line))?;
    let above = lines[..at].iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
    Some(above.copied().collect::<Vec<_>>().join("\n"))
}

//! The tree is as DESIGN.md says.

use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::{Component, Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("house/imports_follow_the_flow", imports_follow_the_flow)]
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

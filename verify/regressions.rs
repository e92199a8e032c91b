//! Rounds that went wrong once are played again, on real cores and under the engine that has confirmed them.

use libtest_mimic::{Failed, Trial};
use refectory::campaign::regression;
use std::path::Path;
use std::time::Duration;

const ROUNDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/verify/regressions/rounds");

/// For so long each is played on real cores.
const TIME: Duration = Duration::from_millis(200);

pub(crate) fn trials() -> Vec<Trial> {
    let files = regression::files(Path::new(ROUNDS)).unwrap_or_default();
    let played = files.into_iter().map(|file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(format!("regressions/{name}"), move || check(&file))
    });
    let found = Trial::test("regressions/are_found", || match regression::files(Path::new(ROUNDS))?.len() {
        0 => Err("there is none".into()),
        _ => Ok(()),
    });
    played.chain([found]).collect()
}

fn check(file: &Path) -> Result<(), Failed> {
    let (subject, kept) = regression::read(file)?;
    Ok(regression::check(subject, &kept, TIME)?)
}

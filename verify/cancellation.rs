//! What a cancellation does to each operation of the catalogue that is a future: a page, as `refectory cancel-safety` prints it.

use crate::cells::settings;
use libtest_mimic::{Failed, Trial};
use refectory::catalogue;
use refectory::engine::Engine;
use refectory::judge::{CancelSafety, cancel_safety};
use refectory::report;

pub(crate) fn trials() -> Vec<Trial> {
    if !Engine::Dpor.available() {
        return Vec::new();
    }
    vec![Trial::test("cancellation/every_operation_is_judged", every_operation_is_judged)]
}

fn every_operation_is_judged() -> Result<(), Failed> {
    let operations = catalogue::operations();
    let judged: Vec<_> = operations.iter().map(|it| (it.name, cancel_safety(it))).collect();
    // A twin that keeps all it has been given would be a check that sees nothing.
    let twin = judged.iter().find(|(name, _)| name.contains("twin")).ok_or("there is a twin")?;
    if !matches!(twin.1, CancelSafety::LosesData(_)) {
        return Err(format!("{} is not caught: {:?}", twin.0, twin.1).into());
    }
    settings("").bind(|| insta::assert_snapshot!("cancel_safety", report::cancel_safety_table(&judged)));
    Ok(())
}

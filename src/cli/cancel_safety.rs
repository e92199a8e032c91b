//! `cancel-safety`: what a cancellation does to each operation that is a future.

use super::ending::{Ending, Stop};
use super::terminal;
use clap::Args;
use refectory::catalogue;
use refectory::engine::Engine;
use refectory::{judge, report};

#[derive(Args, Debug)]
pub(super) struct CancelSafety {
    /// A part of the names of operations, as in `Queue`; without it, all of them.
    #[arg(default_value = "")]
    filter: String,
}

impl CancelSafety {
    pub(super) fn run(self) -> Result<Ending, Stop> {
        let Self { filter } = self;
        if !Engine::Dpor.available() {
            return Err(Stop::usage(
                "this build has no exact explorer: build it with --features dpor".to_owned(),
            ));
        }
        let mut operations = catalogue::operations();
        operations.retain(|operation| operation.name.contains(&filter));
        if operations.is_empty() {
            let names: Vec<&str> = catalogue::operations().iter().map(|operation| operation.name).collect();
            return Err(Stop::usage(format!(
                "no operation is called `{filter}`; there are {}",
                names.join(", ")
            )));
        }
        let judged: Vec<_> =
            operations.iter().map(|operation| (operation.name, judge::cancel_safety(operation))).collect();
        terminal::print(&report::cancel_safety(&judged, terminal::style()))?;
        Ok(Ending::AsExpected)
    }
}

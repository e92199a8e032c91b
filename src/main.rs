//! The command line.

mod cli;

use refectory::alloc::Quarantine;
use std::process::ExitCode;

// A use after free in a model is a finding, and must not crash the process that looks for it.
#[global_allocator]
static ALLOCATOR: Quarantine = Quarantine;

fn main() -> ExitCode {
    #[cfg(feature = "processes")]
    refectory::sync::process::child_main();
    refectory::runner::child_main();
    refectory::campaign::child_main();
    refectory::compare::child_main();
    cli::main()
}

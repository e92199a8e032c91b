//! Every cell is a test, and so is what the suite itself rests on.
//!
//! Each module gives its tests as a list of trials; a new module adds its list in [`trials`].

mod bench;
mod cancellation;
mod cells;
mod command_line;
mod compare;
mod exact;
mod house;
mod litmus;
mod misbehaviour;
mod readme;
mod regressions;
mod scratch;

use libtest_mimic::{Arguments, Trial};
use refectory::alloc::Quarantine;
use std::process::ExitCode;
use std::thread::available_parallelism;

// A use after free in a model is a finding, and must not crash the process that looks for it.
#[global_allocator]
static ALLOCATOR: Quarantine = Quarantine;

fn main() -> ExitCode {
    #[cfg(feature = "processes")]
    refectory::sync::process::child_main();
    misbehaviour::child_main();
    let mut arguments = Arguments::from_args();
    // Twins that hang on real threads do so without a processor, in processes of their own.
    let processors = available_parallelism().map_or(1, usize::from);
    arguments.test_threads.get_or_insert(2 * processors);
    let conclusion = libtest_mimic::run(&arguments, trials());
    scratch::remove();
    conclusion.exit_code()
}

fn trials() -> Vec<Trial> {
    let lists = [
        regressions::trials(),
        cells::trials(),
        cancellation::trials(),
        exact::trials(),
        litmus::trials(),
        misbehaviour::trials(),
        command_line::trials(),
        compare::trials(),
        bench::trials(),
        readme::trials(),
        house::trials(),
    ];
    lists.into_iter().flatten().collect()
}

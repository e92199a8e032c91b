//! Every cell is a test, and so is what the suite itself rests on.
//!
//! Each module gives its tests as a list of trials; a new module adds its list in [`trials`].

mod cells;
mod command_line;
mod exact;
mod litmus;
mod misbehaviour;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    misbehaviour::child_main();
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    [cells::trials(), exact::trials(), litmus::trials(), misbehaviour::trials(), command_line::trials()]
        .into_iter()
        .flatten()
        .collect()
}

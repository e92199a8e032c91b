//! The command line.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    refectory::runner::child_main();
    refectory::campaign::child_main(refectory::campaign::Plan::draw);
    cli::main()
}

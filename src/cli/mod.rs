//! What the command line offers, and how it ends.

mod bench;
mod cancel_safety;
mod check;
mod compare;
mod ending;
mod merge;
mod nightly;
mod progress;
mod replay_round;
mod rounds_log;
mod select;
mod shard;
mod show;
mod stress;
mod terminal;
mod twins;
mod verify;

use self::ending::{Ending, Stop};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Model-checked verification of concurrent Rust: a proof, a counterexample that replays, or an honest
/// "not decided".
///
/// Without a command: verifies everything that a pull request is checked with.
#[derive(Debug, Parser)]
#[command(name = "refectory", version, after_help = ending::HELP, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(flatten)]
    limits: verify::Limits,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the ids of cells: subject × scenario × engine × scope.
    List(select::Selection),
    /// Runs cells, each in a process of its own, and prints the matrix, the findings and the totals.
    Verify(verify::Verify),
    /// Runs one cell again and prints its finding in full.
    Replay(show::Replay),
    /// Prints the last finding of a cell without running it.
    Show(show::Show),
    /// Runs rounds drawn from seeds on the real cores of this machine.
    Stress(stress::Stress),
    /// Makes one report of the shards of a campaign.
    Merge(merge::Merge),
    /// Runs what takes too long for a pull request: all scopes, rounds on real cores, and the tools that the toolchain has.
    Nightly(nightly::Nightly),
    /// Says of each broken twin which engine catches it, and whether the real cores of this machine do.
    Twins(twins::Twins),
    /// Says of a history that was written down whether it is one of a queue, a register, a store…, and explains why not.
    Check(check::Check),
    /// Puts the concurrency models side by side on the same work, and says which one to take for which.
    Compare(compare::Compare),
    /// Runs the benches of the source tree within one budget, and puts ours beside the best of others: one table of ratios, the worst first.
    ///
    /// A ratio is the throughput of a subject over that of the fastest peer in the same scenario: 1.00 is as fast, more is better. Subjects are
    /// the functions that are named after a model, as in `threads/queue`; all others are peers. Benches are criterion's, built with cargo from
    /// the sources, and criterion keeps what it measures in `target/criterion`.
    Bench(bench::Bench),
    /// Says of each operation that is a future what a cancellation does to it.
    CancelSafety(cancel_safety::CancelSafety),
}

/// Runs the command that the arguments ask for.
pub(crate) fn main() -> ExitCode {
    let Arguments { limits, command } = Arguments::parse();
    let command = command.unwrap_or_else(|| Command::Verify(verify::Verify::everything(limits)));
    let ended = match command {
        Command::List(selection) => show::list(&selection),
        Command::Verify(verify) => verify.run(),
        Command::Replay(replay) => replay.run(),
        Command::Show(show) => show.run(),
        Command::Stress(stress) => stress.run(),
        Command::Merge(merge) => merge.run(),
        Command::Nightly(nightly) => nightly.run(),
        Command::Twins(twins) => twins.run(),
        Command::Check(check) => check.run(),
        Command::Compare(compare) => compare.run(),
        Command::Bench(bench) => bench.run(),
        Command::CancelSafety(operations) => operations.run(),
    };
    ended.unwrap_or_else(explain).into()
}

fn explain(stop: Stop) -> Ending {
    terminal::complain(&stop.message);
    stop.ending
}

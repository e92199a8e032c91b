//! What the engines say of programs that are not as they should be.

mod clock;
mod deadlines;
mod futures;
mod hanging;
mod in_seconds;
mod notes;
#[cfg(feature = "processes")]
mod pipes;
#[cfg(feature = "processes")]
mod processes;
mod relocking;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod stacks;
mod symmetric;
mod traced;
mod undecided;
#[cfg(feature = "shuttle")]
mod uniform_walk;
mod unwinding;
mod yields;

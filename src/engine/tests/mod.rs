//! What the engines say of programs that are not as they should be.

#[cfg(feature = "loom")]
mod confirmation;
mod in_seconds;
mod relocking;
mod undecided;
#[cfg(feature = "shuttle")]
mod uniform_walk;

//! What the system offers to processes: descriptors, memory that several of them map, pipes, futexes, and their start
//! and end. Linux has all of it. Elsewhere everything compiles, [`available`] says so, and nothing else is ever reached.

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "elsewhere.rs")]
mod here;

pub(in crate::sync) use here::*;
use std::fmt::Display;
use std::io;

/// Says what was tried: an error of the system alone does not.
pub(in crate::sync) fn while_trying<E: Into<io::Error>>(what: impl Display) -> impl FnOnce(E) -> io::Error {
    move |error| {
        let error = error.into();
        io::Error::new(error.kind(), format!("{what}: {error}"))
    }
}

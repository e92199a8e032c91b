//! What a trace shows beside operations: notes, and as whom a thread acts.
//!
//! To an engine all of it is nothing: a note is no operation, nobody's turn comes there, and no text is formatted unless the execution
//! is recorded. Without an engine in the build there is no code for it.

#[cfg(feature = "instrumented")]
use super::recording::{self, Acting};
use crate::event::op::Site;
use std::fmt;
use std::panic::Location;

/// Adds a line to the trace of the execution, for the caller's place.
///
/// The text is formatted only where a trace is recorded: it must use no primitives of the facade.
///
/// ```
/// use refectory::sync::note;
///
/// note(format_args!("send {:?} → {}", 7, "consumer 1"));
/// ```
#[track_caller]
#[inline]
pub fn note(text: fmt::Arguments<'_>) {
    note_at(text, Location::caller());
}

/// The same for this place.
#[cfg_attr(not(feature = "instrumented"), expect(unused_variables, reason = "nobody records"))]
#[inline]
pub(crate) fn note_at(text: fmt::Arguments<'_>, site: Site) {
    #[cfg(feature = "instrumented")]
    recording::note(text, site);
}

/// Runs this as somebody of that name: what the thread does meanwhile has a column of its own in traces.
///
/// ```
/// use refectory::sync::acting_as;
///
/// assert_eq!(acting_as(format_args!("task {}", 1), || 6 * 7), 42);
/// ```
#[cfg_attr(not(feature = "instrumented"), expect(unused_variables, reason = "nobody records"))]
#[inline]
pub fn acting_as<R>(name: fmt::Arguments<'_>, act: impl FnOnce() -> R) -> R {
    #[cfg(feature = "instrumented")]
    let _until_then = Acting::begin(name);
    act()
}

/// A name for notes: that of a lock, say, or of who receives messages. It is kept where a trace is recorded, else it is empty.
///
/// ```
/// use refectory::sync::{Label, note};
///
/// let fork = Label::new(format_args!("fork {}", 1));
/// note(format_args!("put down {fork}"));
/// ```
#[derive(Clone, Default)]
pub struct Label {
    #[cfg(feature = "instrumented")]
    name: Option<String>,
}

impl Label {
    /// This name.
    #[cfg_attr(not(feature = "instrumented"), expect(unused_variables, reason = "nobody records"))]
    #[must_use]
    #[inline]
    pub fn new(name: fmt::Arguments<'_>) -> Self {
        Self {
            #[cfg(feature = "instrumented")]
            name: recording::is_recorded().then(|| name.to_string()),
        }
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Label {
    #[cfg_attr(not(feature = "instrumented"), expect(unused_variables, reason = "it is empty"))]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "instrumented")]
        f.write_str(self.name.as_deref().unwrap_or_default())?;
        Ok(())
    }
}

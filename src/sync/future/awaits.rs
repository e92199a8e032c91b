//! What futures wait for, in traces.

#[cfg(feature = "instrumented")]
use crate::event::op::Site;
#[cfg(feature = "instrumented")]
use crate::sync::recording::{is_recorded, note};
use std::fmt;

/// Goes with a future, and [notes](crate::sync::note) at its first poll what is awaited, for the place where the future was made.
///
/// For those who write futures: the function that makes one is `#[track_caller]`.
///
/// ```
/// use refectory::sync::future::{Awaits, block_on};
///
/// #[track_caller]
/// fn answer() -> impl Future<Output = u32> {
///     let mut awaits = Awaits::new(format_args!("answer()"));
///     async move {
///         awaits.begin();
///         42
///     }
/// }
///
/// assert_eq!(block_on(answer()), 42);
/// ```
#[derive(Debug)]
#[must_use]
pub struct Awaits {
    /// What, and where: until it is noted.
    #[cfg(feature = "instrumented")]
    begins: Option<(String, Site)>,
}

impl Awaits {
    /// The caller of the caller makes a future that waits for this.
    #[cfg_attr(not(feature = "instrumented"), expect(unused_variables, reason = "nobody records"))]
    #[cfg_attr(feature = "instrumented", track_caller)]
    #[inline]
    pub fn new(what: fmt::Arguments<'_>) -> Self {
        #[cfg(feature = "instrumented")]
        let here = std::panic::Location::caller();
        Self {
            #[cfg(feature = "instrumented")]
            begins: is_recorded().then(|| (what.to_string(), here)),
        }
    }

    /// The future is polled.
    #[inline]
    pub fn begin(&mut self) {
        #[cfg(feature = "instrumented")]
        if let Some((what, site)) = self.begins.take() {
            note(format_args!("await {what}"), site);
        }
    }
}

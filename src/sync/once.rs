//! What happens once: [`std::sync::Once`] and [`std::sync::OnceLock`] behind the facade.
//!
//! Natively they are std's. Under an engine they are made of the facade's own atomics, mutex and
//! condition variable.

#[cfg(feature = "instrumented")]
use super::gate::Guarded;
use std::fmt;

/// A one-time action, as [`std::sync::Once`].
///
/// ```
/// use refectory::sync::Once;
///
/// let bell = Once::new();
/// let mut rings = 0;
/// bell.call_once(|| rings += 1);
/// bell.call_once(|| unreachable!("it has rung"));
/// assert!(bell.is_completed());
/// assert_eq!(rings, 1);
/// ```
pub struct Once {
    inner: std::sync::Once,
    #[cfg(feature = "instrumented")]
    guarded: Guarded,
}

impl Once {
    const_by_default! {
        /// An action that has not happened. Const in a build without engines.
        pub fn new() -> Self {
            Self {
                inner: std::sync::Once::new(),
                #[cfg(feature = "instrumented")]
                guarded: Guarded::new("a Once"),
            }
        }
    }

    /// Names the action in traces.
    #[must_use]
    #[cfg_attr(
        not(feature = "instrumented"),
        expect(unused_mut, unused_variables, reason = "engines name its parts")
    )]
    pub fn named(mut self, name: fmt::Arguments<'_>) -> Self {
        #[cfg(feature = "instrumented")]
        self.guarded.name(name);
        self
    }

    /// Does the action, if nobody has; waits for it, if somebody is doing it.
    ///
    /// # Panics
    /// If the action panicked when it was done before.
    #[track_caller]
    #[inline]
    pub fn call_once(&self, action: impl FnOnce()) {
        #[cfg(feature = "instrumented")]
        if let Some(gate) = self.guarded.gate() {
            return gate.pass(false, action).expect("Once instance has previously been poisoned");
        }
        self.inner.call_once(action);
    }

    /// Whether the action has been done.
    #[track_caller]
    #[inline]
    pub fn is_completed(&self) -> bool {
        #[cfg(feature = "instrumented")]
        if let Some(gate) = self.guarded.gate() {
            return gate.done();
        }
        self.inner.is_completed()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// A value that is set once, as [`std::sync::OnceLock`].
///
/// ```
/// use refectory::sync::OnceLock;
///
/// let menu = OnceLock::new();
/// assert_eq!(menu.get_or_init(|| "soup"), &"soup");
/// assert_eq!(menu.set("bread"), Err("bread"));
/// assert_eq!(menu.get(), Some(&"soup"));
/// ```
pub struct OnceLock<T> {
    inner: std::sync::OnceLock<T>,
    #[cfg(feature = "instrumented")]
    guarded: Guarded,
}

impl<T> OnceLock<T> {
    const_by_default! {
        /// No value. Const in a build without engines.
        pub fn new() -> Self {
            Self {
                inner: std::sync::OnceLock::new(),
                #[cfg(feature = "instrumented")]
                guarded: Guarded::new("a OnceLock"),
            }
        }
    }

    /// Names the lock in traces.
    #[must_use]
    #[cfg_attr(
        not(feature = "instrumented"),
        expect(unused_mut, unused_variables, reason = "engines name its parts")
    )]
    pub fn named(mut self, name: fmt::Arguments<'_>) -> Self {
        #[cfg(feature = "instrumented")]
        self.guarded.name(name);
        self
    }

    /// The value, if it is set.
    #[track_caller]
    #[inline]
    pub fn get(&self) -> Option<&T> {
        #[cfg(feature = "instrumented")]
        if let Some(gate) = self.guarded.gate() {
            return if gate.done() { self.inner.get() } else { None };
        }
        self.inner.get()
    }

    /// Sets the value; waits, if somebody is setting it.
    ///
    /// # Errors
    /// If it is set: the value that was not needed.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("called once"));
        match value {
            None => Ok(()),
            Some(value) => Err(value),
        }
    }

    /// The value, which is made first if it is not set. If that panics the value stays unset.
    #[track_caller]
    #[inline]
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        #[cfg(feature = "instrumented")]
        if let Some(gate) = self.guarded.gate() {
            let set = || assert!(self.inner.set(make()).is_ok(), "one thread passes the gate");
            gate.pass(true, set).expect("a panic is no obstacle");
            return self.inner.get().expect("set by the one that passed the gate");
        }
        self.inner.get_or_init(make)
    }

    /// The value, through an exclusive borrow.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.inner.get_mut()
    }

    /// The value, which nobody else can reach any more.
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// Takes the value, and leaves none.
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_inner()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

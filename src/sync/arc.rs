//! Counted references: [`std::sync::Arc`] and [`std::sync::Weak`] behind the facade.

use super::hook::{ArcHook, WeakHook};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::pin::Pin;

/// A counted reference, as [`std::sync::Arc`].
///
/// Engines see each owner come and go: the drop of the last one is ordered after those of the
/// others, and an owner that outlives the execution is a leak. std's `Arc` in a model would show
/// neither, and raise false alarms where the last owner reaches the value.
///
/// A reference to a trait object or a slice is made with [`Arc::coerce`]: only std's own types
/// coerce by themselves.
///
/// ```
/// use refectory::sync::Arc;
/// use std::fmt::Display;
///
/// let fork = Arc::new(7);
/// let other = Arc::clone(&fork);
/// let shown: Arc<dyn Display> = Arc::coerce(other, |fork| fork);
/// assert_eq!(shown.to_string(), "7");
/// assert_eq!(Arc::strong_count(&fork), 2);
/// ```
pub struct Arc<T: ?Sized> {
    // The hook goes first: the engine is told before the value is destroyed.
    hook: ArcHook,
    inner: std::sync::Arc<T>,
}

/// A reference that does not keep the value, as [`std::sync::Weak`].
///
/// Under loom, which has no such references, [`upgrade`](Weak::upgrade) ends the model as
/// unsupported.
///
/// ```
/// use refectory::sync::Arc;
///
/// let table = Arc::new("oak");
/// let seat = Arc::downgrade(&table);
/// assert_eq!(seat.upgrade().as_deref(), Some(&"oak"));
/// drop(table);
/// assert!(seat.upgrade().is_none());
/// ```
pub struct Weak<T: ?Sized> {
    hook: WeakHook,
    inner: std::sync::Weak<T>,
}

impl<T> Arc<T> {
    /// The first owner of a value.
    #[track_caller]
    #[inline]
    pub fn new(value: T) -> Self {
        Self { hook: ArcHook::new(), inner: std::sync::Arc::new(value) }
    }

    /// The first owner of a value that refers to itself: `make` is given the reference, which has no value
    /// yet.
    #[track_caller]
    pub fn new_cyclic(make: impl FnOnce(&Weak<T>) -> T) -> Self {
        let hook = ArcHook::new();
        let inner = std::sync::Arc::new_cyclic(|inner| {
            make(&Weak { hook: hook.downgrade(), inner: std::sync::Weak::clone(inner) })
        });
        Self { hook, inner }
    }

    /// The first owner of a value that does not move.
    #[track_caller]
    #[inline]
    pub fn pin(value: T) -> Pin<Self> {
        // SAFETY: the value of an `Arc` does not move, and only a sole owner gets a mutable
        // reference to it, for which `Pin` asks `Unpin`.
        unsafe { Pin::new_unchecked(Self::new(value)) }
    }

    /// The value, if this is its only owner.
    ///
    /// # Errors
    /// If there are others: the owner itself.
    #[track_caller]
    pub fn try_unwrap(mut this: Self) -> Result<T, Self> {
        if this.hook.alone() == Some(false) {
            return Err(this);
        }
        let Self { hook, inner } = this;
        // The count was looked at just now. The token goes once std has let go of the value.
        std::sync::Arc::try_unwrap(inner).map_err(|inner| Self { hook, inner })
    }

    /// The value, if this is its last owner.
    #[track_caller]
    pub fn into_inner(this: Self) -> Option<T> {
        let Self { hook, inner } = this;
        hook.leave();
        std::sync::Arc::into_inner(inner)
    }
}

impl<T: ?Sized> Arc<T> {
    /// Names the count in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        self.hook.name(name);
        self
    }

    /// A reference to a trait object or a slice: `coerce` is `|inner| inner`, where std's reference
    /// coerces by itself.
    ///
    /// # Panics
    /// If `coerce` gives a reference to something else.
    #[inline]
    pub fn coerce<U: ?Sized>(this: Self, coerce: fn(std::sync::Arc<T>) -> std::sync::Arc<U>) -> Arc<U> {
        let Self { hook, inner } = this;
        let value = std::sync::Arc::as_ptr(&inner).cast::<()>();
        let inner = coerce(inner);
        assert!(std::ptr::addr_eq(value, std::sync::Arc::as_ptr(&inner)), "the same value, as another type");
        Arc { hook, inner }
    }

    /// Whether both refer to the same value.
    #[inline]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        std::sync::Arc::ptr_eq(&this.inner, &other.inner)
    }

    /// The number of owners.
    #[track_caller]
    #[inline]
    pub fn strong_count(this: &Self) -> usize {
        this.hook.count().unwrap_or_else(|| std::sync::Arc::strong_count(&this.inner))
    }

    /// The value, if this is the only reference to it.
    #[track_caller]
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        match this.hook.alone() {
            Some(false) => None,
            _ => std::sync::Arc::get_mut(&mut this.inner),
        }
    }

    /// A pointer to the value.
    #[inline]
    pub fn as_ptr(this: &Self) -> *const T {
        std::sync::Arc::as_ptr(&this.inner)
    }

    /// A reference that does not keep the value.
    #[track_caller]
    #[inline]
    pub fn downgrade(this: &Self) -> Weak<T> {
        Weak { hook: this.hook.downgrade(), inner: std::sync::Arc::downgrade(&this.inner) }
    }

    /// Gives the reference away as a pointer. [`from_raw`](Self::from_raw) takes it back.
    #[inline]
    pub fn into_raw(this: Self) -> *const T {
        let Self { hook, inner } = this;
        let pointer = std::sync::Arc::into_raw(inner);
        hook.lend(pointer.cast());
        pointer
    }

    /// Takes back what [`into_raw`](Self::into_raw) gave.
    ///
    /// # Safety
    /// As for [`std::sync::Arc::from_raw`]: the pointer is one that `into_raw` gave, and is taken
    /// back once for each owner that was given away. (More often where the copy is not dropped, as in the
    /// `wake_by_ref` of a waker written by hand.)
    #[track_caller]
    #[inline]
    pub unsafe fn from_raw(pointer: *const T) -> Self {
        let hook = ArcHook::give_back(pointer.cast());
        // SAFETY: the caller's promise is std's.
        Self { hook, inner: unsafe { std::sync::Arc::from_raw(pointer) } }
    }
}

impl<T: ?Sized> Arc<T> {
    /// The first owner that engines see, of a value that std's reference owns alone: how to make a reference to a
    /// trait object without [`coerce`](Self::coerce), as with loom's `Arc`.
    ///
    /// # Panics
    /// If there are other references to the value.
    #[track_caller]
    pub fn from_std(mut inner: std::sync::Arc<T>) -> Self {
        assert!(std::sync::Arc::get_mut(&mut inner).is_some(), "the value has another reference");
        Self { hook: ArcHook::new(), inner }
    }

    /// One more owner of what [`into_raw`](Self::into_raw) gave away.
    ///
    /// # Safety
    /// As for [`std::sync::Arc::increment_strong_count`]: the pointer is one that `into_raw` gave, and an
    /// owner is left.
    #[track_caller]
    pub unsafe fn increment_strong_count(pointer: *const T) {
        // SAFETY: the caller's promise; the owner that is left is not dropped here.
        let this = ManuallyDrop::new(unsafe { Self::from_raw(pointer) });
        let _another = ManuallyDrop::new(Self::clone(&this));
    }

    /// One owner less of what [`into_raw`](Self::into_raw) gave away.
    ///
    /// # Safety
    /// As for [`std::sync::Arc::decrement_strong_count`]: the pointer is one that `into_raw` gave, and an
    /// owner is left, which is given up here.
    #[track_caller]
    pub unsafe fn decrement_strong_count(pointer: *const T) {
        // SAFETY: the caller's promise.
        drop(unsafe { Self::from_raw(pointer) });
    }
}

impl<T: Clone> Arc<T> {
    /// The value, cloned first if there are other references to it.
    #[track_caller]
    pub fn make_mut(this: &mut Self) -> &mut T {
        if Self::get_mut(this).is_none() {
            let value = T::clone(this);
            *this = Self::new(value);
        }
        // Nobody else has seen the reference since: no step of its own.
        std::sync::Arc::get_mut(&mut this.inner).expect("the only reference")
    }
}

impl<T> Weak<T> {
    const_by_default! {
        /// A reference to nothing.
        pub fn new() -> Self {
            Self { hook: WeakHook::dangling(), inner: std::sync::Weak::new() }
        }
    }
}

impl<T: ?Sized> Weak<T> {
    /// An owner, if there is one left.
    #[track_caller]
    #[inline]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let hook = self.hook.upgrade()?;
        // Where the value is being unwrapped, the engine has not been told yet, and std has the answer.
        let inner = self.inner.upgrade()?;
        Some(Arc { hook, inner })
    }

    /// Whether both refer to the same value, or to none.
    #[inline]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.inner.ptr_eq(&other.inner)
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    #[inline]
    fn clone(&self) -> Self {
        Self { hook: self.hook.another(), inner: std::sync::Arc::clone(&self.inner) }
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self { hook: self.hook.clone(), inner: std::sync::Weak::clone(&self.inner) }
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for Arc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Arc<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: ?Sized + Eq> Eq for Arc<T> {}

impl<T: ?Sized + PartialOrd> PartialOrd for Arc<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: ?Sized + Ord> Ord for Arc<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: ?Sized + Hash> Hash for Arc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T> From<Vec<T>> for Arc<[T]> {
    #[track_caller]
    fn from(values: Vec<T>) -> Self {
        Self { hook: ArcHook::new(), inner: std::sync::Arc::from(values) }
    }
}

impl From<&str> for Arc<str> {
    #[track_caller]
    fn from(text: &str) -> Self {
        Self { hook: ArcHook::new(), inner: std::sync::Arc::from(text) }
    }
}

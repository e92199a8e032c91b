//! Atomics: [`std::sync::atomic`] behind the facade.
//!
//! Under loom the value is in loom's atomic of the same type, and an operation is one operation of
//! loom's. Those that loom lacks stand on others: `fetch_not` is its `fetch_xor`, and a pointer is
//! an address in an `AtomicUsize`. `fetch_update`, `try_update` and `update` are a load and a loop
//! of strong compare-exchanges in every engine: nobody sees a failure that is only followed by another attempt.
//!
//! `get_mut` works under loom and sees the newest value. loom's atomic cannot follow what is then
//! written through the borrow: sharing the atomic afterwards ends the model as unsupported.

use super::hook::{self, AtomicHook, Exchange};
use std::fmt;
pub use std::sync::atomic::Ordering;

/// An atomic fence, as [`std::sync::atomic::fence`].
///
/// # Panics
/// If `order` is `Relaxed`.
#[track_caller]
#[inline]
pub fn fence(order: Ordering) {
    hook::fence(order);
}

/// A read-modify-write: the same call on std's atomic and on the one behind it.
macro_rules! both {
    ($self:ident, $order:ident, $($call:tt)+) => {
        $self.hook.rmw(&$self.inner, $order, |atomic| atomic.$($call)+, |atomic| atomic.$($call)+)
    };
}

/// What atomics of every type have.
macro_rules! common {
    ([$($generic:ident)?] $name:ident, $value:ty) => {
        impl$(<$generic>)? $name$(<$generic>)? {
            const_by_default! {
                /// A new atomic. Const in a build without engines.
                pub fn new(value: $value) -> Self {
                    Self { hook: AtomicHook::new(value), inner: std::sync::atomic::$name::new(value) }
                }
            }

            /// Names the atomic in traces.
            #[must_use]
            pub fn named(self, name: fmt::Arguments<'_>) -> Self {
                self.name(name);
                self
            }

            pub(super) fn name(&self, name: fmt::Arguments<'_>) {
                self.hook.name(name);
            }

            /// The value.
            #[track_caller]
            #[inline]
            pub fn load(&self, order: Ordering) -> $value {
                self.hook.load(&self.inner, order)
            }

            /// Replaces the value.
            #[track_caller]
            #[inline]
            pub fn store(&self, value: $value, order: Ordering) {
                self.hook.store(&self.inner, value, order);
            }

            /// Replaces the value if it is `current`; gives the one that was found.
            ///
            /// # Errors
            /// If another value was found.
            #[track_caller]
            #[inline]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let what = Exchange { expected: current, new, success, failure, weak: false };
                self.hook.exchange(&self.inner, what, |atomic| atomic.compare_exchange(current, new, success, failure))
            }

            /// The same, but may fail although it found `current`.
            ///
            /// # Errors
            /// If another value was found, or spuriously.
            #[track_caller]
            #[inline]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let what = Exchange { expected: current, new, success, failure, weak: true };
                self.hook.exchange(&self.inner, what, |atomic| {
                    atomic.compare_exchange_weak(current, new, success, failure)
                })
            }

            /// Replaces the value by what `next` makes of it, as long as that is something.
            ///
            /// # Errors
            /// If `next` gave `None`; the value that it was given.
            #[track_caller]
            #[inline]
            pub fn fetch_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut next: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut found = self.load(fetch_order);
                while let Some(new) = next(found) {
                    match self.compare_exchange(found, new, set_order, fetch_order) {
                        Ok(old) => return Ok(old),
                        Err(other) => found = other,
                    }
                }
                Err(found)
            }

            /// The same as [`fetch_update`](Self::fetch_update).
            ///
            /// # Errors
            /// If `next` gave `None`; the value that it was given.
            #[track_caller]
            #[inline]
            pub fn try_update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                next: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.fetch_update(set_order, fetch_order, next)
            }

            /// Replaces the value by what `next` makes of it; gives the old one.
            #[track_caller]
            #[inline]
            pub fn update(
                &self,
                set_order: Ordering,
                fetch_order: Ordering,
                mut next: impl FnMut($value) -> $value,
            ) -> $value {
                let mut found = self.load(fetch_order);
                loop {
                    let new = next(found);
                    match self.compare_exchange(found, new, set_order, fetch_order) {
                        Ok(old) => return old,
                        Err(other) => found = other,
                    }
                }
            }

            /// The value, through an exclusive borrow.
            #[track_caller]
            #[inline]
            pub fn get_mut(&mut self) -> &mut $value {
                self.hook.take(&self.inner);
                self.inner.get_mut()
            }

            /// The same, given to a closure, as loom's atomics have it.
            #[track_caller]
            #[inline]
            pub fn with_mut<R>(&mut self, change: impl FnOnce(&mut $value) -> R) -> R {
                change(self.get_mut())
            }

            /// The value, by a read that is not atomic, as loom's atomics have it. Engines see a relaxed load:
            /// they show every value that the read may find, and do not call it a data race.
            ///
            /// # Safety
            /// No other thread writes the atomic meanwhile.
            #[track_caller]
            #[inline]
            pub unsafe fn unsync_load(&self) -> $value {
                // Ordering: Relaxed, because a plain read orders nothing.
                self.load(Ordering::Relaxed)
            }

            /// The value, which nobody else can reach any more.
            #[track_caller]
            #[inline]
            pub fn into_inner(mut self) -> $value {
                self.hook.take(&self.inner);
                self.inner.into_inner()
            }
        }

        impl$(<$generic>)? fmt::Debug for $name$(<$generic>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.load(Ordering::Relaxed), f)
            }
        }

        impl$(<$generic>)? From<$value> for $name$(<$generic>)? {
            #[track_caller]
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }
    };
}

macro_rules! integer {
    ($name:ident, $value:ident) => {
        #[doc = concat!("An atomic `", stringify!($value), "`, as [`std::sync::atomic::", stringify!($name), "`].")]
        ///
        /// ```
        #[doc = concat!("use refectory::sync::atomic::{", stringify!($name), ", Ordering};")]
        ///
        #[doc = concat!("let meals = ", stringify!($name), "::new(1);")]
        /// assert_eq!(meals.fetch_add(2, Ordering::Relaxed), 1);
        /// assert_eq!(meals.into_inner(), 3);
        /// ```
        pub struct $name {
            hook: AtomicHook<$value>,
            inner: std::sync::atomic::$name,
        }

        common!([] $name, $value);

        impl $name {
            /// Replaces the value; gives the old one.
            #[track_caller]
            #[inline]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                both!(self, order, swap(value, order))
            }

            integer!(@rmw $value:
                "Adds, wrapping around" fetch_add,
                "Subtracts, wrapping around" fetch_sub,
                "Bitwise and" fetch_and,
                "Bitwise nand" fetch_nand,
                "Bitwise or" fetch_or,
                "Bitwise exclusive or" fetch_xor,
                "The greater of the two" fetch_max,
                "The smaller of the two" fetch_min,
            );
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                Self::new(0)
            }
        }
    };
    (@rmw $value:ident: $($what:literal $operation:ident,)+) => {
        $(
            #[doc = concat!($what, "; gives the old value.")]
            #[track_caller]
            #[inline]
            pub fn $operation(&self, value: $value, order: Ordering) -> $value {
                both!(self, order, $operation(value, order))
            }
        )+
    };
}

integer!(AtomicU8, u8);
integer!(AtomicU16, u16);
integer!(AtomicU32, u32);
integer!(AtomicU64, u64);
integer!(AtomicUsize, usize);
integer!(AtomicI8, i8);
integer!(AtomicI16, i16);
integer!(AtomicI32, i32);
integer!(AtomicI64, i64);
integer!(AtomicIsize, isize);

impl AtomicU32 {
    /// What a futex, which is such an atomic, asks the engine with, and the word that the system sees.
    pub(super) fn parts(&self) -> (&AtomicHook<u32>, &std::sync::atomic::AtomicU32) {
        (&self.hook, &self.inner)
    }
}

/// An atomic `bool`, as [`std::sync::atomic::AtomicBool`].
///
/// ```
/// use refectory::sync::atomic::{AtomicBool, Ordering};
///
/// let open = AtomicBool::new(false);
/// assert!(!open.fetch_not(Ordering::Relaxed));
/// assert!(open.load(Ordering::Relaxed));
/// ```
pub struct AtomicBool {
    hook: AtomicHook<bool>,
    inner: std::sync::atomic::AtomicBool,
}

common!([] AtomicBool, bool);

impl AtomicBool {
    /// Replaces the value; gives the old one.
    #[track_caller]
    #[inline]
    pub fn swap(&self, value: bool, order: Ordering) -> bool {
        both!(self, order, swap(value, order))
    }

    integer!(@rmw bool:
        "Logical and" fetch_and,
        "Logical nand" fetch_nand,
        "Logical or" fetch_or,
        "Logical exclusive or" fetch_xor,
    );

    /// Logical not; gives the old value.
    #[track_caller]
    #[inline]
    pub fn fetch_not(&self, order: Ordering) -> bool {
        self.fetch_xor(true, order)
    }
}

impl Default for AtomicBool {
    #[track_caller]
    fn default() -> Self {
        Self::new(false)
    }
}

/// An atomic pointer, as [`std::sync::atomic::AtomicPtr`].
///
/// ```
/// use refectory::sync::atomic::{AtomicPtr, Ordering};
///
/// let mut forks = [1, 2];
/// let first = forks.as_mut_ptr();
/// let fork = AtomicPtr::new(first);
/// assert_eq!(fork.fetch_ptr_add(1, Ordering::Relaxed), first);
/// assert_eq!(fork.load(Ordering::Relaxed), first.wrapping_add(1));
/// ```
pub struct AtomicPtr<T> {
    hook: AtomicHook<*mut T>,
    inner: std::sync::atomic::AtomicPtr<T>,
}

common!([T] AtomicPtr, *mut T);

impl<T> AtomicPtr<T> {
    /// Replaces the pointer; gives the old one.
    #[track_caller]
    #[inline]
    pub fn swap(&self, pointer: *mut T, order: Ordering) -> *mut T {
        let behind = |address: usize| std::ptr::with_exposed_provenance_mut(address);
        self.hook.rmw(
            &self.inner,
            order,
            |atomic| atomic.swap(pointer, order),
            |address| behind(address.swap(pointer.expose_provenance(), order)),
        )
    }

    /// Moves the pointer on by `count` elements, wrapping around; gives the old one.
    #[track_caller]
    #[inline]
    pub fn fetch_ptr_add(&self, count: usize, order: Ordering) -> *mut T {
        self.fetch_byte_add(count.wrapping_mul(size_of::<T>()), order)
    }

    /// Moves the pointer back by `count` elements, wrapping around; gives the old one.
    #[track_caller]
    #[inline]
    pub fn fetch_ptr_sub(&self, count: usize, order: Ordering) -> *mut T {
        self.fetch_byte_sub(count.wrapping_mul(size_of::<T>()), order)
    }
}

/// Arithmetic on addresses.
macro_rules! address {
    ($($what:literal $operation:ident $on_address:ident,)+) => {
        impl<T> AtomicPtr<T> {
            $(
                #[doc = concat!($what, "; gives the old pointer.")]
                #[track_caller]
                #[inline]
                pub fn $operation(&self, value: usize, order: Ordering) -> *mut T {
                    self.hook.rmw(
                        &self.inner,
                        order,
                        |atomic| atomic.$operation(value, order),
                        |address| std::ptr::with_exposed_provenance_mut(address.$on_address(value, order)),
                    )
                }
            )+
        }
    };
}

address!(
    "Moves the pointer on by bytes, wrapping around" fetch_byte_add fetch_add,
    "Moves the pointer back by bytes, wrapping around" fetch_byte_sub fetch_sub,
    "Bitwise and of the address" fetch_and fetch_and,
    "Bitwise or of the address" fetch_or fetch_or,
    "Bitwise exclusive or of the address" fetch_xor fetch_xor,
);

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&self.load(Ordering::Relaxed), f)
    }
}

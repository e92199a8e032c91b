//! What atomics hold, and loom's atomics that stand behind the facade's.
//!
//! In a build without loom std's atomics take the place of loom's in types; none is ever made.

use crate::event::op::Class;
#[cfg(feature = "loom")]
use loom::sync::atomic as behind;
#[cfg(not(feature = "loom"))]
use std::sync::atomic as behind;
use std::sync::atomic::{self as plain, Ordering};

/// The values and orderings of one compare-exchange.
#[cfg_attr(not(feature = "instrumented"), expect(dead_code, reason = "engines look at it"))]
#[derive(Clone, Copy)]
pub(in crate::sync) struct Exchange<V> {
    pub(in crate::sync) expected: V,
    pub(in crate::sync) new: V,
    pub(in crate::sync) success: Ordering,
    pub(in crate::sync) failure: Ordering,
    pub(in crate::sync) weak: bool,
}

/// An atomic, std's or loom's, that holds a `V`.
#[cfg_attr(not(feature = "instrumented"), expect(dead_code, reason = "engines use it"))]
pub(in crate::sync) trait Holds<V> {
    /// A new atomic.
    fn holding(value: V) -> Self;
    /// An atomic load.
    fn get(&self, order: Ordering) -> V;
    /// An atomic store.
    fn set(&self, value: V, order: Ordering);
    /// A compare-exchange that fails only where it finds another value.
    fn exchange(&self, what: Exchange<V>) -> Result<V, V>;
}

/// What an object is, and what stands behind it under loom.
#[cfg_attr(not(feature = "instrumented"), expect(dead_code, reason = "engines use it"))]
pub(in crate::sync) trait Kind {
    /// The name of the facade's type with its article, for messages.
    const NAME: &'static str;
    /// What traces call it.
    const CLASS: Class;
    /// loom's object.
    type Behind;
}

/// What an atomic can hold.
#[cfg_attr(not(feature = "instrumented"), expect(dead_code, reason = "engines use it"))]
pub(in crate::sync) trait Value: Copy {
    /// std's atomic.
    type Std: Holds<Self>;
    /// The atomic that stands behind it under loom.
    type Behind: Holds<Self>;
    /// What such an atomic is. It does not name the type that a pointer points to, which may end before the
    /// pointer does.
    type Kind: Kind<Behind = Self::Behind>;
    /// The value's bits, widened.
    fn bits(self) -> u64;
    /// The value of such bits.
    fn from_bits(bits: u64) -> Self;
    /// The newest value of loom's atomic, which nobody else can be using.
    #[cfg(feature = "loom")]
    fn newest(behind: &mut Self::Behind) -> Self;
}

macro_rules! holds {
    ($value:ty, $atomic:ty) => {
        impl Holds<$value> for $atomic {
            #[track_caller]
            #[inline]
            fn holding(value: $value) -> Self {
                <$atomic>::new(value)
            }

            #[track_caller]
            #[inline]
            fn get(&self, order: Ordering) -> $value {
                self.load(order)
            }

            #[track_caller]
            #[inline]
            fn set(&self, value: $value, order: Ordering) {
                self.store(value, order);
            }

            #[track_caller]
            #[inline]
            fn exchange(&self, what: Exchange<$value>) -> Result<$value, $value> {
                self.compare_exchange(what.expected, what.new, what.success, what.failure)
            }
        }
    };
}

macro_rules! kind {
    ($kind:ty, $name:literal, $behind:ty) => {
        impl Kind for $kind {
            const NAME: &'static str = $name;
            const CLASS: Class = Class::Atomic;
            type Behind = $behind;
        }
    };
}

macro_rules! number {
    ($value:ident, $name:ident, $kind:literal) => {
        holds!($value, plain::$name);
        #[cfg(feature = "loom")]
        holds!($value, behind::$name);
        kind!(plain::$name, $kind, behind::$name);

        impl Value for $value {
            type Std = plain::$name;
            type Behind = behind::$name;
            type Kind = plain::$name;

            #[allow(clippy::unnecessary_cast, reason = "one body for every width")]
            fn bits(self) -> u64 {
                self as u64
            }

            #[allow(clippy::unnecessary_cast, reason = "one body for every width")]
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }

            #[cfg(feature = "loom")]
            #[track_caller]
            #[inline]
            fn newest(behind: &mut Self::Behind) -> Self {
                behind.with_mut(|value| *value)
            }
        }
    };
}

number!(u8, AtomicU8, "an AtomicU8");
number!(u16, AtomicU16, "an AtomicU16");
number!(u32, AtomicU32, "an AtomicU32");
number!(u64, AtomicU64, "an AtomicU64");
number!(usize, AtomicUsize, "an AtomicUsize");
number!(i8, AtomicI8, "an AtomicI8");
number!(i16, AtomicI16, "an AtomicI16");
number!(i32, AtomicI32, "an AtomicI32");
number!(i64, AtomicI64, "an AtomicI64");
number!(isize, AtomicIsize, "an AtomicIsize");

holds!(bool, plain::AtomicBool);
#[cfg(feature = "loom")]
holds!(bool, behind::AtomicBool);

kind!(plain::AtomicBool, "an AtomicBool", behind::AtomicBool);

impl Value for bool {
    type Std = plain::AtomicBool;
    type Behind = behind::AtomicBool;
    type Kind = plain::AtomicBool;

    fn bits(self) -> u64 {
        u64::from(self)
    }

    fn from_bits(bits: u64) -> Self {
        bits != 0
    }

    #[cfg(feature = "loom")]
    #[track_caller]
    #[inline]
    fn newest(behind: &mut Self::Behind) -> Self {
        // SAFETY: the exclusive borrow shows that no other thread can reach the atomic.
        unsafe { behind.unsync_load() }
    }
}

impl<T> Holds<*mut T> for plain::AtomicPtr<T> {
    #[inline]
    fn holding(value: *mut T) -> Self {
        Self::new(value)
    }

    #[inline]
    fn get(&self, order: Ordering) -> *mut T {
        self.load(order)
    }

    #[inline]
    fn set(&self, value: *mut T, order: Ordering) {
        self.store(value, order);
    }

    #[inline]
    fn exchange(&self, what: Exchange<*mut T>) -> Result<*mut T, *mut T> {
        self.compare_exchange(what.expected, what.new, what.success, what.failure)
    }
}

/// loom's `AtomicPtr` has no arithmetic, its `AtomicUsize` has: addresses stand behind pointers.
impl<T> Holds<*mut T> for behind::AtomicUsize {
    #[track_caller]
    #[inline]
    fn holding(value: *mut T) -> Self {
        Self::new(value.expose_provenance())
    }

    #[track_caller]
    #[inline]
    fn get(&self, order: Ordering) -> *mut T {
        std::ptr::with_exposed_provenance_mut(self.load(order))
    }

    #[track_caller]
    #[inline]
    fn set(&self, value: *mut T, order: Ordering) {
        self.store(value.expose_provenance(), order);
    }

    #[track_caller]
    #[inline]
    fn exchange(&self, what: Exchange<*mut T>) -> Result<*mut T, *mut T> {
        let (expected, new) = (what.expected.addr(), what.new.expose_provenance());
        self.compare_exchange(expected, new, what.success, what.failure)
            .map(std::ptr::with_exposed_provenance_mut)
            .map_err(std::ptr::with_exposed_provenance_mut)
    }
}

/// An atomic pointer, whatever it points to.
#[derive(Debug)]
pub(in crate::sync) struct Pointer;

kind!(Pointer, "an AtomicPtr", behind::AtomicUsize);

impl<T> Value for *mut T {
    type Std = plain::AtomicPtr<T>;
    type Behind = behind::AtomicUsize;
    type Kind = Pointer;

    /// An engine may answer it to whoever reads the pointer.
    fn bits(self) -> u64 {
        self.expose_provenance() as u64
    }

    fn from_bits(bits: u64) -> Self {
        std::ptr::with_exposed_provenance_mut(bits as usize)
    }

    #[cfg(feature = "loom")]
    #[track_caller]
    #[inline]
    fn newest(behind: &mut Self::Behind) -> Self {
        std::ptr::with_exposed_provenance_mut(behind.with_mut(|address| *address))
    }
}

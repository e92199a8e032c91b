//! Memory that several processes map, with a value of a type in it, and a futex that works across them.
//!
//! A [`Region`] is made by one process and travels to others in the [argument](super::process::spawn) with which they are
//! started. It has no name, belongs to the user alone, and is gone with the last process that has it, by whatever death.
//!
//! Invariant: all processes of a region run the same binary, so that its type means the same to all; it is written down in
//! the region and looked at where one is opened. What lies in it is valid whatever instant its writers are killed at: [`Shared`]
//! types have no pointers, no destructors, and no bits that mean nothing.
//!
//! What it does not do: put right what a dead process has left half done. Memory stays as it was, locks included.
//!
//! Sources: memfd_create(2), mmap(2). Hubertus Franke, Rusty Russell, Matthew Kirkwood, "Fuss, futexes and furwocks: fast
//! userlevel locking in Linux", 2002.

mod futex;
pub mod named;
pub mod robust;

#[doc(inline)]
pub use crate::__refectory_shared as shared;
pub use futex::Futex;
pub use robust::Robust;

use super::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize,
};
use super::cell::UnsafeCell;
use super::luggage::{self, Handle};
#[cfg(feature = "instrumented")]
use super::orphan::Counted;
use super::system::{self, Descriptor, Mapping};
use bytemuck::AnyBitPattern;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::{TypeId, type_name};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

/// Types that may lie in memory that several processes map.
///
/// The facade's integers and `bool` as atomics, [`Futex`], an [`UnsafeCell`] of plain old data
/// ([`bytemuck::AnyBitPattern`]: a writer may be killed in the middle of it), integers that nobody changes,
/// arrays of all these, and structs of them, which [`shared!`] declares.
///
/// # Safety
/// The type has no pointers, no destructor and no borrows, and each of its values is valid in every process of the binary. All that
/// is changed through a shared borrow is atomic, or valid whatever its bits are.
pub unsafe trait Shared: Send + 'static {}

macro_rules! are_shared {
    ($($type:ty),+ $(,)?) => {
        $(
            // SAFETY: a number, alone or as an atomic. What a hook holds beside it natively are numbers too.
            unsafe impl Shared for $type {}
        )+
    };
}

are_shared!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);
are_shared!(AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize);
are_shared!(AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, Futex);

// SAFETY: whatever is left in it is a value of the type, which is `Copy` and so has no destructor.
unsafe impl<V: AnyBitPattern + Send> Shared for UnsafeCell<V> {}
// SAFETY: what holds for one holds for many.
unsafe impl<S: Shared, const N: usize> Shared for [S; N] {}

/// Declares structs that are [`Shared`], as each of their fields has to be. They are `#[repr(C)]`, and may have
/// constants as parameters.
///
/// ```
/// use refectory::sync::atomic::AtomicU64;
/// use refectory::sync::region::{Futex, shared};
///
/// shared! {
///     /// How many have come to a table.
///     pub struct Guests<const SEATS: usize> {
///         pub all: AtomicU64,
///         pub at: [Futex; SEATS],
///     }
/// }
/// ```
///
/// ```compile_fail
/// refectory::sync::region::shared! {
///     struct Guests {
///         names: Vec<String>,
///     }
/// }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __refectory_shared {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident $(<$(const $parameter:ident: $kind:ty),+ $(,)?>)? {
            $($(#[$of_field:meta])* $field_visibility:vis $field:ident: $type:ty),+ $(,)?
        }
    )+) => {
        $(
            $(#[$attribute])*
            #[repr(C)]
            $visibility struct $name $(<$(const $parameter: $kind),+>)? {
                $($(#[$of_field])* $field_visibility $field: $type,)+
            }

            // SAFETY: each field is shared, as the bounds say.
            #[allow(trivial_bounds, reason = "the bounds are the check")]
            unsafe impl$(<$(const $parameter: $kind),+>)? $crate::sync::region::Shared for $name$(<$($parameter),+>)?
            where
                $($type: $crate::sync::region::Shared,)+
            {}
        )+
    };
}

/// A value that several processes have in common. A clone is another handle to the same one.
///
/// It is never dropped: `Shared` types have nothing to do there. No access finds its memory missing, because that is there from the
/// beginning, and nobody can make it shorter.
///
/// ```
/// use refectory::sync::atomic::{AtomicU32, Ordering::Relaxed};
/// use refectory::sync::region::Region;
///
/// # if !cfg!(target_os = "linux") { return }
/// let meals = Region::new(AtomicU32::new(0)).unwrap();
/// let same = meals.clone();
/// meals.fetch_add(1, Relaxed);
/// assert_eq!(same.load(Relaxed), 1);
/// ```
pub struct Region<T: Shared + Sync> {
    held: Held<T>,
}

/// What a handle of this process keeps.
enum Held<T: 'static> {
    Mapped(Arc<Mapped>, PhantomData<T>),
    /// Under an engine.
    #[cfg(feature = "instrumented")]
    Modelled(Counted<T>),
}

struct Mapped {
    memory: Descriptor,
    mapping: Mapping,
}

impl<T> Held<T> {
    fn mapped(memory: Descriptor, mapping: Mapping) -> Self {
        Self::Mapped(Arc::new(Mapped { memory, mapping }), PhantomData)
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Mapped(mapped, of) => Self::Mapped(Arc::clone(mapped), *of),
            #[cfg(feature = "instrumented")]
            Self::Modelled(handle) => Self::Modelled(handle.clone()),
        }
    }
}

/// What lies in the memory.
#[repr(C)]
struct Contents<T> {
    /// Of which type it is.
    fingerprint: u64,
    value: T,
}

impl<T: Shared + Sync> Region<T> {
    /// Puts the value into new memory.
    ///
    /// # Errors
    /// If there is not enough memory, or the process has no descriptors left; `Unsupported` where the system is not Linux.
    #[track_caller]
    pub fn new(value: T) -> io::Result<Self> {
        #[cfg(feature = "instrumented")]
        if super::is_modelled() {
            return Ok(Self { held: Held::Modelled(Counted::new(value)) });
        }
        system::available()?;
        let memory = system::memory(size_of::<Contents<T>>())?;
        let mapping = Self::map(&memory)?;
        // SAFETY: the memory is of this size, begins at a page, and nobody else knows it.
        unsafe { contents(&mapping).write(Contents { fingerprint: fingerprint::<T>(), value }) };
        Ok(Self { held: Held::mapped(memory, mapping) })
    }

    fn map(memory: &Descriptor) -> io::Result<Mapping> {
        const {
            assert!(align_of::<T>() <= 4096, "a mapping begins at a page, which is not aligned for this type")
        };
        Mapping::new(memory, size_of::<Contents<T>>())
    }

    /// A region that another process has made.
    fn open(handle: Handle) -> io::Result<Self> {
        #[cfg(feature = "instrumented")]
        if super::is_modelled() {
            return Ok(Self { held: Held::Modelled(handle.modelled()?) });
        }
        let memory = handle.system()?;
        let length = system::length(&memory)?;
        if length == size_of::<Contents<T>>() {
            let mapping = Self::map(&memory)?;
            // SAFETY: the memory is long enough, and any number is one.
            if unsafe { (&raw const (*contents::<T>(&mapping)).fingerprint).read() } == fingerprint::<T>() {
                return Ok(Self { held: Held::mapped(memory, mapping) });
            }
        }
        let why = format!("{length} bytes of shared memory that are no region of {}", type_name::<T>());
        Err(io::Error::new(io::ErrorKind::InvalidData, why))
    }
}

/// What lies in the memory that is mapped there.
fn contents<T>(mapping: &Mapping) -> *mut Contents<T> {
    mapping.start().as_ptr().cast()
}

/// The same number for the same type, in each process of the binary.
fn fingerprint<T: 'static>() -> u64 {
    // Its keys are constants.
    let mut hasher = DefaultHasher::new();
    TypeId::of::<T>().hash(&mut hasher);
    hasher.finish()
}

impl<T: Shared + Sync> Deref for Region<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match &self.held {
            // SAFETY: `new` has put such a value there before anybody else knew the memory, and it is valid as long as the
            // mapping, whoever does what to it: `Shared` and `Sync` say so.
            Held::Mapped(mapped, _) => unsafe { &(*contents::<T>(&mapped.mapping)).value },
            #[cfg(feature = "instrumented")]
            Held::Modelled(handle) => handle,
        }
    }
}

impl<T: Shared + Sync> Clone for Region<T> {
    fn clone(&self) -> Self {
        Self { held: self.held.clone() }
    }
}

impl<T: Shared + Sync + fmt::Debug> fmt::Debug for Region<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Region").field(&**self).finish()
    }
}

/// Travels to a child of the process: its descriptor does.
impl<T: Shared + Sync> Serialize for Region<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let duplicate = || match &self.held {
            Held::Mapped(mapped, _) => Ok(Handle::System(system::duplicate(&mapped.memory)?)),
            #[cfg(feature = "instrumented")]
            Held::Modelled(handle) => Ok(Handle::Modelled(Box::new(handle.clone()))),
        };
        luggage::put(duplicate, serializer)
    }
}

impl<'de, T: Shared + Sync> Deserialize<'de> for Region<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        luggage::take(deserializer, Self::open)
    }
}

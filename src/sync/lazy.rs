//! Statics that are made when first used: one for the process natively, one an execution under an
//! engine.
//!
//! In a build with engines `new` asks which engine is current, and so cannot make a static of the
//! facade's types. [`lazy_static!`](crate::sync::lazy_static) can, in every build:
//!
//! ```
//! use refectory::sync::{Mutex, lazy_static};
//!
//! lazy_static! {
//!     /// What has been ordered.
//!     static ref ORDERS: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
//! }
//!
//! ORDERS.lock().unwrap().push("soup");
//! assert_eq!(ORDERS.lock().unwrap().len(), 1);
//! ```

#[cfg(feature = "instrumented")]
use super::{
    OnceLock,
    current::{Current, current, epoch},
};
use std::fmt;
#[cfg(feature = "instrumented")]
use std::{
    any::Any,
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Declares statics that are made when first used; under an engine each execution has its own.
#[doc(hidden)]
#[macro_export]
macro_rules! __refectory_lazy_static {
    ($($(#[$attribute:meta])* $visibility:vis static ref $name:ident: $type:ty = $value:expr;)+) => {
        $(
            // A type of its own for each static, so that its value is reached through that static alone.
            #[allow(non_camel_case_types, missing_debug_implementations, clippy::upper_case_acronyms)]
            $(#[$attribute])*
            $visibility struct $name {
                _private: (),
            }

            $(#[$attribute])*
            $visibility static $name: $name = $name { _private: () };

            impl ::std::ops::Deref for $name {
                type Target = $type;

                #[track_caller]
                fn deref(&self) -> &$type {
                    static LAZY: $crate::sync::Lazy<$type> = $crate::sync::Lazy::new(|| $value);
                    LAZY.get()
                }
            }
        )+
    };
}

/// A static that is made when first used: what stands behind [`lazy_static!`](crate::sync::lazy_static).
///
/// A reference to the value must not be used after the execution in which it was got.
pub struct Lazy<T: 'static> {
    make: fn() -> T,
    native: std::sync::OnceLock<T>,
    #[cfg(feature = "loom")]
    loom: loom::lazy_static::Lazy<T>,
}

impl<T: 'static> Lazy<T> {
    /// A static that `make` makes.
    pub const fn new(make: fn() -> T) -> Self {
        Self {
            make,
            native: std::sync::OnceLock::new(),
            #[cfg(feature = "loom")]
            loom: loom::lazy_static::Lazy { init: make, _p: std::marker::PhantomData },
        }
    }

    /// The value, made if need be.
    #[track_caller]
    pub fn get(&'static self) -> &'static T {
        #[cfg(feature = "loom")]
        if matches!(current(), Current::Loom) {
            return self.loom.get();
        }
        self.value()
    }

    /// The value, where loom does not drive.
    #[track_caller]
    fn value(&self) -> &T {
        #[cfg(feature = "instrumented")]
        if let Current::Controlled(_) = current() {
            return self.of_this_execution();
        }
        self.native.get_or_init(self.make)
    }

    #[cfg(feature = "instrumented")]
    #[track_caller]
    fn of_this_execution(&self) -> &T {
        let cell = statics::get::<T>(std::ptr::from_ref(self).addr());
        let value: *const T = cell.get_or_init(self.make);
        // SAFETY: the cell is kept, and not written again, until the execution is over; the type's
        // contract is that no reference is used later than that.
        unsafe { &*value }
    }
}

impl<T> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").finish_non_exhaustive()
    }
}

/// A value that is made when first used, as [`std::sync::LazyLock`]; under an engine each execution makes its own.
///
/// It is made by a function or by a closure that captures nothing, because it may have to be made again. Under loom only
/// those that are statics can be used.
///
/// ```
/// use refectory::sync::{LazyLock, Mutex};
///
/// static ORDERS: LazyLock<Mutex<Vec<&'static str>>> = LazyLock::new(|| Mutex::new(Vec::new()));
///
/// ORDERS.lock().unwrap().push("soup");
/// assert_eq!(LazyLock::force(&ORDERS).lock().unwrap().len(), 1);
/// ```
pub struct LazyLock<T: 'static>(Lazy<T>);

impl<T: 'static> LazyLock<T> {
    /// A value that `make` makes.
    pub const fn new(make: fn() -> T) -> Self {
        Self(Lazy::new(make))
    }

    /// The value, made if need be.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        #[cfg(feature = "loom")]
        if matches!(current(), Current::Loom) {
            // SAFETY: loom keeps the value until the execution is over, and asks for the address alone. The
            // reference that is given lives no longer than `this`.
            return unsafe { &*std::ptr::from_ref(&this.0) }.get();
        }
        this.0.value()
    }
}

impl<T: 'static> std::ops::Deref for LazyLock<T> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        Self::force(self)
    }
}

/// The address of one that is no static may be used again in the same execution.
impl<T: 'static> Drop for LazyLock<T> {
    fn drop(&mut self) {
        #[cfg(feature = "instrumented")]
        statics::forget(std::ptr::from_ref(&self.0).addr());
    }
}

impl<T> fmt::Debug for LazyLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyLock").finish_non_exhaustive()
    }
}

/// The statics of the execution that an engine of this crate runs.
#[cfg(feature = "instrumented")]
pub(crate) mod statics {
    use super::{Any, Cell, OnceLock, Rc, RefCell, epoch};

    /// The number of the execution, and its statics by their address.
    type Statics = (u32, Vec<(usize, Rc<dyn Any>)>);

    thread_local! {
        static ENDING: Cell<bool> = const { Cell::new(false) };
        static STATICS: RefCell<Statics> = const { RefCell::new((0, Vec::new())) };
    }

    /// The cell of a static, empty when first asked for.
    #[track_caller]
    pub(super) fn get<T: 'static>(address: usize) -> Rc<OnceLock<T>> {
        forget_earlier();
        let known = STATICS.with_borrow(|(_, statics)| {
            let found = statics.iter().find(|(of, _)| *of == address);
            found.map(|(_, cell)| Rc::clone(cell))
        });
        let cell = known.unwrap_or_else(|| {
            let cell: Rc<dyn Any> = Rc::new(OnceLock::<T>::new());
            STATICS.with_borrow_mut(|(_, statics)| statics.push((address, Rc::clone(&cell))));
            cell
        });
        cell.downcast().expect("the address is that of a static of this type")
    }

    /// Drops one that is no static after all.
    pub(super) fn forget(address: usize) {
        let cell = STATICS.with_borrow_mut(|(_, statics)| {
            let index = statics.iter().position(|(of, _)| *of == address)?;
            Some(statics.swap_remove(index))
        });
        drop(cell);
    }

    /// Drops the statics of executions that are over.
    fn forget_earlier() {
        if STATICS.with_borrow(|(of, _)| *of != epoch()) {
            drop_all();
        }
    }

    /// Drops the statics of this execution. An engine does this as the last thing in main, so that
    /// what they own is not taken for a leak.
    pub(crate) fn drop_all() {
        // Destructors may look at statics: the list is free while they run.
        let earlier = STATICS.with_borrow_mut(|statics| std::mem::replace(statics, (epoch(), Vec::new())));
        ENDING.set(true);
        drop(earlier);
        ENDING.set(false);
    }

    /// Whether statics are being dropped. In a process they never are, so that a thread that outlives main may
    /// still use them: their end is the engine's, and not an operation of the program.
    pub(crate) fn are_ending() -> bool {
        ENDING.get()
    }
}

//! The hook of counted references: a token beside each owner, announced as it comes and goes.
//!
//! The token is dropped before std's reference, and no other thread runs in between; so the last
//! owner has acquired what the others released before it destroys the value.

use super::super::current::{Current, current};
#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};
use super::super::op::{Class, Op, Site};
use super::driven::{Hook, Turn};
use std::cell::RefCell;
use std::fmt;
use std::panic::Location;

/// The engine's part of an owner.
#[derive(Debug)]
pub(in crate::sync) struct ArcHook {
    hook: Hook<()>,
    /// Where this owner came to be, which is all that its drop can tell.
    site: Site,
    /// loom's owner.
    #[cfg(feature = "loom")]
    loom: Option<loom::sync::Arc<()>>,
}

/// The engine's part of a reference that does not own; `None` where there never was a value.
#[derive(Clone, Debug)]
pub(in crate::sync) struct WeakHook(Option<Hook<()>>);

thread_local! {
    /// The tokens of owners that are pointers for the time being, by the value's address. Those of
    /// one value are all alike. Natively there is nothing to keep.
    static LENT: RefCell<Vec<(usize, ArcHook)>> = const { RefCell::new(Vec::new()) };
}

/// Takes the token of a value from the list, newest first: an address may have been used before, in
/// an execution that is over.
fn take_back(lent: &mut Vec<(usize, ArcHook)>, value: usize) -> Option<ArcHook> {
    lent.retain(|(_, token)| token.hook.born.in_this_execution());
    let index = lent.iter().rposition(|(address, _)| *address == value)?;
    Some(lent.swap_remove(index).1)
}

impl ArcHook {
    /// The first owner of a new value.
    #[track_caller]
    pub(in crate::sync) fn new() -> Self {
        let hook = Hook::new("an Arc", Class::Arc, 1, || ());
        #[cfg(feature = "loom")]
        let loom = match hook.turn() {
            Turn::Loom(..) => Some(looming::quietly(|| loom::sync::Arc::new(()))),
            _ => None,
        };
        Self {
            hook,
            site: Location::caller(),
            #[cfg(feature = "loom")]
            loom,
        }
    }

    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        self.hook.name(name);
    }

    /// One more owner.
    #[track_caller]
    pub(in crate::sync) fn another(&self) -> Self {
        let site = Location::caller();
        #[cfg(feature = "loom")]
        let mut loom = None;
        match self.hook.turn() {
            Turn::Native(_) | Turn::Inert => {}
            #[cfg(feature = "loom")]
            Turn::Loom((), id) => {
                loom = looming::operation(Op::ArcClone(id), site, || self.loom.clone(), |_| Told::NOTHING);
            }
            Turn::Conducted(conductor, id) => {
                conductor.perform(Op::ArcClone(id), 0, site);
            }
        }
        Self {
            hook: self.hook.clone(),
            site,
            #[cfg(feature = "loom")]
            loom,
        }
    }

    /// Looks at the number of owners; `None` where std knows it.
    #[track_caller]
    pub(in crate::sync) fn count(&self) -> Option<usize> {
        match self.hook.turn() {
            Turn::Native(_) | Turn::Inert => None,
            #[cfg(feature = "loom")]
            Turn::Loom((), id) => {
                let count = || self.loom.as_ref().map(loom::sync::Arc::strong_count);
                looming::operation(Op::ArcCount(id), Location::caller(), count, |count| Told {
                    answer: count.map(|count| count as u64),
                    wrote: None,
                })
            }
            Turn::Conducted(conductor, id) => {
                Some(owners(conductor.perform(Op::ArcCount(id), 0, Location::caller())))
            }
        }
    }

    /// Whether this is the only owner, who then has acquired what the others released; `None` where
    /// std knows it.
    #[track_caller]
    pub(in crate::sync) fn alone(&mut self) -> Option<bool> {
        #[cfg(feature = "loom")]
        if let Turn::Loom((), id) = self.hook.turn() {
            let (token, site) = (&mut self.loom, Location::caller());
            let alone = || token.as_mut().is_some_and(|token| loom::sync::Arc::get_mut(token).is_some());
            return Some(looming::operation(Op::ArcCount(id), site, alone, |alone| Told::attempt(*alone)));
        }
        self.count().map(|count| count == 1)
    }

    /// The owner goes, and its place is known for once.
    #[track_caller]
    pub(in crate::sync) fn leave(mut self) {
        self.site = Location::caller();
    }

    /// Keeps the token of an owner that is given away as a pointer.
    pub(in crate::sync) fn lend(self, value: *const ()) {
        match self.hook.turn_in_drop() {
            Turn::Native(_) => {}
            _ => LENT.with_borrow_mut(|lent| lent.push((value.addr(), self))),
        }
    }

    /// The token of an owner that is taken back from a pointer.
    #[track_caller]
    pub(in crate::sync) fn give_back(value: *const ()) -> Self {
        match current() {
            Current::Native => Self::new(),
            _ => LENT.with_borrow_mut(|lent| take_back(lent, value.addr())).unwrap_or_else(Self::new),
        }
    }

    /// A reference that does not own.
    #[track_caller]
    pub(in crate::sync) fn downgrade(&self) -> WeakHook {
        self.hook.turn();
        WeakHook(Some(self.hook.clone()))
    }
}

impl Drop for ArcHook {
    fn drop(&mut self) {
        match self.hook.turn_in_drop() {
            Turn::Native(_) => {}
            // loom would abort the process.
            Turn::Inert => {
                #[cfg(feature = "loom")]
                std::mem::forget(self.loom.take());
            }
            #[cfg(feature = "loom")]
            Turn::Loom((), id) => {
                looming::operation(Op::ArcDrop(id), self.site, || drop(self.loom.take()), |()| Told::NOTHING);
            }
            Turn::Conducted(conductor, id) => {
                conductor.perform(Op::ArcDrop(id), 0, self.site);
            }
        }
    }
}

impl WeakHook {
    /// A reference to nothing.
    pub(in crate::sync) const fn dangling() -> Self {
        Self(None)
    }

    /// An owner, if there is one left.
    ///
    /// # Panics
    /// Under loom, whose `Arc` has no such references.
    #[track_caller]
    pub(in crate::sync) fn upgrade(&self) -> Option<ArcHook> {
        let hook = self.0.as_ref()?;
        let site = Location::caller();
        match hook.turn() {
            Turn::Native(_) | Turn::Inert => {}
            #[cfg(feature = "loom")]
            Turn::Loom(..) => hook.born.unsupported("has its `Weak` upgraded, which loom does not model"),
            Turn::Conducted(conductor, id) => {
                if conductor.perform(Op::ArcUpgrade(id), 0, site) == 0 {
                    return None;
                }
            }
        }
        Some(ArcHook {
            hook: hook.clone(),
            site,
            #[cfg(feature = "loom")]
            loom: None,
        })
    }
}

/// A count of owners, as the engine gives it.
fn owners(count: u64) -> usize {
    usize::try_from(count).expect("fewer owners than addresses")
}

//! The hook of counted references: a token beside each owner, announced as it comes and goes.
//!
//! The token is dropped before std's reference, and no other thread runs in between; so the last
//! owner has acquired what the others released before it destroys the value.

use super::super::current::{Current, current};
#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};
use super::driven::{Hook, Turn};
use super::raw::Kind;
use crate::event::op::{Class, Op, Site};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;

/// What it is.
#[derive(Debug)]
pub(in crate::sync) struct OfArc;

impl Kind for OfArc {
    const NAME: &'static str = "an Arc";
    const CLASS: Class = Class::Arc;
    type Behind = ();
}

/// The engine's part of an owner.
#[derive(Debug)]
pub(in crate::sync) struct ArcHook {
    hook: Hook<OfArc>,
    /// Where this owner came to be, which is all that its drop can tell.
    site: Site,
    /// loom's owner.
    #[cfg(feature = "loom")]
    loom: Option<loom::sync::Arc<()>>,
}

/// The engine's part of a reference that does not own; `None` where there never was a value.
#[derive(Clone, Debug)]
pub(in crate::sync) struct WeakHook(Option<Hook<OfArc>>);

/// A value that was given away as a pointer, and the object that counts its owners. Its tokens are all alike:
/// the object alone knows how many there are, so that one is made where an owner is taken back.
struct Lent {
    hook: Hook<OfArc>,
    /// Where the value is, for loom's own counts.
    #[cfg(feature = "loom")]
    loom: Option<*const ()>,
}

thread_local! {
    /// The values that were given away as pointers, by their addresses. An address may be used again: the
    /// newest value counts. Natively there is nothing to keep.
    static LENT: RefCell<BTreeMap<usize, Lent>> = const { RefCell::new(BTreeMap::new()) };
}

impl Lent {
    /// A token of the value.
    fn token(&self, site: Site) -> ArcHook {
        ArcHook {
            hook: self.hook.clone(),
            site,
            #[cfg(feature = "loom")]
            loom: self.loom.filter(|_| looming::alive()).map(|value| {
                // SAFETY: the pointer came from loom's `into_raw` in this execution, and the caller of
                // `Arc::from_raw` promises that an owner is left to be taken back.
                looming::quietly(|| unsafe { loom::sync::Arc::from_raw(value) })
            }),
        }
    }
}

impl ArcHook {
    /// The first owner of a new value.
    #[track_caller]
    pub(in crate::sync) fn new() -> Self {
        let hook = Hook::new(1, || ());
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
            Turn::Controlled(controller, id) => {
                controller.perform(Op::ArcClone(id), site);
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
            Turn::Controlled(controller, id) => {
                Some(owners(controller.perform(Op::ArcCount(id), Location::caller())))
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

    /// The owner is given away as a pointer: it still counts.
    pub(in crate::sync) fn lend(self, value: *const ()) {
        let mut token = ManuallyDrop::new(self);
        if !matches!(token.hook.turn_in_drop(), Turn::Native(_)) {
            let lent = token.lent();
            LENT.with_borrow_mut(|all| all.insert(value.addr(), lent));
        }
    }

    fn lent(&mut self) -> Lent {
        Lent {
            hook: self.hook.clone(),
            #[cfg(feature = "loom")]
            loom: self.loom.take().map(loom::sync::Arc::into_raw),
        }
    }

    /// The token of an owner that is taken back from a pointer.
    #[track_caller]
    pub(in crate::sync) fn give_back(value: *const ()) -> Self {
        let site = Location::caller();
        let known = match current() {
            Current::Native => None,
            _ => LENT.with_borrow_mut(|lent| {
                lent.retain(|_, lent| lent.hook.in_this_execution());
                lent.get(&value.addr()).map(|lent| lent.token(site))
            }),
        };
        known.unwrap_or_else(Self::new)
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
            Turn::Controlled(controller, id) => {
                controller.perform(Op::ArcDrop(id), self.site);
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
            Turn::Loom(..) => hook.unsupported("has its `Weak` upgraded, which loom does not model"),
            Turn::Controlled(controller, id) => {
                if controller.perform(Op::ArcUpgrade(id), site) == 0 {
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

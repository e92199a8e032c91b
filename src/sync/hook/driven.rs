//! The hook in a build with engines.

use super::super::current::{Controller, Current, current, epoch, give_up, run};
use super::super::lazy::statics;
#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};
use super::super::noise;
use super::super::recording::record;
use super::born::Born;
use super::raw::Kind;
use crate::event::op::{ObjectId, Op, Site, Spurious};
use std::fmt;
use std::marker::PhantomData;
use std::panic::{self, Location};
use std::sync::atomic::Ordering::{self, Relaxed};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

/// The engine's part of an object.
///
/// All bytes zero is a valid hook: that of an object which is not born yet. Natively it never is; under an engine of this
/// crate it is born at its first use. So memory that is zeroed can hold objects of the facade, as it can hold
/// std's.
pub(in crate::sync) struct Hook<K: Kind> {
    /// An [`Identity`].
    identity: AtomicU64,
    /// Where it was made, or found: as a [`distance`], or 0.
    site: AtomicUsize,
    /// The run of the engine that it belongs to.
    run: AtomicU64,
    /// loom's object.
    #[cfg(feature = "loom")]
    behind: Option<Box<K::Behind>>,
    kind: PhantomData<fn() -> K>,
}

/// Whose an object is: an execution (32 bits), its number there (30 bits), and an engine (2 bits).
#[derive(Clone, Copy)]
struct Identity(u64);

/// The engines, as identities tell them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Unborn,
    Native,
    #[cfg(feature = "loom")]
    Loom,
    Controlled,
}

impl Identity {
    fn new(side: Side, id: ObjectId) -> Self {
        debug_assert!(id.0 < 1 << 30, "fewer objects than an identity can count");
        let side = match side {
            Side::Unborn => 0,
            Side::Native => 1,
            #[cfg(feature = "loom")]
            Side::Loom => 2,
            Side::Controlled => 3,
        };
        Self(u64::from(epoch()) << 32 | u64::from(id.0) << 2 | side)
    }

    #[inline]
    fn side(self) -> Side {
        match self.0 & 3 {
            0 => Side::Unborn,
            1 => Side::Native,
            #[cfg(feature = "loom")]
            2 => Side::Loom,
            _ => Side::Controlled,
        }
    }

    #[inline]
    fn id(self) -> ObjectId {
        ObjectId((self.0 as u32) >> 2)
    }

    #[inline]
    fn epoch(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    fn in_this_execution(self) -> bool {
        self.epoch() == epoch()
    }

    fn engine(self) -> &'static str {
        match self.side() {
            Side::Unborn => "nobody",
            Side::Native => "native",
            #[cfg(feature = "loom")]
            Side::Loom => "loom",
            Side::Controlled => "a model-checking engine",
        }
    }
}

/// Who lets the next operation on an object take place.
pub(in crate::sync) enum Turn<'a, L> {
    /// Nobody has to: std itself does.
    Native(PhantomData<&'a L>),
    /// Nobody is left to ask: the engine stops, and destructors run.
    Inert,
    /// loom, through its own object.
    #[cfg(feature = "loom")]
    Loom(&'a L, ObjectId),
    /// An engine of this crate.
    Controlled(&'static dyn Controller, ObjectId),
}

impl<K: Kind> Hook<K> {
    /// The hook of a new object; `behind` makes the one that stands behind it under loom.
    #[track_caller]
    #[cfg_attr(not(feature = "loom"), expect(unused_variables, reason = "only loom has one"))]
    pub(in crate::sync) fn new(value: u64, behind: impl FnOnce() -> K::Behind) -> Self {
        let site = Location::caller();
        #[cfg(feature = "loom")]
        let mut loom = None;
        let identity = match current() {
            Current::Native => Identity::new(Side::Native, ObjectId(0)),
            #[cfg(feature = "loom")]
            Current::Loom => {
                let id = looming::create(K::CLASS, site);
                loom = Some(Box::new(looming::quietly(behind)));
                Identity::new(Side::Loom, id)
            }
            Current::Controlled(controller) => {
                Identity::new(Side::Controlled, controller.create(K::CLASS, value, site))
            }
        };
        Self {
            identity: AtomicU64::new(identity.0),
            site: AtomicUsize::new(distance(site)),
            run: AtomicU64::new(run()),
            #[cfg(feature = "loom")]
            behind: loom,
            kind: PhantomData,
        }
    }

    #[inline]
    fn identity(&self) -> Identity {
        // Ordering: the hook is written where it is made, and by an engine, which runs its threads on one OS thread.
        Identity(self.identity.load(Relaxed))
    }

    /// Who lets the next operation take place.
    ///
    /// # Panics
    /// If the object belongs to another engine or execution, unless a panic is under way.
    #[track_caller]
    #[inline]
    pub(in crate::sync) fn turn(&self) -> Turn<'_, K::Behind> {
        if self.identity().side() == Side::Unborn {
            self.be_born();
        }
        match self.turn_in_drop() {
            Turn::Inert if !stopping() => self.born().foreign(current()),
            Turn::Native(native) => {
                noise::here();
                Turn::Native(native)
            }
            turn => turn,
        }
    }

    /// Zeroed memory is used for the first time: natively it stays what it is.
    #[cold]
    #[track_caller]
    fn be_born(&self) {
        match current() {
            Current::Native => {}
            #[cfg(feature = "loom")]
            Current::Loom => unsupported(&format!(
                "{} in zeroed memory, which loom would take for made by whoever uses it first",
                K::NAME
            )),
            Current::Controlled(controller) => {
                let site = Location::caller();
                let id = controller.find(K::CLASS, site);
                self.site.store(distance(site), Relaxed);
                self.run.store(run(), Relaxed);
                self.identity.store(Identity::new(Side::Controlled, id).0, Relaxed);
            }
        }
    }

    /// The same for an operation in a `Drop`, which must not panic: a foreign object is left alone.
    #[inline]
    pub(in crate::sync) fn turn_in_drop(&self) -> Turn<'_, K::Behind> {
        let identity = self.identity();
        match (identity.side(), current()) {
            (Side::Native | Side::Unborn, Current::Native) => Turn::Native(PhantomData),
            #[cfg(feature = "loom")]
            (Side::Loom, Current::Loom) if identity.in_this_execution() && looming::alive() => {
                let behind = self.behind.as_deref().expect("loom's object was made with this one");
                Turn::Loom(behind, identity.id())
            }
            (Side::Controlled, Current::Controlled(controller)) if identity.in_this_execution() => {
                Turn::Controlled(controller, identity.id())
            }
            _ => Turn::Inert,
        }
    }

    /// The same object without what stands behind it, for an operation that outlives a borrow of the hook.
    pub(in crate::sync) fn alias<A: Kind<Behind = ()>>(&self) -> Hook<A> {
        Hook {
            identity: AtomicU64::new(self.identity().0),
            site: AtomicUsize::new(self.site.load(Relaxed)),
            run: AtomicU64::new(self.run.load(Relaxed)),
            #[cfg(feature = "loom")]
            behind: self.behind.is_some().then(Box::default),
            kind: PhantomData,
        }
    }

    /// loom's object, for an operation through an exclusive borrow.
    #[cfg(feature = "loom")]
    pub(in crate::sync) fn behind_mut(&mut self) -> Option<&mut K::Behind> {
        let here = self.in_this_execution() && looming::alive();
        self.behind.as_deref_mut().filter(|_| here)
    }

    /// Whether this is the execution that the object was made in.
    pub(in crate::sync) fn in_this_execution(&self) -> bool {
        self.identity().in_this_execution()
    }

    /// Where the object was made; the caller's place for one that is not born yet.
    pub(in crate::sync) fn site(&self) -> Site {
        match self.site.load(Relaxed) {
            0 => Location::caller(),
            // SAFETY: a place of this binary, at this distance in each of its processes.
            distance => unsafe { &*std::ptr::with_exposed_provenance(anchor().wrapping_add(distance)) },
        }
    }

    fn born(&self) -> Born {
        let identity = self.identity();
        Born::of(K::NAME, self.site(), identity.engine(), identity.epoch(), self.run.load(Relaxed))
    }

    /// The object cannot do what is asked under the engine it belongs to.
    #[cfg(feature = "loom")]
    #[cold]
    #[track_caller]
    pub(in crate::sync) fn unsupported(&self, what: &str) -> ! {
        self.born().unsupported(what)
    }

    /// Names the object in traces.
    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        match self.turn_in_drop() {
            Turn::Native(_) | Turn::Inert => {}
            #[cfg(feature = "loom")]
            Turn::Loom(_, id) => name_object(id, name),
            Turn::Controlled(_, id) => name_object(id, name),
        }
    }
}

fn name_object(id: ObjectId, name: fmt::Arguments<'_>) {
    record(|trace, _| trace.name_object(id, name.to_string()));
}

/// How far a place of this binary is from one that is known. An object may lie in memory that several processes map, and
/// each has the binary at addresses of its own.
fn distance(site: Site) -> usize {
    std::ptr::from_ref(site).expose_provenance().wrapping_sub(anchor())
}

fn anchor() -> usize {
    static ANCHOR: u8 = 0;
    (&raw const ANCHOR).addr()
}

/// The hook of another owner of the same value.
impl<K: Kind<Behind = ()>> Clone for Hook<K> {
    fn clone(&self) -> Self {
        self.alias()
    }
}

/// The hook of an object that ends with it.
pub(in crate::sync) struct Owned<K: Kind>(Hook<K>);

impl<K: Kind> Owned<K> {
    #[track_caller]
    pub(in crate::sync) fn new(value: u64, behind: impl FnOnce() -> K::Behind) -> Self {
        Self(Hook::new(value, behind))
    }
}

impl<K: Kind> std::ops::Deref for Owned<K> {
    type Target = Hook<K>;

    #[inline]
    fn deref(&self) -> &Hook<K> {
        &self.0
    }
}

impl<K: Kind> std::ops::DerefMut for Owned<K> {
    fn deref_mut(&mut self) -> &mut Hook<K> {
        &mut self.0
    }
}

impl<K: Kind> Drop for Owned<K> {
    fn drop(&mut self) {
        if let Turn::Controlled(controller, id) = self.0.turn_in_drop()
            && !statics::are_ending()
        {
            controller.destroy(id);
        }
    }
}

impl<K: Kind> fmt::Debug for Owned<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<K: Kind> fmt::Debug for Hook<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.born().fmt(f)
    }
}

/// Whether destructors may be running because something went wrong: a panic that unwinds, or an
/// engine that stopped.
pub(in crate::sync) fn stopping() -> bool {
    #[cfg(feature = "loom")]
    if matches!(current(), Current::Loom) && !looming::alive() {
        return true;
    }
    std::thread::panicking()
}

/// The payload that unwinds a thread of an execution that is over.
pub(in crate::sync) struct TornDown;

/// Ends a thread whose engine has stopped, where it could only go on by waiting for another one.
#[cold]
pub(in crate::sync) fn torn_down() -> ! {
    panic::resume_unwind(Box::new(TornDown))
}

/// Whether the wait, the park or the weak compare-exchange that would come next returns for no reason instead.
pub(in crate::sync) fn is_spurious(controller: &dyn Controller, what: Spurious, site: Site) -> bool {
    #[cfg(feature = "processes")]
    if super::super::process::modelled::is_in_call(controller.thread()) {
        return false;
    }
    controller.perform(Op::Spurious(what), site) == 1
}

/// What the engine that is current cannot do: nothing is wrong with the subject.
#[cold]
#[track_caller]
pub(in crate::sync) fn unsupported(what: &str) -> ! {
    #[cfg(feature = "loom")]
    if matches!(current(), Current::Loom) {
        looming::stop(looming::Stop::Unsupported(what.to_owned()));
    }
    give_up(run(), what.to_owned());
    panic!("unsupported: {what}")
}

/// std's lock beside one that an engine has granted: free, unless the execution is being torn down
/// and its owner will never run again.
pub(in crate::sync) fn granted<G>(attempt: TryLockResult<G>) -> LockResult<G> {
    match attempt {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poison)) => Err(PoisonError::new(poison.into_inner())),
        Err(TryLockError::WouldBlock) => torn_down(),
    }
}

/// An atomic fence.
#[track_caller]
pub(in crate::sync) fn fence(order: Ordering) {
    let op = Op::Fence(order.into());
    match current() {
        Current::Native => std::sync::atomic::fence(order),
        #[cfg(feature = "loom")]
        Current::Loom if looming::alive() => {
            looming::operation(
                op,
                Location::caller(),
                || loom::sync::atomic::fence(order),
                |()| Told::NOTHING,
            );
        }
        #[cfg(feature = "loom")]
        Current::Loom => {}
        Current::Controlled(controller) => {
            controller.perform(op, Location::caller());
        }
    }
}

//! A futex with an owner, whom the kernel looks after.
//!
//! The word has the number of the thread that owns it, or nobody's. Each thread tells the kernel of a list of the words that it
//! owns, and of the one that it is about to take or to give back. When the thread ends, by whatever death, the kernel goes
//! through the list: where a word has the number of the thread it puts [`OWNER_DIED`] in its place, and wakes one who
//! waits, if there is [`WAITERS`]. A word that the thread was about to take, or has given back, and that nobody
//! owns, may have had a wake that nobody heard: there it wakes one more.
//!
//! Invariant: at each instant every word that has the number of a living thread is in the list of that thread, or is the one
//! that it has announced.
//!
//! What it does not do: stand beside robust mutexes of libc in the same thread. A thread has one list, and its words are all
//! equally far from their entries, so that at the first use the list of libc is replaced: mutexes of `PTHREAD_MUTEX_ROBUST` that this
//! thread holds are then not looked after. Nor does it do anything where the system is not Linux: there whoever dies is the
//! owner for ever. The thread-local of a library that was loaded later may go before its thread does: it has to be
//! linked into the program.
//!
//! Source: set_robust_list(2); Ingo Molnar, "The robust futex ABI", 2006 (`Documentation/locking/robust-futex-ABI.rst`);
//! Ulrich Drepper, "Robust mutexes", 2006.

use super::super::system;
#[cfg(feature = "instrumented")]
use super::super::{
    current::{Current, current},
    is_modelled,
    process::modelled::{self, Told},
};
use super::{Futex, Shared};
use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{
    AtomicPtr,
    Ordering::{Relaxed, SeqCst},
    compiler_fence,
};

/// The kernel's mark: the owner has died with the word (`FUTEX_OWNER_DIED`).
pub const OWNER_DIED: u32 = 0x4000_0000;
/// Somebody may wait, and is to be woken (`FUTEX_WAITERS`).
pub const WAITERS: u32 = 0x8000_0000;
/// The owner's number, or 0 (`FUTEX_TID_MASK`).
pub const OWNER: u32 = 0x3fff_ffff;

/// A word to wait on that has an owner. It derefs to its [`Futex`].
///
/// ```
/// use refectory::sync::atomic::Ordering::{Acquire, Relaxed, Release};
/// use refectory::sync::region::robust::Robust;
///
/// let word = Robust::new();
/// // SAFETY: it says whether the word is ours now, which stays where it is until it was given back.
/// let is_mine = unsafe { word.take(|| word.compare_exchange(0, Robust::me(), Acquire, Relaxed).is_ok()) };
/// assert!(is_mine);
/// word.give(|| word.store(0, Release));
/// ```
#[repr(C)]
pub struct Robust {
    word: Futex,
    entry: Entry,
}

// SAFETY: the pointer is its owner's alone, who writes it before it reads it; it has no destructor.
unsafe impl Shared for Robust {}

impl Robust {
    const_by_default! {
        /// A word without an owner. Const in a build without engines.
        pub fn new() -> Self {
            Self { word: Futex::new(0), entry: Entry::new() }
        }
    }

    /// Names the word in traces.
    #[must_use]
    pub fn named(self, name: fmt::Arguments<'_>) -> Self {
        Self { word: self.word.named(name), ..self }
    }

    /// The number of the running thread, as the word has it.
    #[must_use]
    #[inline]
    pub fn me() -> u32 {
        thread_local! {
            static ME: Cell<u32> = const { Cell::new(0) };
        }
        #[cfg(feature = "instrumented")]
        match current() {
            Current::Native => {}
            #[cfg(feature = "loom")]
            Current::Loom => super::super::hook::unsupported("a word with an owner"),
            Current::Controlled(controller) => return modelled::number(controller.thread()),
        }
        if ME.get() == 0 {
            ME.set(system::thread_number());
        }
        ME.get()
    }

    /// Runs `take`, which says whether it has put the number of this thread into the word. Whenever the thread ends, before,
    /// in or after it, the number is found. To wait for the word is part of it: of a thread that is killed when it has been woken
    /// the wake is passed on.
    ///
    /// # Safety
    /// `take` says so only where it has, in place of nobody's number. From then on the word stays where it is until
    /// this thread has [given it back](Self::give), or has ended. `take` itself takes and gives no other word.
    #[inline]
    pub unsafe fn take(&self, take: impl FnOnce() -> bool) -> bool {
        #[cfg(feature = "instrumented")]
        if is_modelled() {
            modelled::tell(Told::Announced(&self.word));
            let taken = take();
            if taken {
                modelled::tell(Told::Linked(&self.word));
            }
            modelled::tell(Told::Done);
            return taken;
        }
        LIST.with(|list| {
            let _announced = list.announce(self);
            let taken = take();
            if taken {
                list.link(&self.entry);
            }
            taken
        })
    }

    /// Runs `give`, which takes the number of this thread out of the word.
    #[inline]
    pub fn give(&self, give: impl FnOnce()) {
        #[cfg(feature = "instrumented")]
        if is_modelled() {
            modelled::tell(Told::Announced(&self.word));
            modelled::tell(Told::Unlinked(&self.word));
            give();
            return modelled::tell(Told::Done);
        }
        LIST.with(|list| {
            let _announced = list.announce(self);
            list.unlink(&self.entry);
            give();
        });
    }
}

impl Deref for Robust {
    type Target = Futex;

    #[inline]
    fn deref(&self) -> &Futex {
        &self.word
    }
}

impl Default for Robust {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Robust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Robust").field(&self.word).finish()
    }
}

thread_local! {
    /// What this thread owns. It has no destructor, and is there as long as the thread.
    static LIST: List = const { List::new() };
}

/// A word's place in a list: `struct robust_list`.
#[repr(C)]
struct Entry {
    /// The next one, in the owner's process; the list itself after the last.
    next: AtomicPtr<Entry>,
}

impl Entry {
    const fn new() -> Self {
        Self { next: AtomicPtr::new(ptr::null_mut()) }
    }

    #[inline]
    fn address(&self) -> *mut Self {
        ptr::from_ref(self).cast_mut()
    }
}

/// The words of a thread: `struct robust_list_head`.
///
/// Ordering: Relaxed throughout. Nobody else looks at it but the kernel, where the thread has ended, and that sees what the
/// thread has done so far, in the order of the program, which `in_order` keeps the compiler to.
#[repr(C)]
pub(in crate::sync) struct List {
    /// Where it begins; it points to itself where the thread owns nothing, and nowhere while the kernel has not been told.
    first: Entry,
    /// How far a word is from its entry.
    distance: Cell<isize>,
    /// What is about to be taken, or to be given back.
    announced: AtomicPtr<Entry>,
}

impl List {
    const fn new() -> Self {
        Self { first: Entry::new(), distance: Cell::new(0), announced: AtomicPtr::new(ptr::null_mut()) }
    }

    /// From here on the kernel looks at the word.
    #[inline]
    fn announce(&self, robust: &Robust) -> Announced<'_> {
        if self.first.next.load(Relaxed).is_null() {
            self.begin(robust);
        }
        debug_assert!(self.announced.load(Relaxed).is_null(), "one word is taken, or given back, at a time");
        self.announced.store(robust.entry.address(), Relaxed);
        in_order();
        Announced(self)
    }

    #[cold]
    fn begin(&self, robust: &Robust) {
        let word = ptr::from_ref(robust.word.parts().1).addr();
        self.distance.set(word.wrapping_sub(robust.entry.address().addr()).cast_signed());
        self.first.next.store(self.first.address(), Relaxed);
        in_order();
        system::look_after(self);
    }

    #[inline]
    fn link(&self, entry: &Entry) {
        entry.next.store(self.first.next.load(Relaxed), Relaxed);
        in_order();
        self.first.next.store(entry.address(), Relaxed);
    }

    /// Nothing happens where the entry is not there.
    #[inline]
    fn unlink(&self, entry: &Entry) {
        let mut link = &self.first;
        loop {
            let next = link.next.load(Relaxed);
            if next == entry.address() {
                return link.next.store(entry.next.load(Relaxed), Relaxed);
            }
            if next == self.first.address() {
                return;
            }
            // SAFETY: an entry that this thread has linked stays where it is until the thread unlinks it: `take` asks for that.
            link = unsafe { &*next };
        }
    }
}

/// Until this is dropped the kernel looks at the word.
struct Announced<'a>(&'a List);

impl Drop for Announced<'_> {
    #[inline]
    fn drop(&mut self) {
        in_order();
        self.0.announced.store(ptr::null_mut(), Relaxed);
    }
}

/// Ordering: `SeqCst`, of the compiler alone: no access of the thread moves over this place, in either direction.
#[inline]
fn in_order() {
    compiler_fence(SeqCst);
}

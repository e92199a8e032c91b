//! The hook of unguarded memory. An access spans a time, so it is announced at both of its ends.

#[cfg(feature = "loom")]
use super::super::loom_record::{self as looming, Told};
use super::driven::{Hook, Owned, Turn};
use super::raw;
use crate::event::op::{Class, Op, Site};
#[cfg(feature = "loom")]
use loom::cell as behind;
#[cfg(not(feature = "loom"))]
use std::cell as behind;
use std::fmt;
use std::panic::Location;

/// What it is.
#[derive(Debug)]
pub(in crate::sync) struct OfCell;

impl raw::Kind for OfCell {
    const NAME: &'static str = "an UnsafeCell";
    const CLASS: Class = Class::Cell;
    type Behind = behind::UnsafeCell<()>;
}

/// What an access is to: the same, without what stands behind it.
#[derive(Debug)]
pub(in crate::sync) struct OfAccess;

impl raw::Kind for OfAccess {
    const NAME: &'static str = <OfCell as raw::Kind>::NAME;
    const CLASS: Class = Class::Cell;
    type Behind = ();
}

/// The engine's part of a cell.
#[derive(Debug)]
pub(in crate::sync) struct CellHook(Owned<OfCell>);

/// An access that is under way, until it is dropped. It does not borrow the cell, because loom's guards do not.
#[must_use]
pub(in crate::sync) struct Access {
    cell: Hook<OfAccess>,
    kind: Kind,
    /// Whether its end is told. The end of a guard is not: a guard may live on after what it was used for.
    spans: bool,
    site: Site,
    #[cfg(feature = "loom")]
    loom: Option<InLoom>,
}

#[derive(Clone, Copy)]
enum Kind {
    Read,
    Write,
}

/// loom's side of an access: dropping it is the end.
#[cfg(feature = "loom")]
enum InLoom {
    Read(#[expect(dead_code, reason = "its drop is what counts")] behind::ConstPtr<()>),
    Write(#[expect(dead_code, reason = "its drop is what counts")] behind::MutPtr<()>),
}

impl CellHook {
    #[track_caller]
    pub(in crate::sync) fn new() -> Self {
        Self(Owned::new(0, || behind::UnsafeCell::new(())))
    }

    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        self.0.name(name);
    }

    /// A read begins.
    #[track_caller]
    pub(in crate::sync) fn read(&self) -> Access {
        self.begin(Kind::Read, true)
    }

    /// A guard's read begins.
    #[track_caller]
    pub(in crate::sync) fn guard_read(&self) -> Access {
        self.begin(Kind::Read, false)
    }

    /// A write begins.
    #[track_caller]
    pub(in crate::sync) fn write(&self) -> Access {
        self.begin(Kind::Write, true)
    }

    /// A guard's write begins.
    #[track_caller]
    pub(in crate::sync) fn guard_write(&self) -> Access {
        self.begin(Kind::Write, false)
    }

    /// A write in a `Drop`, which must not panic. Its place is that of the making: a `Drop` is not told who called it.
    pub(in crate::sync) fn write_in_drop(&self) {
        match self.0.turn_in_drop() {
            Turn::Native(_) | Turn::Inert => {}
            #[cfg(feature = "loom")]
            Turn::Loom(cell, id) => {
                let write = || drop(cell.get_mut());
                looming::operation(Op::CellWrite(id), self.0.site(), write, |()| Told::NOTHING);
            }
            Turn::Controlled(controller, id) => {
                controller.perform(Op::CellWrite(id), self.0.site());
            }
        }
    }

    #[track_caller]
    fn begin(&self, kind: Kind, spans: bool) -> Access {
        let site = Location::caller();
        #[cfg(feature = "loom")]
        let mut loom = None;
        match self.0.turn() {
            Turn::Native(_) | Turn::Inert => {}
            #[cfg(feature = "loom")]
            Turn::Loom(cell, id) => {
                let begin = || match kind {
                    Kind::Read => InLoom::Read(cell.get()),
                    Kind::Write => InLoom::Write(cell.get_mut()),
                };
                loom = Some(looming::operation(kind.op(id), site, begin, |_| Told::NOTHING));
            }
            Turn::Controlled(controller, id) => {
                controller.perform(kind.op(id), site);
            }
        }
        Access {
            cell: self.0.alias(),
            kind,
            spans,
            site,
            #[cfg(feature = "loom")]
            loom,
        }
    }
}

impl Access {
    /// The guard is used: the access takes place once more.
    #[track_caller]
    pub(in crate::sync) fn again(&self) {
        if let Turn::Controlled(controller, id) = self.cell.turn() {
            controller.perform(self.kind.op(id), Location::caller());
        }
    }
}

impl Kind {
    fn op(self, id: crate::event::op::ObjectId) -> Op {
        match self {
            Self::Read => Op::CellRead(id),
            Self::Write => Op::CellWrite(id),
        }
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        match self.cell.turn_in_drop() {
            Turn::Native(_) => {}
            Turn::Controlled(..) if !self.spans => {}
            // loom would abort the process.
            Turn::Inert => {
                #[cfg(feature = "loom")]
                std::mem::forget(self.loom.take());
            }
            #[cfg(feature = "loom")]
            Turn::Loom(..) => looming::quietly(|| drop(self.loom.take())),
            Turn::Controlled(controller, id) => {
                controller.perform(self.kind.op(id), self.site);
            }
        }
    }
}

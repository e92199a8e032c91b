//! Where an object was made, and whom it belongs to.

use super::super::current::{Current, current, epoch, give_up, run};
use crate::event::op::Site;
use crate::event::trace::Place;
use std::panic::Location;

/// The birth of an object: kept beside it, and quoted where it is used by somebody else.
#[derive(Clone, Copy, Debug)]
pub(in crate::sync) struct Born {
    /// The type's name with its article, as in "a Mutex".
    kind: &'static str,
    pub(in crate::sync) site: Site,
    engine: &'static str,
    pub(in crate::sync) epoch: u32,
    /// The run of the engine that it belongs to.
    run: u64,
}

impl Born {
    /// Born at the caller's line, to the engine that is current.
    #[track_caller]
    pub(in crate::sync) fn here(kind: &'static str) -> Self {
        Self { kind, site: Location::caller(), engine: current().name(), epoch: epoch(), run: run() }
    }

    /// The birth of an object that keeps it in another form.
    pub(in crate::sync) fn of(
        kind: &'static str,
        site: Site,
        engine: &'static str,
        epoch: u32,
        run: u64,
    ) -> Self {
        Self { kind, site, engine, epoch, run }
    }

    /// Whether this is the execution that the object was made in.
    pub(in crate::sync) fn in_this_execution(&self) -> bool {
        self.epoch == epoch()
    }

    /// Somebody else uses the object. Where that is a thread that the engine does not know, the exploration
    /// ends undecided.
    #[cold]
    #[track_caller]
    pub(in crate::sync) fn foreign(&self, now: Current) -> ! {
        let Self { kind, site, engine, .. } = self;
        if matches!(now, Current::Native) && *engine != now.name() && run() != self.run {
            let here = Place::from(Location::caller());
            let why = format!(
                "a thread of std uses {kind} of the model at {here}, unseen by the engine: start it with \
                 refectory::sync::thread"
            );
            give_up(self.run, why);
        }
        let (file, line) = (site.file(), site.line());
        if *engine == now.name() {
            panic!("{kind} made at {file}:{line} belongs to an execution that is over");
        }
        panic!("{kind} made at {file}:{line} belongs to {engine}, and {} drives this code", now.name());
    }

    /// The object cannot do what is asked under the engine it belongs to.
    #[cfg(feature = "loom")]
    #[cold]
    #[track_caller]
    pub(in crate::sync) fn unsupported(&self, what: &str) -> ! {
        let Self { kind, site, .. } = self;
        super::driven::unsupported(&format!("{kind} made at {}:{} {what}", site.file(), site.line()))
    }
}

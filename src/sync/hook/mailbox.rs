//! The hook of mailboxes.

use super::super::current::{Current, current};
use super::driven::{Owned, Turn, torn_down, unsupported};
use super::raw::Kind;
use crate::event::op::{Class, NONE_ARRIVED, ObjectId, Op, Site};
use std::fmt;

/// What it is.
#[derive(Debug)]
struct OfMailbox;

impl Kind for OfMailbox {
    const NAME: &'static str = "a Mailbox";
    const CLASS: Class = Class::Mailbox;
    type Behind = ();
}

/// The engine's part of a mailbox.
#[derive(Debug)]
pub(in crate::sync) struct MailboxHook(Owned<OfMailbox>);

impl MailboxHook {
    /// That of a new mailbox, if an engine of this crate is current.
    #[track_caller]
    pub(in crate::sync) fn new() -> Option<Self> {
        matches!(current(), Current::Controlled(_)).then(|| Self(Owned::new(0, || ())))
    }

    pub(in crate::sync) fn name(&self, name: fmt::Arguments<'_>) {
        self.0.name(name);
    }

    /// Puts a message in flight, behind these; gives its number.
    #[track_caller]
    pub(in crate::sync) fn send(&self, behind: impl Iterator<Item = u64>, site: Site) -> u64 {
        let behind = behind.fold(0, |all, number| all | 1 << number);
        let number = self.perform(|mailbox| Op::Send { mailbox, message: 0, behind }, site);
        if number >= u64::from(NONE_ARRIVED) {
            unsupported(&format!("more than {NONE_ARRIVED} messages to one mailbox ({site})"));
        }
        number
    }

    /// Receives a message that no other one is before, if not none: its number.
    #[track_caller]
    pub(in crate::sync) fn receive(&self, or_none: bool, site: Site) -> Option<u64> {
        let number = self.perform(|mailbox| Op::Receive { mailbox, or_none }, site);
        Some(number).filter(|number| *number < u64::from(NONE_ARRIVED))
    }

    #[track_caller]
    fn perform(&self, op: impl FnOnce(ObjectId) -> Op, site: Site) -> u64 {
        match self.0.turn() {
            Turn::Controlled(controller, id) => {
                let answer = controller.perform(op(id), site);
                if controller.tearing_down() {
                    torn_down();
                }
                answer
            }
            _ => torn_down(),
        }
    }
}

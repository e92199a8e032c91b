//! Mailboxes: many senders, and one receiver.

pub mod broken;
pub mod mailbox;

pub use self::mailbox::{Receiver, Sender, bounded, unbounded};

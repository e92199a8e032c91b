//! Mailboxes: many senders, and one receiver.

mod as_queue;
pub mod broken;
pub mod mailbox;

pub use self::as_queue::{AsQueue, Bounded, Unbounded};
pub use self::mailbox::{Receiver, Sender, bounded, unbounded};

//! Mailboxes: many senders, and one receiver; and a network that delivers in every order that its rule allows.

mod as_queue;
pub mod broken;
pub mod mailbox;
pub mod network;

pub use self::as_queue::{AsQueue, Bounded, Unbounded};
pub use self::mailbox::{Receiver, Sender, bounded, unbounded};

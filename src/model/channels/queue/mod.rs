//! Channels, and the choice among several of them.

pub mod broken;
pub mod channel;
pub mod select;
mod ticket;

pub use self::channel::Channel;
pub use self::select::{select, select_timeout, try_select};

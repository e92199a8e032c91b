//! Work-stealing deques, and the queue for tasks from outside.

pub mod broken;
pub mod chase_lev;
pub mod injector;
mod word;

pub use self::word::Word;

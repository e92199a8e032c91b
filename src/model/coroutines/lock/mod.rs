//! Locks whose operations are futures, and what is built on them.
//!
//! Each is a mutex around plain data: who waits, and for what. It is held for a few steps and never across an
//! await, and wakers are called after it.

pub mod barrier;
pub mod broken;
pub mod condition;
pub mod event;
pub mod mutex;
mod permits;
pub mod semaphore;
mod waiters;

pub use self::barrier::Barrier;
pub use self::condition::Condition;
pub use self::event::Event;
pub use self::mutex::{Held, Impatient, Lock};
pub(in crate::model::coroutines) use self::permits::{Acquired, Permits};
pub use self::semaphore::{Permit, Semaphore};
pub use self::waiters::{Correct, Protocol};
pub(in crate::model::coroutines) use self::waiters::{Ticket, Waiters, wake_all};

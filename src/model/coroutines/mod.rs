//! The model `coroutines`: tasks that give way where they await, after Python's asyncio.
//!
//! Locks and queues here are futures, and know no executor: they run on [`block_on`](crate::sync::future::block_on), on the
//! [event loop](task), and on others. A future that waits may be dropped at any time. Then it stands in no queue any
//! more, and what it was given in the meantime goes to the next.
//!
//! Source: the promises are those of CPython 3.13, `Lib/asyncio/{locks,queues,tasks,taskgroups,timeouts}.py`.

pub mod lock;
pub mod queue;
pub mod table;
pub mod task;

#[cfg(test)]
mod tests;

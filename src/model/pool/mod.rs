//! A pool of threads that run tasks.

pub mod broken;
pub mod deque;
pub mod injector;

//! A pool of threads that run tasks.

pub mod broken;
pub mod crew;
pub mod deque;
pub mod idle;
pub mod injector;
pub mod stealing;
pub mod table;

//! A pool of threads that run tasks.

pub mod broken;
pub mod crew;
pub mod deque;
pub mod executor;
pub mod future;
pub mod idle;
pub mod injector;
pub mod map;
pub mod rules;
pub mod stealing;
pub mod table;
pub mod waiting;

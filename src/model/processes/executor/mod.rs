//! Executors whose workers may be processes.
//!
//! A program that is written for [`PortableExecutor`] runs on threads or on processes, and which is said in one line:
//!
//! ```no_run
//! use refectory::model::pool::executor::map::MapOptions;
//! use refectory::model::pool::executor::thread_pool::ThreadPoolExecutor;
//! use refectory::model::processes::executor::PortableExecutor;
//! use refectory::model::processes::executor::process_pool::ProcessPoolExecutor;
//! use refectory::sync::process;
//!
//! fn cook(dish: String) -> usize {
//!     dish.len()
//! }
//!
//! fn dine(pool: &impl PortableExecutor) {
//!     let soup = pool.submit(cook, "soup".to_owned()).unwrap();
//!     assert_eq!(soup.result(), Ok(4));
//!     let dishes = ["fish", "bread"].map(str::to_owned);
//!     let all: Vec<_> = pool.map(dishes, cook, MapOptions::default()).collect();
//!     assert_eq!(all, [Ok(4), Ok(5)]);
//! }
//!
//! fn main() {
//!     process::child_main();
//!     dine(&<ThreadPoolExecutor>::new(2).unwrap());
//!     dine(&<ProcessPoolExecutor>::new(2).unwrap());
//! }
//! ```

pub mod broken;
mod call;
mod frame;
pub mod process_pool;
mod roster;
mod worker;

use crate::model::pool::executor::SubmitError;
use crate::model::pool::executor::map::{Map, MapOptions};
use crate::model::pool::executor::thread_pool::Executor;
use crate::model::pool::future::Future;
use crate::model::pool::rules;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs functions, some time, somewhere else, perhaps in another process. Each [`Executor`] is one.
///
/// A task is a function, or a closure that captures nothing, and an argument; argument and result are such as can be written down.
/// What they are shared with (a `static`, a file) is the program's affair: workers that are processes do not see its memory.
pub trait PortableExecutor {
    /// The rules of its futures.
    type Rules: rules::Rules;

    /// Queues a task: `f` of `argument`.
    ///
    /// # Errors
    /// The executor takes no more tasks: the task comes back.
    fn submit<F, A, T>(
        &self,
        f: F,
        argument: A,
    ) -> Result<Future<T, Self::Rules>, SubmitError<impl FnOnce() -> T>>
    where
        F: Fn(A) -> T + Copy + Send + 'static,
        A: Serialize + DeserializeOwned + Send + 'static,
        T: Serialize + DeserializeOwned + Send + 'static;

    /// Takes no more tasks. `cancel` cancels those that no worker has begun, `wait` waits until all others are done and the
    /// workers have ended.
    fn shutdown(&self, wait: bool, cancel: bool);

    /// Runs `f` on every item, as [`Executor::map`] does: a chunk of items is a task.
    fn map<I, T, F>(&self, items: I, f: F, options: MapOptions) -> Map<'_, I::IntoIter, T, Self::Rules>
    where
        Self: Sized,
        I: IntoIterator,
        I::Item: Serialize + DeserializeOwned + Send + 'static,
        T: Clone + Serialize + DeserializeOwned + Send + 'static,
        F: Fn(I::Item) -> T + Copy + Send + 'static,
    {
        let each = move |chunk: Vec<I::Item>| chunk.into_iter().map(f).collect::<Vec<T>>();
        Map::new(items.into_iter(), options, move |chunk| self.submit(each, chunk).ok())
    }
}

impl<E: Executor> PortableExecutor for E {
    type Rules = E::Rules;

    fn submit<F, A, T>(
        &self,
        f: F,
        argument: A,
    ) -> Result<Future<T, E::Rules>, SubmitError<impl FnOnce() -> T>>
    where
        F: Fn(A) -> T + Copy + Send + 'static,
        A: Serialize + DeserializeOwned + Send + 'static,
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        Executor::submit(self, move || f(argument))
    }

    fn shutdown(&self, wait: bool, cancel: bool) {
        Executor::shutdown(self, wait, cancel);
    }

    fn map<I, T, F>(&self, items: I, f: F, options: MapOptions) -> Map<'_, I::IntoIter, T, E::Rules>
    where
        I: IntoIterator,
        I::Item: Serialize + DeserializeOwned + Send + 'static,
        T: Clone + Serialize + DeserializeOwned + Send + 'static,
        F: Fn(I::Item) -> T + Copy + Send + 'static,
    {
        Executor::map(self, items, f, options)
    }
}

//! What it costs to pass something on: a task to a worker, a list of numbers to another process.

use super::child::Prices;

/// Measures each thing many times in a row.
///
/// # Errors
/// This build has no processes, or the system has no room for one.
pub(super) fn measure() -> Result<Prices, String> {
    #[cfg(feature = "processes")]
    return here::measure().map_err(|error| error.to_string());
    #[cfg(not(feature = "processes"))]
    Err("this build has no processes".to_owned())
}

#[cfg(feature = "processes")]
mod here {
    use crate::compare::child::Prices;
    use crate::compare::figures::Passing;
    use crate::compare::usage::clock;
    use crate::model::pool::executor::thread_pool::ThreadPoolExecutor;
    use crate::model::processes::executor::PortableExecutor;
    use crate::model::processes::executor::process_pool::ProcessPoolExecutor;
    use crate::model::processes::queue::simple::{Receiver, Sender, simple};
    use crate::sync::atomic::AtomicU64;
    use crate::sync::atomic::Ordering::Relaxed;
    use crate::sync::process;
    use crate::sync::region::{Region, shared};
    use std::io;

    /// Numbers of a list.
    const LENGTH: usize = 8192;

    /// How often a list is passed on.
    const LISTS: u64 = 20;

    /// How many tasks are done.
    const TASKS: u32 = 500;

    shared! {
        struct Block {
            words: [AtomicU64; LENGTH],
        }
    }

    pub(super) fn measure() -> io::Result<Prices> {
        Ok(vec![
            (Passing::TaskToThread, tasks(&<ThreadPoolExecutor>::new(1).expect("there is a worker"))),
            (Passing::TaskToProcess, tasks(&<ProcessPoolExecutor>::new(1).expect("there is a worker"))),
            (Passing::ListThroughPipe, through_pipe()?),
            (Passing::ListInSharedMemory, in_shared_memory()?),
        ])
    }

    /// Seconds for a task and its result, one after the other.
    fn tasks(pool: &impl PortableExecutor) -> f64 {
        let next = |number: u32| {
            let future = pool.submit(|number| number + 1, number).expect("the pool is open");
            future.result().expect("a task does not fail")
        };
        // The worker is there.
        let mut number = next(0);
        let began = clock();
        for _ in 0..TASKS {
            number = next(number);
        }
        let seconds = since(began) / f64::from(TASKS);
        pool.shutdown(true, false);
        assert_eq!(number, TASKS + 1, "each task adds one");
        seconds
    }

    fn since(began: u64) -> f64 {
        (clock() - began) as f64 * 1e-9
    }

    /// The list of this round.
    fn numbers(round: u64) -> impl Iterator<Item = u64> {
        (0..LENGTH as u64).map(move |place| place * (round + 1))
    }

    type Answers = Sender<u64>;

    /// Another process gets lists, and answers each with its sum.
    fn through_pipe() -> io::Result<f64> {
        let (mut lists, to_sum) = simple::<Vec<u64>>()?;
        let (answers, sums) = simple()?;
        let sum = |(mut lists, mut answers): (Receiver<Vec<u64>>, Answers)| {
            while let Ok(list) = lists.get() {
                answers.put(&list.into_iter().sum()).expect("somebody waits for it");
            }
        };
        let child = process::spawn(sum, (to_sum, answers))?;
        let seconds = lists_summed(sums, |round| lists.put(&numbers(round).collect()).is_ok());
        drop(lists);
        let _ = child.wait()?;
        Ok(seconds)
    }

    /// The same, and the lists lie in memory: only that there is a new one is told.
    fn in_shared_memory() -> io::Result<f64> {
        let block = Region::new(Block { words: std::array::from_fn(|_| AtomicU64::new(0)) })?;
        let (mut news, to_sum) = simple::<()>()?;
        let (answers, sums) = simple()?;
        let sum = |(block, mut news, mut answers): (Region<Block>, Receiver<()>, Answers)| {
            while let Ok(()) = news.get() {
                // Ordering: Relaxed, here and below. What is told through the pipe comes after what was written before.
                let sum = block.words.iter().map(|word| word.load(Relaxed)).sum();
                answers.put(&sum).expect("somebody waits for it");
            }
        };
        let child = process::spawn(sum, (block.clone(), to_sum, answers))?;
        let seconds = lists_summed(sums, |round| {
            block.words.iter().zip(numbers(round)).for_each(|(word, number)| word.store(number, Relaxed));
            news.put(&()).is_ok()
        });
        drop(news);
        let _ = child.wait()?;
        Ok(seconds)
    }

    /// Seconds for a list, from its first number until its sum is known.
    fn lists_summed(mut sums: Receiver<u64>, mut pass_on: impl FnMut(u64) -> bool) -> f64 {
        let mut round = |number| {
            assert!(pass_on(number), "the other process is there");
            assert_eq!(sums.get().ok(), Some(numbers(number).sum()), "the sum of the list");
        };
        // The other process has begun.
        round(0);
        let began = clock();
        (1..=LISTS).for_each(round);
        since(began) / LISTS as f64
    }
}

//! The operations that are futures, and what each of them waits for.

use crate::cell::{Operation, Parts};
use crate::model::coroutines::lock::{Barrier, Condition, Event, Lock, Semaphore};
use crate::model::coroutines::queue::broken::TakesThenWaits;
use crate::model::coroutines::queue::{GetError, Queue};
use crate::port::RawLock;
use crate::sync::future::block_on;
use std::num::NonZeroUsize;

pub(super) fn all() -> Vec<Operation> {
    vec![
        Operation::new(
            "Lock::lock",
            Parts {
                setup: || {
                    let held = <Lock as RawLock>::new();
                    RawLock::lock(&held);
                    held
                },
                brings: "",
                run: |lock| Box::pin(async { drop(lock.lock().await) }.then_nothing()),
                other: RawLock::unlock,
                rest: |lock| if lock.try_lock().is_some() { "free" } else { "held" }.to_owned(),
            },
        ),
        Operation::new(
            "Semaphore::acquire",
            Parts {
                setup: || <Semaphore>::new(0),
                brings: "",
                run: |semaphore| Box::pin(async { drop(semaphore.acquire().await) }.then_nothing()),
                other: |semaphore| semaphore.release().expect("it has no bound"),
                rest: |semaphore| format!("{} free", semaphore.free()),
            },
        ),
        Operation::new(
            "Condition::wait_for",
            Parts {
                setup: || (<Lock>::new(), <Condition>::new(), <Event>::new()),
                brings: "",
                run: |(lock, changed, open)| {
                    let waits = async {
                        let held = lock.lock().await;
                        drop(changed.wait_for(held, || open.is_set()).await);
                    };
                    Box::pin(waits.then_nothing())
                },
                other: |(lock, changed, open)| {
                    block_on(async {
                        let held = lock.lock().await;
                        open.set();
                        changed.notify(1, &held);
                    });
                },
                rest: |(lock, ..)| if lock.try_lock().is_some() { "free" } else { "held" }.to_owned(),
            },
        ),
        Operation::new(
            "Event::wait",
            Parts {
                setup: <Event>::new,
                brings: "",
                run: |event| Box::pin(event.wait().then_nothing()),
                other: Event::set,
                rest: |event| format!("{} wait", event.waiting()),
            },
        ),
        Operation::new(
            "Barrier::wait",
            Parts {
                setup: || <Barrier>::new(NonZeroUsize::new(3).expect("it is not 0")),
                brings: "",
                run: |barrier| Box::pin(async { _ = barrier.wait().await }.then_nothing()),
                other: Barrier::abort,
                rest: |barrier| format!("{} wait", barrier.waiting()),
            },
        ),
        Operation::new(
            "Queue::get",
            Parts {
                setup: || Numbers::new(1),
                brings: "",
                run: |queue| Box::pin(async { item(queue.get().await) }),
                other: |queue| queue.put_nowait(7).expect("there is room"),
                rest: |queue| item(queue.get_nowait()),
            },
        ),
        Operation::new(
            "Queue::reserve",
            Parts {
                setup: full,
                brings: "",
                run: |queue| Box::pin(async { drop(queue.reserve().await) }.then_nothing()),
                other: |queue| _ = queue.get_nowait(),
                rest: |queue| if queue.put_nowait(8).is_ok() { "room" } else { "no room" }.to_owned(),
            },
        ),
        Operation::new(
            "Queue::put",
            Parts {
                setup: full,
                brings: "8",
                run: |queue| {
                    Box::pin(async {
                        queue
                            .put(8)
                            .await
                            .map_or_else(|error| error.into_inner().to_string(), |()| String::new())
                    })
                },
                other: |queue| _ = queue.get_nowait(),
                rest: |queue| item(queue.get_nowait()),
            },
        ),
        Operation::new(
            "Queue::join",
            Parts {
                setup: full,
                brings: "",
                run: |queue| Box::pin(queue.join().then_nothing()),
                other: |queue| {
                    let _seven = queue.get_nowait();
                    queue.task_done().expect("one is unfinished");
                },
                rest: |queue| item(queue.get_nowait()),
            },
        ),
        Operation::new(
            "TakesThenWaits::get (a broken twin)",
            Parts {
                setup: || TakesThenWaits::over(Numbers::new(1)),
                brings: "",
                run: |queue| Box::pin(async { item(queue.get().await) }),
                other: |queue| queue.inner().put_nowait(7).expect("there is room"),
                rest: |queue| item(queue.inner().get_nowait()),
            },
        ),
    ]
}

type Numbers = Queue<u32>;

/// A queue with a 7 in it, and no more room.
fn full() -> Numbers {
    let queue = Numbers::new(1);
    queue.put_nowait(7).expect("there is room");
    queue
}

/// The item, in words.
fn item(got: Result<u32, GetError>) -> String {
    got.map_or_else(|_| String::new(), |item| item.to_string())
}

/// After which the caller has nothing.
trait ThenNothing: Future<Output = ()> + Sized {
    async fn then_nothing(self) -> String {
        self.await;
        String::new()
    }
}

impl<F: Future<Output = ()>> ThenNothing for F {}

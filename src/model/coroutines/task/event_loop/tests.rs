use super::*;
use crate::sync::future::yield_now;
use crate::sync::time::ManualClock;

#[test]
fn smoke() {
    let event_loop = <EventLoop>::new();
    let sum = event_loop.run(async {
        let tasks = [1, 2].map(|n| event_loop.spawn(async move { n }));
        let [one, two] = tasks;
        one.await.unwrap() + two.await.unwrap()
    });
    assert_eq!(sum, 3);
}

#[test]
fn what_still_waits_is_cancelled_at_the_end() {
    let event_loop = <EventLoop>::new();
    let mut left = None;
    event_loop.run(async {
        left = Some(event_loop.spawn(std::future::pending::<()>()));
        yield_now().await;
    });
    assert_eq!(event_loop.run(left.unwrap()), Err(Cancelled));
}

#[test]
fn a_task_cancels_itself_at_its_next_wait() {
    let event_loop = <EventLoop>::new();
    let slot: Rc<RefCell<Option<Task<()>>>> = Rc::default();
    let mut went_on = false;
    event_loop.run(async {
        let own = Rc::clone(&slot);
        let task = event_loop.spawn(async move {
            own.borrow().iter().for_each(Task::cancel);
            yield_now().await;
            unreachable!("it was cancelled");
        });
        *slot.borrow_mut() = Some(task);
        yield_now().await;
        yield_now().await;
        went_on = slot.borrow().as_ref().unwrap().is_done();
    });
    assert!(went_on);
}

#[test]
fn the_machines_clock_is_waited_for() {
    const HOUR: Duration = Duration::from_secs(3600);
    let clock = ManualClock::new();
    let event_loop = <EventLoop>::new();
    let remote = event_loop.remote();
    let slept = event_loop.run(async {
        let sleep = event_loop.sleep(HOUR);
        // The clock is moved from within, because nobody else is there.
        remote.call(|_| ());
        clock.advance(HOUR);
        sleep.await;
        event_loop.time()
    });
    assert_eq!(slept, HOUR);
}

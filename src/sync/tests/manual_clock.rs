//! Waits on real cores under a clock that the test moves: nothing of it takes long.

use crate::sync::time::{Deadline, Duration, Instant, ManualClock};
use crate::sync::{Arc, Condvar, Futex, Mutex, mpsc, thread};

const HOUR: Duration = Duration::from_secs(3600);

/// Moves the clock by an hour, again and again until `wait` is over, and gives what it came to.
fn an_hour_later<T: Send + 'static>(wait: impl FnOnce() -> T + Send + 'static) -> T {
    let clock = ManualClock::new();
    let (tells, told) = mpsc::channel();
    thread::spawn(move || {
        let start = Instant::now();
        let answer = wait();
        tells.send((answer, start.elapsed())).unwrap();
    });
    // The wait may begin only now: then it has another hour to go.
    let (answer, took) = loop {
        clock.advance(HOUR);
        match told.try_recv() {
            Ok(told) => break told,
            Err(_) => thread::yield_now(),
        }
    };
    assert!(took >= HOUR, "{took:?}");
    answer
}

#[test]
fn a_condition_wait_times_out() {
    let timed_out = an_hour_later(|| {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        let (_guard, waited) = condvar.wait_timeout_while(mutex.lock().unwrap(), HOUR, |()| true).unwrap();
        waited.timed_out()
    });
    assert!(timed_out);
}

#[test]
fn a_futex_wait_times_out() {
    an_hour_later(|| {
        let futex = Futex::new(0);
        while futex.wait_timeout(0, HOUR) {}
    });
}

#[test]
fn a_receiver_gives_up() {
    let received = an_hour_later(|| {
        let (_sender, receiver) = mpsc::channel::<()>();
        receiver.recv_timeout(HOUR)
    });
    assert_eq!(received, Err(mpsc::RecvTimeoutError::Timeout));
}

#[test]
fn a_sleeper_wakes_and_a_parked_thread_looks() {
    an_hour_later(|| thread::sleep(HOUR));
    an_hour_later(|| {
        let deadline = Deadline::after(HOUR);
        while let Some(left) = deadline.left() {
            thread::park_timeout(left);
        }
    });
}

/// The clock of a test is that of its own threads, and only as long as it stands there.
#[test]
fn other_threads_read_another_clock() {
    let outside = Arc::new(Instant::now());
    let clock = ManualClock::new();
    let inner = ManualClock::new();
    inner.advance(HOUR);
    assert!(outside.elapsed() >= HOUR);
    drop(inner);
    assert!(outside.elapsed() < HOUR);
    drop(clock);
    assert!(outside.elapsed() < HOUR);
}

/// Natively this needs a system that tells who waits.
#[test]
#[cfg(target_os = "linux")]
fn all_that_read_the_clock_have_settled() {
    let clock = ManualClock::new();
    let (sends, receives) = mpsc::sync_channel(1);
    let sent = Arc::new(Mutex::new(0));
    let sender = thread::spawn({
        let sent = Arc::clone(&sent);
        move || {
            for item in 0..3 {
                sends.send(item).unwrap();
                *sent.lock().unwrap() += 1;
                thread::sleep(HOUR);
            }
        }
    });
    for hours in 0..2 {
        clock.settle();
        // One item an hour, and the channel holds one: the second send waits for room.
        assert_eq!(*sent.lock().unwrap(), 1, "after {hours} hours");
        clock.advance(HOUR);
    }
    for item in 0..3 {
        assert_eq!(receives.recv(), Ok(item));
        clock.settle();
        clock.advance(HOUR);
    }
    sender.join().unwrap();
}

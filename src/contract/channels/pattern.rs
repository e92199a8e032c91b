//! Rows of the patterns: what comes out, and that no thread stays behind.
//!
//! Inputs are channels that are full and closed, where a pattern needs no thread to send to it. A consumer that stops early
//! takes an item or none, closes `done`, and goes; then all threads are joined.
//!
//! | promise | row |
//! |---|---|
//! | items come in their order | [`a_generator_keeps_the_order`], [`a_pipeline_keeps_the_order`] |
//! | the output is closed after the last item | [`a_generator_says_that_it_has_ended`] |
//! | nothing is lost, nothing comes twice | [`a_fan_in_loses_nothing`], [`a_fan_out_shares_the_items`], [`each_job_is_done_once`], [`a_tee_gives_each_item_to_both`], [`a_tee_waits_for_either`], [`or_done_passes_everything_on`] |
//! | nobody stays behind when the consumer stops early | `..._ends_with_its_consumer`, [`or_done_ends_where_its_input_does_not`], [`who_waits_for_a_permit_goes_when_it_should`] |
//! | a panic ends the others | [`a_panic_ends_a_pipeline`], [`a_panic_cancels_the_others`] |
//! | at most so many at once | [`a_bound_is_kept`] |
//! | a permit is given back | [`a_failure_gives_its_permit_back`] |
//! | a cancellation reaches everybody below, and nobody else | [`a_cancellation_reaches_all_below`], [`a_late_child_is_cancelled`], [`a_cancelled_child_leaves_its_parent`] |
//! | a deadline cancels, and its thread ends | [`a_deadline_cancels`], [`a_cancellation_ends_the_timer`] |
//! | the first error wins, and cancels the others | [`the_first_error_wins`] |
//! | where nobody fails there is no error | [`all_may_succeed`] |
//! | a period for a tick, a tick for an item | [`ticks_come_no_earlier`], [`an_item_waits_for_its_tick`] |

use crate::contract::{Note, ensure, join, spawn};
use crate::engine::{Outcome, Violation};
use crate::model::channels::pattern::context::Reason;
use crate::model::channels::pattern::{
    Bounded, Context, Done, ErrorGroup, Group, Rules, fan_in, fan_out, generator, limited, or_done, stage,
    tee, ticker, worker_pool,
};
use crate::model::channels::queue::Channel;
use crate::sync::time::Instant;
use std::sync::Arc;
use std::time::Duration;

/// A channel with all that will ever come.
fn full<T: Send>(items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>) -> Arc<Channel<T>> {
    let items = items.into_iter();
    let channel = Channel::new(items.len());
    items.for_each(|item| assert!(channel.try_send(item).is_ok(), "there is room"));
    channel.close();
    Arc::new(channel)
}

/// A thread receives so many items. When all have ended there is no other one.
fn consume<T: Send + 'static, R: Rules>(
    group: Group<R>,
    from: Arc<Channel<T>>,
    items: usize,
) -> Result<Vec<T>, Violation> {
    let consumer = spawn("consumer", {
        let from = from.clone();
        move || (0..items).map_while(|_| from.receive()).collect()
    });
    let received = join(consumer);
    group.join();
    ensure(from.receive().is_none(), "nothing_more", || "another item came".to_owned())?;
    Ok(received)
}

/// A consumer takes so many items, and stops; then all threads of the group end.
fn stop_after<T: Send + 'static, R: Rules>(items: usize, group: Group<R>, from: Arc<Channel<T>>) -> Outcome {
    let done = Arc::clone(group.done());
    let consumer = spawn("consumer", move || {
        let received = (0..items).map_while(|_| from.receive()).count();
        done.close();
        received
    });
    let received = join(consumer);
    group.join();
    ensure(received == items, "they_came", || format!("{received} of {items}"))?;
    Ok(String::new())
}

/// The items of an iterator, first to last.
pub fn a_generator_keeps_the_order<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let numbers = generator(&mut group, 0..2);
    let received = consume(group, numbers, 2)?;
    ensure(received == [0, 1], "order", || format!("{received:?}"))?;
    Ok(String::new())
}

/// Who receives until there is nothing more gets to know it.
pub fn a_generator_says_that_it_has_ended<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let numbers = generator(&mut group, [7]);
    let consumer = spawn("consumer", move || numbers.iter().collect::<Vec<_>>());
    let received = join(consumer);
    group.join();
    ensure(received == [7], "all", || format!("{received:?}"))?;
    Ok(String::new())
}

/// Two items would be sent, and one is received.
pub fn a_generator_ends_with_its_consumer<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let numbers = generator(&mut group, 0..2);
    stop_after(1, group, numbers)
}

/// Two stages, one after the other, which have room for their items.
pub fn a_pipeline_keeps_the_order<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new().with_room(2);
    let doubled = stage(&mut group, full([1, 2]), |n| 2 * n);
    let increased = stage(&mut group, doubled, |n| n + 1);
    group.join();
    let received: Vec<_> = increased.iter().collect();
    ensure(received == [3, 5], "order", || format!("{received:?}"))?;
    Ok(String::new())
}

/// The last of two stages has an item that nobody will receive.
pub fn a_pipeline_ends_with_its_consumer<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let doubled = stage(&mut group, full([1]), |n| 2 * n);
    let increased = stage(&mut group, doubled, |n| n + 1);
    stop_after(0, group, increased)
}

/// A stage panics: the one before it ends, and whoever joins them is told.
pub fn a_panic_ends_a_pipeline<R: Rules>() -> Outcome {
    let owner = spawn("owner", || {
        let mut group = Group::<R>::new();
        let numbers = generator(&mut group, 0..2);
        stage::<_, (), _>(&mut group, numbers, |_| std::panic::panic_any("as it should"));
        group.join();
    });
    let panicked = owner.join().is_err();
    ensure(panicked, "told", || "a panic was lost".to_owned())?;
    Ok(String::new())
}

/// Two items from one channel, and one from another one.
pub fn a_fan_in_loses_nothing<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new().with_room(3);
    let all = fan_in(&mut group, vec![full([0, 1]), full([2])]);
    group.join();
    let received: Vec<_> = all.iter().collect();
    let orders = [[0, 1, 2], [0, 2, 1], [2, 0, 1]];
    ensure(orders.iter().any(|order| received == order), "each_once", || format!("{received:?}"))?;
    Ok(format!("{received:?}"))
}

/// Two threads have items that nobody will receive.
pub fn a_fan_in_ends_with_its_consumer<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let all = fan_in(&mut group, vec![full([0]), full([1])]);
    stop_after(0, group, all)
}

/// Two stages, which have room for their items.
pub fn a_fan_out_shares_the_items<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new().with_room(2);
    let outputs = fan_out(&mut group, &full([1, 2]), 2, |n| 2 * n);
    group.join();
    let received: Vec<Vec<_>> = outputs.iter().map(|output| output.iter().collect()).collect();
    let mut all = received.concat();
    all.sort_unstable();
    ensure(all == [2, 4], "each_once", || format!("{received:?}"))?;
    Ok(format!("{received:?}"))
}

/// One of two stages has an item that nobody will receive.
pub fn a_fan_out_ends_with_its_consumer<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let mut outputs = fan_out(&mut group, &full([1]), 2, |n| 2 * n);
    stop_after(0, group, outputs.remove(0))
}

/// Two workers, two jobs.
pub fn each_job_is_done_once<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new().with_room(2);
    let results = worker_pool(&mut group, full([1, 2]), 2, |n| 2 * n);
    group.join();
    let mut received: Vec<_> = results.iter().collect();
    let order = format!("{received:?}");
    received.sort_unstable();
    ensure(received == [2, 4], "each_once", || order.clone())?;
    Ok(order)
}

/// One job, two workers, and nobody who will receive the result.
pub fn a_worker_pool_ends_with_its_consumer<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let results = worker_pool(&mut group, full([1]), 2, |n| 2 * n);
    stop_after(0, group, results)
}

/// Two threads, one permit: each works alone, and sees what the other one did.
pub fn a_bound_is_kept<R: Rules>() -> Outcome {
    let (bounded, done, note) = (Arc::new(Bounded::<R>::new(1)), Arc::new(Done::new(0)), Note::new());
    let threads = [0, 1].map(|i| {
        let (bounded, done, note) = (bounded.clone(), done.clone(), note.clone());
        let work = move || {
            note.add();
            Ok::<_, ()>(())
        };
        spawn(&format!("thread {i}"), move || bounded.run(&done, work).is_some())
    });
    let worked = threads.map(join);
    ensure(worked == [true; 2] && note.read() == 2, "one_at_a_time", || {
        format!("{worked:?}, {} of 2", note.read())
    })?;
    Ok(String::new())
}

/// Two threads, one permit, and both fail.
pub fn a_failure_gives_its_permit_back<R: Rules>() -> Outcome {
    let (bounded, done) = (Arc::new(Bounded::<R>::new(1)), Arc::new(Done::new(0)));
    let threads = [0, 1].map(|i| {
        let (bounded, done) = (bounded.clone(), done.clone());
        spawn(&format!("thread {i}"), move || bounded.run(&done, || Err::<(), _>(i)))
    });
    let failed = threads.map(join);
    ensure(failed == [Some(Err(0)), Some(Err(1))], "own_failure", || format!("{failed:?}"))?;
    Ok(String::new())
}

/// Who has the only permit closes `done`, and keeps the permit until the other one has gone.
pub fn who_waits_for_a_permit_goes_when_it_should<R: Rules>() -> Outcome {
    let (bounded, done) = (Arc::new(Bounded::<R>::new(1)), Arc::new(Done::new(0)));
    let keeps = spawn("keeps", {
        let (bounded, done) = (bounded.clone(), done.clone());
        move || {
            bounded.run(&done.clone(), || {
                let waits = spawn("waits", {
                    let (bounded, done) = (bounded.clone(), done.clone());
                    move || bounded.run(&done, || Ok::<_, ()>(()))
                });
                done.close();
                Ok::<_, ()>(join(waits))
            })
        }
    });
    let answers = join(keeps);
    ensure(answers == Some(Ok(None)), "goes", || format!("{answers:?}"))?;
    Ok(String::new())
}

/// A thread waits at a context two below the one that is cancelled.
pub fn a_cancellation_reaches_all_below<R: Rules>() -> Outcome {
    let root = Context::<R>::background();
    let (parent, cancel) = root.with_cancel();
    let (child, _child) = parent.with_cancel();
    let (grandchild, _grandchild) = child.with_cancel();
    let waits = spawn("waits", move || (grandchild.done().receive(), grandchild.err()));
    let cancels = spawn("cancels", move || drop(cancel));
    let (_, reason) = join(waits);
    join(cancels);
    let above = root.err();
    ensure((above, reason) == (None, Some(Reason::Cancelled)), "below", || format!("{above:?}, {reason:?}"))?;
    Ok(String::new())
}

/// A child is added before, after, or while its parent is cancelled.
pub fn a_late_child_is_cancelled<R: Rules>() -> Outcome {
    let (parent, cancel) = Context::<R>::background().with_cancel();
    let waits = spawn("waits", move || {
        let (child, _cancel) = parent.with_cancel();
        (child.done().receive(), child.err(), parent.children())
    });
    let cancels = spawn("cancels", move || drop(cancel));
    let (_, reason, left) = join(waits);
    join(cancels);
    ensure((reason, left) == (Some(Reason::Cancelled), 0), "late", || format!("{reason:?}, {left} left"))?;
    Ok(String::new())
}

/// Two children, one of which is cancelled: the other one goes on, and is the only one that the parent still knows.
pub fn a_cancelled_child_leaves_its_parent<R: Rules>() -> Outcome {
    let parent = Context::<R>::background();
    let children = [0, 1].map(|i| {
        let parent = parent.clone();
        spawn(&format!("thread {i}"), move || {
            let (child, cancel) = parent.with_cancel();
            if i == 0 {
                cancel.cancel();
            }
            (child.err(), cancel)
        })
    });
    let [(first, _), (second, _cancel)] = children.map(join);
    let seen = (first, second, parent.err(), parent.children());
    ensure(seen == (Some(Reason::Cancelled), None, None, 1), "leaves", || format!("{seen:?}"))?;
    Ok(String::new())
}

/// Nobody cancels by hand.
pub fn a_deadline_cancels<R: Rules>() -> Outcome {
    let (context, cancel) = Context::<R>::background().with_timeout(Duration::from_millis(1));
    let waits = spawn("waits", move || (context.done().receive(), context.err()));
    let (_, reason) = join(waits);
    drop(cancel);
    ensure(reason == Some(Reason::DeadlineExceeded), "deadline", || format!("{reason:?}"))?;
    Ok(String::new())
}

/// The time of a child would be over in an hour; its parent is cancelled before that, or not.
pub fn a_cancellation_ends_the_timer<R: Rules>() -> Outcome {
    let (parent, cancel) = Context::<R>::background().with_cancel();
    let (child, timed) = parent.with_timeout(Duration::from_secs(3600));
    let cancels = spawn("cancels", move || drop(cancel));
    join(cancels);
    let reason = child.err();
    drop(timed);
    ensure(reason.is_some(), "over", || "no reason".to_owned())?;
    Ok(format!("{reason:?}"))
}

/// One fails; the other one fails because it is cancelled.
pub fn the_first_error_wins<R: Rules>() -> Outcome {
    let mut group = ErrorGroup::<_, R>::below(&Context::background());
    group.go(|context| {
        context.done().receive();
        Err("cancelled")
    });
    group.go(|_| Err("failed"));
    let error = group.wait();
    ensure(error == Err("failed"), "first", || format!("{error:?}"))?;
    Ok(String::new())
}

/// Nobody fails, and the context is over when they have been waited for.
pub fn all_may_succeed<R: Rules>() -> Outcome {
    let mut group = ErrorGroup::<(), R>::below(&Context::background());
    let contexts = Arc::new(Channel::<_>::new(2));
    for _ in 0..2 {
        let contexts = contexts.clone();
        group.go(move |context| contexts.send((context.err(), context.clone())).map_err(drop));
    }
    let result = group.wait();
    contexts.close();
    let reasons: Vec<_> = contexts.iter().map(|(before, context)| (before, context.err())).collect();
    let over = reasons == [(None, Some(Reason::Cancelled)); 2];
    ensure(result.is_ok() && over, "over", || format!("{result:?}, {reasons:?}"))?;
    Ok(String::new())
}

/// One panics; the other one ends because it is cancelled, and whoever waits for them is told.
pub fn a_panic_cancels_the_others<R: Rules>() -> Outcome {
    let owner = spawn("owner", || {
        let mut group = ErrorGroup::<(), R>::below(&Context::background());
        group.go(|context| context.done().receive().map_or(Ok(()), |never| match never {}));
        group.go(|_| std::panic::panic_any("as it should"));
        group.wait()
    });
    let panicked = owner.join().is_err();
    ensure(panicked, "told", || "a panic was lost".to_owned())?;
    Ok(String::new())
}

/// An input that somebody closes.
pub fn or_done_passes_everything_on<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let items = or_done(&mut group, full([0, 1]));
    let received = consume(group, items, 2)?;
    ensure(received == [0, 1], "order", || format!("{received:?}"))?;
    Ok(String::new())
}

/// An input that nobody closes, and to which nothing comes.
pub fn or_done_ends_where_its_input_does_not<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let items = or_done(&mut group, Arc::new(<Channel<u32>>::new(0)));
    let done = Arc::clone(group.done());
    let stops = spawn("stops", move || done.close());
    let received = consume(group, items, 1)?;
    join(stops);
    ensure(received.is_empty(), "nothing", || format!("{received:?}"))?;
    Ok(String::new())
}

/// There is room in both outputs, and so either may be first.
pub fn a_tee_gives_each_item_to_both<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new().with_room(2);
    let outputs = tee(&mut group, full([7, 8]));
    group.join();
    let received = outputs.map(|output| output.iter().collect::<Vec<_>>());
    ensure(received == [[7, 8], [7, 8]], "both", || format!("{received:?}"))?;
    Ok(String::new())
}

/// One consumer receives from the second output, then from the first one.
pub fn a_tee_waits_for_either<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let outputs = tee(&mut group, full([7]));
    let consumer = spawn("consumer", move || [1, 0].map(|output| outputs[output].receive()));
    let received = join(consumer);
    group.join();
    ensure(received == [Some(7); 2], "both", || format!("{received:?}"))?;
    Ok(String::new())
}

/// Nobody is at the second output.
pub fn a_tee_ends_with_its_consumer<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let [left, _right] = tee(&mut group, full([7]));
    stop_after(1, group, left)
}

/// A tick, and a period at least.
pub fn ticks_come_no_earlier<R: Rules>() -> Outcome {
    let period = Duration::from_millis(1);
    let (mut group, start) = (Group::<R>::new(), Instant::now());
    let ticks = ticker(&mut group, period);
    let consumer = spawn("consumer", move || ticks.receive().is_some());
    let received = join(consumer);
    group.stop();
    group.join();
    let elapsed = start.elapsed();
    ensure(received && elapsed >= period, "period", || format!("{received}, {elapsed:?}"))?;
    Ok(String::new())
}

/// No tick is taken.
pub fn a_ticker_ends_with_its_consumer<R: Rules>() -> Outcome {
    let mut group = Group::<R>::new();
    let ticks = ticker(&mut group, Duration::from_millis(1));
    stop_after(0, group, ticks)
}

/// An item is there, and its tick comes later.
pub fn an_item_waits_for_its_tick<R: Rules>() -> Outcome {
    let (mut group, ticks, note) = (Group::<R>::new(), Arc::new(Channel::new(0)), Note::new());
    let items = limited(&mut group, full([7]), ticks.clone());
    let clock = spawn("clock", {
        let note = note.clone();
        move || {
            note.add();
            ticks.send(()).is_ok()
        }
    });
    let consumer = spawn("consumer", move || (items.receive(), note.read()));
    let received = join(consumer);
    let ticked = join(clock);
    group.join();
    ensure(ticked && received == (Some(7), 1), "tick", || format!("{ticked}, {received:?}"))?;
    Ok(String::new())
}

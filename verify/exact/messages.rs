//! Programs of messages: what is explored is which message each receive gets, as counted by hand and as published.

use super::{exactly, outcomes, same};
use libtest_mimic::Failed;
use refectory::engine::{Budget, Engine, Program, explore};
use refectory::model::actors::queue::network::{AnyOrder, Causal, Delivery, Endpoint, PerPair, network};
use refectory::sync::hint::choose;
use refectory::sync::thread;
use std::sync::Arc;

pub(super) fn deliveries(engine: Engine) -> Result<(), Failed> {
    // Two senders with two messages each: 4! orders, 2!·2! of which differ in the order of a pair alone.
    counted::<PerPair, 3>(engine, 2, 6)?;
    counted::<Causal, 3>(engine, 2, 6)?;
    counted::<AnyOrder, 3>(engine, 2, 24)?;
    // Three senders with one each.
    counted::<PerPair, 4>(engine, 1, 6)?;
    counted::<AnyOrder, 4>(engine, 1, 6)?;
    // Two with three each: 6! / (3!·3!).
    counted::<PerPair, 3>(engine, 3, 20)?;
    counted::<AnyOrder, 3>(engine, 3, 720)
}

/// All actors but the last send so many messages to the last one, which receives them meanwhile. There are so many orders of
/// receiving.
fn counted<D: Delivery, const N: usize>(engine: Engine, each: u32, orders: u64) -> Result<(), Failed> {
    let program = Program::new(move || {
        let mut ends: Vec<_> = network::<u32, D, N>().into_iter().collect();
        let receiver = ends.pop().expect("there is one");
        let senders = ends.len() as u32;
        let sends = ends.into_iter().zip(0..).map(|(end, sender)| {
            move || (0..each).for_each(|message| end.send(N - 1, sender * each + message))
        });
        let handles: Vec<_> = sends.map(thread::spawn).collect();
        let order: Vec<u32> = (0..senders * each).map(|_| receiver.receive()).collect();
        handles.into_iter().for_each(|handle| handle.join().expect("no sender panics"));
        Ok(format!("{order:?}"))
    });
    let found = explore(engine, &program, &Budget::default());
    exactly(&found, orders)?;
    same(outcomes(&found).len() as u64, orders)
}

type End = Endpoint<(), PerPair>;
/// What an actor does.
type Actor = Box<dyn Fn(&End) + Send + Sync>;

/// The tests of TraceForge that are made of sends and receives alone, under their names there, with the numbers of executions that
/// they ask for where messages arrive in the order of each pair (`traceforge/tests/litmus.rs`, 2025). Main is the first actor.
pub(super) fn published(engine: Engine) -> Result<(), Failed> {
    published_as(engine, "r_nondet", 4, [chooses(2), looks(1)])?;
    published_as(engine, "r_choice_rangeinclusive", 10, [chooses(5), looks(1)])?;
    published_as(engine, "r_choice_range", 8, [chooses(4), looks(1)])?;
    published_as(engine, "s_s_rr", 14, [starts(&[1, 2]), if_started(&[3]), if_started(&[3]), looks(2)])?;
    published_as(engine, "s_r_s", 8, [starts(&[1, 3]), if_started(&[2]), looks(1), if_started(&[2])])?;
    published_as(engine, "r_s_s", 8, [starts(&[2, 3]), looks(1), if_started(&[1]), if_started(&[1])])?;
    published_as(engine, "r_ss", 3, [starts(&[2]), looks(1), if_started(&[1, 1])])?;
    published_as(engine, "r_s_blk", 1, [starts(&[2]), receives(1), started(&[1])])?;
    published_as(engine, "s_s_s", 1, [starts(&[1, 2, 3]), started(&[0]), started(&[0]), started(&[0])])?;
    published_as(engine, "ssrrr_s", 3, [starts(&[2]), both(starts(&[1, 1]), receives(3)), started(&[1])])?;
    published_as(engine, "sr_s", 2, [starts(&[2]), both(starts(&[1, 1]), receives(1)), started(&[1])])?;
    let hears = both(starts(&[1]), receives(3));
    published_as(
        engine,
        "s_rsrr_sss_coplacing",
        12,
        [starts(&[2, 3]), hears, started(&[1]), started(&[1, 1])],
    )?;
    published_as(engine, "s_s_s_wb", 1, [starts(&[2, 3]), starts(&[1]), started(&[1]), started(&[1])])?;
    let [a, b, c, d] = [(); 4].map(|()| started(&[5]));
    published_as(engine, "ns_r_wb", 4, [starts(&[1, 2, 3, 4]), a, b, c, d, receives(1)])
}

/// Sends to each of these.
fn starts(others: &'static [usize]) -> Actor {
    Box::new(|end| others.iter().for_each(|&other| end.send(other, ())))
}

/// The same, once a message has come.
fn started(others: &'static [usize]) -> Actor {
    both(receives(1), starts(others))
}

/// The same, if a message has come.
fn if_started(others: &'static [usize]) -> Actor {
    let sends = starts(others);
    Box::new(move |end| end.try_receive().into_iter().for_each(|()| sends(end)))
}

fn receives(messages: usize) -> Actor {
    Box::new(move |end| (0..messages).for_each(|_| end.receive()))
}

/// Looks so many times whether a message has come.
fn looks(times: usize) -> Actor {
    Box::new(move |end| (0..times).for_each(|_| end.try_receive().unwrap_or_default()))
}

/// Sends to the next one, one of so many things.
fn chooses(alternatives: usize) -> Actor {
    Box::new(move |end| {
        choose(alternatives);
        end.send(1, ());
    })
}

fn both(first: Actor, second: Actor) -> Actor {
    Box::new(move |end| {
        first(end);
        second(end);
    })
}

fn published_as<const N: usize>(
    engine: Engine,
    name: &str,
    executions: u64,
    actors: [Actor; N],
) -> Result<(), Failed> {
    let actors = Arc::new(actors);
    let program = Program::new(move || {
        let mut ends = network::<(), PerPair, N>().into_iter().enumerate();
        let (_, main) = ends.next().expect("there is one");
        let others = ends.map(|(me, end)| {
            let actors = Arc::clone(&actors);
            thread::spawn(move || actors[me](&end))
        });
        let others: Vec<_> = others.collect();
        actors[0](&main);
        others.into_iter().for_each(|other| other.join().expect("no actor panics"));
        Ok(String::new())
    });
    exactly(&explore(engine, &program, &Budget::default()), executions)
        .map_err(|failed| format!("{name}: {}", failed.message().unwrap_or_default()).into())
}

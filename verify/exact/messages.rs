//! Deliveries of messages, counted by hand: what was sent, in every order that the rule of the network allows.

use super::{exactly, outcomes, same, threads};
use libtest_mimic::Failed;
use refectory::engine::{Budget, Engine, Program, explore};
use refectory::model::actors::queue::network::{AnyOrder, Causal, Delivery, PerPair, network};

pub(super) fn deliveries(engine: Engine) -> Result<(), Failed> {
    // Two senders with two messages each: 4! orders, 2!·2! of which differ in the order of a pair alone.
    counted::<PerPair, 3>(engine, 2, [6, 6])?;
    counted::<Causal, 3>(engine, 2, [6, 6])?;
    counted::<AnyOrder, 3>(engine, 2, [6, 24])?;
    // Three senders with one each.
    counted::<PerPair, 4>(engine, 1, [6, 6])?;
    counted::<AnyOrder, 4>(engine, 1, [6, 6])?;
    // Two with three each: 6! / (3!·3!).
    counted::<PerPair, 3>(engine, 3, [20, 20])?;
    counted::<AnyOrder, 3>(engine, 3, [20, 720])
}

/// All actors but the last send so many messages to the last one, which receives when all is in flight. There are so many orders of
/// sending, each an execution of its own for each order of receiving.
fn counted<D: Delivery, const N: usize>(
    engine: Engine,
    each: u32,
    [sending, receiving]: [u64; 2],
) -> Result<(), Failed> {
    let program = Program::new(move || {
        let mut ends: Vec<_> = network::<u32, D, N>().into_iter().collect();
        let receiver = ends.pop().expect("there is one");
        let senders = ends.len() as u32;
        threads(ends.into_iter().zip(0..).map(|(end, sender)| {
            move || (0..each).for_each(|message| end.send(N - 1, sender * each + message))
        }));
        let order: Vec<u32> = (0..senders * each).map(|_| receiver.receive()).collect();
        Ok(format!("{order:?}"))
    });
    let found = explore(engine, &program, &Budget::default());
    exactly(&found, sending * receiving)?;
    same(outcomes(&found).len() as u64, receiving)
}

//! Rows of the queue over a pipe with a feeder.
//!
//! | promise | row |
//! |---|---|
//! | who puts waits for nobody | [`to_put_waits_for_nobody`] |
//! | of a process that is killed the beginning of what it has put arrives, and all of it where it has closed (P01) | [`the_beginning_arrives`] |
//! | what cannot be serialized comes back, and what was put after it arrives (P02) | [`the_feeder_outlives_what_it_cannot_send`] |

use super::simple::{Dish, queue};
use crate::contract::ensure;
use crate::contract::processes::lock::{has_ended, start};
use crate::engine::Outcome;
use crate::model::processes::queue::feeder::{Care, Feeder};
use crate::model::processes::queue::simple::{PutError, Sender, Sound};

/// Two are put where there is room for one, and received by the same thread.
pub fn to_put_waits_for_nobody<C: Care>() -> Outcome {
    let (sender, mut receiver) = queue::<u8, Sound>(1);
    let feeder = <Feeder<_, C>>::start(sender);
    [1, 2].into_iter().for_each(|dish| feeder.put(dish));
    let got = [(); 2].map(|()| receiver.get());
    ensure(got == [Ok(1), Ok(2)], "in_order", || format!("{got:?}"))?;
    ensure(feeder.close().is_empty(), "sent", || "something came back".to_owned())?;
    Ok(String::new())
}

fn put_two<C: Care>(sender: Sender<u8>) {
    let feeder = <Feeder<_, C>>::start(sender);
    [1, 2].into_iter().for_each(|dish| feeder.put(dish));
    drop(feeder);
}

/// A process that puts two, and may be killed, one of its threads wherever it is.
pub fn the_beginning_arrives<C: Care>() -> Outcome {
    let (sender, mut receiver) = queue::<u8, Sound>(8);
    let sent = has_ended(start(put_two::<C>, sender));
    let got = std::iter::from_fn(|| receiver.get().ok()).collect::<Vec<_>>();
    ensure([1, 2].starts_with(&got), "in_order", || format!("{got:?}"))?;
    ensure(!sent || got.len() == 2, "durable", || format!("{got:?} of two"))?;
    Ok(format!("{} arrived", got.len()))
}

/// One that cannot be sent, and one after it.
pub fn the_feeder_outlives_what_it_cannot_send<C: Care>() -> Outcome {
    let (sender, mut receiver) = queue::<Dish, Sound>(8);
    let feeder = <Feeder<_, C>>::start(sender);
    [13, 1].into_iter().for_each(|dish| feeder.put(Dish(dish)));
    let unsent = feeder.close();
    let expected = [(Dish(13), PutError::Unserializable)];
    ensure(unsent == expected, "comes_back", || format!("{unsent:?}"))?;
    let got = receiver.get();
    ensure(got == Ok(Dish(1)), "lives_on", || format!("{got:?}"))?;
    Ok(String::new())
}

//! Rows of mailboxes, beside those of [queues that can be closed](crate::contract::closing).
//!
//! | promise | row |
//! |---|---|
//! | what a letter follows from comes before it (of one sender the port sees that) | [`a_cause_comes_first`] |
//! | a letter is received, or comes back to its sender | [`a_close_drains`], [`a_stop_leaves_mail_in`] |
//! | a halt keeps what is in, and what comes | [`a_halted_receiver_is_resumed`] |
//! | what one sends to another arrives in that order | [`a_pair_keeps_its_order`] |
//! | an effect does not arrive before its cause | [`a_question_comes_before_its_answer`] |
//! | whatever else is allowed happens | [`two_senders_meet_in_any_order`] |

use crate::contract::{ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::actors::queue::network::{Delivery, network};
use crate::model::actors::queue::unbounded;
use crate::port::{BlockingQueue, Close, Item};
use crate::sync::atomic::AtomicBool;
use crate::sync::atomic::Ordering::{Acquire, Release};
use crate::sync::hint;
use std::sync::Arc;

/// A letter is sent, and then another sender knows of it, who sends a second one: that one comes second.
pub fn a_cause_comes_first<Q: BlockingQueue<Item>>() -> Outcome {
    let (mail, sent) = (Arc::new(Q::with_capacity(2)), Arc::new(AtomicBool::new(false)));
    let first = spawn("first sender", {
        let (mail, sent) = (mail.clone(), sent.clone());
        move || {
            let accepted = mail.push(Item::new(0)).is_ok();
            sent.store(true, Release);
            accepted
        }
    });
    let second = spawn("second sender", {
        let (mail, sent) = (mail.clone(), sent.clone());
        move || {
            hint::spin_until(1, || sent.load(Acquire));
            mail.push(Item::new(1)).is_ok()
        }
    });
    let receiver = spawn("receiver", {
        let mail = mail.clone();
        move || [(); 2].map(|()| mail.pop().map(|item| item.label()))
    });
    let accepted = [join(first), join(second)];
    let received = join(receiver);
    ensure(accepted == [true; 2], "open", || format!("sent {accepted:?}"))?;
    ensure(received == [Some(0), Some(1)], "causal", || format!("{received:?}"))?;
    Ok(String::new())
}

/// A sender, a close, and a receiver that goes on until there is nothing: what was accepted was received.
pub fn a_close_drains<Q: BlockingQueue<Item> + Close>() -> Outcome {
    let mail = Arc::new(Q::with_capacity(1));
    let sender = spawn("sender", {
        let mail = mail.clone();
        move || mail.push(Item::new(7)).map_err(|closed| closed.0.label())
    });
    let receiver = spawn("receiver", {
        let mail = mail.clone();
        move || std::iter::from_fn(|| mail.pop()).map(|item| item.label()).collect::<Vec<_>>()
    });
    let closer = spawn("closer", {
        let mail = mail.clone();
        move || mail.close()
    });
    join(closer);
    let (sent, received) = (join(sender), join(receiver));
    let whole = if sent.is_ok() { received == [7] } else { received.is_empty() && sent == Err(7) };
    ensure(whole, "received_or_sent_back", || format!("sent {sent:?}, received {received:?}"))?;
    Ok(format!("{received:?}"))
}

/// A stop beside a sender: what the receiver did not get is left for it, or comes back.
pub fn a_stop_leaves_mail_in() -> Outcome {
    let (mail, mut receiver) = unbounded();
    let (sender, stopper) = (mail.clone(), mail.clone());
    let sends = spawn("sender", move || sender.send(7).is_ok());
    let receives = spawn("receiver", move || {
        let received: Vec<u32> = std::iter::from_fn(|| receiver.receive()).collect();
        (received, receiver.left().collect::<Vec<_>>())
    });
    let stops = spawn("stopper", move || stopper.stop());
    join(stops);
    let (sent, (received, left)) = (join(sends), join(receives));
    let found = [received.as_slice(), &left].concat();
    let expected: &[u32] = if sent { &[7] } else { &[] };
    ensure(found == expected, "nothing_lost", || {
        format!("sent {sent}, received {received:?}, left {left:?}")
    })?;
    Ok(format!("{received:?}, left {left:?}"))
}

/// A letter comes while the receiver is halted: it finds nothing, goes on, and has it.
pub fn a_halted_receiver_is_resumed() -> Outcome {
    let (mail, mut receiver) = unbounded();
    mail.halt();
    let sender = mail.clone();
    let sends = spawn("sender", move || sender.send(7).is_ok());
    let receives = spawn("receiver", move || {
        let halted = receiver.receive();
        receiver.resume();
        (halted, receiver.receive())
    });
    let (sent, received) = (join(sends), join(receives));
    ensure(sent && received == (None, Some(7)), "kept", || format!("sent {sent}, received {received:?}"))?;
    Ok(String::new())
}

/// Two messages from one sender.
pub fn a_pair_keeps_its_order<D: Delivery>() -> Outcome {
    let [sends, receives] = network::<u32, D, 2>();
    let sender = spawn("sender", move || (0..2).for_each(|number| sends.send(1, number)));
    let receiver = spawn("receiver", move || [(); 2].map(|()| receives.receive()));
    join(sender);
    let received = join(receiver);
    ensure(received == [0, 1], "order_of_a_pair", || format!("{received:?}"))?;
    Ok(String::new())
}

/// Somebody asks two others in turn, and the second one, who is told of it, answers the first: who is asked knows the question then.
pub fn a_question_comes_before_its_answer<D: Delivery>() -> Outcome {
    let [asks, answers, hears] = network::<&str, D, 3>();
    let asker = spawn("asker", move || {
        asks.send(2, "question");
        asks.send(1, "question");
    });
    let answerer = spawn("answerer", move || {
        answers.receive();
        answers.send(2, "answer");
    });
    let hearer = spawn("hearer", move || [(); 2].map(|()| hears.receive()));
    join(asker);
    join(answerer);
    let heard = join(hearer);
    ensure(heard == ["question", "answer"], "cause_first", || format!("{heard:?}"))?;
    Ok(String::new())
}

/// Two senders with two messages each: the outcome is the order in which they arrive.
pub fn two_senders_meet_in_any_order<D: Delivery>() -> Outcome {
    let [first, second, receives] = network::<char, D, 3>();
    let senders = [(first, "ab"), (second, "cd")].map(|(sends, messages)| {
        spawn(messages, move || messages.chars().for_each(|message| sends.send(2, message)))
    });
    // When all is in flight, only the network decides.
    senders.into_iter().for_each(join);
    let order: String = (0..4).map(|_| receives.receive()).collect();
    let mut sorted: Vec<char> = order.chars().collect();
    sorted.sort_unstable();
    ensure(sorted == ['a', 'b', 'c', 'd'], "each_once", || order.clone())?;
    Ok(order)
}

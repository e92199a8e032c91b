//! Rows of channels and selects, beside those of [queues that can be closed](crate::contract::closing).
//!
//! The promises are those of Go's specification and of its memory model.
//!
//! | promise | row |
//! |---|---|
//! | a receive at a rendezvous comes before the completion of its send | [`a_send_waits_for_its_receiver`] |
//! | the k-th receive at capacity C comes before the completion of the k+C-th send | [`a_channel_of_one_is_a_lock`] |
//! | a send waits as long as there is no room | [`a_full_channel_holds_its_sender`] |
//! | first in, first out, whoever waited | [`who_waited_for_room_comes_last`] |
//! | a select takes one case that can take place, whichever | [`a_select_takes_any_ready_case`], [`a_select_starves_nobody`] |
//! | several cases may name one channel | [`a_select_may_name_a_channel_twice`] |
//! | a select waits for whichever comes first | [`a_select_waits_for_either`] |
//! | a wait is served once, at one of its channels | [`each_item_goes_to_one_case`], [`two_selects_meet_once`] |
//! | it leaves the others | [`a_select_leaves_no_wait_behind`] |
//! | a default, and a time-out | [`a_default_never_waits`], [`a_select_may_time_out`] |
//! | a closed channel is ready | [`a_close_ends_a_select`] |

use crate::contract::{Note, ensure, join, spawn};
use crate::engine::Outcome;
use crate::model::channels::queue::channel::{Channel, Protocol};
use crate::model::channels::queue::select::{Never, Receiving, Sending, select, select_timeout, try_select};
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::is_modelled;
use crate::sync::time::ManualClock;
use std::sync::Arc;
use std::time::Duration;

/// What the receiver did before it came is seen by who has sent.
pub fn a_send_waits_for_its_receiver<P: Protocol>() -> Outcome {
    let (channel, note) = (Arc::new(Channel::<u32, P>::new(0)), Note::new());
    let receiver = spawn("receiver", {
        let (channel, note) = (channel.clone(), note.clone());
        move || {
            note.add();
            channel.receive()
        }
    });
    let sender = spawn("sender", {
        let (channel, note) = (channel.clone(), note.clone());
        move || (channel.send(7).is_ok(), note.read())
    });
    let (sent, seen) = join(sender);
    let received = join(receiver);
    ensure(sent && received == Some(7), "received", || format!("sent {sent}, received {received:?}"))?;
    ensure(seen == 1, "the_receiver_has_come", || "a send was over before its receive".to_owned())?;
    Ok(String::new())
}

/// Whoever has sent to a channel with room for one is alone until it receives.
pub fn a_channel_of_one_is_a_lock<P: Protocol>() -> Outcome {
    let (channel, note) = (Arc::new(Channel::<u32, P>::new(1)), Note::new());
    let threads = [0, 1].map(|i| {
        let (channel, note) = (channel.clone(), note.clone());
        spawn(&format!("thread {i}"), move || {
            let sent = channel.send(i).is_ok();
            note.add();
            (sent, channel.receive())
        })
    });
    let done = threads.map(join);
    ensure(done == [(true, Some(0)), (true, Some(1))], "own_item", || format!("{done:?}"))?;
    ensure(note.read() == 2, "one_at_a_time", || format!("{} of 2", note.read()))?;
    Ok(String::new())
}

/// A sender of three, and room for one: when nobody can go on it has sent one, and one more after each receive.
pub fn a_full_channel_holds_its_sender<P: Protocol>() -> Outcome {
    let (channel, sent) = (Arc::new(Channel::<u32, P>::new(1)), Arc::new(AtomicU32::new(0)));
    let clock = ManualClock::new();
    let sender = spawn("sender", {
        let (channel, sent) = (channel.clone(), sent.clone());
        move || {
            for item in 0..3 {
                channel.send(item).expect("nobody closes it");
                sent.fetch_add(1, SeqCst);
            }
        }
    });
    let seen = [(); 3].map(|()| {
        clock.settle();
        (sent.load(SeqCst), channel.receive())
    });
    join(sender);
    ensure(seen == [(1, Some(0)), (2, Some(1)), (3, Some(2))], "one_at_a_time", || format!("{seen:?}"))?;
    Ok(String::new())
}

/// Two items are in, and a third one waits for room: they come out as they were sent.
pub fn who_waited_for_room_comes_last<P: Protocol>() -> Outcome {
    let channel = Arc::new(Channel::<u32, P>::new(2));
    let sent = [channel.send(0), channel.send(1)].iter().all(Result::is_ok);
    let sender = spawn("sender", {
        let channel = channel.clone();
        move || channel.send(2).is_ok()
    });
    let received = [(); 3].map(|()| channel.receive());
    let sent = join(sender) && sent;
    ensure(sent && received == [Some(0), Some(1), Some(2)], "fifo", || format!("{received:?}"))?;
    Ok(String::new())
}

/// A send and a receive at one channel: the one for which there is room, then the other.
pub fn a_select_may_name_a_channel_twice<P: Protocol>() -> Outcome {
    let channel = Channel::<u32, P>::new(1);
    let taken = [(); 2].map(|()| {
        let (mut put, mut get) = (Sending::new(&channel, 7), Receiving::new(&channel));
        (select(&mut [&mut put, &mut get]), get.received())
    });
    ensure(taken == [(0, None), (1, Some(7))], "own_channel", || format!("{taken:?}"))?;
    Ok(String::new())
}

/// Two channels that are closed, and so always ready: on real cores each has its turn.
pub fn a_select_starves_nobody<P: Protocol>() -> Outcome {
    let channels = [(); 2].map(|()| Channel::<u32, P>::new(0));
    channels.iter().for_each(Channel::close);
    let mut taken = [0; 2];
    let times = if is_modelled() { 1 } else { 16 };
    for _ in 0..times {
        let [mut first, mut second] = channels.each_ref().map(Receiving::new);
        taken[select(&mut [&mut first, &mut second])] += 1;
    }
    ensure(is_modelled() || taken.iter().all(|&times| times > 0), "turns", || format!("{taken:?}"))?;
    Ok(String::new())
}

/// Both cases can take place: either may, and the other one does not.
pub fn a_select_takes_any_ready_case<P: Protocol>() -> Outcome {
    let channels = [(); 2].map(|()| Channel::<u32, P>::new(1));
    for (channel, item) in channels.iter().zip([7, 8]) {
        ensure(channel.send(item).is_ok(), "open", || "nobody closed it".to_owned())?;
    }
    let [mut first, mut second] = channels.each_ref().map(Receiving::new);
    let taken = select(&mut [&mut first, &mut second]);
    let received = [first.received(), second.received()];
    let left = channels.each_ref().map(Channel::try_receive);
    let expected = if taken == 0 { [Some(7), None] } else { [None, Some(8)] };
    let rest = if taken == 0 { [None, Some(8)] } else { [Some(7), None] };
    ensure(received == expected && left == rest, "one_case", || {
        format!("{taken}: {received:?}, left {left:?}")
    })?;
    Ok(taken.to_string())
}

/// Nothing is ready at first; what comes first is taken.
pub fn a_select_waits_for_either<P: Protocol>() -> Outcome {
    let channels = Arc::new([(); 2].map(|()| Channel::<u32, P>::new(0)));
    let selects = spawn("select", {
        let channels = channels.clone();
        move || {
            let [mut first, mut second] = channels.each_ref().map(Receiving::new);
            let taken = select(&mut [&mut first, &mut second]);
            (taken, first.received(), second.received())
        }
    });
    let sender = spawn("sender", {
        let channels = channels.clone();
        move || channels[1].send(8).is_ok()
    });
    let (sent, taken) = (join(sender), join(selects));
    ensure(sent && taken == (1, None, Some(8)), "the_one_that_came", || format!("sent {sent}, {taken:?}"))?;
    Ok(String::new())
}

/// Two senders at two channels, and one thread that selects and then receives at the other one: it has both items.
pub fn each_item_goes_to_one_case<P: Protocol>() -> Outcome {
    let channels = Arc::new([(); 2].map(|()| Channel::<u32, P>::new(0)));
    let selects = spawn("select", {
        let channels = channels.clone();
        move || {
            let [mut first, mut second] = channels.each_ref().map(Receiving::new);
            let taken = select(&mut [&mut first, &mut second]);
            let mut received = [first.received(), second.received()];
            received[1 - taken] = channels[1 - taken].receive();
            (taken, received)
        }
    });
    let senders = [0, 1].map(|i| {
        let channels = channels.clone();
        spawn(&format!("sender {i}"), move || channels[i].send(i as u32).is_ok())
    });
    let sent = senders.map(join);
    let (taken, received) = join(selects);
    let all = sent == [true; 2] && received == [Some(0), Some(1)];
    ensure(all, "nothing_lost", || format!("sent {sent:?}, received {received:?}"))?;
    Ok(taken.to_string())
}

/// Each of two threads would send to the other one, or receive from it: they meet at one channel.
pub fn two_selects_meet_once<P: Protocol>() -> Outcome {
    let channels = Arc::new([(); 2].map(|()| Channel::<u32, P>::new(0)));
    let threads = [0, 1].map(|i| {
        let channels = channels.clone();
        spawn(&format!("select {i}"), move || {
            let (mut put, mut get) = (Sending::new(&channels[i], i as u32), Receiving::new(&channels[1 - i]));
            let sent = select(&mut [&mut put, &mut get]) == 0;
            (sent, put.sent().is_ok(), get.received())
        })
    });
    let [first, second] = threads.map(join);
    let met = (first, second) == ((true, true, None), (false, false, Some(0)))
        || (first, second) == ((false, false, Some(1)), (true, true, None));
    ensure(met, "one_meeting", || format!("{first:?} and {second:?}"))?;
    Ok(format!("{}", usize::from(!first.0)))
}

/// A select that was served at one channel does not stand at the other one any more.
pub fn a_select_leaves_no_wait_behind<P: Protocol>() -> Outcome {
    let channels = Arc::new([(); 2].map(|()| Channel::<u32, P>::new(0)));
    let selects = spawn("select", {
        let channels = channels.clone();
        move || {
            let [mut first, mut second] = channels.each_ref().map(Receiving::new);
            select(&mut [&mut first, &mut second])
        }
    });
    let sent = channels[0].send(7).is_ok();
    let taken = join(selects);
    let again = channels[1].try_send(8).is_ok();
    ensure(sent && taken == 0 && !again, "gone", || {
        format!("sent {sent}, taken {taken}, sent again {again}")
    })?;
    Ok(String::new())
}

/// Where nothing is ready the default is taken; what is ready comes before it. No channel is never ready.
pub fn a_default_never_waits<P: Protocol>() -> Outcome {
    let channel = Channel::<u32, P>::new(1);
    let attempt = || {
        let mut get = Receiving::new(&channel);
        (try_select(&mut [&mut Never, &mut get]), get.received())
    };
    let nothing = attempt();
    let sent = channel.send(7).is_ok();
    let something = attempt();
    let expected = ((None, None), true, (Some(1), Some(7)));
    ensure((nothing, sent, something) == expected, "default", || format!("{nothing:?}, {something:?}"))?;
    Ok(String::new())
}

/// A sender comes in time or not; what it did not get rid of is still there.
pub fn a_select_may_time_out<P: Protocol>() -> Outcome {
    let channel = Arc::new(Channel::<u32, P>::new(0));
    let selects = spawn("select", {
        let channel = channel.clone();
        move || {
            let mut get = Receiving::new(&channel);
            let taken = select_timeout(&mut [&mut get], Duration::from_millis(1));
            (taken, get.received())
        }
    });
    let sender = spawn("sender", {
        let channel = channel.clone();
        move || channel.send(7).is_ok()
    });
    let taken = join(selects);
    let late = if taken.0.is_none() { channel.receive() } else { None };
    let sent = join(sender);
    ensure(sent && taken.1.or(late) == Some(7), "nothing_lost", || format!("{sent}, {taken:?}, {late:?}"))?;
    ensure(taken.0.is_some() == taken.1.is_some(), "one_answer", || format!("{taken:?}"))?;
    Ok(format!("{}", taken.0.is_some()))
}

/// Who selects at a channel that is closed meanwhile receives that there is nothing any more.
pub fn a_close_ends_a_select<P: Protocol>() -> Outcome {
    let channels = Arc::new([(); 2].map(|()| Channel::<u32, P>::new(0)));
    let selects = spawn("select", {
        let channels = channels.clone();
        move || {
            let (mut put, mut get) = (Sending::new(&channels[0], 7), Receiving::new(&channels[1]));
            let taken = select(&mut [&mut put, &mut get]);
            (taken, put.sent().map_err(|closed| closed.0), get.received())
        }
    });
    let closer = spawn("closer", {
        let channels = channels.clone();
        move || channels[1].close()
    });
    join(closer);
    let taken = join(selects);
    ensure(taken == (1, Err(7), None), "closed", || format!("{taken:?}"))?;
    Ok(String::new())
}

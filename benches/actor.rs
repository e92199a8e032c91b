//! Actors side by side with those of ractor on tokio, and with a thread that has a channel of crossbeam's: messages a second to one of them,
//! and a question with its answer.
//!
//! A question to such a thread has a channel of one place for its answer, which is what one would write. The runtime of ractor's actor has one
//! worker, so that there, too, who asks and who answers have a thread each.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crossbeam::channel::{self, Receiver, Sender};
use ractor::rpc::CallResult;
use ractor::{ActorProcessingErr, ActorRef, RpcReplyPort};
use refectory::model::actors::actor::supervisor::{Strategy, Supervised, Supervisor};
use refectory::model::actors::actor::{Actor, Address, DeadLetters, Failed, Reply, Running, spawn};
use refectory::scenario::time_together;
use std::hint::black_box;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Longer than any answer takes.
const A_MINUTE: Duration = Duration::from_secs(60);
/// The room of a bounded mailbox.
const ROOM: usize = 128;

/// Adds numbers, and tells their sum.
struct Sum(u64);

#[derive(Debug)]
enum Message {
    Add(u64),
    Get(Reply<u64>),
}

impl Actor for Sum {
    type Message = Message;

    fn handle(&mut self, message: &mut Message, _me: &Address<Message>) -> Result<(), Failed> {
        match message {
            Message::Add(number) => self.0 += black_box(*number),
            Message::Get(reply) => _ = reply.answer(self.0),
        }
        Ok(())
    }
}

/// Who adds numbers, and is asked for their sum.
trait Adds {
    fn add(&self, number: u64);
    fn sum(&self) -> u64;
}

impl Adds for Address<Message> {
    fn add(&self, number: u64) {
        self.send(Message::Add(number)).expect("it is alive");
    }

    fn sum(&self) -> u64 {
        self.ask(Message::Get, A_MINUTE).expect("it answers")
    }
}

enum ToThread {
    Add(u64),
    Get(Sender<u64>),
}

impl Adds for Sender<ToThread> {
    fn add(&self, number: u64) {
        self.send(ToThread::Add(number)).expect("the thread runs");
    }

    fn sum(&self) -> u64 {
        let (answer, answered) = channel::bounded(1);
        self.send(ToThread::Get(answer)).expect("the thread runs");
        answered.recv_timeout(A_MINUTE).expect("it answers")
    }
}

/// The same as an actor of ractor's.
struct RactorSum;

enum ToRactor {
    Add(u64),
    Get(RpcReplyPort<u64>),
}

impl ractor::Actor for RactorSum {
    type Msg = ToRactor;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _me: ActorRef<ToRactor>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _me: ActorRef<ToRactor>,
        message: ToRactor,
        sum: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            ToRactor::Add(number) => *sum += black_box(number),
            ToRactor::Get(reply) => reply.send(*sum)?,
        }
        Ok(())
    }
}

/// Where it runs, and its address.
struct OnTokio {
    runtime: Runtime,
    actor: ActorRef<ToRactor>,
}

impl OnTokio {
    fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build();
        let runtime = runtime.expect("a runtime can be started");
        let started = runtime.block_on(ractor::Actor::spawn(None, RactorSum, ()));
        Self { runtime, actor: started.expect("it starts").0 }
    }
}

impl Adds for OnTokio {
    fn add(&self, number: u64) {
        assert!(self.actor.send_message(ToRactor::Add(number)).is_ok(), "it is alive");
    }

    fn sum(&self) -> u64 {
        let answered = self.runtime.block_on(self.actor.call(ToRactor::Get, Some(A_MINUTE)));
        let Ok(CallResult::Success(sum)) = answered else { panic!("it answers") };
        sum
    }
}

fn actor(room: Option<usize>) -> Running<Sum> {
    spawn("sum", Sum(0), room, &DeadLetters::new())
}

fn supervised() -> (Address<Message>, Supervised) {
    let mut supervisor = Supervisor::new(Strategy::OneForOne, 1);
    let address = supervisor.add("sum", None, &DeadLetters::new(), || Sum(0));
    (address, supervisor.start())
}

fn channel_thread(
    (sender, receiver): (Sender<ToThread>, Receiver<ToThread>),
) -> (Sender<ToThread>, JoinHandle<u64>) {
    let body = move || {
        let mut sum = 0;
        for message in receiver {
            match message {
                ToThread::Add(number) => sum += black_box(number),
                ToThread::Get(answer) => answer.send(sum).expect("somebody waits"),
            }
        }
        sum
    };
    (sender, thread::Builder::new().spawn(body).expect("a thread can be started"))
}

/// From so many senders: the time until all was added.
fn time(messages: u64, senders: usize, to: &(impl Adds + Sync)) -> Duration {
    // Whoever has sent its share asks for the sum, which is told when all before was added.
    let sends = |sender: usize| {
        move || {
            (sender as u64..messages).step_by(senders).for_each(|number| to.add(number));
            black_box(to.sum());
        }
    };
    time_together((0..senders).map(sends))
}

fn throughput(criterion: &mut Criterion) {
    for senders in [1, 2] {
        let mut group = criterion.benchmark_group(format!("actor/messages from {senders}"));
        group.throughput(Throughput::Elements(1));
        for (name, room) in [("actors/actor", None), ("actors/actor, bounded", Some(ROOM))] {
            let sum = actor(room);
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|messages| time(messages, senders, sum.address()));
            });
            end(sum);
        }
        let (address, supervised) = supervised();
        group.bench_function("actors/supervisor", |bencher| {
            bencher.iter_custom(|messages| time(messages, senders, &address));
        });
        supervised.stop();
        supervised.join().expect("no child dies");
        let ractor = OnTokio::start();
        group.bench_function("ractor", |bencher| {
            bencher.iter_custom(|messages| time(messages, senders, &ractor));
        });
        drop(ractor);
        for (name, ends) in [
            ("crossbeam channel, unbounded", channel::unbounded()),
            ("crossbeam channel", channel::bounded(ROOM)),
        ] {
            let (sender, thread) = channel_thread(ends);
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|messages| time(messages, senders, &sender));
            });
            drop(sender);
            thread.join().expect("it does not panic");
        }
        group.finish();
    }
}

/// One question after the other: two threads wake each other.
fn round_trip(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("actor/ask");
    group.throughput(Throughput::Elements(1));
    let sum = actor(None);
    group.bench_function("actors/actor", |bencher| bencher.iter(|| sum.address().sum()));
    end(sum);
    let ractor = OnTokio::start();
    group.bench_function("ractor", |bencher| bencher.iter(|| ractor.sum()));
    drop(ractor);
    let (sender, thread) = channel_thread(channel::unbounded());
    group.bench_function("crossbeam channel", |bencher| bencher.iter(|| sender.sum()));
    drop(sender);
    thread.join().expect("it does not panic");
    group.finish();
}

fn end(sum: Running<Sum>) {
    sum.address().drain();
    sum.join().expect("it does not fail");
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = throughput, round_trip
}
criterion_main!(benches);

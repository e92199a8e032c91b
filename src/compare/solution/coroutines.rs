//! Tasks on one thread: each gives way where it waits, and after each item. At the table one awaits forks.

use crate::compare::hand::{Hand, Share};
use crate::compare::usage::clock;
use crate::compare::work::{Kind, REQUEST, Work, sum};
use crate::model::coroutines::table::{Dining, Ordered};
use crate::model::coroutines::task::EventLoop;
use crate::sync::future::yield_now;
use async_io::Async;
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::rc::Rc;

pub(super) fn solve(work: &Work, workers: usize) -> Vec<Share> {
    let event_loop = <EventLoop>::new();
    let items = Rc::new(RefCell::new(0..work.items));
    let table = Rc::new(<Ordered>::with_seats(work.seats));
    event_loop.run(async {
        let start = |number| match work.kind {
            Kind::Dining => event_loop.spawn(philosopher(work.clone(), Rc::clone(&table), number, workers)),
            _ => event_loop.spawn(worker(work.clone(), Rc::clone(&items), number)),
        };
        let tasks: Vec<_> = (0..workers).map(start).collect();
        let mut shares = Vec::new();
        for task in tasks {
            shares.push(task.await.expect("nobody cancels it"));
        }
        shares
    })
}

async fn worker(work: Work, items: Rc<RefCell<Range<u32>>>, number: usize) -> Share {
    let mut hand = Hand::new(&work, number);
    let mut connection = None;
    let next = || items.borrow_mut().next();
    while let Some(item) = next() {
        let began = clock();
        let answer = if work.kind.asks() { ask(&work, &mut connection, item).await } else { Ok(0) };
        hand.note(began, answer.map(|answer| answer + work.primes(item)));
        yield_now().await;
    }
    hand.finish()
}

async fn ask(work: &Work, connection: &mut Option<Async<TcpStream>>, item: u32) -> io::Result<u64> {
    let request = work.request(item)?;
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(Async::<TcpStream>::connect(work.server).await?),
    };
    connection.get_ref().set_nodelay(true)?;
    let mut sent = 0;
    while sent < REQUEST {
        sent += connection.write_with(|mut stream| stream.write(&request[sent..])).await?;
    }
    let (mut answer, mut received) = ([0; REQUEST], 0);
    while received < REQUEST {
        match connection.read_with(|mut stream| stream.read(&mut answer[received..])).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => received += read,
        }
    }
    Ok(sum(&answer))
}

async fn philosopher(work: Work, table: Rc<Ordered>, first: usize, every: usize) -> Share {
    let mut hand = Hand::new(&work, first);
    for meal in 0..work.meals() {
        for seat in (first..work.seats).step_by(every) {
            let (began, mut primes) = (clock(), 0);
            table.dine(seat, &mut || primes = work.primes(work.meal(seat, meal))).await;
            hand.note(began, Ok(primes));
        }
    }
    hand.finish()
}

//! Tables of philosophers who share nothing but channels.
//!
//! A fork is a channel with room for one token, and lies on the table while its token is in it: to take it is to receive, to
//! put it down is to send, which never waits. Invariant: there is one token for each fork, in its channel or in the hand of
//! one neighbour.
//!
//! None of them is fair: a channel serves those who wait in their order, but a philosopher may wait at its other fork.

pub mod broken;
mod ordered;
mod waiter;

pub use ordered::{LowerFirst, Ordered, Reach};
pub use waiter::{Admission, AllButOne, Waiter};

use crate::model::channels::queue::Channel;

/// The fork's token.
#[derive(Debug)]
pub(super) struct Token;

/// Forks that lie on the table.
fn lay_forks(seats: usize) -> Vec<Channel<Token>> {
    let fork = |_| {
        let fork = Channel::new(1);
        put_down(&fork, Token);
        fork
    };
    (0..seats).map(fork).collect()
}

fn take(fork: &Channel<Token>) -> Token {
    fork.receive().expect("nobody closes a fork")
}

fn put_down(fork: &Channel<Token>, token: Token) {
    fork.try_send(token).expect("there is room for its only token");
}

/// Takes the one fork, then the other, and eats.
fn dine(first: &Channel<Token>, second: &Channel<Token>, eat: &mut dyn FnMut()) {
    let tokens = (take(first), take(second));
    eat();
    put_down(second, tokens.1);
    put_down(first, tokens.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::{self, Table};

    fn smoke<T: Table>() {
        let table = T::with_seats(3);
        let mut meals = [0; 3];
        for (seat, eaten) in meals.iter_mut().enumerate() {
            table.dine(seat, &mut || *eaten += 1);
        }
        assert_eq!(meals, [1; 3]);
    }

    #[test]
    fn tables_feed_who_sits_alone() {
        smoke::<Ordered>();
        smoke::<Waiter>();
    }

    /// Ten thousand meals on real cores.
    #[test]
    fn neighbours_never_eat_together() {
        for (seats, meals) in [(2, 2_000), (3, 1_000), (5, 600)] {
            port::table::harness::<Ordered>().program(port::table::dining(seats, meals)).run().unwrap();
            port::table::harness::<Waiter>().program(port::table::dining(seats, meals)).run().unwrap();
        }
    }
}

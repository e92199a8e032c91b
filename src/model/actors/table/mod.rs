//! Tables whose philosophers send each other messages.
//!
//! A philosopher is an actor without a thread of its own: a state, a lock, and what to do at each message. Who delivers a message takes the lock of
//! the philosopher it is for, does that philosopher's work for it, and delivers what it sends in turn, one lock at a time. So who
//! does not dine answers all the same, and two messages may come in another order than they were sent in.

pub mod broken;
pub mod hygienic;
pub mod supervised;

pub use self::hygienic::Hygienic;
pub use self::supervised::Supervised;

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
    fn who_dines_alone_eats() {
        smoke::<Hygienic>();
        smoke::<Supervised>();
    }

    /// Ten thousand meals on real cores.
    #[test]
    fn neighbours_never_eat_together() {
        for (seats, meals) in [(2, 2_000), (3, 1_000), (5, 600)] {
            port::table::harness::<Hygienic>().program(port::table::dining(seats, meals)).run().unwrap();
        }
    }
}

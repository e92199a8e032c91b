//! The same tests for every table.

use super::*;
use crate::port::Table;
use crate::scenario::{Rig, Scenario};

fn smoke<T: Table>() {
    let table = T::with_seats(3);
    let mut meals = [0; 3];
    for _ in 0..2 {
        for (seat, eaten) in meals.iter_mut().enumerate() {
            table.dine(seat, &mut || *eaten += 1);
        }
    }
    assert_eq!((meals, table.seats()), ([2; 3], 3));
}

fn neighbours_never_eat_together<T: Table>() {
    for seats in [2, 3, 5, 8] {
        Rig::table::<T>().program(Scenario::dining(seats, 50)).run().unwrap();
    }
}

macro_rules! every_table {
    ($($name:ident: $table:ty),+ $(,)?) => {$(
        mod $name {
            use super::*;

            #[test]
            fn smoke() {
                super::smoke::<$table>();
            }

            #[test]
            fn neighbours_never_eat_together() {
                super::neighbours_never_eat_together::<$table>();
            }
        }
    )+};
}

every_table! {
    ordered: Ordered,
    asymmetric: Asymmetric,
    footman: Footman,
    chairs: Chairs,
    try_lock: TryLock,
    monitor: Monitor,
    waiter: Waiter,
    ticket: Ticket,
    courteous: Courteous,
}

#[test]
fn neighbours_sit_beside_each_other() {
    assert_eq!([0, 1, 4].map(|seat| neighbours_of(seat, 5)), [[4, 1], [0, 2], [3, 0]]);
    assert_eq!([0, 1].map(|seat| neighbours_of(seat, 2)), [[1, 1], [0, 0]]);
}

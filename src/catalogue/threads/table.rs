//! Tables of the model `threads`.

use crate::catalogue::{NEVER_WOKEN, t, table};
use crate::cell::{Scope, Subject};
use crate::engine::FailureKind;
use crate::model::threads::table::broken::{
    AdmitsAll, CallsFirst, FavoursSeat0, Greedy, LeftFirst, OneHanded, Polite, TellsOne, UnlockEarly,
};
use crate::model::threads::table::{
    Asymmetric, Chairs, Courteous, Footman, Monitor, Ordered, Ticket, TryLock, Waiter,
};

pub(super) static SUBJECTS: &[Subject] = &[
    table::<Ordered>("threads/table/ordered"),
    table::<Asymmetric>("threads/table/asymmetric"),
    table::<Footman>("threads/table/footman").nightly(&[t(3, 2)]),
    table::<Chairs>("threads/table/chairs"),
    table::<TryLock>("threads/table/try_lock").nightly(&[t(5, 1)]),
    table::<Monitor>("threads/table/monitor").nightly(&[t(5, 1)]),
    table::<Waiter>("threads/table/waiter").nightly(&[t(3, 2)]),
    table::<Ticket>("threads/table/ticket").nightly(&[t(4, 2)]),
    table::<Courteous>("threads/table/courteous").nightly(&[t(4, 2)]),
    table::<LeftFirst>("threads/table/ordered~left_first").broken(&[FailureKind::Deadlock]),
    table::<UnlockEarly>("threads/table/ordered~unlock_early")
        .broken(&[FailureKind::DataRace, FailureKind::Property])
        .hidden_in(TABLE_FOR_TWO),
    table::<Asymmetric<OneHanded>>("threads/table/asymmetric~one_handed").broken(&[FailureKind::Deadlock]),
    table::<Footman<AdmitsAll>>("threads/table/footman~admits_all").broken(&[FailureKind::Deadlock]),
    table::<Chairs<AdmitsAll>>("threads/table/chairs~admits_all").broken(&[FailureKind::Deadlock]),
    table::<TryLock<Polite>>("threads/table/try_lock~polite").broken(&[FailureKind::Livelock]),
    table::<Monitor<TellsOne>>("threads/table/monitor~tells_one")
        .broken(NEVER_WOKEN)
        .hidden_in(TABLE_FOR_TWO),
    table::<Waiter<FavoursSeat0>>("threads/table/waiter~favours_seat_0")
        .broken(&[FailureKind::Starvation])
        .hidden_in(NO_SECOND_HELPINGS),
    table::<Ticket<CallsFirst>>("threads/table/ticket~calls_first")
        .broken(&[FailureKind::Deadlock, FailureKind::Starvation]),
    table::<Courteous<Greedy>>("threads/table/courteous~greedy")
        .broken(&[FailureKind::Starvation])
        .hidden_in(NO_SECOND_HELPINGS),
];

/// Scopes in which two philosophers are each other's left and right neighbour, and share both forks.
const TABLE_FOR_TWO: &[Scope] = &[t(2, 1), t(2, 4)];

/// Scopes in which nobody can be overtaken more than twice: there are two philosophers, or no second meals.
const NO_SECOND_HELPINGS: &[Scope] = &[t(2, 1), t(2, 4), t(3, 1), t(4, 1), t(5, 1), t(8, 1), t(10, 1)];

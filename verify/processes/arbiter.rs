//! A table with an arbiter on real cores: one of its processes dies.

use crate::common::{Tested, apart, end};
use refectory::model::processes::table::arbiter::{Arbiter, Death, Doing, Seat, table};
use refectory::sync::atomic::{AtomicU32, Ordering::SeqCst};
use refectory::sync::process::{self, Exit, Nemesis};
use refectory::sync::region::Region;
use refectory::sync::thread;

const SEATS: usize = 3;
const MEALS: u32 = 2;

type Meals = Region<[AtomicU32; SEATS]>;

fn serve(arbiter: Arbiter) {
    arbiter.serve();
}

fn dine((mut at, meals, seat): (Seat, Meals, usize)) {
    for _ in 0..MEALS {
        let fed = at.dine(|| {
            // Others are hungry meanwhile.
            (0..5).for_each(|_| thread::yield_now());
            meals[seat].fetch_add(1, SeqCst);
        });
        if fed.is_err() {
            return;
        }
    }
    at.leave();
}

/// Three dine, and one of them dies, or the arbiter: the others eat all that they were to eat, or are told that nobody
/// grants forks any more. The report names the dead one, and what it did.
pub(crate) fn an_arbiter_survives_death_at_each_point() -> Tested {
    apart(|()| for _ in (1..).take_while(|n| one_dies(*n)) {})
}

/// Whether there are so many points.
fn one_dies(n: u64) -> bool {
    let nemesis = Nemesis::at(n).unwrap();
    nemesis.set_on_children();
    let (arbiter, seats, report) = table(SEATS).unwrap();
    let meals = Region::new([(); SEATS].map(|()| AtomicU32::new(0))).unwrap();
    let arbiter = process::spawn(serve, arbiter).unwrap();
    let seats = seats.into_iter().enumerate();
    let philosophers: Vec<_> =
        seats.map(|(seat, at)| process::spawn(dine, (at, meals.clone(), seat)).unwrap()).collect();
    let numbers: Vec<u32> = philosophers.iter().map(process::Process::id).collect();
    let ends: Vec<Exit> = philosophers.into_iter().map(|philosopher| end(philosopher).unwrap()).collect();
    let served = end(arbiter).unwrap() == Exit::Code(0);
    let report: Vec<Death> = report.collect();
    let victim = nemesis.victim();
    let dead = victim.as_ref().and_then(|victim| numbers.iter().position(|id| *id == victim.process));
    assert_eq!(served, victim.is_none() || dead.is_some(), "{victim:?}");
    for (seat, exit) in ends.into_iter().enumerate() {
        assert_eq!(exit == Exit::Code(0), dead != Some(seat), "philosopher {seat}, {victim:?}");
        let all = meals[seat].load(SeqCst) == MEALS;
        assert!(all || !served || dead == Some(seat), "philosopher {seat}, {victim:?}");
    }
    assert_eq!(report.iter().map(|death| death.seat).collect::<Vec<_>>(), Vec::from_iter(dead), "{victim:?}");
    if let (Some(victim), [death]) = (&victim, &report[..]) {
        let expected = match victim.point.as_str() {
            "a request that was sent" => &[Doing::Waiting, Doing::Eating][..],
            "forks in hand" | "a meal that was eaten" => &[Doing::Eating],
            _ => &[Doing::Idle],
        };
        assert!(expected.contains(&death.doing), "{death:?}, {victim:?}");
    }
    victim.is_some()
}
